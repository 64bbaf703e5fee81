"""The page of blame: its pictures add up, and it reads in every form."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_lab.analysis import waterfall
from model_lab.metrics.meetings import CPWER
from model_lab.pipelines import shapley
from model_lab.pipelines.evaluation import EvaluatedMetric, Evaluation
from model_lab.report import waterfall_page, waterfall_plot
from tests.analysis.test_waterfall import evaluation
from tests.browser import BrowserPage
from tests.report.site.test_pages import Parsed
from tests.scored_run import EVIL

STAGES = ("vad", "asr", "diarization")


def made_of(table: list[list[int]]) -> Evaluation:
    """Recordings of 10 words each, with so many errors for every coalition of the stages."""
    counts = zip(shapley.coalitions(STAGES), zip(*table, strict=True), strict=True)
    parts = {
        known: [{"substitutions": float(count), "deletions": 0.0, "insertions": 0.0, "words": 10.0} for count in row]
        for known, row in counts
    }
    names = [str(number) for number in range(len(table))]
    return Evaluation("R", {}, tuple(names), (EvaluatedMetric(CPWER, STAGES, parts, names),), ())


tables = st.lists(st.lists(st.integers(0, 12), min_size=8, max_size=8), min_size=1, max_size=4)


@settings(max_examples=20)
@given(tables)
def test_bars_step_from_the_whole_error_to_what_is_left(table: list[list[int]]) -> None:
    [metric] = waterfall.waterfall(made_of(table))["metrics"]
    whole, *stages, none = waterfall_plot.steps(metric)
    total = sum(row[0] for row in table) / (10 * len(table))
    left = sum(row[-1] for row in table) / (10 * len(table))
    assert (whole.amount, none.amount) == pytest.approx((total, left))
    assert sum(bar.amount for bar in stages) + none.amount == pytest.approx(total)
    assert all(before.end == after.start for before, after in pairwise([whole, *stages]))
    assert stages[-1].end == pytest.approx(left)
    for bar in (whole, *stages, none):
        assert (bar.low is None) == (len(table) == 1)
    alone = sum(row["alone"]["value"] for row in metric["stages"])
    assert alone + metric["interaction"]["value"] + metric["left"]["value"] == pytest.approx(total)


def test_a_perfect_recipe_has_bars_of_no_length() -> None:
    [metric] = waterfall.waterfall(made_of([[0] * 8, [0] * 8]))["metrics"]
    assert {bar.amount for bar in waterfall_plot.steps(metric)} == {0.0}
    assert "cpwer 0.0 % [0.0, 0.0], caused by: vad 0.0 %" in waterfall_plot.picture(metric)


def test_a_share_may_be_below_0() -> None:
    [metric] = waterfall.waterfall(made_of([[2, 2, 2, 5, 2, 5, 5, 5]] * 2))["metrics"]
    assert min(bar.amount for bar in waterfall_plot.steps(metric)) < 0
    assert waterfall_plot.picture(metric).count("<text") > 5


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """The page of one recipe, whose names are hostile."""
    found = replace(evaluation(), recipe=EVIL, models={"asr": EVIL}, not_judged=(EVIL,))
    return waterfall_page.write([waterfall.waterfall(found)], [], tmp_path)


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """The page of two recipes."""
    first, second = evaluation(worse=2), evaluation()
    data = [waterfall.waterfall(first), waterfall.waterfall(second)]
    return waterfall_page.write(data, waterfall.differences(first, second), tmp_path)


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_nothing_that_was_named_is_markup(one: Path) -> None:
    parsed = Parsed(one)
    assert not parsed.faults and not parsed.open and not parsed.all("script")
    assert "<script>" not in one.with_suffix(".md").read_text()
    [image] = parsed.all("img")
    assert image["src"] == "waterfall-cpwer.svg" and str(image["alt"]).startswith("cpwer 35.0 % [")
    assert "caused by: asr 22.5 %" in str(image["alt"])


def test_all_forms_say_the_same(two: Path) -> None:
    assert files(two.parent) == {
        "waterfall.html",
        "waterfall.md",
        "waterfall.json",
        "waterfall.css",
        "waterfall-1-cpwer.svg",
        "waterfall-2-cpwer.svg",
    }
    told: dict[str, Any] = json.loads(two.with_suffix(".json").read_text())
    assert [data["metrics"][0]["value"]["value"] for data in told["recipes"]] == pytest.approx([0.55, 0.35])
    assert told["differences"][0]["difference"] == pytest.approx(0.2)
    said, markdown = Parsed(two).words, two.with_suffix(".md").read_text()
    for part in (
        "20.0 points",
        "[20.0, 20.0]",
        "their interaction",
        "-5.0 % [-8.8, -1.3]",
        "40.0 % [40.0, 40.0]",
        "Judged on 8 recordings.",
    ):
        assert part in said and part in markdown
    assert "![cpwer 55.0 %" in markdown


def test_pictures_of_an_earlier_evaluation_go(two: Path) -> None:
    waterfall_page.write([waterfall.waterfall(evaluation())], [], two.parent)
    assert {name for name in files(two.parent) if name.endswith(".svg")} == {"waterfall-cpwer.svg"}


@pytest.mark.parametrize("dark", [False, True])
def test_a_browser_shows_it(two: Path, browser_page: BrowserPage, dark: bool) -> None:
    page = browser_page(two, dark=dark)
    for image in page.locator("img").all():
        assert image.evaluate("image => image.complete && image.naturalWidth > 300")
    narrow = browser_page(two, width=360, dark=dark)
    assert narrow.evaluate("document.documentElement.scrollWidth <= innerWidth")
