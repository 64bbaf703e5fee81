"""Python API: the functions of the command line, for programs.

- `load`: a model as a Python object, run in its own environment.
- `evaluate`: a model on a dataset or on your own data, with scores and 95 % intervals.
- `pipeline`: a recording to speakers, words, entities and a summary.

All of them raise subclasses of `model_lab.errors.ModelLabError`, whose message is one sentence with the next command.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from model_lab import capabilities
from model_lab.cancellation import CancelToken
from model_lab.contract import Bundle
from model_lab.datasets import imports, perturbations
from model_lab.datasets.card import Tier
from model_lab.pipelines import run
from model_lab.pipelines.cached_inference import StageObserver
from model_lab.pipelines.conversation import Conversation
from model_lab.registry import model_cards
from model_lab.results.schema import Run
from model_lab.runs import bench
from model_lab.runs.folders import RunOptions
from model_lab.workers import client, direct


def load(name: str, device: str = "cpu", *, trust: bool = False, **options: Any) -> Bundle:
    """Load a model in a worker process of its own environment, from any Python environment.

    ``bundle.<capability>(...)`` runs inference; audio inputs are `Audio` values or paths of audio files. Use the bundle in a ``with``
    block, or call its ``close``.

    Args:
        name: Name of the model, as in ``model-lab list models``.
        device: "cpu", "cuda", or one GPU such as "cuda:1".
        trust: Allow the model's download to execute code (remote code, pickled weights).
        **options: Options of the model's card that differ from their defaults.

    Returns:
        The loaded model, one callable per capability.

    Raises:
        UnknownName: If there is no model of that name.
        BadConfig: If the model has no such option, or the value has a wrong type.
        NotRunnable: If the model cannot run here; the message names the next command.
        WorkerFailed: If its process fails while loading; `WorkerTimedOut` if that takes too long.

    Examples:
        >>> import model_lab
        >>> with model_lab.load("faster_whisper") as model:  # doctest: +SKIP
        ...     print(model.asr("meeting.wav").text)
    """
    card = model_cards.with_options(model_cards.card(name), options)
    direct.require_runnable(card, device, [name] if trust else [])
    return client.load(card, device, card.options)


def evaluate(
    model: str,
    dataset: str | Path,
    *,
    tier: Tier = "smoke",
    capability: str = "",
    device: str = "cpu",
    options: Mapping[str, Any] | None = None,
    perturb: Iterable[str] = (),
    repeats: int = 1,
    runs: str | Path = "runs",
) -> list[Run]:
    """Run a model on a dataset and score it; answers already in the run's folder are reused.

    Args:
        model: Name of the model.
        dataset: Name of a registered dataset (str), or the `Path` of your own data, in any format of `model-lab import`.
        tier: How many samples of a registered dataset: "smoke", "standard" or "full"; own data is always used in full.
        capability: Capability to evaluate, where the model has several and ``dataset`` is your own data; "" for its only one.
        device: "cpu", "cuda", or one GPU such as "cuda:1".
        options: Options of the model's card that differ from their defaults.
        perturb: Perturbations under which the model is evaluated in addition, such as "noise:10" or "reverb:0.4+telephone".
        repeats: How often a model that varies is run on unperturbed data, each time with another seed; reports show the mean.
        runs: Folder of all runs; the run gets a folder of its own in it.

    Returns:
        One scored `Run` without perturbation and one for each of ``perturb``, without repeats; a model that cannot run gives runs with its reason. Every
            `Score` has its 95 % interval and n.

    Raises:
        UnknownName: If the model, the dataset or the capability does not exist.
        BadConfig: If an option or a perturbation does not fit, or the model does not support the dataset's language.
        BadManifest: If your data is invalid, or of no known format.
        StoreError: If the run's folder cannot be written, or another process is using it.
    """
    run_options = RunOptions(
        runs=Path(runs), tier=tier, device=device, conditions=perturbations.canonical(perturb), repeats=repeats
    )
    if isinstance(dataset, str):
        return bench.evaluate(model, dataset, dict(options or {}), capability, run_options)
    asked = capabilities.capability(
        model_cards.which(model_cards.variant(model_cards.card(model), dict(options or {})), capability)
    )
    return bench.evaluate(model, imports.materialise(dataset, capability=asked), dict(options or {}), capability, run_options)


def pipeline(
    source: str | Path,
    recipe: str | Path = "meeting",
    *,
    use: Mapping[str, str] | None = None,
    out: Path | None = None,
    watch: StageObserver | None = None,
    device: str = "cpu",
    jobs: int = 0,
    trusted: Collection[str] = (),
    cancel: CancelToken | None = None,
) -> Conversation:
    """Transcribe a recording with speakers, entities and a summary, by a recipe of models.

    Stages that are already done in the folder are reused: the same call resumes where it stopped, and a changed recipe runs only the
    stages that changed. See `model_lab.pipelines.run.pipeline`.

    Args:
        source: Path of an audio or video file.
        recipe: Name of a recipe, or path of a recipe's YAML file.
        use: Stage name to the model that replaces the recipe's.
        out: Folder for all files of this recording; by default ``pipelines/<name>-<digest>``.
        watch: Observer that is told of progress, from several threads.
        device: "cpu", "cuda", or one GPU such as "cuda:1".
        jobs: Number of workers at once; 0 chooses by the number of cores.
        trusted: Models whose downloads may execute code.
        cancel: Token by which another thread stops it: workers are killed at once, and what was done is kept.

    Returns:
        Speakers, words, entities and summary of the recording.

    Raises:
        BadAudio: If the recording cannot be used.
        UnknownName: If the recipe or a model does not exist.
        BadConfig: If the recipe is invalid.
        NotRunnable: If one of its models cannot run here.
        WorkerFailed: If a model fails; the same call resumes there.
        StoreError: If another process is using the folder.
        Cancelled: If ``cancel`` was cancelled.
    """
    return run.pipeline(source, recipe, use=use, out=out, watch=watch, device=device, jobs=jobs, trusted=trusted, cancel=cancel)
