"""The audit of a run's references: suspects with their answers, marks of people who listened, and scores without the marked samples."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from model_lab.analysis import examples
from model_lab.analysis.audit import (
    Comparer,
    DatasetAudit,
    HeardSample,
    Reproduction,
    Suspect,
    WithoutMarked,
    better_half,
    reproduction,
    sorted_suspects,
    suspect,
    without_marked,
)
from model_lab.analysis.comparison import Scored, current
from model_lab.analysis.disagreement import sample_values
from model_lab.capabilities import Capability, capability, usable
from model_lab.errors import BadConfig, ModelLabError, nearest
from model_lab.registry import model_cards
from model_lab.results import marks
from model_lab.results.answers import unpack
from model_lab.results.schema import UNTOUCHED, SampleResult, StoredSample
from model_lab.results.store import ResultCell, RunFolder
from model_lab.types import mapped


def audit_run(
    folder: RunFolder, dataset: str = "", agree: float | None = None, differ: float | None = None, most: int = 50
) -> list[DatasetAudit]:
    """Audit the references of a run's datasets whose capability can compare answers, and list ``most`` suspects of each.

    Raises `BadConfig` if the run has no such dataset, or not the one that is named.
    """
    found = _places(folder)
    if dataset and dataset not in {place for _, place in found}:
        known = sorted({place for _, place in found})
        raise BadConfig(
            f"{folder.name} has no dataset {dataset!r}{nearest(dataset, known)} whose answers can be compared; it has: {', '.join(known) or 'none'}"
        )
    if not found:
        raise BadConfig(f"{folder.name} has no dataset whose answers can be compared; see: model-lab report {folder.name}")
    return [
        audit_dataset(folder, asked, place, cells, Comparer(capability(asked), agree, differ), most)
        for (asked, place), cells in found.items()
        if dataset in ("", place)
    ]


def question_of(folder: RunFolder, sample_id: str, dataset: str = "") -> tuple[str, StoredSample, Path]:
    """The dataset, the sample of that id and the file of its marks. Raises `BadConfig` for an unknown or an ambiguous id."""
    ids: dict[str, tuple[StoredSample, Path]] = {}
    known: list[str] = []
    for (_, place), cells in _places(folder, every=True).items():
        questions = _questions(cells)
        known += [question.id for question in questions]
        for question in questions:
            if question.id == sample_id and dataset in ("", place):
                ids[place] = (question, marks.place(folder, place, questions))
    if not ids:
        where = f"dataset {dataset} of {folder.name}" if dataset else folder.name
        raise BadConfig(f"{where} has no sample {sample_id!r}{nearest(sample_id, known)}; see: model-lab audit {folder.name}")
    if len(ids) > 1:
        raise BadConfig(f"{sample_id!r} is a sample of {', '.join(sorted(ids))}; name one with --dataset")
    [(place, (question, path))] = ids.items()
    return place, question, path


def audit_dataset(
    folder: RunFolder, asked: str, dataset: str, cells: Mapping[str, ResultCell], comparer: Comparer, most: int = 50
) -> DatasetAudit:
    """Audit one dataset; ``cells``: its models, without baselines and oracles; ``most``: number of suspects that are listed."""
    defined = capability(asked)
    questions = {question.id: question for question in _questions(cells)}
    path = marks.place(folder, dataset, list(questions.values()))
    marked, n_stale = marks.read(path, list(questions.values()))
    half, note = _half(cells, defined)
    records = {model: cell.latest() for model, cell in cells.items()}
    suspects = _suspects(questions, {model: cells[model] for model in half}, records, defined, comparer) if not note else []
    wrong = {name for name, mark in marked.items() if mark.verdict == "wrong"}
    faulty = wrong or {each.sample_id for each in suspects}
    suspicion = {each.sample_id: each for each in suspects}
    listed = [*dict.fromkeys([*[each.sample_id for each in suspects][:most], *marked])]
    unit, better = comparer.metric.unit, "at least" if comparer.metric.higher_is_better else "at most"
    return DatasetAudit(
        capability=asked,
        dataset=dataset,
        metric=comparer.metric.name,
        unit=unit,
        primary=defined.primary.name,
        primary_unit=defined.primary.unit,
        rule=f"{comparer.metric.name} {better} {comparer.agree:g} between two answers, each "
        f"{'at most' if comparer.metric.higher_is_better else 'at least'} {comparer.differ:g} against the reference",
        models=tuple(half),
        n_samples=len(questions),
        n_suspects=len(suspects),
        samples=tuple(_heard(questions[name], suspicion.get(name), marked.get(name), records, defined) for name in listed),
        marks_path=str(path),
        marked={verdict: count for verdict in ("wrong", "fine", "unsure") if (count := _count(marked, verdict))},
        n_stale=n_stale,
        basis="marked wrong" if wrong else "suspect" if suspects else "",
        reproductions=tuple(_reproductions(cells, questions, faulty, comparer)) if faulty else (),
        without=tuple(_without(cells, wrong, defined)) if wrong else (),
        note=note,
    )


def _count(marked: Mapping[str, marks.Mark], verdict: str) -> int:
    return sum(mark.verdict == verdict for mark in marked.values())


def _places(folder: RunFolder, every: bool = False) -> dict[tuple[str, str], dict[str, ResultCell]]:
    """(capability, dataset) -> model -> cell, of models that are no baselines; only where answers can be compared, or ``every`` one."""
    found: dict[tuple[str, str], dict[str, ResultCell]] = {}
    for cell in folder.first_cells():
        spec = cell.spec()
        defined = usable(spec.capability)
        if spec.perturbation or defined is None or not (every or defined.agreement):
            continue
        if every or _is_contestant(spec.model):
            found.setdefault((spec.capability, spec.dataset), {})[spec.model] = cell
    return dict(sorted(found.items()))


def _is_contestant(model: str) -> bool:
    card = model_cards.usable(model)
    return model != UNTOUCHED and (card is None or card.kind in ("neural", "algorithm"))


def _questions(cells: Mapping[str, ResultCell]) -> list[StoredSample]:
    return max((cell.questions() for cell in cells.values()), key=len, default=[])


def _half(cells: Mapping[str, ResultCell], defined: Capability) -> tuple[list[str], str]:
    """The better half of the models, and why they cannot be compared; "" if they can."""
    scores = {}
    for model, cell in cells.items():
        outcome = cell.outcome()
        score = next((each for each in outcome.scores if each.metric == defined.primary.name), None) if outcome else None
        if score is not None and score.value is not None:
            scores[model] = score.value
    half = better_half(scores, defined.primary.higher_is_better)
    if len({_family(model) for model in half}) < 2:
        families = ", ".join(sorted({_family(model) for model in half})) or "none"
        return half, f"nothing can be suspected: the better half of the models are of one family ({families}), and two are needed"
    return half, ""


def _family(model: str) -> str:
    card = model_cards.usable(model)
    return card.family_or_name if card else model.partition("@")[0]


def _suspects(
    questions: Mapping[str, StoredSample],
    cells: Mapping[str, ResultCell],
    records: Mapping[str, Mapping[str, SampleResult]],
    defined: Capability,
    comparer: Comparer,
) -> list[Suspect]:
    distances = {model: sample_values(cell, comparer.metric) for model, cell in cells.items()}
    found = []
    for name, question in questions.items():
        against = [model for model, values in distances.items() if name in values and comparer.other(values[name])]
        if len({_family(model) for model in against}) < 2:
            continue
        answers = {model: answer for model in against if (answer := _answer(records[model].get(name), cells[model])) is not None}
        try:
            reference = question.reference(defined)
        except ModelLabError:
            continue
        if (each := suspect(name, reference, answers, _family, comparer)) is not None:
            found.append(each)
    return sorted_suspects(found, comparer.metric.higher_is_better)


def _answer(record: SampleResult | None, cell: ResultCell) -> Any:
    if record is None or record.status != "ok":
        return None
    try:
        return unpack(record.hypothesis, cell)
    except ModelLabError:
        return None


def _heard(
    question: StoredSample,
    suspicion: Suspect | None,
    mark: marks.Mark | None,
    records: Mapping[str, Mapping[str, SampleResult]],
    defined: Capability,
) -> HeardSample:
    shown = suspicion.models if suspicion else tuple(records)
    return HeardSample(
        question.id,
        suspicion,
        examples.reference_line(question.row, defined),
        {
            model: examples.answer_line(record.model_dump(mode="json"), defined.view)
            for model in shown
            if (record := records[model].get(question.id)) is not None
        },
        _sounds(question, defined),
        mark.verdict if mark else "",
        mark.reason if mark else "",
    )


def _sounds(question: StoredSample, defined: Capability) -> tuple[str, ...]:
    """The paths of a sample's input sounds; none for text, and for files that are gone."""
    found: list[str] = []
    try:
        mapped(question.sample(defined).inputs, lambda leaf: found.append(str(leaf)) if isinstance(leaf, Path) else None)
    except ModelLabError:
        return ()
    return tuple(found)


def _reproductions(
    cells: Mapping[str, ResultCell], questions: Mapping[str, StoredSample], faulty: Collection[str], comparer: Comparer
) -> list[Reproduction]:
    counted = []
    for model, cell in cells.items():
        values = {
            name: value for name, value in sample_values(cell, comparer.metric).items() if name in faulty and value == value
        }
        same = [comparer.same(value) for value in values.values()]
        counted.append(reproduction(model, same, [questions[name].group for name in values]))
    return sorted(counted, key=lambda each: (-(each.share or 0.0), each.model))


def _without(cells: Mapping[str, ResultCell], wrong: Collection[str], defined: Capability) -> Sequence[WithoutMarked]:
    metric, rows = defined.primary, []
    for model, cell in cells.items():
        try:
            lines = current(Scored.of(cell), metric)
        except ModelLabError:
            continue
        parts = {line.sample_id: line.components[metric.name] for line in lines}
        rows.append(without_marked(model, parts, {line.sample_id: line.group for line in lines}, wrong, metric))
    return sorted(
        rows, key=lambda row: (row.value is None, (row.value or 0.0) * (-1 if metric.higher_is_better else 1), row.model)
    )
