"""Every page of a written report, looked at as a parser and as a browser sees it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from model_lab.analysis.run_report import report
from model_lab.analysis.schema import REPORT_VERSION
from model_lab.contract import ModelCard
from model_lab.errors import StoreError
from model_lab.report.site import write_report
from model_lab.results.store import RunFolder
from tests.browser import BrowserPage
from tests.formats.test_markdown import cells
from tests.scored_run import (
    EVIL,
    MakeCell,
    broken,
    cell_maker,
    dataset_card,
    model_card,
    new_folder,
    right,
    wrong,
)

_VOID = {"meta", "link", "br", "wbr", "line", "circle", "img"}


class Parsed(HTMLParser):
    """Collects the tags, the text, and what is not closed."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.text: list[str] = []
        self.feed(path.read_text("utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def identifiers(self) -> list[str]:
        return [str(tag["id"]) for _, tag in self.tags if "id" in tag]

    @property
    def words(self) -> str:
        return " ".join("".join(self.text).split())


def write(folder: RunFolder, *cards: ModelCard, **data: str) -> Path:
    """The written report's folder."""
    return write_report(report(folder, cards, [dataset_card(**data)]), folder, cards).parent


def write_plain(folder: RunFolder) -> Path:
    """The report of a good, a bad and an absent model."""
    make_cell = cell_maker(folder)
    make_cell("a")
    make_cell("b", wrong)
    make_cell("absent", ended="absent needs a thing; run: model-lab setup")
    return write(folder, model_card("a"), model_card("b", "baseline"), model_card("absent"))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That report, to be looked at and left as it is."""
    return write_plain(new_folder(tmp_path_factory.mktemp("plain")))


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run in which everything that a model or a user can write is hostile."""
    names = ("good", "talker", "bad", "absent")
    folder = new_folder(tmp_path_factory.mktemp("evil"))
    make_cell = cell_maker(folder)
    make_cell("good", right)
    make_cell("talker", lambda number: EVIL)
    make_cell("bad", broken)
    make_cell("absent", ended=EVIL)
    cards = [model_card(name, title=EVIL, summary=EVIL, licence={"code": EVIL, "commercial": False}) for name in names]
    return write(folder, *cards, title=EVIL, annotation=EVIL, licence=EVIL, group=EVIL, limits=EVIL)


def pages(place: Path) -> dict[Path, Parsed]:
    return {path: Parsed(path) for path in sorted(place.rglob("*.html"))}


def test_every_page_of_the_plan_is_there(plain: Path) -> None:
    found = {path.relative_to(plain).as_posix() for path in plain.rglob("*.html") if "samples" not in path.parts}
    assert {"index.html", "decisions.html", "matrix.html", "evidence.html", "capabilities/asr.html", "compare/asr.html", "models/a.html",
            "use-cases/offline_transcription.html", "use-cases/edge_device.html"} <= found  # fmt: skip
    assert all(path.with_suffix(ending).is_file() for path in map(plain.joinpath, found) for ending in (".md", ".json"))


def test_hostile_data_adds_no_element_and_no_attribute(evil: Path) -> None:
    for path, page in pages(evil).items():
        assert [Path(str(script["src"])).name for script in page.all("script")] == ["script.js"], path
        assert not page.all("style") and not page.faults and not page.open, path
        assert not [tag for tag in page.tags if any(name.startswith("on") or name == "style" for name in tag[1])], path
    assert 'alert("x")' in Parsed(evil / "capabilities" / "asr.html").words


def test_every_link_leads_somewhere_in_the_folder(plain: Path) -> None:
    found = pages(plain)
    for path, page in found.items():
        links = [tag[name] for _, tag in page.tags for name in ("href", "src") if tag.get(name)]
        for link in map(str, links):
            if link == "data:,":
                continue
            file, _, place = link.partition("#")
            target = (path.parent / file).resolve() if file else path
            assert target.is_file() and target.is_relative_to(plain.resolve()), (path, link)
            assert not place or place in found[plain / target.relative_to(plain.resolve())].identifiers, (path, link)


def test_links_of_the_markdown_twins_lead_to_twins(plain: Path) -> None:
    for path in plain.rglob("*.md"):
        for link in re.findall(r"\]\(([^)#]+)", path.read_text("utf-8")):
            assert (path.parent / link).is_file(), (path, link)


def test_the_policy_allows_nothing_from_outside(plain: Path) -> None:
    for path, page in pages(plain).items():
        policy = next(str(tag["content"]) for tag in page.all("meta") if tag.get("http-equiv") == "Content-Security-Policy")
        assert "default-src 'none'" in policy and "http" not in policy and "unsafe" not in policy, path
        assert "https://" not in path.read_text("utf-8"), path


def test_tables_are_named_and_their_headings_scoped(plain: Path) -> None:
    for path, page in pages(plain).items():
        assert len(page.all("table")) == len(page.all("caption")), path
        assert all(heading.get("scope") in ("col", "row", "rowgroup") for heading in page.all("th")), path
        regions = [tag for tag in page.all("div") if tag.get("role") == "region"]
        assert all(region.get("tabindex") == "0" and region.get("aria-label") for region in regions), path
        assert len(page.identifiers) == len(set(page.identifiers)), path
        assert all(image.get("alt") for image in page.all("img")), path


def test_every_row_has_as_many_cells_as_the_table_has_headings(plain: Path) -> None:
    for path in plain.rglob("*.html"):
        for table in re.findall(r"<table\b.*?</table>", path.read_text("utf-8"), flags=re.DOTALL):
            if "rowspan" in table:
                continue
            head, *bodies = re.split(r"<tbody[^>]*>", table)
            rows = [row for body in bodies for row in body.split("<tr")[1:]]
            spans = [sum(int(span) - 1 for span in re.findall(r'colspan="(\d+)"', row)) for row in rows]
            widths = {len(re.findall(r"<t[dh]\b", row)) + span for row, span in zip(rows, spans, strict=True)}
            assert widths <= {len(re.findall(r"<th\b", head))}, path


def test_what_a_reader_looks_for_is_there(plain: Path) -> None:
    told = {
        "capabilities/asr": [
            "word error rate",
            "0.0 % [0.0, 0.0]",
            "absent needs a thing; run: model-lab setup",
            "12 clusters (speaker)",
        ],
        "evidence": ["git checkout abc123", "model-lab sprint s.yaml", "something_new", "package-19==1.0"],
        "compare/asr": ["-100.0 points", "24 / 0 / 0", "clip0: 0.0 % against 100.0 %"],
        "models/a": ["Grade", "limited by", "The evidence in asr", "half-width", "clips"],
        "use-cases/offline_transcription": ["asr", "total memory 8 GB", "evidence", "recommended"],
    }
    for path, sentences in told.items():
        words = Parsed(plain / f"{path}.html").words
        for sentence in sentences:
            assert sentence in words, (path, sentence)


def test_the_markdown_twins_keep_their_tables_whole(evil: Path) -> None:
    for path in evil.rglob("*.md"):
        text = re.sub(r"^(```+)\w*$.*?^\1$", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        for table in re.findall(r"(?:^\|.*\n?)+", text, flags=re.MULTILINE):
            assert len({len(cells(line)) for line in table.strip().split("\n")}) == 1, path
        assert "<script" not in text and "](javascript" not in text, path


def test_the_json_twins_hold_numbers_and_every_score_its_n_and_interval(plain: Path) -> None:
    data = json.loads((plain / "index.json").read_text())
    assert data["schema_version"] == REPORT_VERSION
    rows = {row["model"]: row for row in data["scorecards"][0]["tables"][0]["rows"]}
    outcome = RunFolder(plain.parent).cell("b", "clips").outcome()
    assert outcome is not None and len(outcome.scores) >= 2
    for score in outcome.scores:
        assert rows["b"]["scores"][score.metric] == score.model_dump(mode="json")
    (pair,) = json.loads((plain / "compare" / "asr.json").read_text())["sections"][0]["tables"][0]["rows"]
    assert (pair["better"], pair["difference"], pair["n"]) == ("a", -1.0, 24)


def test_a_report_is_replaced_whole(folder: RunFolder) -> None:
    plain = write_plain(folder)
    before = {path: path.read_bytes() for path in plain.rglob("*") if path.is_file()}
    (plain / "models" / "gone.html").write_text("of an earlier report")
    write(folder, model_card("a"), model_card("b", "baseline"), model_card("absent"))
    assert {path: path.read_bytes() for path in plain.rglob("*") if path.is_file()} == before
    assert not list(folder.path.glob("report.*"))


def test_a_place_that_cannot_be_written_is_one_sentence(folder: RunFolder) -> None:
    (folder.path / "report").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        write(folder, model_card("a"))
    assert (folder.path / "report").read_text() == "in the way"


@pytest.mark.parametrize(
    "broken_run", ["empty", "all failed", "one sample", "nothing registered", "torn", "not a number", "older schema"]
)
def test_a_poor_run_gives_pages_all_the_same(folder: RunFolder, make_cell: MakeCell, broken_run: str) -> None:
    if broken_run == "all failed":
        make_cell("a", broken)
        make_cell("b", broken)
    elif broken_run in ("one sample", "nothing registered"):
        make_cell("a", samples=1)
    elif broken_run == "torn":
        torn = folder.cell("a", "clips").folder
        torn.mkdir(parents=True)
        (torn / "spec.json").write_text('{"key')
    elif broken_run == "not a number":
        scores = make_cell("a").folder / "scores.json"
        scores.write_text(re.sub(r'"value": [0-9.]+', '"value": NaN', scores.read_text()))
    elif broken_run == "older schema":
        scores = make_cell("a").folder / "scores.json"
        scores.write_text(scores.read_text().replace('"schema_version": 1', '"schema_version": 0'))
    known = [] if broken_run == "nothing registered" else [model_card("a"), model_card("b")]
    place = write_report(report(folder, known, [dataset_card()] if known else []), folder, known).parent
    for path, page in pages(place).items():
        assert not page.faults and not page.open, path
    told = {
        "empty": "has no answers of any model",
        "all failed": "no model could be ranked",
        "torn": "no spec.json that can be read",
        "not a number": "no model could be ranked",
        "older schema": "not scored; run: model-lab score synthetic",
    }
    asked = place / "capabilities" / "asr.html"
    assert told.get(broken_run, "0.0 %") in "".join(Parsed(path).words for path in (place / "index.html", asked) if path.exists())


@pytest.mark.system
def test_a_browser_sorts_and_filters_tables_and_complains_of_nothing(
    folder: RunFolder, make_cell: MakeCell, browser_page: BrowserPage
) -> None:
    names = [f"m{number}" for number in range(9)]
    for number, name in enumerate(names):
        make_cell(name, right if number % 2 else wrong)
    place = write(folder, *map(model_card, names), title='<img src=x onerror="document.title=1">')
    page = browser_page(place / "capabilities" / "asr.html")
    first = page.locator("table.scores").first
    heading = first.locator("thead th", has_text="wer").first
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    rising = (
        first.locator("tbody").first.locator("td.primary").evaluate_all("cells => cells.map(cell => Number(cell.dataset.value))")
    )
    assert rising == sorted(rising) and rising[0] < rising[-1]
    heading.get_by_role("button").press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    page.get_by_role("searchbox").first.fill("m3")
    assert first.locator("tbody tr:visible").count() == 1
    assert page.title().startswith("Speech recognition")


@pytest.mark.system
@pytest.mark.parametrize("dark", [False, True])
def test_no_page_is_wider_than_a_phone(plain: Path, browser_page: BrowserPage, dark: bool) -> None:
    page = browser_page(plain / "index.html", width=390, dark=dark)
    for name in (
        "index",
        "decisions",
        "matrix",
        "capabilities/asr",
        "compare/asr",
        "models/a",
        "use-cases/edge_device",
        "evidence",
    ):
        page.goto((plain / f"{name}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
