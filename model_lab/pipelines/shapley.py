"""How much of an error each stage causes, out of the errors with each set of stages replaced by the truth.

A *coalition* is the set of stages that are replaced. A stage's share is its Shapley value (Shapley 1953): by how much replacing it
lowers the error, averaged over all orders in which the stages could be replaced one after another. Shares sum up to the whole error
less what is left when all stages are replaced, and two stages that do the same to every error have the same share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, combinations
from math import comb

Coalition = frozenset[str]
Errors = Mapping[Coalition, float]
"""The error with each coalition replaced; all subsets of the stages are there."""

NOBODY: Coalition = frozenset()


def coalitions(stages: Sequence[str]) -> list[Coalition]:
    """All subsets, the smallest first.

    >>> [sorted(coalition) for coalition in coalitions(["a", "b"])]
    [[], ['a'], ['b'], ['a', 'b']]
    """
    sizes = range(len(stages) + 1)
    return [frozenset(chosen) for chosen in chain.from_iterable(combinations(stages, size) for size in sizes)]


def share(errors: Errors, stage: str) -> float:
    """A stage's Shapley value.

    >>> errors = {frozenset(): 0.5, frozenset("a"): 0.2, frozenset("b"): 0.4, frozenset("ab"): 0.0}
    >>> round(share(errors, "a"), 3), round(share(errors, "b"), 3)
    (0.35, 0.15)
    """
    others = len(everybody(errors)) - 1
    without = [coalition for coalition in errors if stage not in coalition]
    weights = [1 / ((others + 1) * comb(others, len(coalition))) for coalition in without]
    gains = [errors[coalition] - errors[coalition | {stage}] for coalition in without]
    return sum(weight * gain for weight, gain in zip(weights, gains, strict=True))


def alone(errors: Errors, stage: str) -> float:
    """The error that a stage makes where it is the only one that is not replaced."""
    return errors[everybody(errors) - {stage}] - errors[everybody(errors)]


def mended(errors: Errors, stage: str) -> float:
    """By how much the error falls where this stage alone is replaced."""
    return errors[NOBODY] - errors[frozenset({stage})]


def interaction(errors: Errors) -> float:
    """What the stages cause together beyond what each causes alone; below 0 where one's errors hide another's."""
    return errors[NOBODY] - left(errors) - sum(alone(errors, stage) for stage in everybody(errors))


def left(errors: Errors) -> float:
    """The error that no stage causes: all are replaced."""
    return errors[everybody(errors)]


def everybody(errors: Errors) -> Coalition:
    """All stages."""
    return frozenset(chain.from_iterable(errors))
