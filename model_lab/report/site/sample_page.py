"""The page of one sample: its inputs, the reference and every model's answer, in HTML, JSON and Markdown."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from model_lab import units
from model_lab.analysis import examples
from model_lab.analysis.links import slug
from model_lab.analysis.schema import MetricColumn, ResultRow
from model_lab.capabilities import Capability
from model_lab.datasets.manifest import Sample
from model_lab.errors import BadConfig
from model_lab.files import translate_os_errors
from model_lab.formats import markdown as md
from model_lab.report import render
from model_lab.report.site import answer_plots
from model_lab.report.site.page import put
from model_lab.report.site.parts import PagePart, message, shown
from model_lab.report.site.records import Records
from model_lab.report.sounds import Sounds
from model_lab.results.answers import unpack
from model_lab.results.schema import StoredSample
from model_lab.schemas import parse
from model_lab.views import SampleContext, View
from model_lab.views.fallback import FALLBACK
from model_lab.views.parts import Part, Remark, Text

ROOT = "../../../../"
"""From the folder of a dataset's pages of samples to the report's."""

_NO_SECONDS = 1e-3


@dataclass(frozen=True)
class SamplePages:
    """What all pages of a dataset's samples share.

    Attributes:
        run: Name of the run.
        capability: Name of the capability.
        dataset: Name of the dataset.
        place: Folder of the pages.
        definition: The capability itself; None where it is not installed.
        column: The metric of single samples.
        why: Why that is not the metric that ranks; empty where it is.
        rows: The models as the table ranks them.
        records: Questions and answers.
        sounds: The sounds that the pages play.
        root: Leads from a page to the report.
        list_page: Leads from a page to the list of samples.
    """

    run: str
    capability: str
    dataset: str
    place: Path
    definition: Capability | None
    column: MetricColumn
    why: str
    rows: tuple[ResultRow, ...]
    records: Records
    sounds: Sounds
    root: str = ROOT
    list_page: str = "../index.html"

    @property
    def view(self) -> View:
        """How the capability's questions and answers are shown."""
        return self.definition.view if self.definition else FALLBACK


@dataclass(frozen=True)
class Answered:
    """A model's answer to the sample; ``value``: of the primary metric on it alone."""

    row: ResultRow
    status: str
    value: float | None
    latency_s: float | None
    plain: Any
    error: str
    parts: tuple[PagePart, ...]


@dataclass(frozen=True)
class Neighbour:
    """Another page of the same dataset."""

    title: str
    href: str


def file(sample_id: str) -> str:
    """The path of a sample's page below its dataset's folder, without ending."""
    return f"sample/{slug(sample_id)}"


def write(pages: SamplePages, number: int, before: Neighbour | None, after: Neighbour | None) -> None:
    """Write the page of the sample with this number, its JSON and Markdown, its picture and its sounds."""
    name, plain = pages.records.ids[number], pages.records.question(number)
    sample, problem = _sample(plain, pages)
    context, reference_problem = _context(plain, sample, pages)
    unpacked, answers = _answers(pages, number, context, sample)
    drawing, drawing_problem = answer_plots.together(pages.view, context, unpacked)
    html = render.html(
        "sample.html",
        pages.run,
        name,
        pages.root,
        slug(name),
        pages=pages,
        seconds=context.seconds,
        group=str(plain.get("group") or "") if plain.get("group") != name else "",
        question=problem or _parts(pages, sample, lambda: pages.view.question(context) if sample else _raw(plain)),
        truth=reference_problem or _parts(pages, sample, lambda: pages.view.reference_parts(context) if pages.definition else []),
        drawing=drawing,
        drawing_problem=drawing_problem,
        answers=answers,
        before=before,
        after=after,
    )
    place = pages.place / file(name)
    with translate_os_errors(place):
        _write(place, ".html", html)
        _write(place, ".json", json.dumps(_json(name, plain, pages, answers), ensure_ascii=False) + "\n")
        _write(place, ".md", _markdown(name, plain, pages, answers))
        if drawing:
            _write(place, ".svg", drawing.svg)


def _write(place: Path, ending: str, text: str) -> None:
    put(place.with_name(place.name + ending), text)


def _sample(plain: Mapping[str, Any], pages: SamplePages) -> tuple[Sample | None, list[Remark]]:
    if pages.definition is None:
        return None, []
    try:
        return parse(StoredSample, dict(plain), "questions.jsonl").sample(pages.definition), []
    except (BadConfig, OSError, ValueError, RuntimeError) as error:
        return None, [Remark(f"The question cannot be read: {error}")]


def _context(plain: Mapping[str, Any], sample: Sample | None, pages: SamplePages) -> tuple[SampleContext, list[Remark]]:
    reference, problem = None, list[Remark]()
    try:
        reference = sample.reference() if sample else None
    except Exception as error:
        problem = [Remark(f"The reference cannot be read: {message(error)}")]
    seconds = finite(plain.get("duration")) or _NO_SECONDS
    row = sample.row if sample else {}
    return SampleContext(row, reference, seconds, pages.definition.inputs if pages.definition else ()), problem


def _answers(
    pages: SamplePages, place: int, context: SampleContext, sample: Sample | None
) -> tuple[dict[str, Any], list[Answered]]:
    """Every model's answer, unpacked where that is possible, and as it is shown."""
    unpacked: dict[str, Any] = {}
    answers = []
    for row in pages.rows:
        record = pages.records.answer(row.model, place)
        if record is None:
            continue
        ok, parts = record.get("status") == "ok", list[PagePart]()
        if ok:
            try:
                unpacked[row.model] = answer = unpack(record.get("hypothesis"), pages.records.cells[row.model])
                parts = [
                    *_parts(pages, sample, partial(pages.view.answer_parts, context, answer)),
                    *_parts(pages, sample, partial(_judged, pages, context, row.model, place)),
                ]
            except Exception as error:
                parts = [
                    Remark(f"The answer cannot be read: {message(error)}"),
                    Text(examples.line(record.get("hypothesis"), pages.view)),
                ]
        value = pages.records.value(row.model, place)
        answers.append(
            Answered(
                row=row,
                status=str(record.get("status")),
                value=value if math.isfinite(value) else None,
                latency_s=finite(record.get("latency_s")),
                plain=record.get("hypothesis"),
                error="" if ok else str(record.get("error") or "no reason is recorded"),
                parts=tuple(parts),
            )
        )
    return unpacked, answers


def _judged(pages: SamplePages, context: SampleContext, model: str, place: int) -> Iterable[Part]:
    """The answers of judges that the view shows."""
    metrics = pages.definition.metrics if pages.definition else ()
    judges = {judge.model: judge for metric in metrics if metric.judge for judge in metric.judge.all}
    for name, judge in judges.items():
        show = pages.view.judged.get(judge.capability)
        judgement = pages.records.judgement(judge, model, place) if show else None
        if show and judgement:
            yield from show(context, name, unpack(judgement.get("hypothesis"), pages.records.cells[model]))


def _parts(pages: SamplePages, sample: Sample | None, make: Callable[[], Iterable[Part]]) -> list[PagePart]:
    return shown(make, pages.sounds, sample)


def _raw(plain: Mapping[str, Any]) -> list[Part]:
    return [Text(examples.reference_line(dict(plain.get("row") or {}), None))]


def finite(value: Any) -> float | None:
    """A finite number of a record that may hold anything.

    >>> finite(2), finite("NaN"), finite(True)
    (2.0, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)


def _json(name: str, plain: Mapping[str, Any], pages: SamplePages, answers: Iterable[Answered]) -> dict[str, Any]:
    return {
        "run": pages.run,
        "capability": pages.capability,
        "dataset": pages.dataset,
        "sample": name,
        "question": plain,
        "metric": pages.column.name,
        "answers": {
            answer.row.model: {
                "rank": answer.row.rank,
                "status": answer.status,
                "value": answer.value,
                "latency_s": answer.latency_s,
                "answer": answer.plain,
                "error": answer.error,
            }
            for answer in answers
        },
    }


def _markdown(name: str, plain: Mapping[str, Any], pages: SamplePages, answers: Iterable[Answered]) -> str:
    rows = [
        [
            answer.row.model,
            "" if answer.row.rank is None else answer.row.rank,
            units.amount(answer.value, pages.column.unit),
            units.seconds(answer.latency_s),
            answer.error or examples.line(answer.plain, pages.view),
        ]
        for answer in answers
    ]
    reference = examples.reference_line(dict(plain.get("row") or {}), pages.definition)
    parts = [
        f"# {md.escape(name)}",
        md.escape(f"{pages.capability} on {pages.dataset}"),
        md.escape(reference),
        md.table(["model", "rank", pages.column.name, "latency", "answer"], rows, numbers=(1, 2, 3)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
