"""A run handed on to other programs: its scores, or its models' answers, as files of one format."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_lab import capabilities, files
from model_lab.analysis.scorecard import CellOutcome, entries
from model_lab.capabilities._exports import Convert
from model_lab.errors import BadConfig, ModelLabError, UnknownName, nearest
from model_lab.formats import Format, NotRepresentable
from model_lab.formats.registry import FORMATS, SCORE_FORMATS
from model_lab.report import score_files
from model_lab.report.score_files import File
from model_lab.results.answers import file_name, unpack
from model_lab.results.store import RunFolder


@dataclass(frozen=True)
class ExportedAnswer:
    """What a model answered about one sample: ``name`` is safe in a file's name, ``duration`` is the sound's in seconds."""

    name: str
    duration: float
    value: Any


@dataclass(frozen=True)
class Export:
    """The files written, and in a sentence each what is not in them and why."""

    files: tuple[Path, ...]
    left_out: tuple[str, ...]


def export(run: RunFolder, form: str, folder: Path, models: Sequence[str] = (), dataset: str = "") -> Export:
    """Write ``run`` in the format ``form`` into ``folder``: of ``models`` and ``dataset`` alone if any are named.

    Each file appears whole or not at all; a file of the same name is replaced. Raises `UnknownName` for a format, model or dataset
    that is not there, `BadConfig` if nothing of it can be written, `StoreError` if the disk refuses.
    """
    formats = (*SCORE_FORMATS, *FORMATS)
    if form not in formats:
        raise UnknownName(f"there is no format {form!r}{nearest(form, formats)}; expected one of: {', '.join(formats)}")
    chosen, left_out = _chosen(run, models, dataset)
    contents = _scores(run, chosen, form, left_out) if form in SCORE_FORMATS else _answers(chosen, FORMATS[form], left_out)
    written = []
    for name, content in contents:
        files.write_bytes(folder / name, content.encode() if isinstance(content, str) else content)
        written.append(folder / name)
    if not written:
        raise BadConfig(f"nothing of {run.name} can be written as {form}: {'; '.join(left_out)}")
    return Export(tuple(written), tuple(left_out))


def _chosen(run: RunFolder, models: Sequence[str], dataset: str) -> tuple[list[CellOutcome], list[str]]:
    every, problems = entries(run)
    _require_all("model", models, {entry.spec.model for entry in every}, run)
    _require_all("dataset", [dataset] if dataset else [], {entry.spec.dataset for entry in every}, run)
    return [
        entry for entry in every if (not models or entry.spec.model in models) and dataset in ("", entry.spec.dataset)
    ], problems


def _require_all(kind: str, names: Sequence[str], present: set[str], run: RunFolder) -> None:
    for name in names:
        if name not in present:
            raise UnknownName(f"{run.name} holds no {kind} {name!r}{nearest(name, present)}; see: model-lab report {run.name}")


def _scores(run: RunFolder, chosen: Sequence[CellOutcome], form: str, left_out: list[str]) -> Iterator[File]:
    """The files of the scores; adds to ``left_out``."""
    left_out += [
        f"{entry.spec.model} on {entry.spec.place}: not scored; run: model-lab score {run.name}"
        for entry in chosen
        if entry.outcome is None
    ]
    if form != "junit" and not any(
        score.value is not None for entry in chosen if entry.outcome for score in entry.outcome.scores
    ):
        reasons = {entry.outcome.reason for entry in chosen if entry.outcome and entry.outcome.reason}
        why = "; ".join(sorted(reasons)) or f"run: model-lab score {run.name}"
        raise BadConfig(f"{run.name} has no scores of these models; {why}")
    named = ({entry.spec.model for entry in chosen}, {entry.spec.dataset for entry in chosen})
    writers: dict[str, Callable[[], Iterator[File]]] = {
        "csv": lambda: score_files.tables(run, form, *named),
        "parquet": lambda: score_files.tables(run, form, *named),
        "model-index": lambda: score_files.model_index(chosen),
        "eval-results": lambda: score_files.eval_results(chosen, _begun(run)),
        "junit": lambda: score_files.run_junit(chosen, run.name),
    }
    yield from writers[form]()


def _begun(run: RunFolder) -> str:
    """When the run was started (ISO 8601); empty if its manifest does not say."""
    try:
        return str(json.loads((run.path / "manifest.json").read_text("utf-8")).get("started", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def _answers(chosen: Sequence[CellOutcome], form: Format, left_out: list[str]) -> Iterator[File]:
    """The files of the answers; adds to ``left_out``."""
    fitting = [(entry, convert) for entry in chosen if (convert := _exports(entry.spec.capability).get(form.name))]
    if not fitting:
        raise BadConfig(_no_answer_fits(form, sorted({entry.spec.capability for entry in chosen})))
    for entry, convert in fitting:
        reasons: Counter[str] = Counter()
        try:
            yield from _of_cell(entry, form, convert, reasons)
        except (ModelLabError, OSError) as error:
            left_out.append(str(error))
        left_out += [f"{entry.spec.model} on {entry.spec.place}: {count} {reason}" for reason, count in reasons.items()]


def _exports(name: str) -> Mapping[str, Convert]:
    """The formats that hold answers of a capability; none of one that cannot be used any more."""
    capability = capabilities.usable(name)
    return capability.exports if capability else {}


def _no_answer_fits(form: Format, there: Sequence[str]) -> str:
    """Which answers a format holds, and which formats hold the answers that are there."""
    holding = [capability.name for capability in capabilities.capabilities() if form.name in capability.exports]
    fitting = {name: [form for form in FORMATS if form in _exports(name)] for name in there}
    hints = [f"{name} goes into {', '.join(forms)}" for name, forms in fitting.items() if forms]
    none = [name for name, forms in fitting.items() if not forms]
    hints += [f"no format here holds {', '.join(none)}"] * bool(none)
    return f"{form.name} holds answers of {', '.join(holding) or 'no capability'}, not of {', '.join(there)}; {'; '.join(hints)}"


def _of_cell(entry: CellOutcome, form: Format, convert: Convert, reasons: Counter[str]) -> Iterator[File]:
    """The files of a model's answers on a dataset; ``reasons`` counts the reasons for answers that are left out."""
    folder = f"{entry.cell.folder.parent.name}/{entry.cell.folder.name}"
    together: dict[str, str | bytes] = {}
    for answer in _answered(entry, reasons):
        try:
            content = form.write(convert(answer.value, answer.duration), answer.name, answer.duration)
        except NotRepresentable as reason:
            reasons[f"answered {reason}"] += 1
            continue
        if form.together:
            together[answer.name] = content
        else:
            yield f"{folder}/{answer.name}.{form.suffix}", content
    if together:
        contents = [together[name] for name in sorted(together)]
        yield (
            f"{folder}.{form.suffix}",
            b"".join(content.encode() if isinstance(content, str) else content for content in contents),
        )


def _answered(entry: CellOutcome, reasons: Counter[str]) -> Iterator[ExportedAnswer]:
    why_not = f" ({entry.outcome.reason})" if entry.outcome and entry.outcome.status == "not_run" else ""
    latest = entry.cell.latest()
    for question in entry.cell.questions():
        result = latest.get(question.id)
        if result is None or result.status == "failed":
            reasons["failed" if result else f"not answered{why_not}"] += 1
        else:
            yield ExportedAnswer(file_name(question.id), question.duration, unpack(result.hypothesis, entry.cell))
