"""Lists and pages of samples, as they stand on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from model_lab import audio, capabilities
from model_lab.analysis.run_report import report
from model_lab.errors import StoreError
from model_lab.metrics.text import RECOGNISER
from model_lab.report.site.samples import Index, write
from model_lab.results.answers import pack
from model_lab.results.schema import StoredSample
from model_lab.results.scoring import Judgement, answer_id, judgement_log
from model_lab.results.store import ResultCell, RunFolder
from model_lab.types import Entity, Label, Segment, Transcript, mapped
from tests.report.site.conftest import Answer
from tests.report.site.test_pages import Parsed
from tests.scored_run import EVIL, TEXT, MakeCell, broken, dataset_card, model_card, right, wrong

ROWS: dict[str, dict[str, Any]] = {
    "asr": {"audio": "a.wav", "text": "Good day."},
    "asr_stream": {"audio": "a.wav", "text": "Good day.", "speech_start": 0.1, "speech_end": 0.8},
    "vad": {"audio": "a.wav", "speech": [[0.1, 0.5]]},
    "diarization": {"audio": "a.wav", "turns": [{"start": 0.1, "end": 0.5, "speaker": "ann"}, {"start": 0.5, "end": 0.9, "speaker": "bob"}]},
    "alignment": {"audio": "a.wav", "text": "good day", "words": [["good", 0.1, 0.4], ["day", 0.5, 0.9]]},
    "kws": {"audio": "a.wav", "keywords": {"alexa": ["b.wav"], "okay": []}, "spoken": [["alexa", 0.1, 0.5]]},
    "phones": {"audio": "a.wav", "phones": "ɡ ʊ d"},
    "pitch": {"audio": "a.wav", "times": [0.1, 0.2, 0.3], "f0_hz": [100.0, 110.0, 0.0]},
    "formants": {"audio": "a.wav", "formants_hz": [500, 1500, 2500]},
    "music_transcription": {"audio": "a.wav", "notes": [[0.1, 0.5, 440.0]]},
    "tempo": {"audio": "a.wav", "beats": [0.2, 0.5, 0.8]},
    "key": {"audio": "a.wav", "key": "Eb minor"},
    "classify": {"audio": "a.wav", "label": "dog", "classes": {"dog": ["Dog", "Bark"], "cat": ["Cat"]}},
    "langid": {"audio": "a.wav", "language": "en", "languages": ["en", "fr"]},
    "caption": {"audio": "a.wav", "captions": ["A dog barks.", "Barking."]},
    "embed": {"audio": "a.wav", "label": "dog"},
    "speaker_verify": {"audio": "a.wav", "audio_b": "b.wav", "same": True},
    "fingerprint": {"audio": "a.wav", "library": {"one": "a.wav", "two": "b.wav"}, "match": "one"},
    "quality": {"audio": "a.wav", "clean": "b.wav", "snr_db": 20},
    "enhance": {"audio": "a.wav", "clean": "b.wav"},
    "separate": {"audio": "a.wav", "stems": {"voice": "a.wav", "rest": "b.wav"}},
    "ner": {"text": "Ann is in Rome.", "entities": [{"start": 0, "end": 3, "label": "PERSON"}]},
    "summarize": {"text": "A long story. With an end.", "summary": "A story."},
    "tts": {"text": "Good day.", "audio": "a.wav"},
    "voice_clone": {"text": "Good day.", "voice": "a.wav", "audio": "b.wav"},
    "music_gen": {"text": "A happy tune", "seconds": 1, "tempo_bpm": 120, "audio": "a.wav"},
}  # fmt: skip
"""One row of a manifest for capabilities of every kind of answer."""


def _written(
    folder: RunFolder, place: Path, cells: Mapping[tuple[str, str], Mapping[str, ResultCell]], **options: Any
) -> dict[Any, Index]:
    models = [model_card(model) for of_models in cells.values() for model in of_models]
    said = report(folder, models, [dataset_card()])
    tables = {(card.capability, table.data.name): table for card in said.scorecards for table in card.tables}
    return write(place, cells, tables, folder.name, **options)


def _clips(*cells: ResultCell) -> dict[tuple[str, str], dict[str, ResultCell]]:
    return {("asr", "clips"): {cell.folder.parent.name: cell for cell in cells}}


def _answers(capability: str, row: dict[str, Any], sounds: Path) -> dict[str, Any]:
    """What the truth itself, nothing and chance answer to a row."""
    asked = capabilities.capability(capability)
    sample = StoredSample(id="x", group="x", duration=1.0, folder=str(sounds), row=row).sample(asked)
    inputs = [_read(value) for value in sample.inputs]
    rng, reference = np.random.default_rng(0), sample.reference()
    return {
        "oracle": asked.ask(lambda *given: asked.ideal(reference, *given), *inputs),
        "silent": asked.ask(asked.null, *inputs),
        "random": asked.ask(lambda *given: asked.chance(rng, *given), *inputs),
    }


def _read(value: Any) -> Any:
    return mapped(value, lambda leaf: audio.read(leaf) if isinstance(leaf, Path) else leaf)


@pytest.mark.parametrize("capability", ROWS)
def test_a_page_shows_whatever_a_capability_asks_and_answers(
    capability: str, folder: RunFolder, answer: Answer, sounds: Path, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    row = ROWS[capability]
    cells = {model: answer(model, capability, row, given) for model, given in _answers(capability, row, sounds).items()}
    recwarn.clear()
    index = _written(folder, tmp_path / "report", {(capability, "own"): cells})[capability, "own"]
    page = Parsed(tmp_path / "report" / index.pages["sample0"])
    assert not page.faults and not page.open
    assert "cannot be" not in page.words
    assert all(model in page.words for model in cells)
    assert not [str(warning.message) for warning in recwarn.list]
    _follow(tmp_path / "report" / index.pages["sample0"], page)
    twin = json.loads((tmp_path / "report" / index.pages["sample0"]).with_suffix(".json").read_text())
    assert twin["question"]["row"] == row and set(twin["answers"]) == set(cells)


def _follow(path: Path, page: Parsed) -> None:
    """Every sound and picture of a page is there, is named, and says what it is."""
    for tag in ("audio", "img"):
        for attributes in page.all(tag):
            found = path.parent / str(attributes["src"])
            assert found.is_file()
            assert attributes.get("aria-label" if tag == "audio" else "alt")
            if tag == "img":
                ElementTree.parse(found)


def test_hostile_answers_names_and_errors_add_no_element_and_no_attribute(
    folder: RunFolder, make_cell: MakeCell, answer: Answer, tmp_path: Path
) -> None:
    row = {"id": EVIL, "audio": EVIL, "label": EVIL, "classes": {EVIL: [EVIL], "x": []}}
    labelled = answer("labels", "classify", row, [Label(EVIL, 0.5), Label("x", 0.25)])
    cells = {
        **_clips(make_cell("talker", lambda number: EVIL), make_cell("bad", broken)),
        ("classify", "own"): {"labels": labelled},
    }
    indices = _written(folder, tmp_path / "report", cells)
    pages = list((tmp_path / "report").rglob("*.html"))
    assert len(pages) == 4 + 1 + 1 + 1
    for path in pages:
        page = Parsed(path)
        assert not page.faults and not page.open
        assert len(page.all("script")) == 1 and not page.all("style") and not page.all("iframe")
        assert not [name for _, attributes in page.tags for name in attributes if name.startswith(("on", "style"))]
        assert not [link for link in page.all("a") if str(link["href"]).startswith("javascript")]
        assert 'alert("x")' in page.words
    path = indices["classify", "own"].pages[EVIL]
    assert (tmp_path / "report" / path).is_file() and "<" not in path
    assert "<script" not in (tmp_path / "report" / path).with_suffix(".md").read_text()


def test_errors_of_a_transcript_are_marked_and_counted(folder: RunFolder, make_cell: MakeCell, tmp_path: Path) -> None:
    cell = make_cell("a", lambda number: TEXT.replace("quick ", "").replace("fox", "cat") + " then", samples=1)
    index = _written(folder, tmp_path, _clips(cell))["asr", "clips"]
    page = Parsed(tmp_path / index.pages["clip0"])
    assert "1 wrong, 1 missing, 1 added; 8 words right" in page.words
    assert "wrong: fox cat" in page.words and "missing: quick" in page.words and "added: then" in page.words
    assert "30.0 %" in page.words


def test_what_a_judge_heard_in_made_speech_is_compared_with_the_prompt(
    folder: RunFolder, answer: Answer, sounds: Path, tmp_path: Path
) -> None:
    cell = answer("voice", "tts", ROWS["tts"], audio.read(sounds / "a.wav"), audio.read(sounds / "b.wav"))
    log, given = judgement_log(cell, RECOGNISER), cell.latest()
    for name, judged in (("sample0", "sample0"), ("sample1", "sample0")):
        heard = pack(Transcript("Good way."), cell, name)
        log.append(Judgement(sample_id=name, status="ok", hypothesis=heard, answer_id=answer_id(given[judged])))
    index = _written(folder, tmp_path / "report", {("tts", "own"): {"voice": cell}})["tts", "own"]
    first, second = (Parsed(tmp_path / "report" / index.pages[name]).words for name in ("sample0", "sample1"))
    assert f"{RECOGNISER.model} recognised:" in first and "wrong: day. way." in first
    assert f"{RECOGNISER.model} recognised:" not in second, "that was another answer"


def test_writing_twice_gives_the_same_bytes(
    folder: RunFolder, make_cell: MakeCell, answer: Answer, sounds: Path, tmp_path: Path
) -> None:
    (sounds / "x.wav").write_bytes((sounds / "a.wav").read_bytes())
    answers = _answers("pitch", ROWS["pitch"], sounds)
    cells = {
        **_clips(make_cell("a", right), make_cell("b", wrong)),
        ("pitch", "own"): {m: answer(m, "pitch", ROWS["pitch"], a) for m, a in answers.items()},
    }
    contents = []
    for name in ("one", "two"):
        _written(folder, tmp_path / name, cells)
        contents.append(
            {path.relative_to(tmp_path / name): path.read_bytes() for path in (tmp_path / name).rglob("*") if path.is_file()}
        )
    assert contents[0] == contents[1]
    assert {path.suffix for path in contents[0]} == {".html", ".json", ".md", ".svg", ".flac"}


def test_samples_on_which_models_differ_most_are_shown_and_then_the_first(
    folder: RunFolder, make_cell: MakeCell, tmp_path: Path
) -> None:
    good = make_cell("good", right)
    odd = make_cell("odd", lambda number: "nothing like it" if number in (7, 20) else TEXT)
    null = make_cell("null", lambda number: "" if number == 12 else TEXT)
    cells = _clips(good, odd, null)
    said = report(folder, [model_card("good"), model_card("odd"), model_card("null", "baseline")], [dataset_card()])
    tables = {("asr", "clips"): said.scorecards[0].tables[0]}
    index = write(tmp_path, cells, tables, "run")["asr", "clips"]
    assert list(index.pages) == ["clip0", "clip1", "clip7", "clip20"]


def test_a_long_list_is_paged_and_its_pages_are_linked(folder: RunFolder, make_cell: MakeCell, tmp_path: Path) -> None:
    index = _written(folder, tmp_path, _clips(make_cell("a", right, samples=450)), detailed=1)["asr", "clips"]
    place = tmp_path / "samples" / "asr" / "clips"
    assert index.list == "samples/asr/clips/index.html"
    assert sorted(path.name for path in place.glob("*.html")) == ["2.html", "3.html", "index.html"]
    assert [len(Parsed(place / name).all("tr")) - 1 for name in ("index.html", "2.html", "3.html")] == [200, 200, 50]
    links = {name: [str(link["href"]) for link in Parsed(place / name).all("a")] for name in ("index.html", "2.html", "3.html")}
    assert "2.html" in links["index.html"] and {"index.html", "3.html"} <= set(links["2.html"]) and "2.html" in links["3.html"]
    assert "sample/clip0.html" in links["index.html"]


def test_links_lead_to_files_or_to_pages_of_others(folder: RunFolder, make_cell: MakeCell, tmp_path: Path) -> None:
    _written(folder, tmp_path, _clips(make_cell("a", right), make_cell("b", wrong)))
    others = ("models", "capabilities", "decisions.html", "matrix.html", "evidence.html", "index.html", "style.css")
    for path in tmp_path.rglob("*.html"):
        for tag in ("a", "link"):
            for attributes in Parsed(path).all(tag):
                name = str(attributes["href"]).partition("#")[0]
                found = (path.parent / name).resolve() if name and not name.startswith("data:") else path
                assert found.is_file() or found.relative_to(tmp_path.resolve()).parts[0] in others, name


def test_lists_show_values_failures_and_what_was_not_answered(folder: RunFolder, make_cell: MakeCell, tmp_path: Path) -> None:
    cells = _clips(make_cell("a", wrong, samples=2), make_cell("b", lambda number: RuntimeError("no memory"), samples=1))
    index = _written(folder, tmp_path, cells)["asr", "clips"]
    words = Parsed(tmp_path / index.list).words
    for expected in ("100.0 % something else", "failed: no memory", "not answered", f"text: {TEXT}", "2 samples"):
        assert expected in words, expected


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ('{"type": "Transcript", "text": 7, "words": "x"}', "cannot be shown"),
        ('{"type": "Transcript", "texts": "x"}', "cannot be read"),
        ('{"type": "Audio", "file": "../../secret.wav", "shape": [1], "sample_rate": 8000, "sha256": "x"}', "outside itself"),
        ('{"type": "Audio", "file": "artifacts/gone.wav", "shape": [1], "sample_rate": 8000, "sha256": "x"}', "does not exist"),
        ('[{"type": "Label", "name": "x", "score": NaN}, 3]', '"name": "x"'),
        ('{"type": "Something new", "deep": [1, {"er": null}]}', "deep"),
        ("null", "null"),
        ("NaN", "NaN"),
        ("[" * 50 + "]" * 50, "[["),
    ],
)  # fmt: skip
def test_answers_that_nobody_expects_are_sentences(
    folder: RunFolder, make_cell: MakeCell, tmp_path: Path, given: str, said: str
) -> None:
    cell = make_cell("a", right, samples=1)
    cell.answers.path.write_text(f'{{"sample_id": "clip0", "status": "ok", "latency_s": NaN, "hypothesis": {given}}}\n{{"torn')
    index = write(tmp_path / "report", _clips(cell), {}, "run")["asr", "clips"]
    path = tmp_path / "report" / index.pages["clip0"]
    page = Parsed(path)
    assert not page.faults and said in page.words
    assert not Parsed(tmp_path / "report" / index.list).faults
    json.loads(path.with_suffix(".json").read_text(), parse_constant=pytest.fail)


@pytest.mark.parametrize(
    "row", [{}, {"audio": 3, "text": None}, {"audio": "../x.wav", "text": [1]}, {"audio": {"a": ["gone.wav"]}, "text": "x"}]
)
def test_questions_that_nobody_expects_are_sentences(
    folder: RunFolder, make_cell: MakeCell, tmp_path: Path, row: dict[str, Any]
) -> None:
    cell = make_cell("a", right, samples=1)
    (cell.folder / "questions.jsonl").write_text(json.dumps({"id": "clip0", "duration": "long", "row": row}) + "\n")
    index = write(tmp_path / "report", _clips(cell), {}, "run")["asr", "clips"]
    page = Parsed(tmp_path / "report" / index.pages["clip0"])
    assert not page.faults and "The question cannot be read" in page.words


def test_without_a_truth_the_answers_are_shown_alone(folder: RunFolder, answer: Answer, tmp_path: Path) -> None:
    cell = answer("a", "vad", {"audio": "a.wav"}, [Segment(0.2, 0.6), Segment(0.7, float("nan"))])
    index = write(tmp_path / "report", {("vad", "own"): {"a": cell}}, {}, "run")["vad", "own"]
    path = tmp_path / "report" / index.pages["sample0"]
    assert "has no reference for this sample" in Parsed(path).words
    assert [image["alt"] for image in Parsed(path).all("img")][-1] == "Speech of a, 0–1.0 s"
    drawn = "".join(ElementTree.parse(path.with_suffix(".svg")).getroot().itertext())
    assert "a" in drawn.split() and "reference" not in drawn.split()


def test_of_labels_the_one_that_decides_is_right_or_wrong(folder: RunFolder, answer: Answer, tmp_path: Path) -> None:
    names = ("Music", "Cat", "Bark", "cat", "DOG", "Speech")
    cell = answer("a", "classify", ROWS["classify"], [Label(name, 0.9 - 0.1 * place) for place, name in enumerate(names)])
    index = write(tmp_path / "report", {("classify", "own"): {"a": cell}}, {}, "run")["classify", "own"]
    page = Parsed(tmp_path / "report" / index.pages["sample0"])
    assert [one["class"] for one in page.all("li")] == ["", "wrong", "right", "", "right"]
    assert "and 1 more" in page.words and "Also right: Dog, Bark." in page.words


def test_of_entities_those_asked_for_are_right_or_wrong(folder: RunFolder, answer: Answer, tmp_path: Path) -> None:
    found = [
        Entity("Ann", "PERSON", 0, 3),
        Entity("Rome", "PERSON", 10, 14),
        Entity("is", "DATE", 4, 6),
        Entity("nn is", "PERSON", 1, 6),
    ]
    cell = answer("a", "ner", {**ROWS["ner"], "labels": ["PERSON"]}, found)
    index = write(tmp_path / "report", {("ner", "own"): {"a": cell}}, {}, "run")["ner", "own"]
    page = Parsed(tmp_path / "report" / index.pages["sample0"])
    assert [mark["class"] for mark in page.all("mark")] == ["", "right", "", "wrong"]
    assert "Missed" not in page.words


def test_a_sound_that_is_missing_is_a_sentence(folder: RunFolder, make_cell: MakeCell, tmp_path: Path) -> None:
    index = _written(folder, tmp_path, _clips(make_cell("a", right)))["asr", "clips"]
    page = Parsed(tmp_path / index.pages["clip0"])
    assert not page.all("audio") and "audio cannot be played" in page.words and "x.wav is not a file" in page.words


def test_a_capability_that_is_no_longer_known_has_pages_all_the_same(
    folder: RunFolder, make_cell: MakeCell, tmp_path: Path
) -> None:
    cells = {("telepathy", "clips"): {"a": make_cell("a", right)}}
    index = write(tmp_path, cells, {}, "run")["telepathy", "clips"]
    page = Parsed(tmp_path / index.pages["clip0"])
    assert not page.faults and "The quick brown fox".lower() in page.words and "x.wav" in page.words


def test_a_run_in_which_nothing_was_asked_has_an_empty_list(folder: RunFolder, make_cell: MakeCell, tmp_path: Path) -> None:
    cell = make_cell("a", samples=0)
    index = write(tmp_path, _clips(cell), {}, "run")["asr", "clips"]
    assert not index.pages and "none could be read" in Parsed(tmp_path / index.list).words


def test_samples_may_be_called_like_pages_of_the_list(folder: RunFolder, answer: Answer, tmp_path: Path) -> None:
    for name in ("index", "2"):
        cells = {("asr", name): {"a": answer("a", "asr", {**ROWS["asr"], "id": name}, Transcript("x"), dataset=name)}}
        index = write(tmp_path / "report", cells, {}, "run")["asr", name]
        assert index.pages[name] != index.list and Parsed(tmp_path / "report" / index.list).all("table")


def test_a_disk_that_refuses_is_one_sentence(folder: RunFolder, make_cell: MakeCell, tmp_path: Path) -> None:
    (tmp_path / "samples").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        write(tmp_path, _clips(make_cell("a", right)), {}, "run")
