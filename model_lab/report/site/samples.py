"""The samples of a report: a list of all samples of every dataset, and pages of the most informative ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_lab import datasets, units
from model_lab.analysis import examples
from model_lab.analysis.links import slug
from model_lab.analysis.schema import DatasetTable, MetricColumn, ResultRow
from model_lab.capabilities import Capability, usable
from model_lab.files import translate_os_errors
from model_lab.metrics._base import Metric
from model_lab.report import render
from model_lab.report.site import sample_page
from model_lab.report.site.page import put
from model_lab.report.site.records import Records
from model_lab.report.site.sample_page import Neighbour, SamplePages
from model_lab.report.sounds import Sounds
from model_lab.results.store import ResultCell

DETAILED = 4
"""Number of samples of a dataset with a page of their own, by default."""

_ROWS = 200
_CELLS = 3000
"""Maximum number of rows on a page of a list, and of answers for many models."""

_LINE = 120
_ROOT = "../../../"


@dataclass(frozen=True)
class Index:
    """Where the samples of a dataset are: ``list``: its first page, ``pages``: sample -> its page; relative to the report."""

    list: str
    pages: Mapping[str, str]


Samples = Mapping[tuple[str, str], Index]
"""By capability and dataset."""


def write(
    place: Path,
    cells: Mapping[tuple[str, str], Mapping[str, ResultCell]],
    tables: Mapping[tuple[str, str], DatasetTable],
    run: str,
    detailed: int = DETAILED,
    to_hear: Callable[[DatasetTable], Sequence[str]] = lambda table: (),
) -> dict[tuple[str, str], Index]:
    """Write ``samples/`` below the report's folder ``place``.

    ``cells``: by capability and dataset, the folder of every model; ``tables``: the order of the models, where there is one;
    ``detailed``: how many samples of each dataset get a page of their own, besides those that ``to_hear`` names
    of a table (none at all with 0). Raises `StoreError` if the disk refuses.
    """
    return {
        (name, dataset): _dataset(place, name, dataset, by_model, tables.get((name, dataset)), run, detailed, to_hear)
        for (name, dataset), by_model in cells.items()
    }


def _dataset(
    place: Path,
    name: str,
    dataset: str,
    cells: Mapping[str, ResultCell],
    table: DatasetTable | None,
    run: str,
    detailed: int,
    to_hear: Callable[[DatasetTable], Sequence[str]],
) -> Index:
    home = folder(name, dataset)
    with opened(run, name, dataset, cells, table.rows if table else (), place / home) as pages:
        first = {pages.records.ids[number] for number in chosen(pages, detailed)} | set(
            to_hear(table) if table and detailed else ()
        )
        ids = [sample for sample in pages.records.ids if sample in first]
        paths = {sample: sample_page.file(sample) for sample in ids}
        _details(pages, ids)
        _lists(pages, paths)
    return Index(f"{home}/index.html", {sample: f"{home}/{path}.html" for sample, path in paths.items()})


def folder(capability: str, dataset: str) -> str:
    """Where the samples of a dataset are, relative to the report."""
    return f"samples/{slug(capability)}/{slug(dataset)}"


@contextmanager
def opened(
    run: str,
    name: str,
    dataset: str,
    cells: Mapping[str, ResultCell],
    rows: Sequence[ResultRow],
    place: Path,
    root: str = sample_page.ROOT,
    list_page: str = "../index.html",
) -> Iterator[SamplePages]:
    """What all pages of a dataset share, its records open: the models of ``cells``, as ``rows`` rank them, unknown ones last.

    ``place``: the folder for the pages; ``root`` leads from a sample's page to the report, ``list_page`` to the list of all.
    """
    definition = datasets.ranking(known, dataset) if (known := usable(name)) else None
    ranked = [row for row in rows if row.model in cells]
    ranked_names = {row.model for row in ranked}
    unknown = [
        ResultRow(model=model, title=model, kind="unknown", licence="", status="not_scored")
        for model in cells
        if model not in ranked_names
    ]
    with Records(cells, definition.metrics if definition else ()) as records:
        metric = records.metric
        yield SamplePages(
            run=run,
            capability=name,
            dataset=dataset,
            place=place,
            definition=definition,
            column=_column(metric) if metric else MetricColumn(name="value", title="value"),
            why=_why(definition, records),
            rows=(*ranked, *unknown),
            records=records,
            sounds=Sounds(place / "sounds"),
            root=root,
            list_page=list_page,
        )


def _why(definition: Capability | None, records: Records) -> str:
    """A note on the metric that is shown, empty if none is needed."""
    if definition and records.metric != definition.primary:
        return f"The metric that ranks, {definition.primary.title}, does not distinguish single samples."
    return "" if records.has_values else "It has no value on single samples."


def _column(metric: Metric) -> MetricColumn:
    return MetricColumn(name=metric.name, title=metric.title, unit=metric.unit, higher_is_better=metric.higher_is_better)


def chosen(pages: SamplePages, most: int) -> list[int]:
    """The numbers of the samples to look at: those on which models differ most, then the first ones; in their order.

    Baselines and oracles are far from everything, and do not count unless there is nothing else.
    """
    records = pages.records
    models = [row.model for row in pages.rows if not row.is_reference] or [row.model for row in pages.rows]

    def apart(number: int) -> float:
        values = [value for model in models if math.isfinite(value := records.value(model, number))]
        return max(values) - min(values) if values else 0.0

    return sorted(sorted(range(len(records.ids)), key=apart, reverse=True)[:most])


def _details(pages: SamplePages, samples: Sequence[str]) -> None:
    numbers = {sample: number for number, sample in enumerate(pages.records.ids)}
    beside = [None, *(Neighbour(sample, f"{slug(sample)}.html") for sample in samples), None]
    for place, sample in enumerate(samples):
        sample_page.write(pages, numbers[sample], beside[place], beside[place + 2])


def _lists(pages: SamplePages, paths: Mapping[str, str]) -> None:
    total = len(pages.records.ids)
    size = max(1, min(_ROWS, _CELLS // max(1, len(pages.rows))))
    count = max(1, math.ceil(total / size))
    for page in range(count):
        numbers = range(page * size, min(total, (page + 1) * size))
        shown = render.html(
            "sample_list.html",
            pages.run,
            f"Samples of {pages.dataset}",
            _ROOT,
            pages=pages,
            samples=[_row(pages, number, paths) for number in numbers],
            total=total,
            first=numbers.start + 1,
            last=numbers.stop,
            pager=Pager(page, count),
        )
        path = pages.place / list_file(page)
        with translate_os_errors(path):
            put(path, shown)


def list_file(page: int) -> str:
    """The name of a page of the list; the first is number 0.

    >>> list_file(0), list_file(1)
    ('index.html', '2.html')
    """
    return f"{page + 1}.html" if page else "index.html"


@dataclass(frozen=True)
class Pager:
    """Number of a page, from 0, and the count of pages."""

    page: int
    count: int

    @property
    def steps(self) -> list[tuple[str, str]]:
        """Other pages worth a link: what to call them, and their files."""
        near = {"First": 0, "Previous": self.page - 1, "Next": self.page + 1, "Last": self.count - 1}
        return [(label, list_file(place)) for label, place in near.items() if 0 <= place < self.count and place != self.page]


@dataclass(frozen=True)
class AnswerRow:
    """A model's answer in a row of the list."""

    text: str
    value: float | None
    failed: bool


def _row(pages: SamplePages, number: int, paths: Mapping[str, str]) -> dict[str, Any]:
    sample, question = pages.records.ids[number], pages.records.question(number)
    return {
        "sample": sample,
        "href": f"{paths[sample]}.html" if sample in paths else "",
        "seconds": sample_page.finite(question.get("duration")),
        "truth": units.one_line(examples.reference_line(question.get("row") or {}, pages.definition), _LINE),
        "answers": [_line(pages, row, number) for row in pages.rows],
    }


def _line(pages: SamplePages, row: ResultRow, number: int) -> AnswerRow | None:
    record, value = pages.records.answer(row.model, number), pages.records.value(row.model, number)
    if record is None:
        return None
    text = units.one_line(examples.answer_line(record, pages.view), _LINE)
    return AnswerRow(text, value if math.isfinite(value) else None, record.get("status") != "ok")
