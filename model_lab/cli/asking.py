"""``model-lab run``: finds out what is asked, asks, and prints scorecards or answers."""

from __future__ import annotations

import json
import sys
from itertools import takewhile
from pathlib import Path
from typing import Any

from model_lab import audio, datasets, types
from model_lab.analysis.pairwise import versus
from model_lab.audio import Track
from model_lab.capabilities import Capability, capability
from model_lab.cli import tables
from model_lab.cli.screen import publish
from model_lab.contract import ModelCard
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
    found = {}
    for pair in pairs:
        key, mark, value = pair.partition("=")
        if not mark:
            raise BadConfig(f"--set {pair!r} is not OPTION=VALUE; for example --set beam_size=1")
        found[key] = variants.value_of(value, f"--set {pair!r}")
    return found


def run(
    words: list[str], data: Path | None, asks: str, out: Path, options: dict[str, Any], how: RunOptions, track: int = 0
) -> None:
    """Evaluate on a dataset or a manifest, or answer about files (a ``track`` of each; 0: the default one) or texts.

    ``words``: models, then what to ask them about.
    """
    models = [words[0], *takewhile(model_cards.known, words[1:])]
    about = words[len(models) :]
    cards = [model_cards.variant(model_cards.card(name), options) for name in models]
    named = ", ".join(models)
    if track and (data is not None or (len(about) == 1 and about[0] in datasets.names())):
        raise BadConfig(f"--track {track} chooses a sound track of files; name files, or leave it out")
    if data is not None and not data.exists() and str(data) in datasets.names():
        raise BadConfig(f"--data takes a file, and {data} is a dataset; name it without --data: model-lab run {models[0]} {data}")
    if data is not None and about:
        raise BadConfig(
            f"--data is given, and {about[0]!r} is no model{nearest(about[0], model_cards.names())}; leave one of them out"
        )
    if data is not None:
        _published(bench.evaluate(models, data, options, asks, how), how)
    elif len(about) == 1 and about[0] in datasets.names():
        _published(bench.evaluate(models, about[0], options, asks, how), how)
    elif about:
        if how.conditions or how.name:
            raise BadConfig(
                f"{'--perturb compares' if how.conditions else '--name names a run of'} scores, which files and texts have none of; "
                "name a dataset or give --data MANIFEST"
            )
        _answer(cards, capability(model_cards.common(cards, asks)), about, out, how, track)
    else:
        known = [found.name for found in datasets.cards() if all(found.capability in card.capabilities for card in cards)]
        raise BadConfig(
            f"nothing to ask {named} about; name sound files, a text, --data MANIFEST, or one of the datasets: {', '.join(known)}"
        )


def _published(runs: list[Run], how: RunOptions) -> None:
    """Print and write the report of the run that these are of; several models are compared, too."""
    for name in dict.fromkeys(run.run for run in runs):
        folder = RunFolder(how.runs / name)
        publish(folder)
        models = list(dict.fromkeys(run.spec.model for run in runs if run.run == name))
        if len(models) > 1:
            tables.show([pair.row() for pair in versus([folder], models)], False)


def _answer(cards: list[ModelCard], asked: Capability, about: list[str], out: Path, how: RunOptions, track: int) -> None:
    """One JSON line per question on stdout; sound goes to files in ``out``. A question that fails does not stop the others."""
    kinds = [kind for kind, _ in asked.inputs]
    groups = [about[start : start + len(kinds)] for start in range(0, len(about), len(kinds))]
    if len(groups[-1]) != len(kinds):
        raise BadConfig(
            f"{asked.name} takes {len(kinds)} inputs at a time and {len(about)} were given; give them in groups of {len(kinds)}"
        )
    for kind, value in ((kind, value) for group in groups for kind, value in zip(kinds, group, strict=True)):
        _read(kind, value, asked, track)
    failed = sum(_answered(card, asked, groups, out, how, track, len(cards) > 1) for card in cards)
    if failed:
        raise ModelLabError(f"{failed} of {len(groups) * len(cards)} questions failed; each line above says why")


def _answered(
    card: ModelCard, asked: Capability, groups: list[list[str]], out: Path, how: RunOptions, track: int, several: bool
) -> int:
    """Print what one model answers; returns how many questions failed."""
    kinds = [kind for kind, _ in asked.inputs]
    worker = direct.worker(card, how.device or "cpu", how.trusted)
    failed = 0
    try:
        worker.start()
        for number, group in enumerate(groups, 1):
            inputs = tuple(_read(kind, value, asked, track) for kind, value in zip(kinds, group, strict=True))
            record: dict[str, Any] = {"model": card.name} if several else {}
            named = [utf8(value) for value in group]
            record["input"] = named if len(named) > 1 else named[0]
            try:
                answer = worker.ask(asked.name, inputs)
                record["answer"] = _plain(answer.value, out, f"{card.name}-{number}")
                record["latency_s"] = round(answer.taken.latency_s, 4)
                if answer.notes:
                    record["notes"] = list(answer.notes)
            except client.AnswerFailed as error:
                record["error"], failed = str(error), failed + 1
            print(json.dumps(record, ensure_ascii=False), flush=True)
    finally:
        worker.close()
    return failed


def _read(kind: str, value: str, asked: Capability, track: int) -> Track | float | str:
    """A word of the command line as what the capability takes: a track of a sound file, a number, or text."""
    if kind == "audio":
        _require_file(Path(value))
        return Track(Path(value), track)
    if kind == "number":
        try:
            return float(value)
        except ValueError:
            raise BadConfig(f"{value!r} is not a number; {asked.name} is asked as {asked.call}") from None
    return value


def _require_file(path: Path) -> None:
    try:
        there = path.exists()
    except OSError as error:
        raise BadConfig(f"{shown(path)} cannot be reached ({error.strerror}); check the path") from None
    word = str(path)
    if not there and word in datasets.names():
        raise BadConfig(f"{word} is a dataset, and a dataset is asked about alone; leave out the other words, or it")
    if not there and model_cards.known(word):
        raise BadConfig(f"{word} is a model, and models come first; name it before what is asked about")
    if not there:
        close = nearest(word, [*datasets.names(), *model_cards.names()])
        raise BadConfig(
            f"{shown(path)} is neither a file nor a dataset nor a model{close}; check the path, or see: model-lab list datasets"
        )


def _plain(answer: Any, out: Path, stem: str) -> Any:
    """The answer as JSON, its sounds written to ``out``, each to a file of its own."""
    written: list[Path] = []

    def write(sound: Audio) -> dict[str, Any]:
        path = out / (f"{stem}-{len(written) + 1}.wav" if written else f"{stem}.wav")
        written.append(path)
        audio.write(path, sound)
        print(f"written: {path}", file=sys.stderr)
        return {"file": str(path), "sample_rate": sound.sample_rate, "duration_s": round(sound.duration, 3)}

    return types.encode(answer, lambda array: array.tolist(), write)
