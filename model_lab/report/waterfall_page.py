"""What a recipe is worth as a page to read, its Markdown and its JSON: scores, a waterfall for each error that is shared out, tables.

The page opens from disk and needs no network; its style and its pictures are files beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from model_lab.analysis import waterfall
from model_lab.files import write_json, write_text
from model_lab.report import waterfall_plot
from model_lab.report.render import TEMPLATES, html
from model_lab.report.site import page_formats
from model_lab.report.site.page import Grid, Page, PageSection, Picture

Data = Mapping[str, Any]

STEM = "waterfall"
_LEAD = "How much of a recipe's error each of its stages causes, on recordings with references. Lower is better everywhere."
_HOW = (
    "Share: how much of the error goes away when the stage's answers are replaced by the reference, averaged over all orders in which the "
    "stages could be replaced (its Shapley value). Shares and what none of them causes sum up to the whole error.",
    "Alone: the error that the stage makes where all others are perfect. With the interaction and what none of them causes, these sum up "
    "as well; an interaction below 0 says that one stage's errors hide another's.",
    "Mended: by how much the error would fall if this stage alone were perfect.",
    "None of them: what is wrong even with all stages perfect, such as simultaneous words, which times alone cannot assign to speakers.",
    "In brackets, and as whiskers: the 95 % interval over draws of whole clusters of recordings; with one cluster there is none, and with "
    "few it is wide or says little.",
)


def write(recipes: Sequence[Data], differences: Sequence[Data], folder: Path) -> Path:
    """Write `STEM` ``.html``, ``.md``, ``.json``, ``.css`` and a picture for each waterfall; returns the path of the HTML.

    ``recipes``: one or two of `waterfall.waterfall`; ``differences``: of `waterfall.differences`, between two. Pictures of an earlier
    evaluation in this folder are removed.
    """
    content = page(recipes, differences)
    pictures = {picture.path: picture.svg for section in content.sections for picture in section.pictures}
    for old in folder.glob(f"{STEM}-*.svg"):
        if old.name not in pictures:
            old.unlink()
    for name, text in pictures.items():
        write_text(folder / name, text)
    write_json(folder / f"{STEM}.json", {"recipes": list(recipes), "differences": list(differences)})
    write_text(folder / f"{STEM}.md", page_formats.markdown(content))
    write_text(folder / f"{STEM}.css", "".join((TEMPLATES / name).read_text("utf-8") for name in ("palette.css", "style.css")))
    target = folder / f"{STEM}.html"
    write_text(
        target, html(target.name, run=_named(recipes), title=content.title, page=content, stylesheet=f"{STEM}.css", stem=STEM)
    )
    return target


def page(recipes: Sequence[Data], differences: Sequence[Data]) -> Page:
    """The page itself."""
    names = ["First recipe", "Second recipe"] if len(recipes) > 1 else ["Recipe"]
    sections = [
        section
        for number, (name, data) in enumerate(zip(names, recipes, strict=True), 1)
        for section in _sections(name, number if len(recipes) > 1 else 0, data)
    ]
    if differences:
        grid = Grid("First recipe less the second; below 0 the first errs less", tuple(waterfall.difference_rows(differences)))
        sections.insert(0, PageSection("First recipe - second recipe", text=(_judged_on(recipes[0]),), grids=(grid,)))
    return Page(STEM, "Which stage causes the errors", _LEAD, (*sections, PageSection("How to read this", text=_HOW)))


def _sections(name: str, number: int, data: Data) -> Iterator[PageSection]:
    """A recipe's scores, and a section for each error that is shared out."""
    models = ", ".join(f"{stage} {model}" for stage, model in data["models"].items())
    text = (f"{models}.", _judged_on(data), *(f"{sentence}." for sentence in data["not_judged"]))
    yield PageSection(f"{name}: {data['recipe']}", text=text, grids=(Grid("Errors", tuple(waterfall.score_rows(data))),))
    for metric in data["metrics"]:
        if "stages" in metric:
            yield _shared_out(f"{name}: " if number else "", number, metric)


def _shared_out(prefix: str, number: int, metric: Data) -> PageSection:
    file = f"{STEM}-{number}-{metric['metric']}.svg" if number else f"{STEM}-{metric['metric']}.svg"
    drawn = waterfall_plot.steps(metric)
    return PageSection(
        f"{prefix}{metric['metric']} by stage",
        text=(f"{metric['title'][0].upper()}{metric['title'][1:]}; {counted(metric['recordings'])}.",),
        grids=(Grid(f"Where {metric['metric']} comes from", tuple(waterfall.stage_rows(metric))),),
        pictures=(Picture(file, waterfall_plot.picture(metric), waterfall_plot.described(metric)),) if drawn else (),
    )


def _judged_on(data: Data) -> str:
    return f"Judged on {counted(len(data['recordings']))}."


def counted(recordings: int) -> str:
    """The number of recordings, as text."""
    return "1 recording" if recordings == 1 else f"{recordings} recordings"


def _named(recipes: Sequence[Data]) -> str:
    return " and ".join(dict.fromkeys(data["recipe"] for data in recipes))
