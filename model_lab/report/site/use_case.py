"""A use case's page: the stack in words, missing evidence, models worth trying, and a verdict on every model with its reason."""

from __future__ import annotations

from collections.abc import Iterator

from model_lab import units
from model_lab.analysis.links import slug, to_capability, to_model
from model_lab.analysis.table_cells import Shown, Value
from model_lab.analysis.verdicts import Advice, Recommendation
from model_lab.report.site.decisions import UseCaseAdvice, in_words, to_try
from model_lab.report.site.page import Grid, Page, PageSection
from model_lab.report.site.samples import Samples


def use_case(case: UseCaseAdvice, listed: Samples) -> Page:
    """The page of one use case."""
    recommendation = case.advised
    return Page(
        path=f"use-cases/{slug(case.name)}",
        title=recommendation.use_case.title,
        lead=f"It needs {', '.join(recommendation.use_case.needs)}. {limits(recommendation)}",
        sections=(
            PageSection(
                "The stack",
                text=(f"One model for each capability, within the limits together: {recommendation.memory_gb:.1f} GB.",)
                if recommendation.stack
                else ("No model of this run is suitable.",),
                grids=(in_words(case.lines, listed),),
            ),
            *([PageSection("Missing evidence", text=recommendation.missing)] if recommendation.missing else []),
            *(
                [PageSection("If one dataset were left out", text=tuple(_left_out(recommendation)))]
                if recommendation.left_out
                else []
            ),
            *to_try(case.to_try),
            PageSection("Every model", grids=(Grid("Verdict on every model", tuple(map(_advice, recommendation.advice))),)),
        ),
    )


def _left_out(recommendation: Recommendation) -> Iterator[str]:
    """The datasets whose removal changes a word, each in a sentence; then those whose removal changes none."""
    yield from (left.sentence for left in recommendation.left_out if left.changes)
    for need in recommendation.use_case.needs:
        names = [left.dataset for left in recommendation.left_out if left.capability == need and not left.changes]
        if names:
            yield f"{need}: no word changes without any one of {', '.join(names)}."


def limits(recommendation: Recommendation) -> str:
    """The limits, in a sentence."""
    needs = recommendation.use_case
    parts = [
        f"licences: {needs.licence}" if needs.licence != "any" else "",
        f"total memory {needs.max_memory_gb:g} GB" if needs.max_memory_gb else "",
        f"real-time factor {needs.max_real_time_factor:g}" if needs.max_real_time_factor else "",
        f"median latency {needs.max_latency_s:g} s" if needs.max_latency_s else "",
        f"device {needs.device}" if needs.device else "",
    ]
    return f"Limits: {', '.join(filter(None, parts)) or 'none'}."


def _advice(entry: Advice) -> Shown:
    return {
        "model": to_model(entry.model),
        "capability": to_capability(entry.capability),
        "word": entry.word,
        "grade": (entry.grade.letter or units.MISSING) if entry.grade else units.MISSING,
        "evidence": entry.grade.evidence if entry.grade else units.MISSING,
        "because": Value(entry.because, href=to_capability(entry.capability).href),
    }
