"""``model-lab run``: evaluates models on data and prints scorecards, or runs them on files and texts and prints their answers."""

from __future__ import annotations

import json
import sys
from itertools import takewhile
from pathlib import Path
from typing import Any

from model_lab import audio, datasets, types
from model_lab.analysis.pairwise import compare_models
from model_lab.audio import Track
from model_lab.capabilities import Capability, capability
from model_lab.cli import tables
from model_lab.cli.screen import publish
from model_lab.contract import ModelCard
from model_lab.datasets import imports
from model_lab.datasets.hub import named as named_on_hub
from model_lab.datasets.imports.columns import parsed
from model_lab.errors import BadConfig, ModelLabError, nearest
from model_lab.files import shown, utf8
from model_lab.registry import model_cards, variants
from model_lab.results.schema import Run
from model_lab.results.store import RunFolder
from model_lab.runs import bench
from model_lab.runs.folders import RunOptions
from model_lab.types import Audio
from model_lab.workers import client, direct


def parse_options(pairs: list[str]) -> dict[str, Any]:
    """``["beam_size=1"]`` as ``{"beam_size": 1}``; values are read as YAML."""
    options = {}
    for pair in pairs:
        key, mark, value = pair.partition("=")
        if not mark:
            raise BadConfig(f"--set {pair!r} is not OPTION=VALUE; for example --set beam_size=1")
        options[key] = variants.value_of(value, f"--set {pair!r}")
    return options


def run(
    words: list[str],
    data: str | None,
    asks: str,
    out: Path,
    options: dict[str, Any],
    run_options: RunOptions,
    track: int = 0,
    form: str = "",
    columns: str = "",
) -> None:
    """Evaluate models on a dataset or a manifest, or run them on files or texts and print the answers.

    Args:
        words: Names of models, then their inputs: a dataset, files or texts.
        data: The path of the user's own data to evaluate on instead, in any format of `model_lab.datasets.imports`.
        asks: The capability to evaluate, where the models have several.
        out: Folder for audio that the models return.
        options: Options of the models.
        run_options: The common options of a run.
        track: Audio track of each file, from 1; 0 is the default track.
        form: Name of the format of ``data``; "" to recognise it.
        columns: Which columns of ``data`` are which of a manifest: ``audio=path,text=sentence``.
    """
    models = [words[0], *takewhile(model_cards.known, words[1:])]
    inputs = words[len(models) :]
    cards = [model_cards.variant(model_cards.card(name), options) for name in models]
    named = ", ".join(models)
    if track and (data is not None or (len(inputs) == 1 and datasets.known(inputs[0]))):
        raise BadConfig(f"--track {track} selects an audio track of files; name files, or omit it")
    if data is not None and not Path(data).exists() and datasets.known(data):
        raise BadConfig(
            f"--data expects a file, but {data} is a dataset; name it without --data: model-lab run {models[0]} {data}"
        )
    if data is not None and inputs:
        raise BadConfig(
            f"{inputs[0]!r} is not a model{nearest(inputs[0], model_cards.names())}, and --data already names the input; omit one of them"
        )
    if data is None and (form or columns):
        raise BadConfig(f"{'--as' if form else '--columns'} says how to read your own data; name it with --data PATH")
    if data is not None:
        chosen = capability(model_cards.common(cards, asks))
        own = _own_data(data, chosen, form, columns, run_options)
        _report(bench.evaluate(models, own, options, asks, run_options), run_options)
    elif len(inputs) == 1 and datasets.known(inputs[0]):
        _report(bench.evaluate(models, inputs[0], options, asks, run_options), run_options)
    elif inputs:
        if meant := _of_scores(run_options):
            raise BadConfig(f"{meant} scores, and single files and texts are not scored; name a dataset or use --data MANIFEST")
        _run_inputs(cards, capability(model_cards.common(cards, asks)), inputs, out, run_options, track)
    else:
        matching = [
            dataset.name
            for dataset in datasets.cards()
            if not dataset.source.public and all(dataset.capability in card.capabilities for card in cards)
        ]
        raise BadConfig(
            f"no input for {named}; name audio files, a text, --data MANIFEST, a public benchmark (see: model-lab list datasets), or one "
            f"of the datasets: {', '.join(matching)}"
        )


def _of_scores(run_options: RunOptions) -> str:
    """The option that only makes sense where answers are scored, and what it does; "" if none is given."""
    given = {
        "--perturb compares": run_options.conditions,
        "--repeats averages": run_options.repeats > 1,
        "--name names a run of": run_options.name,
    }
    return next((meant for meant, value in given.items() if value), "")


def _own_data(data: str, asks: Capability, form: str, columns: str, run_options: RunOptions) -> imports.ImportedData:
    """The user's own data, or a dataset on the hub, as a manifest."""
    if not data.startswith(named_on_hub.SCHEME):
        return imports.materialise(Path(data), form, parsed(columns), asks, run_options.progress)
    if form:
        raise BadConfig(f"--as {form} says how a file is read, and {data} is a dataset on the hub; omit it")
    return named_on_hub.fetch(data, parsed(columns), asks, run_options.tier, run_options.progress, run_options.offline)


def _report(runs: list[Run], run_options: RunOptions) -> None:
    """Print and write the report of the run these results belong to, with a comparison where there are several models."""
    for name in dict.fromkeys(run.run for run in runs):
        folder = RunFolder(run_options.runs / name)
        publish(folder)
        models = list(dict.fromkeys(run.spec.model for run in runs if run.run == name))
        if len(models) > 1:
            tables.show([pair.row() for pair in compare_models([folder], models)], False)


def _run_inputs(
    cards: list[ModelCard], question: Capability, inputs: list[str], out: Path, run_options: RunOptions, track: int
) -> None:
    """Print one JSON line per input; audio is written to files in ``out``. A failed input does not stop the others."""
    kinds = [kind for kind, _ in question.inputs]
    groups = [inputs[start : start + len(kinds)] for start in range(0, len(inputs), len(kinds))]
    if len(groups[-1]) != len(kinds):
        raise BadConfig(
            f"{question.name} takes {len(kinds)} inputs at a time, but {len(inputs)} were given; pass them in groups of {len(kinds)}"
        )
    for kind, value in ((kind, value) for group in groups for kind, value in zip(kinds, group, strict=True)):
        _read(kind, value, question, track)
    failed = sum(_print_answers(card, question, groups, out, run_options, track, len(cards) > 1) for card in cards)
    if failed:
        raise ModelLabError(f"{failed} of {len(groups) * len(cards)} inputs failed; see the error on each line above")


def _print_answers(
    card: ModelCard, question: Capability, groups: list[list[str]], out: Path, run_options: RunOptions, track: int, several: bool
) -> int:
    """Print the answers of one model; returns the number of inputs that failed."""
    kinds = [kind for kind, _ in question.inputs]
    worker = direct.worker(card, run_options.device or "cpu", run_options.trusted)
    failed = 0
    try:
        worker.start()
        for number, group in enumerate(groups, 1):
            inputs = tuple(_read(kind, value, question, track) for kind, value in zip(kinds, group, strict=True))
            record: dict[str, Any] = {"model": card.name} if several else {}
            labels = [utf8(value) for value in group]
            record["input"] = labels if len(labels) > 1 else labels[0]
            try:
                answer = worker.ask(question.name, inputs)
                record["answer"] = _plain(answer.value, out, f"{card.name}-{number}")
                record["latency_s"] = round(answer.cost.latency_s, 4)
                if answer.notes:
                    record["notes"] = list(answer.notes)
            except client.AnswerFailed as error:
                record["error"], failed = str(error), failed + 1
            print(json.dumps(record, ensure_ascii=False), flush=True)
    finally:
        worker.close()
    return failed


def _read(kind: str, value: str, question: Capability, track: int) -> Track | float | str:
    """A command-line argument as the input the capability expects: a track of an audio file, a number, or text."""
    if kind == "audio":
        _require_file(Path(value))
        return Track(Path(value), track)
    if kind == "number":
        try:
            return float(value)
        except ValueError:
            raise BadConfig(f"{value!r} is not a number; {question.name} is called as {question.call}") from None
    return value


def _require_file(path: Path) -> None:
    try:
        exists = path.exists()
    except OSError as error:
        raise BadConfig(f"{shown(path)} cannot be reached ({error.strerror}); check the path") from None
    word = str(path)
    if not exists and datasets.known(word):
        raise BadConfig(f"{word} is a dataset, and a dataset must be the only input; omit it or the other inputs")
    if not exists and model_cards.known(word):
        raise BadConfig(f"{word} is a model, and models come first; name it before the inputs")
    if not exists:
        suggestion = nearest(word, [*datasets.names(), *model_cards.names()])
        raise BadConfig(
            f"{shown(path)} is not a file, a dataset or a model{suggestion}; check the path, or see: model-lab list datasets"
        )


def _plain(answer: Any, out: Path, stem: str) -> Any:
    """The answer as JSON; each audio signal in it is written to a file of its own in ``out``."""
    written: list[Path] = []

    def write(sound: Audio) -> dict[str, Any]:
        path = out / (f"{stem}-{len(written) + 1}.wav" if written else f"{stem}.wav")
        written.append(path)
        audio.write(path, sound)
        print(f"written: {path}", file=sys.stderr)
        return {"file": str(path), "sample_rate": sound.sample_rate, "duration_s": round(sound.duration, 3)}

    return types.encode(answer, lambda array: array.tolist(), write)
