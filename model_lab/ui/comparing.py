"""Two to four models on one sample of a run: the sample's page, with those models alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from model_lab.analysis.schema import DatasetTable
from model_lab.errors import BadConfig, UnknownName, nearest
from model_lab.report.site import sample_page, samples
from model_lab.report.site.sample_page import SamplePages
from model_lab.results.store import run_folder
from model_lab.ui import boards
from model_lab.ui.server_context import ServerContext

FEWEST, MOST = 2, 4


def table(context: ServerContext, run: str, capability: str, dataset: str) -> DatasetTable:
    """A table of a run. Raises `UnknownName` if the run does not have it."""
    tables = {entry.data.name: entry for entry in boards.scorecard(context, run, capability).tables}
    if dataset not in tables:
        raise UnknownName(f"the run {run} has no {dataset!r}{nearest(dataset, tables)}; it has: {', '.join(tables)}")
    return tables[dataset]


def sample_names(context: ServerContext, run: str, capability: str, dataset: str) -> list[str]:
    """The sample ids; those on which the models differ most come first."""
    with _pages(context, run, capability, dataset, Path(), ()) as pages:
        ids = pages.records.ids
        detailed = samples.chosen(pages, samples.DETAILED)
        return [ids[number] for number in detailed] + [name for number, name in enumerate(ids) if number not in detailed]


def page(context: ServerContext, run: str, capability: str, dataset: str, sample: str, models: Sequence[str]) -> Path:
    """Write the page of a sample with the answers of ``models``; returns its path. Raises `BadConfig` for too few or too many models."""
    if not FEWEST <= len(models) <= MOST:
        raise BadConfig(f"{len(models)} models are chosen; choose {FEWEST} to {MOST} that have answers")
    place = context.fresh("compared")
    with _pages(context, run, capability, dataset, place, models) as pages:
        if sample not in pages.records.ids:
            raise UnknownName(f"{dataset} has no sample {sample!r} in the run {run}{nearest(sample, pages.records.ids)}")
        sample_page.write(pages, pages.records.ids.index(sample), None, None)
    return place / f"{sample_page.file(sample)}.html"


@contextmanager
def _pages(
    context: ServerContext, run: str, capability: str, dataset: str, place: Path, models: Sequence[str]
) -> Iterator[SamplePages]:
    """The records of a table; only those of ``models`` if any are named."""
    folder, dataset_table = run_folder(context.runs, run), table(context, run, capability, dataset)
    rows = [row for row in dataset_table.rows if row.model in models or not models]
    cells = {row.model: folder.cell(row.model, dataset) for row in rows}
    root = boards.report_address(run)
    list_page = f"{root}{samples.folder(capability, dataset)}/index.html"
    with samples.opened(run, capability, dataset, cells, rows, place, root, list_page) as pages:
        yield pages
