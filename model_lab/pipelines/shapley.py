"""Attributes an error to stages, from the errors with each set of stages replaced by the reference.

A *coalition* is the set of replaced stages. The share of a stage is its Shapley value (Shapley 1953): the reduction of the error by
replacing the stage, averaged over all orders of replacing the stages. The shares sum to the total error minus the residual error with
all stages replaced, and two stages with the same effect on every error have the same share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, combinations
from math import comb

Coalition = frozenset[str]
Errors = Mapping[Coalition, float]
"""The error with each coalition replaced, for all subsets of the stages."""

NONE_REPLACED: Coalition = frozenset()


def coalitions(stages: Sequence[str]) -> list[Coalition]:
    """All subsets of the stages, smallest first.

    >>> [sorted(coalition) for coalition in coalitions(["a", "b"])]
    [[], ['a'], ['b'], ['a', 'b']]
    """
    sizes = range(len(stages) + 1)
    return [frozenset(subset) for subset in chain.from_iterable(combinations(stages, size) for size in sizes)]


def share(errors: Errors, stage: str) -> float:
    """The Shapley value of a stage.

    >>> errors = {frozenset(): 0.5, frozenset("a"): 0.2, frozenset("b"): 0.4, frozenset("ab"): 0.0}
    >>> round(share(errors, "a"), 3), round(share(errors, "b"), 3)
    (0.35, 0.15)
    """
    others = len(all_stages(errors)) - 1
    without = [coalition for coalition in errors if stage not in coalition]
    weights = [1 / ((others + 1) * comb(others, len(coalition))) for coalition in without]
    gains = [errors[coalition] - errors[coalition | {stage}] for coalition in without]
    return sum(weight * gain for weight, gain in zip(weights, gains, strict=True))


def alone(errors: Errors, stage: str) -> float:
    """The error of a stage when all other stages are replaced."""
    return errors[all_stages(errors) - {stage}] - errors[all_stages(errors)]


def removed_if_perfect(errors: Errors, stage: str) -> float:
    """The reduction of the error when only this stage is replaced."""
    return errors[NONE_REPLACED] - errors[frozenset({stage})]


def interaction(errors: Errors) -> float:
    """The error caused jointly, beyond the sum of `alone`; negative where the errors of one stage mask those of another."""
    return errors[NONE_REPLACED] - residual(errors) - sum(alone(errors, stage) for stage in all_stages(errors))


def residual(errors: Errors) -> float:
    """The error that remains with all stages replaced."""
    return errors[all_stages(errors)]


def all_stages(errors: Errors) -> Coalition:
    """The coalition of all stages."""
    return frozenset(chain.from_iterable(errors))
