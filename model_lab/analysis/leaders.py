"""Which candidates lead, and which of several leaders is recommended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from model_lab.analysis.grading_rules import LETTERS, LEVELS
from model_lab.analysis.pooled_pairs import PooledPair
from model_lab.analysis.verdicts import Advice, Verdict
from model_lab.contract import ModelCard


def ordered(
    entries: Iterable[Advice], pairs: Mapping[frozenset[str], PooledPair], cards: Mapping[str, ModelCard]
) -> list[Advice]:
    """Best first, the recommended one at the head; a tie is reported with the criterion that decided."""
    usable = [entry for entry in entries if entry.usable]
    beaten = {entry.model: list(_beaten(entry.model, usable, pairs)) for entry in usable}
    leaders, remark = _leaders(usable, beaten, pairs, cards)
    criteria = _criteria(leaders, cards)
    leaders = sorted(leaders, key=lambda entry: [value(entry) for _, value in criteria])
    head: list[Advice] = []
    if leaders:
        best, *tied = leaders
        said = [best.because, remark, _tie(best, tied, criteria) if tied else ""]
        head = [replace(best, word="recommended", because="; ".join(filter(None, said))), *tied]
    named = {entry.model for entry in head}
    rest = [
        replace(entry, because="; ".join([entry.because, *beaten.get(entry.model, ())[:1]]))
        for entry in entries
        if entry.model not in named
    ]
    words: tuple[Verdict, ...] = ("acceptable", "not shown to beat doing nothing", "rejected", "not evaluated")
    return head + sorted(
        rest,
        key=lambda entry: (
            words.index(entry.word),
            not entry.usable,
            entry.grade.order if entry.grade else (9, 9),
            entry.memory_gb,
            entry.model,
        ),
    )


def _beaten(model: str, others: Sequence[Advice], pairs: Mapping[frozenset[str], PooledPair]) -> Iterator[str]:
    """Who is significantly better than a model, over all datasets or on single ones, in clauses."""
    for other in others:
        pair = pairs.get(frozenset((model, other.model)))
        if pair is None:
            continue
        if pair.beats(other.model, model):
            where = f"over {pair.difference.n_datasets} datasets" if pair.difference.n_datasets > 1 else "on the same samples"
            yield f"significantly worse than {other.model} {where}"
        elif names := pair.beats_on(other.model, model):
            yield f"significantly worse than {other.model} on {', '.join(names)}"


def _leaders(
    usable: Sequence[Advice],
    beaten: Mapping[str, Sequence[str]],
    pairs: Mapping[frozenset[str], PooledPair],
    cards: Mapping[str, ModelCard],
) -> tuple[list[Advice], str]:
    """The candidates that none is significantly better than, without baselines if there are others; and a remark about them."""
    found = [entry for entry in usable if not beaten[entry.model]]
    remark = ""
    if not found and usable:
        over_all = [
            entry
            for entry in usable
            if not any(
                (pair := pairs.get(frozenset((entry.model, o.model)))) and pair.beats(o.model, entry.model) for o in usable
            )
        ]
        found = over_all or list(usable)
        remark = "no candidate is without a dataset on which another is significantly better; the mean over all decides"
    models = [entry for entry in found if cards[entry.model].kind != "baseline"]
    if found and not models:
        remark = "; ".join(filter(None, [remark, "a baseline, recommended because nothing beats it here"]))
    return models or found, remark


_Criterion = tuple[str, Callable[[Advice], float | str]]


def _criteria(leaders: Sequence[Advice], cards: Mapping[str, ModelCard]) -> list[_Criterion]:
    """What decides between leaders, in turn: its name, and its value, lower first.

    Costs are compared to one significant digit, as measured times vary; a criterion that is not known of all leaders decides nothing.
    """
    known_speed = all(_seconds(entry) is not None for entry in leaders)
    known_memory = all(entry.speed.peak_memory_mb is not None for entry in leaders)
    return [
        ("stronger evidence", lambda entry: LEVELS.index(entry.grade.evidence) if entry.grade else len(LEVELS)),
        ("a better letter of quality", _quality_letter),
        ("a lower real-time factor", lambda entry: float(f"{_seconds(entry) or 0:.0e}") if known_speed else 0.0),
        ("lower memory", lambda entry: float(f"{entry.memory_gb:.0e}") if known_memory else 0.0),
        ("a more permissive licence", lambda entry: _licence(cards[entry.model])),
        ("a better value", _negated_quality),
        ("alphabetical order, as nothing else distinguishes them", lambda entry: entry.model),
    ]


def _seconds(entry: Advice) -> float | None:
    """The real-time factor, or the latency of a call without sound; None where it is contended or unknown."""
    if entry.speed.contended:
        return None
    return entry.speed.latency_p50_s if entry.speed.real_time_factor is None else entry.speed.real_time_factor


def _quality_letter(entry: Advice) -> int:
    found = entry.grade.rules[0].letter if entry.grade else None
    return LETTERS.index(found) if found else len(LETTERS)


def _licence(card: ModelCard) -> int:
    return 0 if card.licence.allows("permissive") else 1 if card.licence.allows("commercial") else 2


def _negated_quality(entry: Advice) -> float:
    """The graded quantity, lower for the better one."""
    rule = entry.grade.rules[0] if entry.grade else None
    if rule is None or rule.value is None:
        return float("inf")
    return -rule.value if rule.higher_is_better else rule.value


def _tie(best: Advice, tied: Sequence[Advice], criteria: Sequence[_Criterion]) -> str:
    """A sentence about a tie, with the criterion by which the first model was chosen."""
    names, second = ", ".join(other.model for other in tied), tied[0]
    criterion = next(name for name, value in criteria if value(best) != value(second))
    return f"tied with {names} (no significant difference); chosen by {criterion}"
