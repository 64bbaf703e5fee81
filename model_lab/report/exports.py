"""A run handed on to other programs: its scores, or its models' answers, as files of one format."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from model_lab import files
from model_lab.analysis.scorecard import CellOutcome, entries
from model_lab.errors import BadConfig, ModelLabError, UnknownName, nearest
from model_lab.report import score_files
from model_lab.report.answer_files import FORMATS as ANSWER_FORMATS
from model_lab.report.answer_files import ExportedAnswer, Format, Unfit
from model_lab.report.score_files import File
from model_lab.results.answers import file_name, unpack
from model_lab.results.store import RunFolder

SCORE_FORMATS = ("csv", "parquet", "model-index", "eval-results", "junit")
FORMATS = (*SCORE_FORMATS, *ANSWER_FORMATS)


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
    if form not in FORMATS:
        raise UnknownName(f"there is no format {form!r}{nearest(form, FORMATS)}; expected one of: {', '.join(FORMATS)}")
    chosen, left_out = _chosen(run, models, dataset)
    made = _answers(chosen, form, left_out) if form in ANSWER_FORMATS else _scores(run, chosen, form, left_out)
    written = []
    for name, content in made:
        files.write_bytes(folder / name, content.encode() if isinstance(content, str) else content)
        written.append(folder / name)
    if not written:
        raise BadConfig(f"nothing of {run.name} can be written as {form}: {'; '.join(left_out)}")
    return Export(tuple(written), tuple(left_out))


def _chosen(run: RunFolder, models: Sequence[str], dataset: str) -> tuple[list[CellOutcome], list[str]]:
    found, problems = entries(run)
    _known("model", models, {entry.spec.model for entry in found}, run)
    _known("dataset", [dataset] if dataset else [], {entry.spec.dataset for entry in found}, run)
    return [
        entry for entry in found if (not models or entry.spec.model in models) and dataset in ("", entry.spec.dataset)
    ], problems


def _known(kind: str, asked: Sequence[str], known: set[str], run: RunFolder) -> None:
    for name in asked:
        if name not in known:
            raise UnknownName(f"{run.name} holds no {kind} {name!r}{nearest(name, known)}; see: model-lab report {run.name}")


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
        told = "; ".join(sorted(reasons)) or f"run: model-lab score {run.name}"
        raise BadConfig(f"{run.name} has no scores of these models; {told}")
    named = ({entry.spec.model for entry in chosen}, {entry.spec.dataset for entry in chosen})
    written: dict[str, Callable[[], Iterator[File]]] = {
        "csv": lambda: score_files.tables(run, form, *named),
        "parquet": lambda: score_files.tables(run, form, *named),
        "model-index": lambda: score_files.model_index(chosen),
        "eval-results": lambda: score_files.eval_results(chosen, _begun(run)),
        "junit": lambda: score_files.run_junit(chosen, run.name),
    }
    yield from written[form]()


def _begun(run: RunFolder) -> str:
    """When the run was started (ISO 8601); empty if its manifest does not say."""
    try:
        return str(json.loads((run.path / "manifest.json").read_text("utf-8")).get("started", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def _answers(chosen: Sequence[CellOutcome], form: str, left_out: list[str]) -> Iterator[File]:
    """The files of the answers; adds to ``left_out``."""
    wanted = ANSWER_FORMATS[form]
    fitting = [entry for entry in chosen if entry.spec.capability in wanted.capabilities]
    if not fitting:
        asked = sorted({entry.spec.capability for entry in chosen})
        raise BadConfig(f"{form} holds answers of {', '.join(wanted.capabilities)}, not of {', '.join(asked)}; {_fit(asked)}")
    for entry in fitting:
        told: Counter[str] = Counter()
        try:
            yield from _of_cell(entry, wanted, told)
        except (ModelLabError, OSError) as error:
            left_out.append(str(error))
        left_out += [f"{entry.spec.model} on {entry.spec.place}: {count} {reason}" for reason, count in told.items()]


def _fit(asked: Sequence[str]) -> str:
    """Which formats hold the answers of these capabilities, in words."""
    held = {
        capability: [name for name, form in ANSWER_FORMATS.items() if capability in form.capabilities] for capability in asked
    }
    fitting = [f"{capability} goes into {', '.join(names)}" for capability, names in held.items() if names]
    none = [capability for capability, names in held.items() if not names]
    return "; ".join(fitting + [f"no format here holds {', '.join(none)}"] * bool(none))


def _of_cell(entry: CellOutcome, form: Format, told: Counter[str]) -> Iterator[File]:
    """The files of a model's answers on a dataset; ``told`` counts the reasons for answers that are left out."""
    folder = f"{entry.cell.folder.parent.name}/{entry.cell.folder.name}"
    together: dict[str, str] = {}
    for answer in _answered(entry, told):
        try:
            content = form.encode(answer)
        except Unfit as reason:
            told[f"answered {reason}"] += 1
            continue
        if form.together:
            together[answer.name] = str(content)
        else:
            yield f"{folder}/{answer.name}.{form.suffix}", content
    if together:
        yield f"{folder}.{form.suffix}", "".join(together[name] for name in sorted(together))


def _answered(entry: CellOutcome, told: Counter[str]) -> Iterator[ExportedAnswer]:
    reason = f" ({entry.outcome.reason})" if entry.outcome and entry.outcome.status == "not_run" else ""
    latest = entry.cell.latest()
    for question in entry.cell.questions():
        result = latest.get(question.id)
        if result is None or result.status == "failed":
            told["failed" if result else f"not answered{reason}"] += 1
        else:
            value = unpack(result.hypothesis, entry.cell)
            yield ExportedAnswer(file_name(question.id), question.duration, entry.spec.capability, value)
