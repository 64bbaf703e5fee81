"""``model-lab evaluate-pipeline``: a recipe on recordings whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from model_lab.cli.inspecting import JSON
from model_lab.cli.running import TRUST

if TYPE_CHECKING:
    from model_lab.cli.screen import Screen
    from model_lab.pipelines.evaluation import Evaluation


def register(app: typer.Typer) -> None:
    """Add this module's command to ``app``."""
    app.command()(evaluate_pipeline)


def evaluate_pipeline(
    truth: Annotated[
        str, typer.Argument(help="A JSONL manifest of recordings with their words, or a dataset that has them: dialogues_en.")
    ],
    recipe: Annotated[str, typer.Option("--recipe", help="A packaged recipe's name, or a YAML file.")] = "meeting",
    use: Annotated[
        list[str], typer.Option("--use", metavar="STAGE=MODEL", help="Another model at a stage (may be repeated).")
    ] = [],
    against: Annotated[str, typer.Option("--against", help="A second recipe, for the differences.")] = "",
    against_use: Annotated[
        list[str], typer.Option("--against-use", metavar="STAGE=MODEL", help="Another model at a stage of the second.")
    ] = [],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for all answers; pipelines/evaluation if none is named.")
    ] = None,
    device: Annotated[str, typer.Option("--device", help="cpu or cuda; never changed silently.")] = "cpu",
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Workers at once; 0: two, where there are two cores.")] = 0,
    as_json: JSON = False,
    trust: TRUST = [],
) -> None:
    """How well a recipe writes down who said what, and how much of its error each stage causes.

    Every stage is replaced by the truth in every combination. A stage's share is what replacing it wins on average over all orders;
    shares sum up to the error. Beside it: what it errs alone, all others being perfect, and what would be won if it alone were mended.
    Errors of entities are shared out likewise between the transcript and the recogniser of names, where entities are known.

    A line of the manifest has audio and words, [{text, start, end, speaker}, ...] in seconds, as they are written: recognisers of names
    mind capitals. It may have turns, [{start, end, speaker}, ...], entities, [{text, label, start, end}, ...], labels (of the entities
    that were marked), language and group.
    """
    from model_lab.cli.piping import Bars, pairs
    from model_lab.cli.screen import Screen
    from model_lab.pipelines import recipe as recipes
    from model_lab.pipelines.evaluation import OUT, evaluate
    from model_lab.pipelines.truth import read

    chosen = [recipes.recipe(recipe, pairs(use))]
    if against or against_use:
        chosen.append(recipes.recipe(against or recipe, pairs(against_use)))
    with Screen() as screen:
        recordings = read(_manifest(truth, screen))
        found = [
            evaluate(recordings, one, out=out or OUT, watch=Bars(screen), device=device, jobs=jobs, trusted=trust)
            for one in chosen
        ]
    _show(found, as_json)


def _manifest(truth: str, screen: Screen) -> Path:
    """The file, or that of a dataset, built first if need be."""
    from model_lab import datasets
    from model_lab.datasets import build

    if truth in datasets.names() and not Path(truth).is_file():
        return build.materialise(datasets.card(truth), screen.progress)
    return Path(truth)


def _counted(recordings: int) -> str:
    return "1 recording" if recordings == 1 else f"{recordings} recordings"


def _show(found: list[Evaluation], as_json: bool) -> None:
    import json

    from model_lab.cli import tables
    from model_lab.reports import waterfall

    data = [waterfall.waterfall(one) for one in found]
    less: list[dict[str, Any]] = waterfall.differences(*found) if len(found) > 1 else []
    if as_json:
        print(json.dumps({"recipes": data, "differences": less}, indent=1, ensure_ascii=False))
        return
    for one in data:
        models = ", ".join(f"{stage} {model}" for stage, model in one["models"].items())
        print(f"\n{one['recipe']} ({models}): {_counted(len(one['recordings']))}")
        tables.show(waterfall.score_rows(one), False)
        for metric in one["metrics"]:
            if "stages" in metric:
                print()
                tables.show(waterfall.stage_rows(metric), False)
    if less:
        print("\nfirst recipe - second recipe")
        tables.show(waterfall.difference_rows(less), False)
