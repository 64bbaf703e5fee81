"""``model-lab pipeline evaluate`` and ``compare``: recipes on recordings with references."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from model_lab.cli.inspecting import JSON
from model_lab.cli.pipeline_options import DEVICE, JOBS, USE, StageBars
from model_lab.cli.running import TRUST

if TYPE_CHECKING:
    from model_lab.cli.screen import Screen
    from model_lab.pipelines.evaluation import Evaluation
    from model_lab.pipelines.recipe import Recipe

DATA = Annotated[
    str,
    typer.Argument(
        metavar="MANIFEST|DATASET",
        help="A JSONL manifest of recordings with references, or a dataset of recordings: dialogues_en, pack_diarization.",
    ),
]
OUT = Annotated[
    Path | None, typer.Option("--out", help="Folder for all answers and the report page; pipelines/evaluation by default.")
]


def register(group: typer.Typer) -> None:
    """Add this module's commands to the group of ``model-lab pipeline``."""
    for command in (evaluate, compare):
        group.command()(command)


def evaluate(
    data: DATA,
    recipe: Annotated[str, typer.Option("--recipe", help="A packaged recipe's name, or a YAML file.")] = "meeting",
    use: USE = [],
    out: OUT = None,
    device: DEVICE = "cpu",
    jobs: JOBS = 0,
    as_json: JSON = False,
    trust: TRUST = [],
) -> None:
    """Evaluate a recipe on who said what, and attribute its error to the stages.

    Every stage is replaced by its reference in every combination. The share of a stage is its Shapley value: the error that replacing it
    removes, averaged over all orders; the shares sum to the total error. Also printed: the error of a stage with all others perfect, and
    the error removed if this stage alone were perfect. Entity errors are attributed likewise to the transcript and the NER model,
    summary errors to the transcript and the summarizer. Written into the folder: waterfall.html, .md and .json.

    A line of the manifest has audio and words, [{text, start, end, speaker}, ...] in seconds, in their original case, which NER models
    depend on. It may have turns, [{start, end, speaker}, ...], or rttm, the name of a file; without words, only the turns are evaluated.
    It may have entities, [{text, label, start, end}, ...], labels (of the annotated entities), marked, [[start, end], ...] (the
    annotated spans), summary (a reference text), clean (the recording without noise, the reference of the enhancement stage), uem,
    language and group. Metrics whose reference is missing are skipped.
    """
    from model_lab.pipelines import recipe as recipes

    _evaluate(data, [recipes.recipe(recipe, recipes.replacements(use, "--use"))], out, device, jobs, trust, as_json)


def compare(
    data: DATA,
    recipe: Annotated[str, typer.Argument(help="A packaged recipe's name, or a YAML file.")],
    other: Annotated[str, typer.Argument(help="Another recipe, or the same with other models.")],
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
    """Compare two recipes on the same recordings: the errors of both by stage, and their differences with intervals.

    Stages that both recipes share run once.
    """
    from model_lab.pipelines import recipe as recipes

    both = [
        recipes.recipe(recipe, recipes.replacements(use, "--use")),
        recipes.recipe(other, recipes.replacements(other_use, "--other-use")),
    ]
    _evaluate(data, both, out, device, jobs, trust, as_json)


def _evaluate(
    data: str, recipes: list[Recipe], out: Path | None, device: str, jobs: int, trust: list[str], as_json: bool
) -> None:
    from model_lab.cli.screen import Screen
    from model_lab.pipelines.evaluation import OUT, evaluate
    from model_lab.pipelines.references import read

    folder = out or OUT
    with Screen() as screen:
        recordings = read(_manifest(data, screen))
        evaluations = [
            evaluate(recordings, recipe, out=folder, watch=StageBars(screen), device=device, jobs=jobs, trusted=trust)
            for recipe in recipes
        ]
    _show(evaluations, folder, as_json)


def _manifest(data: str, screen: Screen) -> Path:
    """The path of the manifest; a dataset is built first if necessary."""
    from model_lab import datasets
    from model_lab.datasets import build

    if datasets.known(data) and not Path(data).is_file():
        return build.materialise(datasets.card(data), screen.progress, tier="smoke")
    return Path(data)


def _show(evaluations: list[Evaluation], folder: Path, as_json: bool) -> None:
    """Write the report page, and print its content."""
    import json

    from model_lab.analysis import waterfall
    from model_lab.cli import tables
    from model_lab.report import waterfall_page

    waterfalls = [waterfall.waterfall(item) for item in evaluations]
    differences: list[dict[str, Any]] = waterfall.differences(*evaluations) if len(evaluations) > 1 else []
    page = waterfall_page.write(waterfalls, differences, folder)
    if as_json:
        print(json.dumps({"recipes": waterfalls, "differences": differences}, indent=1, ensure_ascii=False))
        return
    for item in waterfalls:
        models = ", ".join(f"{stage} {model}" for stage, model in item["models"].items())
        print(f"\n{item['recipe']} ({models}): {waterfall_page.counted(len(item['recordings']))}")
        tables.show(waterfall.score_rows(item), False)
        for metric in item["metrics"]:
            if "stages" in metric:
                print()
                tables.show(waterfall.stage_rows(metric), False)
        print("\n".join(item["not_judged"]))
    if differences:
        print("\nfirst recipe - second recipe")
        tables.show(waterfall.difference_rows(differences), False)
    print(f"\npage: {page}")
