"""A use case's page: the stack, a word on every model with its reason, and what evidence is missing."""

from __future__ import annotations

from model_lab import units
from model_lab.analysis.links import slug, to_capability, to_model
from model_lab.analysis.recommendations import Advice, Recommendation
from model_lab.analysis.table_cells import Shown, Value
from model_lab.report.site.page import Grid, Page, PageSection


def use_case(name: str, found: Recommendation) -> Page:
    """The page of one use case."""
    return Page(
        path=f"use-cases/{slug(name)}",
        title=found.use_case.title,
        lead=f"It takes {', '.join(found.use_case.needs)}. {limits(found)}",
        sections=(
            PageSection(
                "The stack",
                text=(f"One model for each capability that fit together: {found.memory_gb:.1f} GB.",)
                if found.stack
                else ("No model of this run can be put into it.",),
                grids=(Grid("The stack", tuple(_advice(entry) for entry in found.stack.values())),),
            ),
            *([PageSection("What is not known", text=found.missing)] if found.missing else []),
            PageSection("Every model", grids=(Grid("A word on every model", tuple(map(_advice, found.advice))),)),
        ),
    )


def limits(found: Recommendation) -> str:
    """What no model may exceed, in a sentence."""
    wanted = found.use_case
    said = [
        f"licences: {wanted.licence}" if wanted.licence != "any" else "",
        f"memory of all together {wanted.max_memory_gb:g} GB" if wanted.max_memory_gb else "",
        f"real-time factor {wanted.max_real_time_factor:g}" if wanted.max_real_time_factor else "",
        f"median latency {wanted.max_latency_s:g} s" if wanted.max_latency_s else "",
        f"device {wanted.device}" if wanted.device else "",
    ]
    return f"Limits: {', '.join(filter(None, said)) or 'none'}."


def overview(name: str, found: Recommendation) -> Shown:
    """A use case as a row of the overview."""
    stack = ", ".join(f"{need}: {entry.model}" for need, entry in found.stack.items())
    absent = [need for need in found.use_case.needs if need not in found.stack]
    return {
        "use case": Value(found.use_case.title, href=f"use-cases/{slug(name)}.html"),
        "stack": stack or "none of these models",
        "memory": Value(f"{found.memory_gb:.1f} GB", found.memory_gb),
        "without a model": ", ".join(absent) or units.MISSING,
    }


def _advice(entry: Advice) -> Shown:
    return {
        "model": to_model(entry.model),
        "capability": to_capability(entry.capability),
        "word": entry.word,
        "grade": entry.grade.letter if entry.grade else units.MISSING,
        "because": Value(entry.because, href=to_capability(entry.capability).href),
    }
