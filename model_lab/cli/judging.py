"""``model-lab pipeline evaluate`` and ``compare``: recipes on recordings whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from model_lab.cli.inspecting import JSON
from model_lab.cli.pipelines import DEVICE, JOBS, USE, StageBars
from model_lab.cli.running import TRUST

if TYPE_CHECKING:
    from model_lab.cli.screen import Screen
    from model_lab.pipelines.evaluation import Evaluation
    from model_lab.pipelines.recipe import Recipe

TRUTH = Annotated[
    str,
    typer.Argument(help="A JSONL manifest of recordings with their truth, or a dataset of such: dialogues_en, pack_diarization."),
]
OUT = Annotated[
    Path | None, typer.Option("--out", help="Folder for all answers and the page; pipelines/evaluation if none is named.")
]


def register(group: typer.Typer) -> None:
    """Add this module's commands to the group of ``model-lab pipeline``."""
    for command in (evaluate, compare):
        group.command()(command)


def evaluate(
    truth: TRUTH,
    recipe: Annotated[str, typer.Option("--recipe", help="A packaged recipe's name, or a YAML file.")] = "meeting",
    use: USE = [],
    out: OUT = None,
    device: DEVICE = "cpu",
    jobs: JOBS = 0,
    as_json: JSON = False,
    trust: TRUST = [],
) -> None:
    """How well a recipe writes down who said what, and how much of its error each stage causes.

    Every stage is replaced by the truth in every combination. A stage's share is what replacing it wins on average over all orders;
    shares sum up to the error. Beside it: what it errs alone, all others being perfect, and what would be won if it alone were mended.
    Errors of entities are shared out likewise between the transcript and the recogniser of names, those of the summary between the
    transcript and what sums it up. Written into the folder: waterfall.html, .md and .json.

    A line of the manifest has audio and words, [{text, start, end, speaker}, ...] in seconds, as they are written: recognisers of names
    mind capitals. It may have turns, [{start, end, speaker}, ...], or rttm, the name of a file; without words, these are judged alone.
    It may have entities, [{text, label, start, end}, ...], labels (of the entities that were marked), marked, [[start, end], ...] (where
    they were), summary (a reference text), clean (the same recording without noise; what cleans the sound is replaced by it), uem,
    language and group. What is not known is not judged.
    """
    from model_lab.pipelines import recipe as recipes

    _judge(truth, [recipes.recipe(recipe, recipes.replacements(use, "--use"))], out, device, jobs, trust, as_json)


def compare(
    truth: TRUTH,
    recipe: Annotated[str, typer.Argument(help="A packaged recipe's name, or a YAML file.")],
    other: Annotated[str, typer.Argument(help="Another, or the same with other models.")],
    use: USE = [],
    other_use: Annotated[
        list[str], typer.Option("--other-use", metavar="STAGE=MODEL", help="Another model at a stage of the other recipe.")
    ] = [],
    out: OUT = None,
    device: DEVICE = "cpu",
    jobs: JOBS = 0,
    as_json: JSON = False,
    trust: TRUST = [],
) -> None:
    """Two recipes on the same recordings: the errors of both by stage, and their differences with intervals.

    What one recipe has asked is not asked again for the other where it is the same.
    """
    from model_lab.pipelines import recipe as recipes

    chosen = [
        recipes.recipe(recipe, recipes.replacements(use, "--use")),
        recipes.recipe(other, recipes.replacements(other_use, "--other-use")),
    ]
    _judge(truth, chosen, out, device, jobs, trust, as_json)


def _judge(truth: str, chosen: list[Recipe], out: Path | None, device: str, jobs: int, trust: list[str], as_json: bool) -> None:
    from model_lab.cli.screen import Screen
    from model_lab.pipelines.evaluation import OUT, evaluate
    from model_lab.pipelines.references import read

    folder = out or OUT
    with Screen() as screen:
        recordings = read(_manifest(truth, screen))
        found = [
            evaluate(recordings, one, out=folder, watch=StageBars(screen), device=device, jobs=jobs, trusted=trust)
            for one in chosen
        ]
    _show(found, folder, as_json)


def _manifest(truth: str, screen: Screen) -> Path:
    """The file, or that of a dataset, built first if need be."""
    from model_lab import datasets
    from model_lab.datasets import build

    if truth in datasets.names() and not Path(truth).is_file():
        return build.materialise(datasets.card(truth), screen.progress)
    return Path(truth)


def _show(found: list[Evaluation], folder: Path, as_json: bool) -> None:
    """Write the page, and print what stands in it."""
    import json

    from model_lab.analysis import waterfall
    from model_lab.cli import tables
    from model_lab.report import waterfall_page

    data = [waterfall.waterfall(one) for one in found]
    less: list[dict[str, Any]] = waterfall.differences(*found) if len(found) > 1 else []
    page = waterfall_page.write(data, less, folder)
    if as_json:
        print(json.dumps({"recipes": data, "differences": less}, indent=1, ensure_ascii=False))
        return
    for one in data:
        models = ", ".join(f"{stage} {model}" for stage, model in one["models"].items())
        print(f"\n{one['recipe']} ({models}): {waterfall_page.counted(len(one['recordings']))}")
        tables.show(waterfall.score_rows(one), False)
        for metric in one["metrics"]:
            if "stages" in metric:
                print()
                tables.show(waterfall.stage_rows(metric), False)
        print("\n".join(one["not_judged"]))
    if less:
        print("\nfirst recipe - second recipe")
        tables.show(waterfall.difference_rows(less), False)
    print(f"\npage: {page}")
