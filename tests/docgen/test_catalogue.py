from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
import typer

from model_lab.capabilities import capability
from model_lab.docgen import catalogue
from model_lab.docgen.catalogue import NOTICE, RegisteredItems
from tests.formats.test_markdown import cells
from tests.scored_run import EVIL, dataset_card, model_card

app = typer.Typer(name="bench", help="The bench.", rich_markup_mode=None)
lists = typer.Typer(help="Lists of things.")
app.add_typer(lists, name="list")


@app.command()
def run(
    model: Annotated[str, typer.Argument(help="Which model.")],
    files: Annotated[list[str] | None, typer.Argument(help="Sound files.")] = None,
    tier: Annotated[str, typer.Option("--tier", "-t", help="How much | of it.")] = "smoke",
    force: Annotated[bool, typer.Option("--force", help="Again.")] = False,
) -> None:
    """Ask one model.

    It answers.
    """


@app.command()
def explain() -> None:
    """Say in one sentence what a model is, what it was trained on, and what it does not do."""


@app.command(hidden=True)
def secret() -> None:
    """Not for the documentation."""


@lists.command()
def models() -> None:
    """List the models."""


@pytest.fixture
def found() -> RegisteredItems:
    cards = [
        model_card("a", parameters=1234567, licence={"code": "GPL-3.0-or-later", "commercial": True, "copyleft": True}),
        model_card("baseline", "baseline", capabilities=("asr", "vad")),
    ]
    return RegisteredItems(cards, [capability("asr"), capability("vad")], [dataset_card(commercial=False)], app)


def test_every_page_says_that_it_is_generated_and_by_what(found: RegisteredItems) -> None:
    assert sorted(found.kinds) == ["capabilities", "cli", "coverage", "datasets", "grades", "metrics", "models"]
    for kind in found.kinds:
        assert found.render(kind).startswith(NOTICE) and "model-lab docs" in NOTICE


def test_models_show_their_licence_and_size(found: RegisteredItems) -> None:
    (row,) = [line for line in found.render("models").splitlines() if line.startswith("| a |")]
    assert "GPL-3.0-or-later" in row and "copyleft" in row and "1,234,567" in row and "500 MB" in row


def test_capabilities_show_models_datasets_and_columns(found: RegisteredItems) -> None:
    text = found.render("capabilities")
    (row,) = [line for line in text.splitlines() if line.startswith("| asr |")]
    assert cells(row)[4:] == [" a ", " clips "] and "word error rate" in row
    assert "| text | what is said in it, in normal spelling; empty if nobody speaks | yes |" in text


def test_datasets_show_truth_licence_and_tiers(found: RegisteredItems) -> None:
    (row,) = [line for line in found.render("datasets").splitlines() if line.startswith("| clips |")]
    assert "human" in row and "non-commercial" in row and "smoke 5, standard all" in row


def test_metrics_show_unit_direction_and_source(found: RegisteredItems) -> None:
    (row,) = [line for line in found.render("metrics").splitlines() if line.startswith("| wer |")]
    assert "ratio" in row and "lower is better" in row and "jiwer" in row
    assert "[`model_lab.metrics.text`](python/metrics.md#model_lab.metrics.text)" in found.render("metrics")


def test_the_command_line_is_described_down_to_its_options(found: RegisteredItems, monkeypatch: pytest.MonkeyPatch) -> None:
    text = found.render("cli")
    assert "# Command line" in text and "### `bench list models`" in text and "Lists of things." in text
    assert "* `model <str>`: Which model.  [required]" in text
    assert "* `[files]... <list[str]>`: Sound files." in text or "* `files... <list[str]>`: Sound files." in text
    assert "* `-t, --tier <str>`: How much | of it.  [default: smoke]" in text
    assert "* `--force`: Again." in text
    assert "It answers." in text and "secret" not in text
    monkeypatch.setenv("COLUMNS", "40")
    assert found.render("cli") == text


def test_the_summary_of_a_command_is_not_cut_off(found: RegisteredItems) -> None:
    assert "* `explain`: Say in one sentence what a model is, what it was trained on, and what it does not do." in found.render(
        "cli"
    )


def test_hostile_cards_do_not_break_a_table(found: RegisteredItems) -> None:
    hostile = RegisteredItems(
        [model_card("a", title=EVIL, summary=EVIL)], found.capabilities, [dataset_card(title=EVIL, licence=EVIL)], app
    )
    for kind in ("models", "datasets"):
        lines = [line for line in hostile.render(kind).splitlines() if line.startswith("|")]
        assert len({len(cells(line)) for line in lines}) == 1 and "<script" not in hostile.render(kind)


def test_stale_pages_are_found_and_written(found: RegisteredItems, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "registered", lambda app: found)
    pages = [f"reference/{kind}.md" for kind in found.kinds]
    assert catalogue.check(tmp_path / "docs", app) == pages
    assert catalogue.write(tmp_path / "docs", app) == pages
    assert catalogue.check(tmp_path / "docs", app) == []
    (tmp_path / "docs/reference/models.md").write_text("edited")
    assert catalogue.check(tmp_path / "docs", app) == ["reference/models.md"]
    assert catalogue.write(tmp_path / "docs", app) == ["reference/models.md"]
    assert found.stale(tmp_path / "docs") == {}


def test_what_is_registered_can_be_rendered() -> None:
    everything = catalogue.registered(app)
    assert f"{len(everything.models)} models" in everything.render("models")
    assert all(everything.render(kind).endswith("\n") for kind in everything.kinds)
