"""What a streaming recogniser says while it listens: how soon, how steadily, and how right in the end.

Latencies are as users feel them: sound time and processing time together, on the clock of a simulated live feed (see
`capabilities.asr_stream`). They pool as the MEDIAN over recordings: one long decoding step, or one boundary of speech that is
marked late, would move a mean. A recording of which the recogniser never said a word counts as infinitely late, so that
keeping silent about the hard ones does not look fast; with more than half of them the latency has no value. A recording in
which nothing is said has no latency: what is heard in it anyway shows in the word error rate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby, pairwise, takewhile
from typing import Any

import numpy as np

from model_lab.metrics import text
from model_lab.metrics._base import Components, Metric, ratio
from model_lab.types import StreamEvent, StreamTranscript, Transcript
from model_lab.wording import tokens


@dataclass(frozen=True)
class SpokenTruth:
    """What is said in a recording, and the ``[start, end)`` in seconds of all its speech; None where nothing is said."""

    transcript: text.Said
    speech: tuple[float, float] | None


def first_token_components(reference: SpokenTruth, hypothesis: StreamTranscript) -> Components:
    """Seconds from the start of speech to the first new text that was said after some of the speech had been heard.

    What stood there before speech began, or is said with only what came before it, is no answer to it.

    >>> truth = SpokenTruth(text.Said("good day"), (0.5, 1.5))
    >>> events = StreamEvent("uh", False, 0.4, 0.5), StreamEvent("good", False, 0.8, 1.0), StreamEvent("good day", True, 2.0, 2.1)
    >>> first_token_components(truth, StreamTranscript(events))
    {'seconds': [0.5], 'never': 0.0}
    """
    if reference.speech is None:
        return _late(None)
    start = reference.speech[0]
    before = [event.text for event in hypothesis.events if event.heard <= start]
    stood = before[-1] if before else ""
    said = (event.said for event in hypothesis.events if event.heard > start and event.text.strip() and event.text != stood)
    return _late(next(said, math.inf) - start)


def final_components(reference: SpokenTruth, hypothesis: StreamTranscript) -> Components:
    """Seconds from the end of speech to the moment when the whole text stood and was called final.

    Below 0 for a recogniser that knew the last word before it had died away.

    >>> truth = SpokenTruth(text.Said("good day"), (0.5, 1.5))
    >>> events = StreamEvent("good", True, 0.8, 1.0), StreamEvent("good day", False, 1.0, 1.2), StreamEvent("good day", True, 2.0, 2.25)
    >>> final_components(truth, StreamTranscript(events))
    {'seconds': [0.75], 'never': 0.0}
    """
    if reference.speech is None:
        return _late(None)
    whole = hypothesis.text
    said = (event.said for event in hypothesis.events if event.final and whole.strip() and event.text == whole)
    return _late(next(said, math.inf) - reference.speech[1])


def erasure_components(reference: SpokenTruth, hypothesis: StreamTranscript) -> Components:
    """Words that were shown and taken back, and those that stood in the end (see `wording.tokens`); case and punctuation do not count.

    Of several events at one moment only the last is shown.

    >>> events = [StreamEvent(text, False, heard) for heard, text in enumerate(["a cat", "a hat", "a hat sat"])]
    >>> erasure_components(SpokenTruth(text.Said(""), None), StreamTranscript(tuple(events)))
    {'erased': 1.0, 'words': 3.0}
    """
    shown = [_words(list(events)[-1]) for _, events in groupby(hypothesis.events, key=lambda event: event.heard)]
    erased = sum(len(before) - _in_common(before, after) for before, after in pairwise(shown))
    return {"erased": float(erased), "words": float(len(shown[-1]) if shown else 0)}


def _words(event: StreamEvent) -> list[str]:
    return tokens(event.text, apostrophes=True)


def _in_common(before: list[str], after: list[str]) -> int:
    """How many words both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))


def _late(seconds: float | None) -> Components:
    """One recording: its latency; infinite = it never came; None = there was nothing to say."""
    if seconds is None or math.isinf(seconds):
        return {"seconds": [], "never": float(seconds is not None)}
    return {"seconds": [seconds], "never": 0.0}


def _median(pooled: Mapping[str, Any]) -> float:
    delays = [*pooled["seconds"], *[math.inf] * int(pooled["never"])]
    return float(np.median(delays)) if delays else math.nan


def _of_final_text(metric: Metric) -> Metric:
    """``metric`` of the text that stood in the end."""

    def components(reference: SpokenTruth, hypothesis: StreamTranscript) -> Components:
        return metric.components(reference.transcript, Transcript(hypothesis.text))

    return replace(metric, title=f"{metric.title} of the final text", components=components)


def _latency(name: str, title: str, best: float, components: Callable[..., Components]) -> Metric:
    return Metric(
        name=name,
        title=title,
        unit="s",
        higher_is_better=False,
        best=best,
        worst=math.inf,
        version=2,
        source="user-perceived latency, Shangguan et al. 2021",
        components=components,
        value=_median,
        lacking="no speech",
    )


WER = _of_final_text(text.WER)
CER = _of_final_text(text.CER)
INVENTED_WORDS = _of_final_text(text.INVENTED_WORDS)
FIRST_TOKEN_LATENCY = _latency(
    "first_token_latency", "median time from the start of speech to the first text", 0.0, first_token_components
)
FINAL_LATENCY = _latency(
    "final_latency", "median time from the end of speech to the whole text, called final", -math.inf, final_components
)
ERASURE = Metric(
    name="normalised_erasure",
    title="words shown and taken back over words of the final text",
    unit="ratio",
    higher_is_better=False,
    best=0.0,
    worst=math.inf,
    version=2,
    source="Arivazhagan et al. 2020, Re-translation versus streaming for simultaneous translation",
    components=erasure_components,
    value=lambda pooled: ratio(pooled["erased"], pooled["words"]),
    lacking="no words shown",
)
