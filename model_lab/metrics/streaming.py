"""Streaming speech recognition: latency, stability and final accuracy.

Conventions
-----------
- Times are in seconds on the clock of a simulated live feed, on which audio time and processing time both count (see
  `capabilities.asr_stream`): user-perceived latency.
- An event is all text recognised so far, how much audio had been fed (``heard``), when it was emitted (``said``), and whether it
  is final.
- Latencies pool as the MEDIAN over recordings: one long decoding step, or one boundary of speech annotated late, would move a mean. A
  recording for which no text ever comes counts as infinitely late, so that staying silent on the hard ones does not look fast; with
  more than half of them the latency is infinite, which is no value.
- A recording without speech has no latency; text recognised in it shows in the word error rate and in invented words.

Metrics
-------
- `FIRST_TOKEN_LATENCY` (``first_token_latency``): median of (first new text - start of speech); s, 0 is best. Shangguan et al. 2021.
- `FINAL_LATENCY` (``final_latency``): median of (final whole text - end of speech); s, lower is better, negative if the text is
  complete before speech ends. Shangguan et al. 2021.
- `ERASURE` (``normalised_erasure``): words shown and taken back / words of the final text; ratio, 0 is best, not bounded above.
  Arivazhagan et al. 2020.
- `WER`, `CER`, `INVENTED_WORDS` (``wer``, ``cer``, ``invented_words``): those of `text`, of the final text.
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
    """Reference of streaming recognition.

    Attributes:
        transcript: The reference transcript.
        speech: Start and end in seconds of all speech of the recording; None without speech.
    """

    transcript: text.ReferenceTranscript
    speech: tuple[float, float] | None


def first_token_components(reference: SpokenTruth, hypothesis: StreamTranscript) -> Components:
    """Compute the latency of a recording's first text.

    Text that was there before speech began, or that was emitted before any speech had been fed, does not count.

    Args:
        reference: When speech starts.
        hypothesis: Events of the recogniser, in order.

    Returns:
        ``seconds``: one latency from the start of speech, empty if there is none; ``never``: 1.0 if no text ever came, else 0.0.

    Examples:
        >>> truth = SpokenTruth(text.ReferenceTranscript("good day"), (0.5, 1.5))
        >>> events = StreamEvent("uh", False, 0.4, 0.5), StreamEvent("good", False, 0.8, 1.0), StreamEvent("good day", True, 2.0, 2.1)
        >>> first_token_components(truth, StreamTranscript(events))
        {'seconds': [0.5], 'never': 0.0}
    """
    if reference.speech is None:
        return _late(None)
    start = reference.speech[0]
    before = [event.text for event in hypothesis.events if event.heard <= start]
    previous = before[-1] if before else ""
    times = (event.said for event in hypothesis.events if event.heard > start and event.text.strip() and event.text != previous)
    return _late(next(times, math.inf) - start)


def final_components(reference: SpokenTruth, hypothesis: StreamTranscript) -> Components:
    """Compute the latency of a recording's complete, final text.

    Args:
        reference: When speech ends.
        hypothesis: Events of the recogniser, in order.

    Returns:
        ``seconds``: one latency from the end of speech to the first final event with the whole text, empty if there is none; negative
            if that came before speech ended. ``never``: 1.0 if no text ever came, else 0.0.

    Examples:
        >>> truth = SpokenTruth(text.ReferenceTranscript("good day"), (0.5, 1.5))
        >>> events = StreamEvent("good", True, 0.8, 1.0), StreamEvent("good day", False, 1.0, 1.2), StreamEvent("good day", True, 2.0, 2.25)
        >>> final_components(truth, StreamTranscript(events))
        {'seconds': [0.75], 'never': 0.0}
    """
    if reference.speech is None:
        return _late(None)
    whole = hypothesis.text
    times = (event.said for event in hypothesis.events if event.final and whole.strip() and event.text == whole)
    return _late(next(times, math.inf) - reference.speech[1])


def erasure_components(reference: SpokenTruth, hypothesis: StreamTranscript) -> Components:
    """Count words that were shown and later taken back; case and punctuation are ignored.

    Args:
        reference: Not used; erasure needs no reference.
        hypothesis: Events of the recogniser, in order; of several after the same amount of audio only the last is shown.

    Returns:
        ``erased``: words taken back; ``words``: words of the last event (see `wording.tokens`).

    Examples:
        >>> events = [StreamEvent(text, False, heard) for heard, text in enumerate(["a cat", "a hat", "a hat sat"])]
        >>> erasure_components(SpokenTruth(text.ReferenceTranscript(""), None), StreamTranscript(tuple(events)))
        {'erased': 1.0, 'words': 3.0}
    """
    shown = [_words(list(events)[-1]) for _, events in groupby(hypothesis.events, key=lambda event: event.heard)]
    erased = sum(len(before) - _in_common(before, after) for before, after in pairwise(shown))
    return {"erased": float(erased), "words": float(len(shown[-1]) if shown else 0)}


def _words(event: StreamEvent) -> list[str]:
    return tokens(event.text, apostrophes=True)


def _in_common(before: list[str], after: list[str]) -> int:
    """Length of the common prefix."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))


def _late(seconds: float | None) -> Components:
    """Components of one recording's latency: infinite = the text never came; None = there is no speech."""
    if seconds is None or math.isinf(seconds):
        return {"seconds": [], "never": float(seconds is not None)}
    return {"seconds": [seconds], "never": 0.0}


def _median(pooled: Mapping[str, Any]) -> float:
    delays = [*pooled["seconds"], *[math.inf] * int(pooled["never"])]
    return float(np.median(delays)) if delays else math.nan


def of_final_text(metric: Metric) -> Metric:
    """Build a metric of the last event's text.

    Args:
        metric: Metric of transcripts.

    Returns:
        The same, of a `SpokenTruth` and a `StreamTranscript`.
    """

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


WER = of_final_text(text.WER)
CER = of_final_text(text.CER)
INVENTED_WORDS = of_final_text(text.INVENTED_WORDS)
FIRST_TOKEN_LATENCY = _latency(
    "first_token_latency", "median time from the start of speech to the first text", 0.0, first_token_components
)
FINAL_LATENCY = _latency(
    "final_latency", "median time from the end of speech to the whole text, called final", -math.inf, final_components
)
ERASURE = Metric(
    name="normalised_erasure",
    title="retracted words over words of the final text",
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
