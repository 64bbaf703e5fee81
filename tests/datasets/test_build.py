from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from model_lab import datasets
from model_lab.datasets import archives, build
from model_lab.datasets.card import DatasetCard, DataSource
from model_lab.datasets.recipes import Workshop, tones
from model_lab.errors import BadConfig, BadManifest, NotRunnable
from model_lab.extensions import modules
from model_lab.types import Audio
from tests.datasets.conftest import USERS_CACHE


def small(name: str, **settings: Any) -> DatasetCard:
    """A packaged card with other settings, so that it builds quickly."""
    card = datasets.card(name)
    source = card.source.model_copy(update={"settings": card.source.settings | settings})
    return card.model_copy(update={"source": source})


@pytest.fixture
def card() -> DatasetCard:
    return small("tones", seconds=1.0, bases_hz=[100])


def test_materialise_builds_once(card: DatasetCard, own_cache: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    assert not build.ready(card)
    with pytest.raises(BadManifest, match="dataset tones has not been built; run: model-lab fetch tones"):
        build.samples(card, "smoke")
    path = build.materialise(card, lambda *step: steps.append(step), offline=True)
    assert path == build.location(card) and path.parent.parent == own_cache / "datasets" and build.ready(card)
    assert [step[1:] for step in steps] == [*((number, 0) for number in range(1, 13)), (12, 12)] and steps[0][
        0
    ] == "building tones"
    before = path.stat().st_mtime_ns
    assert build.materialise(card) == path and path.stat().st_mtime_ns == before
    (sample, *_) = samples = build.samples(card, "full")
    assert len(samples) == 12 and sample.row["duration"] == 1.0 == sample.duration
    assert soundfile.info(sample.inputs[0]).subtype == "PCM_16"


def test_same_dataset_everywhere(card: DatasetCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def content() -> dict[str, bytes]:
        folder = build.materialise(card).parent
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    first = content()
    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path / "elsewhere"))
    assert content() == first


def test_revision_follows_what_the_samples_come_from(card: DatasetCard) -> None:
    assert build.revision(card) == build.revision(card.model_copy(update={"title": "other", "tiers": {"smoke": 2}}))
    assert build.revision(card) != build.revision(small("tones", seconds=1.1, bases_hz=[100]))


def test_revision_follows_the_adapters_a_recipe_uses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    player = tmp_path / "fluidsynth.py"
    player.write_text("one")
    monkeypatch.setattr(modules, "LOADER_UTILS", tmp_path)
    before = [build.revision(datasets.card(name)) for name in ("grooves", "tones")]
    player.write_text("two")
    after = [build.revision(datasets.card(name)) for name in ("grooves", "tones")]
    assert after[0] != before[0] and after[1] == before[1]


def test_a_missing_program_is_named_before_anything_is_fetched(card: DatasetCard) -> None:
    needs = card.model_copy(update={"system": {"some-package": "no-such-program-anywhere", "shell": "/bin/sh"}})
    with pytest.raises(
        NotRunnable, match=r"tones is made with some-package, not installed here; .* apt-get install some-package$"
    ):
        build.materialise(needs)
    assert not build.ready(needs)


def test_revision_of_a_manifest_follows_its_content(tmp_path: Path) -> None:
    card = datasets.card("ner_notes").model_copy(update={"folder": tmp_path})
    (tmp_path / "ner_notes.jsonl").write_text("{}")
    first = build.revision(card)
    (tmp_path / "ner_notes.jsonl").write_text("{} ")
    assert build.revision(card) != first


def test_tiers_are_nested_and_even() -> None:
    card = datasets.card("ner_notes").model_copy(update={"tiers": {"smoke": 6, "standard": 20, "full": 0}})
    smoke, standard, full = (build.samples(card, tier) for tier in ("smoke", "standard", "full"))
    assert [sample.id for sample in full[:20]] == [sample.id for sample in standard]
    assert [sample.id for sample in standard[:6]] == [sample.id for sample in smoke]
    assert Counter(sample.row["stratum"] for sample in smoke) == {"notes": 2, "news": 2, "call": 2}
    assert len(full) == 40


def test_the_same_clips_are_chosen_in_every_stratum(tmp_path: Path) -> None:
    rows = [
        {"id": f"{clip}-{snr}", "text": "x", "entities": [], "group": f"clip{clip}", "stratum": f"{snr} dB"}
        for clip in range(9)
        for snr in (0, 10, 20)
    ]
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, rows)))
    source = DataSource(kind="manifest", path="m.jsonl")
    card = datasets.card("ner_notes").model_copy(update={"folder": tmp_path, "source": source, "tiers": {"smoke": 6}})
    assert sorted(Counter(sample.group for sample in build.samples(card, "smoke")).values()) == [3, 3]


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [("tone.pitched", "no recipe module 'tone' .did you mean 'tones'"), ("tones.pitch", "no function 'pitch'")],
)
def test_unknown_recipe(card: DatasetCard, recipe: str, expected: str) -> None:
    wrong = card.model_copy(update={"source": card.source.model_copy(update={"recipe": recipe})})
    with pytest.raises(BadConfig, match=expected):
        build.materialise(wrong)


def test_failing_recipe_leaves_nothing(card: DatasetCard, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def recipe(workshop: Workshop) -> Iterator[dict[str, Any]]:
        yield {"id": "1", "audio": workshop.save("1", Audio(np.zeros(10, np.float32), 8000)), "times": [0.0], "f0_hz": [0.0]}
        workshop.save("2", Audio(np.full(10, 1.5, np.float32), 8000))

    monkeypatch.setattr(tones, "pitched", recipe)
    with pytest.raises(BadConfig, match=r"2 peaks at 1\.50; expected at most 1\.0"):
        build.materialise(card)
    assert not build.ready(card) and not [path for path in (own_cache / "datasets").iterdir() if path.is_dir()]


def test_recipe_that_yields_nothing_is_refused(card: DatasetCard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tones, "pitched", lambda workshop: iter(()))
    with pytest.raises(BadManifest, match="holds no samples"):
        build.materialise(card)
    assert not build.ready(card)


def test_killed_in_the_middle_and_built_again(card: DatasetCard, own_cache: Path) -> None:
    code = f"""
        import os, signal
        from model_lab.datasets import build
        from model_lab.datasets.card import DatasetCard
        card = DatasetCard.model_validate_json({card.model_dump_json()!r})
        build.materialise(card, lambda what, done, total: done == 5 and os.kill(os.getpid(), signal.SIGKILL))
    """
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], env=dict(os.environ), check=False)
    assert killed.returncode == -signal.SIGKILL and not build.ready(card)
    assert [path.name for path in (own_cache / "datasets").glob("*.partial")], "the kill came too late to test anything"
    build.materialise(card)
    assert len(build.samples(card, "full")) == 12 and not list((own_cache / "datasets").glob("*.partial"))


def test_offline_without_its_archives() -> None:
    with pytest.raises(NotRunnable, match="run: model-lab fetch asterisk_en"):
        build.materialise(datasets.card("asterisk_en"), offline=True)


def test_save_keeps_sixteen_bit_sound_to_the_bit(tmp_path: Path) -> None:
    integers = np.random.default_rng(0).integers(-32768, 32768, 5000).astype(np.int16)
    workshop = Workshop(tmp_path, {}, {})
    name = workshop.save("x", Audio((integers / 32768).astype(np.float32), 8000))
    written, rate = soundfile.read(tmp_path / name, dtype="int16")
    assert rate == 8000 and np.array_equal(written, integers) and workshop.seconds == {name: 0.625}
    with pytest.raises(BadConfig, match="y peaks at nan"):
        workshop.save("y", Audio(np.full(10, np.nan, np.float32), 8000))
    with pytest.raises(BadConfig, match="lists no archive 'x'"):
        workshop.archive("x")


@pytest.mark.system
@pytest.mark.parametrize("name", ["phone_turns", "asterisk_en", "vad_mix"])
def test_real_dataset_where_its_archives_are_cached(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_LAB_CACHE", str(USERS_CACHE))
    card = datasets.card(name)
    if not all(archives.folder(archive).is_dir() for archive in card.source.archives):
        pytest.skip(f"the archives of {name} are not in the cache; run: model-lab fetch {name}")
    build.materialise(card, offline=True)
    samples = build.samples(card, "smoke")
    assert len(samples) == card.tiers["smoke"] and all(sample.reference() is not None for sample in samples)
