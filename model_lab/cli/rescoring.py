"""``model-lab rescore``: the answers of a run by other scorers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from model_lab.cli.inspecting import JSON
from model_lab.cli.running import RUNS


def register(app: typer.Typer) -> None:
    """Add this module's command to ``app``."""
    app.command()(rescore)


def rescore(
    run: Annotated[str, typer.Argument(help="A run's name.")],
    scorers: Annotated[
        str, typer.Option("--scorers", metavar="NAME,...|all", help="Names as in: list scorers; or all of them.")
    ] = "all",
    capability: Annotated[str, typer.Option("--capability", help="Only this capability.")] = "",
    dataset: Annotated[str, typer.Option("--dataset", help="Only this dataset.")] = "",
    model: Annotated[list[str], typer.Option("--model", help="Only this model (may be repeated).")] = [],
    as_json: JSON = False,
    runs: RUNS = Path("runs"),
) -> None:
    """Score the stored answers of a run by other scorers too, without running any model, and show how the ranks move.

    Scores that exist are not changed: the new ones are kept beside them, and model-lab report shows them.
    """
    from model_lab.analysis import scorers as comparison
    from model_lab.capabilities import capability as definition
    from model_lab.cli import tables
    from model_lab.cli.screen import Screen
    from model_lab.registry import model_cards
    from model_lab.results import rescoring
    from model_lab.results.store import run_folder

    folder = run_folder(runs, run)
    cells = rescoring.cells(folder, capability, dataset, list(map(model_cards.canonical, model)))
    names = [name for part in scorers.split(",") if (name := part.strip())]
    chosen = rescoring.chosen(names, [definition(name) for name in sorted({cell.spec().capability for cell in cells})])
    cells = [cell for cell in cells if cell.spec().capability in chosen]
    with folder.locked(), Screen() as screen:
        for done, _ in enumerate(rescoring.rescore(cells, chosen), 1):
            screen.progress("answers scored again", done, len(cells))
    oracles = {card.name for card in model_cards.cards(folder.models()) if card.kind == "oracle"}
    computed = {scorer.name for of_capability in chosen.values() for scorer in of_capability}
    found = comparison.tables(cells, oracles, computed)
    if as_json:
        print(json.dumps([table.plain() for table in found], indent=1, ensure_ascii=False))
        return
    for table in found:
        tables.show(comparison.lines(table), False)
        print("\n".join(comparison.sentences(table.rankings)), end="\n\n")
