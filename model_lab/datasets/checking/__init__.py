"""Checks data for what is usually wrong with it, before a model is scored on it: ``model-lab data check``.

`check` reads all rows, decodes every sound file once and applies the rules of `references`, `sounds`, `texts` and `clusters`. What the
rules are called is in `checks`, their limits are in `thresholds`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from model_lab.capabilities import Capability
from model_lab.datasets.checking import clusters, references, sounds, texts
from model_lab.datasets.checking._base import Check, CheckedData, CheckedSample, Measure, Severity, Suspicion
from model_lab.datasets.checking.measuring import measure
from model_lab.errors import BadAudio

__all__ = ["Check", "CheckedData", "CheckedSample", "DataReport", "Measure", "Severity", "Suspicion", "check"]

Progress = Callable[[str, int, int], None]
"""``progress(what, done, total)``."""

_ORDER = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True)
class DataReport:
    """What was checked and what is suspected.

    Attributes:
        data: All samples and what was measured.
        suspicions: The worst first, those of one check together.
    """

    data: CheckedData
    suspicions: tuple[Suspicion, ...]

    @property
    def by_check(self) -> dict[Check, list[Suspicion]]:
        """The suspicions of every check that has some."""
        grouped: dict[Check, list[Suspicion]] = {}
        for suspicion in self.suspicions:
            grouped.setdefault(suspicion.check, []).append(suspicion)
        return grouped

    @property
    def severities(self) -> Counter[str]:
        """How many suspicions there are of each severity."""
        return Counter(suspicion.check.severity for suspicion in self.suspicions)

    @property
    def seconds(self) -> float:
        """Seconds of all sound that was decoded, every file counted once."""
        return sum(each.seconds for each in self.data.measures.values())


def check(
    path: Path, capability: Capability, samples: Iterable[CheckedSample], progress: Progress = lambda *_: None
) -> DataReport:
    """Check data.

    Args:
        path: What is checked, for messages.
        capability: What the data is for.
        samples: Its rows, as `rows.read` reads them.
        progress: Called after each decoded file.

    Returns:
        All suspicions.
    """
    listed = tuple(samples)
    files = list(dict.fromkeys(path for sample in listed for path in sample.sounds.values()))
    measures: dict[Path, Measure] = {}
    undecodable: dict[Path, str] = {}
    for number, file in enumerate(files, 1):
        try:
            measures[file] = measure(file)
        except BadAudio as error:
            undecodable[file] = str(error)
        progress("checking sound", number, len(files))
    data = CheckedData(path, capability, listed, measures, undecodable)
    suspicions = [suspicion for rules in (references, sounds, texts, clusters) for suspicion in rules.check(data)]
    places = {each: place for place, each in enumerate(dict.fromkeys(suspicion.check for suspicion in suspicions))}
    ranked = sorted(suspicions, key=lambda suspicion: (_ORDER[suspicion.check.severity], places[suspicion.check]))
    return DataReport(data, tuple(ranked))
