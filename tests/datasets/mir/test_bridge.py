from __future__ import annotations

import hashlib
import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytest.importorskip("mirdata")
pytest.importorskip("soundata")

from model_lab import datasets
from model_lab.capabilities import capability
from model_lab.datasets import build
from model_lab.datasets.card import DatasetCard, LoaderSource
from model_lab.datasets.mir import bridge, libraries, offers
from model_lab.errors import BadConfig, BadManifest, NotRunnable, UnknownName
from model_lab.provision import dataset_preflight
from tests.cli.test_commands import cli
from tests.datasets.mir import layouts

CARDS = [card.name for card in datasets.cards() if isinstance(card.source, LoaderSource)]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path / "cache"))


def filled(name: str) -> tuple[DatasetCard, Path]:
    card = datasets.card(name)
    assert isinstance(card.source, LoaderSource)
    return card, layouts.fill(card.source)


def test_every_card_has_a_layout() -> None:
    loaders = {card.source.loader for name in CARDS if isinstance((card := datasets.card(name)).source, LoaderSource)}
    assert loaders == set(layouts.LAYOUTS)


@pytest.mark.parametrize("name", CARDS)
def test_card_is_read_and_the_reference_scores_perfectly(name: str) -> None:
    card, home = filled(name)
    build.materialise(card, offline=True)
    samples = build.samples(card, "smoke")
    assert len(samples) == 2, "rows of other splits, and those without one answer, are left out"
    question = capability(card.capability)
    for sample in samples:
        assert sample.inputs[0].is_relative_to(home.resolve())
        answer = question.ideal(sample.reference(), sample.inputs[0])
        metric = question.metrics[0]
        assert metric.score(sample.reference(), answer) == pytest.approx(metric.best)
    assert card.protocol and card.protocol.metric in {metric.name for metric in question.metrics}


def test_references_are_those_of_the_files() -> None:
    references = {}
    for name in ("giantsteps_key", "giantsteps_tempo", "ballroom", "guitarset_notes", "vocadito_pitch", "tinysol"):
        card, _ = filled(name)
        rows = [json.loads(line) for line in build.materialise(card, offline=True).read_text().splitlines()]
        references[name] = rows
    assert [row["key"] for row in references["giantsteps_key"]] == ["D major", "Eb minor"]
    assert [row["tempo_bpm"] for row in references["giantsteps_tempo"]] == [128.0, 140.0], "the likelier of two tempi"
    assert references["ballroom"][0]["beats"] == [0.1, 0.6, 1.1, 1.6] and references["ballroom"][0]["tempo_bpm"] == 120
    first = references["guitarset_notes"][0]
    assert first["group"] == "00" and len(first["notes"]) == 5
    assert first["notes"][0] == pytest.approx([0.1, 0.6, 440 * 2 ** ((45 - 69) / 12)])
    pitch = references["vocadito_pitch"][0]
    assert pitch["f0_hz"][:2] == [0, 0] and pitch["f0_hz"][-1] == 220 and pitch["group"] == "S1"
    assert {row["label"] for row in references["tinysol"]} == {"Viola", "Flute"}
    assert references["tinysol"][0]["classes"] == {"Flute": ["Flute"], "Viola": ["Viola"]}


def test_damaged_file() -> None:
    card, home = filled("giantsteps_key")
    damaged = next((home / "keys_gs+").iterdir())
    damaged.write_text("A minor")
    with pytest.raises(
        BadManifest, match=rf"1 files differ from mirdata's checksums, the first .*{re.escape(damaged.name)}; delete"
    ):
        build.materialise(card, offline=True)


def test_sound_that_cannot_be_downloaded_is_used_once_it_is_there() -> None:
    card, home = filled("giantsteps_tempo")
    (home / "audio").rename(home / "elsewhere")
    with pytest.raises(
        NotRunnable, match=r"2 files are missing, the first .*mirdata says: Unfortunately the audio files .* model-lab fetch"
    ):
        build.materialise(card, offline=True)
    (home / "elsewhere").rename(home / "audio")
    assert len(build.materialise(card, offline=True).read_text().splitlines()) == 2


def test_offline_without_it() -> None:
    with pytest.raises(NotRunnable, match=r"not in the cache and downloads are off; run: model-lab fetch ballroom"):
        build.materialise(datasets.card("ballroom"), offline=True)


def test_any_loader_by_name() -> None:
    card, _ = filled("mirdata:ballroom:tempo")
    build.materialise(card, offline=True)
    assert len(build.samples(card, "smoke")) == 2
    assert "Non Commercial" in card.licence and not card.commercial
    assert datasets.card("mirdata:giantsteps_key").capability == "key"
    assert offers.offers("soundata", "urbansound8k") == {"classify": "tags"}
    assert offers.offers("soundata", "tut2017se") == {}


def test_models_are_run_on_a_loader_by_name(tmp_path: Path) -> None:
    filled("mirdata:giantsteps_key")
    for model, value in (("baseline_oracle", "100.0 %"), ("baseline_null", "0.0 %")):
        done = cli("run", model, "mirdata:giantsteps_key", "--offline", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert value in done.stdout and "not a registered dataset" not in done.stdout


@pytest.mark.parametrize(
    ("name", "error", "expected"),
    [
        ("mirdata:ballrom", UnknownName, "did you mean 'ballroom'"),
        ("mirdata:ballroom", BadConfig, "name one: mirdata:ballroom:tempo, mirdata:ballroom:classify"),
        ("mirdata:maestro:key", UnknownName, "offers: mirdata:maestro:music_transcription"),
        ("mirdata:billboard", BadConfig, "fit no capability"),
    ],
)
def test_names_that_are_none(name: str, error: type[Exception], expected: str) -> None:
    assert datasets.known(name) and datasets.usable(name) is None
    with pytest.raises(error, match=expected):
        datasets.card(name)


def test_library_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "mirdata", None)
    with pytest.raises(NotRunnable, match=r"run: pip install 'model-lab\[public\]'"):
        libraries.names("mirdata")


class _Files(BaseHTTPRequestHandler):
    """Serves files by name with ranges; the first answer for each breaks off half way."""

    files: dict[str, bytes]
    requests: list[tuple[str, str, str | None]]

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        name, ranged = self.path.strip("/"), self.headers["Range"]
        content = self.files.get(name)
        if content is None:
            return self.send_error(404)
        start = int(ranged.removeprefix("bytes=").rstrip("-")) if ranged else 0
        self.send_response(206 if ranged else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        if body:
            first = (self.command, name, None) not in self.requests
            self.requests.append((self.command, name, ranged))
            self.wfile.write(content[start : len(content) // 2] if first else content[start:])
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    monkeypatch.setattr(_Files, "files", {}, raising=False)
    monkeypatch.setattr(_Files, "requests", [], raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Files) as served:
        thread = threading.Thread(target=served.serve_forever, daemon=True)
        thread.start()
        yield served
        served.shutdown()
        thread.join()


def served(name: str, server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> DatasetCard:
    """The card of giantsteps_key with its remotes on the server: archives of the filled folder, which is emptied."""
    card, home = filled(name)
    assert isinstance(card.source, LoaderSource)
    module = libraries.module("mirdata", card.source.loader)
    index = home / "index" / module.INDEXES["+"].filename
    _Files.files["index"] = index.read_bytes()
    for key, folder in {"audio": "audio", "keys": "keys_gs+", "metadata": "meta"}.items():
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for path in sorted((home / folder).iterdir()):
                archive.write(path, f"{folder}/{path.name}")
        _Files.files[key] = buffer.getvalue()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    for key, remote in {**module.REMOTES, "index": module.INDEXES["+"].remote}.items():
        monkeypatch.setattr(remote, "url", f"{address}/{key}")
        monkeypatch.setattr(remote, "checksum", hashlib.md5(_Files.files[key]).hexdigest())
    home.rename(home.with_name("before"))
    return card


def test_download_goes_on_after_a_break_and_is_not_repeated(server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    card = served("giantsteps_key", server, monkeypatch)
    seen: list[tuple[str, int, int]] = []
    build.materialise(card, lambda *progress: seen.append(progress))
    total = sum(map(len, _Files.files.values()))
    assert seen[0] == (f"giantsteps_key: downloading {total / 1e6:.1f} MB", 0, total)
    gets = [entry for entry in _Files.requests if entry[0] == "GET"]
    for key, content in _Files.files.items():
        assert [ranged for _, name, ranged in gets if name == key] == [None, f"bytes={len(content) // 2}-"]
    assert len(build.samples(card, "smoke")) == 2
    _Files.requests.clear()
    build.location(card).unlink()
    build.materialise(card)
    assert not _Files.requests, "what is there is not fetched again"


def test_size_of_a_download_is_known_before(server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    card = served("giantsteps_key", server, monkeypatch)
    size = bridge.look(card)
    assert size is not None and size > 0
    verdict = dataset_preflight.verdict(card, "smoke")
    assert verdict.usable and not verdict.here and verdict.offer is not None and verdict.offer.tier_bytes == size
    build.materialise(card)
    assert dataset_preflight.verdict(card, "smoke").here


def test_changed_download(server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    card = served("giantsteps_key", server, monkeypatch)
    _Files.files["keys"] += b"more"
    with pytest.raises(NotRunnable, match=r"keys has the MD5 \w+; expected \w+: it was changed since the loader was written"):
        build.materialise(card)


def test_download_that_is_gone(server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    card = served("giantsteps_key", server, monkeypatch)
    del _Files.files["audio"]
    with pytest.raises(NotRunnable, match=r"/audio answers 404; expected the file"):
        build.materialise(card)
    assert not bridge.home(card.source).joinpath("audio.zip").exists()  # type: ignore[arg-type]
