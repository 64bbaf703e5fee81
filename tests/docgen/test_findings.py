from __future__ import annotations

import re
from pathlib import Path

import pytest

from model_lab.analysis.run_report import report
from model_lab.docgen.findings import findings, store
from model_lab.errors import BadConfig, UnknownName
from model_lab.files import write_json, write_text
from model_lab.registry import model_cards
from model_lab.report.site import write_report
from model_lab.results.scoring import score_cell
from model_lab.results.store import RunFolder
from tests.scored_run import MakeCell, dataset_card, model_card, wrong

MODELS = [model_card("good"), model_card("bad")]


@pytest.fixture
def stored(folder: RunFolder, make_cell: MakeCell, tmp_path: Path) -> Path:
    """A findings folder with a run stored in it, and its pages."""
    make_cell("good")
    make_cell("bad", wrong)
    write_report(report(folder, MODELS, [dataset_card()]), folder, MODELS)
    place = tmp_path / "findings"
    store(folder, place)
    for name, text in findings(place, MODELS).items():
        write_text(place / name, text)
    return place


def test_the_first_page_says_who_is_best_how_ready_and_at_what_price(stored: Path) -> None:
    said = (stored / "README.md").read_text("utf-8")
    assert "[48 answers of 2 models in 1 capabilities on 1 datasets, standard tier; 0 answers failed.](evidence.md)" in said
    assert re.search(r"\| \[asr\]\(capabilities/asr.md\) .*\| good \| wer ↓ \| 0.0 % \| \[0.0, 0.0\] \| 24 \|  \|", said)
    assert re.search(r"\| bad \| \[asr\]\(capabilities/asr.md\) \| F \|", said)
    assert "asr: good" in said and "(use-cases/offline_transcription.md)" in said
    assert "![The grades of every model in every capability, best first](overview.svg)" in said


def test_every_link_and_picture_of_every_page_is_there(stored: Path) -> None:
    pages = list(stored.rglob("*.md"))
    assert len(pages) > 10
    for page in pages:
        for link in re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / link).is_file(), (page, link)


def test_the_same_run_gives_the_same_pages(stored: Path) -> None:
    assert {name: (stored / name).read_text("utf-8") for name in findings(stored, MODELS)} == findings(stored, MODELS)


def test_another_run_replaces_what_was_said(stored: Path, folder: RunFolder) -> None:
    (stored / "capabilities" / "gone.md").write_text("of a capability that is no more")
    store(folder, stored)
    assert [path.name for path in stored.rglob("*")] == ["report.json"]


def test_without_a_stored_run_there_are_no_findings(tmp_path: Path) -> None:
    assert findings(tmp_path, MODELS) == {}


def test_a_run_without_a_report_and_a_report_of_another_version_are_refused(folder: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="has no report; run: model-lab report synthetic"):
        store(folder, tmp_path)
    (tmp_path / "report.json").write_text('{"run": 1}')
    with pytest.raises(BadConfig, match=r"is not a report of the current version .* run: model-lab docs --findings RUN"):
        findings(tmp_path, MODELS)


def test_a_variant_in_the_run_is_graded_and_registered_there(folder: RunFolder, make_cell: MakeCell, tmp_path: Path) -> None:
    cell = make_cell("good@size=2")
    write_json(cell.folder / "spec.json", cell.header() | {"spec": cell.spec().model_dump() | {"options": {"size": 2}}})
    models = [model_card("good", options={"size": 1})]
    score_cell(cell, folder.name)
    write_report(report(folder, model_cards.with_variants(models, folder.models()), [dataset_card()]), folder, models)
    store(folder, tmp_path / "findings")
    pages = findings(tmp_path / "findings", models)
    assert re.search(r"\| good@size=2 \| \[asr\]\(capabilities/asr.md\) \| [A-F] \|", pages["README.md"])
    assert "not registered" not in "".join(pages.values())
