from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from model_lab.errors import StoreError
from model_lab.reports.pages import markdown
from model_lab.reports.render import html, write_report
from model_lab.reports.report import report
from model_lab.reports.schema import REPORT_VERSION, Report
from model_lab.results.store import RunFolder
from tests.reports.conftest import EVIL, TEXT, MakeCell, broken, dataset_card, model_card, right, wrong
from tests.reports.test_markdown import cells

_VOID = {"meta", "link", "br", "wbr", "line", "circle"}


class Page(HTMLParser):
    """Collects the tags, the text of each element, and what is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.text: list[str] = []
        self.feed(text)
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
        if not self.open or self.open[-1] not in ("script", "style"):
            self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def words(self) -> str:
        return " ".join("".join(self.text).split())


def evil_report(folder: RunFolder, make_cell: MakeCell) -> Report:
    """A run in which everything that a model or a user can write is hostile."""
    make_cell("good", right)
    make_cell("talker", lambda number: EVIL)
    make_cell("bad", broken)
    make_cell("absent", ended=EVIL)
    cards = [
        model_card(name, title=EVIL, licence={"code": EVIL, "commercial": False}) for name in ("good", "talker", "bad", "absent")
    ]
    return report(folder, cards, [dataset_card(title=EVIL, annotation=EVIL, licence=EVIL, group=EVIL, limits=EVIL)])


@pytest.fixture
def evil(folder: RunFolder, make_cell: MakeCell) -> Report:
    return evil_report(folder, make_cell)


@pytest.fixture
def plain(folder: RunFolder, make_cell: MakeCell) -> Report:
    make_cell("a")
    make_cell("b", wrong)
    make_cell("absent", ended="absent needs a thing; run: model-lab setup")
    return report(folder, [model_card("a"), model_card("b", "baseline"), model_card("absent")], [dataset_card()])


def test_hostile_data_adds_no_element_and_no_attribute(evil: Report) -> None:
    page = Page(html(evil))
    assert len(page.all("script")) == 1 and len(page.all("style")) == 1
    assert 'alert("x")' in page.words
    assert not [attributes for _, attributes in page.tags if any(name.startswith("on") for name in attributes)]
    links = [str(attributes["href"]) for tag in ("a", "link") for attributes in page.all(tag)]
    assert all(link.startswith(("#", "index.", "data:,")) for link in links)
    assert not page.faults and not page.open


def test_the_only_script_is_ours_and_the_policy_allows_nothing_else(evil: Report) -> None:
    text = html(evil)
    script = re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)
    policy = next(str(tag["content"]) for tag in Page(text).all("meta") if tag.get("http-equiv") == "Content-Security-Policy")
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    assert len(script) == 1 and f"script-src 'sha256-{digest}'" in policy and "default-src 'none'" in policy


def test_the_page_asks_no_network_for_anything(plain: Report) -> None:
    text = html(plain)
    assert not re.search(r"https?://|url\(|@import|src=", text)


def test_tables_are_named_and_their_headings_scoped(plain: Report) -> None:
    page = Page(html(plain))
    assert len(page.all("table")) == len(page.all("caption")) >= 3
    assert all(heading.get("scope") in ("col", "row", "rowgroup") for heading in page.all("th"))
    regions = [tag for tag in page.all("div") if tag.get("role") == "region"]
    assert regions and all(region.get("tabindex") == "0" and region.get("aria-label") for region in regions)
    identifiers = [str(tag["id"]) for _, tag in page.tags if "id" in tag]
    assert len(identifiers) == len(set(identifiers))
    assert {str(link["href"])[1:] for link in page.all("a") if str(link["href"]).startswith("#")} <= set(identifiers)


def test_every_row_has_as_many_cells_as_the_table_has_headings(plain: Report) -> None:
    text = html(plain)
    table = text[text.index('<table class="scores">') :]
    table = table[: table.index("</table>")]
    head, *bodies = re.split(r"<tbody[^>]*>", table)
    rows = [row for body in bodies for row in body.split("<tr")[1:]]
    widths = [
        len(re.findall(r"<t[dh]\b", row)) + sum(int(span) - 1 for span in re.findall(r'colspan="(\d+)"', row)) for row in rows
    ]
    assert widths == [len(re.findall(r"<th\b", head))] * 3


def test_what_a_reader_looks_for_is_on_the_page(plain: Report) -> None:
    words = Page(html(plain)).words
    for expected in ("word error rate", "0.0 % [0.0, 0.0]", "absent needs a thing; run: model-lab setup", "git checkout abc123",
                     "model-lab sprint s.yaml", "Clips made by a test", "12 clusters (speaker)", "something_new", "package-19==1.0", TEXT):  # fmt: skip
        assert expected in words, expected


def test_the_markdown_twin_keeps_its_tables_whole(evil: Report) -> None:
    text = markdown(evil)
    tables = re.findall(r"(?:^\|.*\n?)+", text.split("## Environment")[0], flags=re.MULTILINE)
    assert len(tables) == 3
    for table in tables:
        assert len({len(cells(line)) for line in table.strip().split("\n")}) == 1
    assert "<script" not in text and "](javascript" not in text


def test_the_markdown_twin_shows_the_same_numbers(plain: Report) -> None:
    text = markdown(plain)
    assert re.search(r"\| 1 \| The a \(a\) \| neural \| 0\.0 % \| \[0\.0, 0\.0\] \| 24 \| 12 \|", text)
    assert "absent needs a thing; run: model-lab setup" in text
    assert text.count("\n## ") == 3


def test_the_json_twin_holds_every_score_with_its_n_and_interval(folder: RunFolder, plain: Report) -> None:
    write_report(plain, folder)
    data = json.loads((folder.path / "report" / "index.json").read_text())
    assert data["schema_version"] == REPORT_VERSION
    rows = {row["model"]: row for row in data["scorecards"][0]["tables"][0]["rows"]}
    outcome = folder.cell("b", "clips").outcome()
    assert outcome is not None
    assert set(rows) == {"a", "b", "absent"} and len(outcome.scores) >= 2
    for score in outcome.scores:
        assert rows["b"]["scores"][score.metric] == score.model_dump(mode="json")


def test_the_three_files_stand_in_the_report_folder(folder: RunFolder, plain: Report) -> None:
    path = write_report(plain, folder)
    assert path == folder.path / "report" / "index.html"
    assert sorted(found.name for found in path.parent.iterdir()) == ["index.html", "index.json", "index.md"]


def test_a_report_of_a_run_that_has_a_report_is_the_same(folder: RunFolder, plain: Report) -> None:
    write_report(plain, folder)
    again = report(folder, [model_card("a"), model_card("b", "baseline"), model_card("absent")], [dataset_card()])
    assert again == plain


def test_a_place_that_cannot_be_written_is_one_sentence(folder: RunFolder, plain: Report) -> None:
    (folder.path / "report").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        write_report(plain, folder)


@pytest.mark.parametrize("broken_run", ["empty", "all failed", "one sample", "nothing registered", "torn"])
def test_a_poor_run_gives_a_page_all_the_same(folder: RunFolder, make_cell: MakeCell, broken_run: str) -> None:
    if broken_run == "all failed":
        make_cell("a", broken)
        make_cell("b", broken)
    elif broken_run in ("one sample", "nothing registered"):
        make_cell("a", samples=1)
    elif broken_run == "torn":
        torn = folder.cell("a", "clips").folder
        torn.mkdir(parents=True)
        (torn / "spec.json").write_text('{"key')
    cards = [] if broken_run == "nothing registered" else [model_card("a"), model_card("b")]
    said = report(folder, cards, [] if broken_run == "nothing registered" else [dataset_card()])
    page = Page(html(said))
    assert not page.faults and "Overview" in page.words
    assert markdown(said).startswith("# Model Lab: synthetic\n")
    told = {
        "empty": "holds no model's answers",
        "all failed": "no model could be ranked",
        "torn": "no spec.json that can be read",
    }
    assert told.get(broken_run, "0.0 %") in page.words


_CLICK = """
<script>
const heading = [...document.querySelectorAll("table.scores thead th")].find((cell) => cell.textContent.trim().startsWith("wer"));
const order = () => [...document.querySelectorAll("table.scores tbody:first-of-type th code, table.scores tbody:first-of-type th .title")]
  .map((cell) => cell.textContent).join(",");
heading.querySelector("button").click();
document.title = "up:" + order();
heading.querySelector("button").click();
document.title += " down:" + order() + " " + heading.getAttribute("aria-sort");
</script>
"""


@pytest.mark.system
def test_a_browser_sorts_by_the_headings_and_runs_no_foreign_script(
    folder: RunFolder, make_cell: MakeCell, tmp_path: Path
) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no chromium on PATH")
    make_cell("a")
    make_cell("b", wrong)
    said = report(
        folder,
        [model_card("a", title="a"), model_card("b", title="b")],
        [dataset_card(title='<img src=x onerror="document.title=1">')],
    )
    page = tmp_path / "page.html"
    page.write_text(html(said))
    assert "<title>synthetic" in _dom(browser, page, tmp_path)
    page.write_text(re.sub(r"<meta http-equiv[^>]*>", "", html(said)).replace("</body>", _CLICK + "</body>"))
    assert "<title>up:a,b down:b,a descending</title>" in _dom(browser, page, tmp_path)


def _dom(browser: str, page: Path, folder: Path) -> str:
    command = [
        browser,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={folder / 'profile'}",
        "--dump-dom",
        f"file://{page}",
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
