"""What can be wrong with a dataset on the hub, or on the way to it: each is one sentence that says what to do."""

from __future__ import annotations

import io
import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from huggingface_hub.utils import _http

from model_lab.datasets import build
from model_lab.datasets.card import DatasetCard
from model_lab.datasets.hub import fetching, tiers
from model_lab.errors import BadManifest, ModelLabError, NotRunnable
from model_lab.schemas import parse
from tests.conftest import DATASET_CARD
from tests.dataset_hub import COMMIT, DatasetHub, Repository
from tests.datasets.hub.layouts._tables import AUDIO, INT64, STRING, Row, audio, class_label, configs, numbered, shards

NAME = "acme/voices"
COLUMNS = {"audio": AUDIO, "text": STRING, "name": STRING}
SHARDS = numbered("data/test")
FOOTER_BYTES = 1 << 16
"""What Arrow reads at the end of a file to find its footer."""


def card(columns: dict[str, Any] | None = None, *, capability: str = "asr", **source: Any) -> DatasetCard:
    """A card of the repository."""
    described = {
        "kind": "hub",
        "repository": NAME,
        "parts": [{"split": "test"}],
        "columns": columns or {"audio": "audio", "text": {"column": "text", "convert": "text"}},
        **source,
    }
    changed = {"name": "voices", "capability": capability, "source": described, "tiers": {"smoke": 8, "standard": 0, "full": 0}}
    return parse(DatasetCard, DATASET_CARD | changed, "voices.yaml")


def rows(count: int = 8) -> list[Row]:
    return [{"audio": audio(number), "text": f"sentence {number}", "name": f"clip{number}"} for number in range(count)]


def published(hub: DatasetHub, files: dict[str, bytes] | None = None, **changes: Any) -> Repository:
    """The repository, on the hub."""
    repository = Repository(shards(SHARDS, COLUMNS, rows()) if files is None else files, **changes)
    hub.repositories[NAME] = repository
    return repository


def refused(mine: DatasetCard, kind: type[ModelLabError], sentence: str) -> None:
    """Fetching it ends with that one sentence, and leaves no manifest."""
    with pytest.raises(kind, match=sentence) as error:
        build.materialise(mine, tier="smoke")
    assert "\n" not in str(error.value)
    assert not build.ready(mine, "smoke")


@pytest.mark.parametrize(
    ("token", "sentence"),
    [
        ("", f"{NAME} is gated and no token was sent; accept its conditions at https://.*{NAME}, then run: hf auth login"),
        ("hf_bad", f"this token has no access to {NAME}; accept its conditions at https://.*{NAME} with the token's account"),
    ],
)
def test_gate(hub: DatasetHub, monkeypatch: pytest.MonkeyPatch, token: str, sentence: str) -> None:
    published(hub, gated=True)
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    refused(card(), NotRunnable, sentence)
    monkeypatch.setenv("HF_TOKEN", "hf_good")
    assert build.materialise(card(), tier="smoke").is_file()


def test_no_repository(hub: DatasetHub) -> None:
    refused(card(), NotRunnable, f"the hub has no repository {NAME}, or it is private")


def test_no_revision(hub: DatasetHub) -> None:
    published(hub)
    refused(card(revision="v2"), NotRunnable, f"{NAME} has no revision v2; correct the card's revision")


def test_no_configuration(hub: DatasetHub) -> None:
    published(hub, readme=configs(english={"test": "data/test-*"}, german={"test": "data/test-*"}))
    wrong = card(parts=[{"config": "englsh", "split": "test"}])
    refused(wrong, NotRunnable, r"has no configuration 'englsh' \(did you mean 'english'\?\); it has: english, german")


def test_no_split(hub: DatasetHub) -> None:
    published(hub, readme=configs(default={"test": "data/test-*", "dev": "data/dev-*"}))
    refused(card(parts=[{"split": "tests"}]), NotRunnable, r"has no split 'tests' \(did you mean 'test'\?\); it has: test, dev")


def test_renamed_column(hub: DatasetHub) -> None:
    published(hub)
    renamed = card({"audio": "audio", "text": {"column": "texts", "convert": "text"}})
    refused(renamed, BadManifest, r"has no column 'texts' \(did you mean 'text'\?\); it has: audio, text, name: correct the card")


def test_empty_split(hub: DatasetHub) -> None:
    published(hub, shards(SHARDS, COLUMNS, []))
    refused(card(), NotRunnable, f"dataset voices has no rows; check its card's parts and its page https://.*{NAME}")


def test_script_only(hub: DatasetHub) -> None:
    published(hub, {"voices.py": b"raise SystemExit", "README.md": b""})
    refused(card(), NotRunnable, r"is made by the script voices.py, which is never run; use a revision with Parquet files")


def test_truncated_file(hub: DatasetHub) -> None:
    repository = published(hub)
    repository.files[SHARDS[1]] = repository.files[SHARDS[1]][:-200]
    refused(card(), BadManifest, rf"{SHARDS[1]} is damaged \(.*\); fetch it again, or report it to its authors")


def test_bit_flip_in_a_page(hub: DatasetHub) -> None:
    table = pyarrow.parquet.read_table(io.BytesIO(shards("a", COLUMNS, rows())["a"]))
    out = io.BytesIO()
    pyarrow.parquet.write_table(table, out, write_page_checksum=True, compression="none")
    content = bytearray(out.getvalue())
    content[content.index(b"sentence 3") + 4] ^= 1
    published(hub, {SHARDS[0]: bytes(content)})
    refused(card(), BadManifest, rf"{SHARDS[0]} is damaged \(.*[Cc][Rr][Cc].*\); fetch it again")


def test_undecodable_rows_are_left_out_and_counted(hub: DatasetHub) -> None:
    broken = rows()
    broken[2]["audio"] = {"bytes": b"<html>not found</html>", "path": "2.flac"}
    broken[5]["audio"] = {"bytes": audio(5)["bytes"][:60], "path": "5.flac"}
    published(hub, shards(SHARDS, COLUMNS, broken))
    build.materialise(card(), tier="smoke")
    texts = {sample.row["text"] for sample in build.samples(card(), "smoke")}
    assert texts == {f"sentence {number}" for number in range(8)} - {"sentence 2", "sentence 5"}
    [note] = build.notes(card(), "smoke")
    assert "6 samples of 4 row groups" in note and f"left out: 2 undecodable ({NAME}, data/test-" in note


def test_rows_without_what_is_needed_are_left_out(hub: DatasetHub) -> None:
    silent = rows()
    silent[1]["text"], silent[6]["text"] = "", None
    published(hub, shards(SHARDS, COLUMNS, silent))
    build.materialise(card(not_empty=["text"]), tier="smoke")
    assert len(build.samples(card(not_empty=["text"]), "smoke")) == 6
    assert "left out: 2 without text" in build.notes(card(not_empty=["text"]), "smoke")[0]


def test_nothing_left(hub: DatasetHub) -> None:
    published(hub)
    none = card(where={"name": ["another"]})
    refused(none, BadManifest, r"has no samples in its smoke tier \(8 of another name\); check the card, or a larger tier")


def test_path_without_bytes(hub: DatasetHub) -> None:
    elsewhere = rows()
    elsewhere[3]["audio"] = {"bytes": None, "path": "clips/3.flac"}
    published(hub, shards(SHARDS, COLUMNS, elsewhere))
    refused(card(), BadManifest, r"row \d: column 'audio' holds no sound but the path 'clips/3.flac'; expected bytes")


def test_duplicate_ids(hub: DatasetHub) -> None:
    twice = rows()
    twice[4]["name"] = "clip1"
    published(hub, shards(SHARDS, COLUMNS, twice))
    mine = card({"id": "name", "audio": "audio", "text": "text"})
    with pytest.raises(BadManifest, match=r"id 'clip1' is already used in line \d; make it unique"):
        build.materialise(mine, tier="smoke")


CLASSES = {"classes": {"value": {"dog": ["Dog"], "cat": ["Cat"]}}}
"""Of sound classification."""


def classified(
    hub: DatasetHub, label: dict[str, Any], numbers: list[int], names: tuple[str, ...] = ("dog", "cat")
) -> DatasetCard:
    """A card with a class label whose names are in the README."""
    table = [{"audio": audio(number), "label": number} for number in numbers]
    published(hub, shards(SHARDS, {"audio": AUDIO, "label": INT64}, table, metadata=False), readme=class_label("label", names))
    return card({"audio": "audio", "label": label, **CLASSES}, capability="classify")


def test_class_that_the_card_does_not_name(hub: DatasetHub) -> None:
    mine = classified(hub, {"column": "label", "names": {"dog": "dog", "cow": "cat"}}, [0, 1])
    refused(mine, BadManifest, r"label is 'cat', a class that the card does not name( \(did you mean.*\))?; it names: dog, cow")


def test_class_out_of_range(hub: DatasetHub) -> None:
    mine = classified(hub, {"column": "label"}, [0, 7])
    refused(mine, BadManifest, r"column 'label' is class 7; its table names 2 classes, from 0")


def test_class_numbers_become_names(hub: DatasetHub) -> None:
    mine = classified(hub, {"column": "label"}, [0, 1, 1, 0])
    build.materialise(mine, tier="smoke")
    assert sorted(sample.reference().label for sample in build.samples(mine, "smoke")) == ["cat", "cat", "dog", "dog"]


def test_row_group_larger_than_the_tier(hub: DatasetHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tiers.LIMITS_MB, "smoke", 0.001)
    published(hub)
    sentence = r"dataset voices: the smoke tier fetches at most 0 MB, .* choose --tier standard"
    refused(card(), NotRunnable, sentence)
    assert build.materialise(card(), tier="standard").is_file()


def test_disk_full(hub: DatasetHub, monkeypatch: pytest.MonkeyPatch) -> None:
    published(hub)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(1000, 1000, 0))
    refused(
        card(),
        NotRunnable,
        r"the smoke tier of voices needs 0.0 GB of disk and .* has 0.0 GB free; free some, or set MODEL_LAB_CACHE",
    )


def test_outage_half_way_and_on_from_there(hub: DatasetHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_http.time, "sleep", lambda seconds: None)
    long = [row | {"audio": audio(number, seconds=4.0)} for number, row in enumerate(rows())]
    published(hub, shards(SHARDS, COLUMNS, long))
    groups: list[Path] = []

    def until_two_are_here(label: str, done: int, total: int) -> None:
        groups[:] = sorted((build.folder(card()) / "rows").glob("*/rows.jsonl"))
        hub.status = 500 if len(groups) == 2 else 0

    with pytest.raises(NotRunnable, match=f"the hub answered 500 for {NAME}; try again later"):
        build.materialise(card(), until_two_are_here, tier="smoke")
    assert len(groups) == 2 and not build.ready(card(), "smoke")
    written = [path.stat().st_mtime_ns for path in groups]

    hub.status, hub.sent = 0, 0
    build.materialise(card(), tier="smoke")
    report = fetching.fetched(build.folder(card()), "smoke")
    assert report and (report.row_groups, report.samples, report.commit) == (4, 8, COMMIT)
    assert [path.stat().st_mtime_ns for path in groups] == written
    assert hub.sent <= report.planned_bytes * 0.55 + len(SHARDS) * FOOTER_BYTES


def test_offline_before_the_first_time(hub: DatasetHub) -> None:
    published(hub)
    with pytest.raises(NotRunnable, match="is not in the cache and downloads are off; run: model-lab fetch voices --tier smoke"):
        build.materialise(card(), offline=True, tier="smoke")
    assert not hub.requests


def test_tiers_are_of_one_commit_though_the_branch_moves_on(hub: DatasetHub) -> None:
    repository = published(hub)
    mine = card()
    build.materialise(mine, tier="smoke")
    repository.commit, repository.revisions = "c" * 40, ("main", COMMIT, "c" * 40)
    hub.requests.clear()
    build.materialise(mine, tier="full")
    reports = [fetching.fetched(build.folder(mine), tier) for tier in ("smoke", "full")]
    assert [report.commit for report in reports if report] == [COMMIT, COMMIT]
    assert any(f"/revision/{COMMIT}" in request for request in hub.requests)
    shutil.rmtree(build.folder(mine))
    build.materialise(mine, tier="smoke")
    fresh = fetching.fetched(build.folder(mine), "smoke")
    assert fresh and fresh.commit == "c" * 40
