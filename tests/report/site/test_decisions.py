"""The first page as a reader with a minute sees it, and the page with everything behind the advice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model_lab.analysis import decisions as analysis
from model_lab.analysis.published import PublishedNumber
from model_lab.analysis.run_report import report
from model_lab.report.site import write_report
from model_lab.results.store import RunFolder
from tests.analysis.test_published import TABLE, facts
from tests.browser import BrowserPage
from tests.report.site.test_pages import Parsed
from tests.scored_run import cell_maker, dataset_card, model_card, new_folder, right, wrong


def small_error(number: int) -> str | Exception:
    return right(number).replace("fox", "box" if number == 3 else "fox")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of two good models, a bad one and one that did nothing, beside a published model that was not run."""
    folder: RunFolder = new_folder(tmp_path_factory.mktemp("decided"))
    make_cell = cell_maker(folder)
    for name, answer in (("ours", right), ("rival", small_error), ("bad", wrong), ("baseline_null", lambda number: "")):
        make_cell(name, answer)
    cards = [model_card(name) for name in ("ours", "rival", "bad", "new")] + [model_card("baseline_null", "baseline")]
    table = TABLE | {"values": {"The model": [9.0], "Newer": [5.0]}}
    registered = {"The model": ["ours"], "Newer": ["new"]}
    numbers: list[PublishedNumber] = facts(folder.path.parent, table, registered=registered)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis, "published", lambda: numbers)
        return write_report(report(folder, cards, [dataset_card(author="third-party")]), folder, cards).parent


def test_the_first_page_leads_with_a_model_and_its_score_in_words(place: Path) -> None:
    words = Parsed(place / "index.html").words
    first = words[words.index("What to use for what") :]
    assert first.index("Offline transcription") < first.index("Capabilities The best model")
    assert "0 in 100 words are wrong" in first and "measured on 24 samples of “Clips made by a test”" in first
    assert "12 clusters (speaker) · standard tier · annotated by people · test by a third party" in first
    assert "Tied with rival: they do not differ significantly" in first and "It would change with more data" in first
    assert "Worth trying: new" in first and "published in A paper (2025-01); scorer: another" in first
    assert "5 % WER on Clips test, against 9 % published of ours" in first
    assert "model-lab setup new && model-lab fetch new && model-lab run new clips" in first


def test_every_claim_leads_to_table_samples_and_json(place: Path) -> None:
    links = {str(tag.get("href")) for tag in Parsed(place / "index.html").all("a")}
    assert {"models/ours.html", "capabilities/asr.html#clips", "capabilities/asr.json", "decisions.html"} <= links
    assert any(link.startswith("samples/asr/clips/") for link in links)


def test_the_advice_is_in_markdown_and_json_too(place: Path) -> None:
    assert "0 in 100 words are wrong" in (place / "index.md").read_text("utf-8")
    page = json.loads((place / "decisions.json").read_text("utf-8"))
    advice, worth = (section["tables"][0]["rows"] for section in page["sections"])
    assert next(row["model"] for row in advice if row["need"] == "Speech recognition") == "ours"
    assert [(row["model"], row["published"], row["against"], row["command"]) for row in worth] == [
        ("new", 5.0, 9.0, "model-lab setup new && model-lab fetch new && model-lab run new clips")
    ]
    case = json.loads((place / "use-cases" / "offline_transcription.json").read_text("utf-8"))
    assert {section["title"] for section in case["sections"]} >= {"The stack", "Worth trying", "Every model"}
    model = (place / "models" / "ours.md").read_text("utf-8")
    assert "0 in 100 words are wrong" in model


def test_a_model_that_was_not_run_is_ranked_nowhere(place: Path) -> None:
    [table] = json.loads((place / "index.json").read_text("utf-8"))["scorecards"][0]["tables"]
    assert "new" not in [row["model"] for row in table["rows"]]
    grids = [
        grid
        for section in json.loads((place / "use-cases" / "offline_transcription.json").read_text("utf-8"))["sections"]
        if section["title"] != "Worth trying"
        for grid in section["tables"]
    ]
    assert all(row.get("model") != "new" for grid in grids for row in grid["rows"])


@pytest.mark.system
@pytest.mark.parametrize("dark", [False, True])
def test_the_first_page_is_read_on_a_phone_without_javascript(place: Path, browser_page: BrowserPage, dark: bool) -> None:
    page = browser_page(place / "index.html", width=390, dark=dark, script=False)
    for details in page.locator(".advice details").all():
        details.locator("summary").click()
    assert page.locator(".advice details code").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
