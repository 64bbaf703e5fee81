"""Plots of answers over time as plain data: the reference and one row for each model, best first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from model_lab.types import FloatArray, Note


@dataclass(frozen=True)
class Bar:
    """A stretch of a timeline.

    Attributes:
        start: Seconds.
        end: Seconds; bars whose times are not finite are left out.
        text: Written in the bar where there is room.
        colour: Number of its colour, from 0; colours repeat after a few. None is grey.
        faint: Drawn weakly.
    """

    start: float
    end: float
    text: str = ""
    colour: int | None = 0
    faint: bool = False


@dataclass(frozen=True)
class Timeline:
    """What happens when, as rows of bars.

    Attributes:
        title: What is shown ("Speech").
        reference: The bars of the reference; None where there is none.
        answers: The bars of each model.
        legend: What is to be known to read it, one clause.
    """

    title: str
    reference: Sequence[Bar] | None
    answers: Mapping[str, Sequence[Bar]]
    legend: str = ""


@dataclass(frozen=True)
class Curve:
    """A frequency over time.

    Attributes:
        times: Seconds, shape ``(n,)``, rising.
        hertz: Hz, shape ``(n,)``, NaN where there is none.
    """

    times: FloatArray
    hertz: FloatArray


@dataclass(frozen=True)
class FrequencyPlot:
    """Frequencies over time on a logarithmic axis, each model's over the reference.

    Attributes:
        title: What is shown ("F0").
        reference: The curves of the reference; None where there is none.
        answers: The curves of each model.
        octaves: How far the axis reaches beyond the reference.
    """

    title: str
    reference: Sequence[Curve] | None
    answers: Mapping[str, Sequence[Curve]]
    octaves: float = 1.0


@dataclass(frozen=True)
class NotePlot:
    """Notes over time, each model's over the reference.

    Attributes:
        title: What is shown ("Notes").
        reference: The notes of the reference; None where there is none.
        answers: The notes of each model.
    """

    title: str
    reference: Sequence[Note] | None
    answers: Mapping[str, Sequence[Note]]


Plot: TypeAlias = Timeline | FrequencyPlot | NotePlot
