"""The common checks for your own pytest suite: what ``model-lab check`` runs, one test per check.

A plug-in's test suite needs three lines::

    from model_lab.testing import parametrize_with_checks

    @parametrize_with_checks("my_model", "my_capability", "my_dataset")
    def test_common_checks(check):
        check()

Failures that a model's config.yaml expects (``expected_failures``) are reported as xfail with their reason; what cannot run on this
machine is skipped with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from model_lab import extensions
from model_lab.authoring import check_names, checks
from model_lab.authoring.checks import Result
from model_lab.errors import UnknownName

if TYPE_CHECKING:
    import pytest

__all__ = ["Check", "parametrize_with_checks"]

_CHECKED = ("capability", "dataset", "model")


def parametrize_with_checks(*names: str, package: str = "", level: str = "behaviour") -> pytest.MarkDecorator:
    """Parametrize a test with the common checks of models, capabilities and datasets.

    The test has one argument, ``check``, and calls it. A subject is checked once, when the first of its checks is called.

    Args:
        *names: The names of models, capabilities and datasets.
        package: The name of an installed package, whose models, capabilities and datasets are all checked.
        level: How far models are checked: "card", "imports", "weights" or "behaviour", each including those before.

    Returns:
        A decorator, as of ``pytest.mark.parametrize``.

    Raises:
        UnknownName: There is no such name, or the package adds no parts; with the nearest name.
        BadConfig: There is no such level.

    Example:
        >>> @parametrize_with_checks("baseline_null", level="card")
        ... def test_common_checks(check):
        ...     check()
        >>> [str(mark.args[1][0].values[0]) for mark in test_common_checks.pytestmark]
        ['baseline_null: card']
    """
    import pytest

    chosen = [*names, *(_of_package(package) if package else ())]
    checks.require_known(chosen, level)
    subjects = [_Subject(kind, name, level) for name in chosen for kind in checks.kinds_of(name)]
    all_checks = [Check(subject, what) for subject in subjects for what in check_names.of(subject.kind, subject.name, level)]
    return pytest.mark.parametrize("check", [pytest.param(check, id=str(check)) for check in all_checks])


@dataclass(frozen=True)
class Check:
    """One common check of one model, capability or dataset. Calling it passes, fails, skips or xfails the test that calls it."""

    subject: _Subject
    name: str

    def __str__(self) -> str:
        return f"{self.subject.name}: {self.name}"

    def __call__(self) -> None:
        """Report the check's result to pytest."""
        import pytest

        result = self.subject.result(self.name)
        outcomes: dict[str, Callable[[str], Any]] = {
            "failed": lambda detail: pytest.fail(f"{self}: {detail}", pytrace=False),
            "skipped": pytest.skip,
            "expected": pytest.xfail,
        }
        if result.status in outcomes:
            outcomes[result.status](result.detail)


@dataclass(eq=False)
class _Subject:
    """A model, capability or dataset, checked once for all its checks."""

    kind: str
    name: str
    level: str
    _results: dict[str, Result] = field(default_factory=dict)

    def result(self, check: str) -> Result:
        """The result of a check; if it did not run, the reason is in its detail."""
        if not self._results:
            self._results = {result.check: result for result in checks.check_one(self.kind, self.name, self.level)}
        if check in self._results:
            return self._results[check]
        stopped = [result for result in self._results.values() if result.status in ("failed", "skipped")]
        reason = f"not reached: {stopped[-1].check}: {stopped[-1].detail}" if stopped else "it does not apply here"
        return Result(self.name, check, "skipped", reason)


def _of_package(package: str) -> Iterator[str]:
    """The names of all models, capabilities and datasets of an installed package."""
    names = [
        name
        for kind in _CHECKED
        for name, item in extensions.registry().items(extensions.KINDS[kind]).items()
        if _normal(item.origin.partition(" ")[0]) == _normal(package)
    ]
    if not names:
        raise UnknownName(f"no installed package {package!r} adds a model, capability or dataset; run: pip install {package}")
    yield from names


def _normal(package: str) -> str:
    """A package's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", package).lower()
