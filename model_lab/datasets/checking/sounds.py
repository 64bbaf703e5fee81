"""Rules about sound: level, clipping, offset, rates, lengths, duplicates."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import chain

from model_lab import units
from model_lab.datasets.checking import checks, thresholds
from model_lab.datasets.checking._base import Check, CheckedData, CheckedSample, Measure, Suspicion

_RATE_COLUMNS = ("sr", "sample_rate", "sampling_rate", "samplerate")


def check(data: CheckedData) -> Iterator[Suspicion]:
    """All suspicions about the sound of ``data``."""
    for sample, column, path, measure in data.heard():
        where = "" if column == "audio" else f"{column}: "
        for check, seen in chain(_levels(sample, measure, data.transcribed), _rates(sample, column, measure), _lengths(measure)):
            yield Suspicion(check, sample.id, sample.origin, where + seen, (path,))
        for note in measure.notes:
            yield Suspicion(checks.DECODING, sample.id, sample.origin, where + note, (path,))
    for sample in data.samples:
        for path in sample.sounds.values():
            if path in data.undecodable:
                yield Suspicion(checks.UNDECODABLE, sample.id, sample.origin, data.undecodable[path])
    yield from _odd_ones_out(data)
    yield from _duplicates(data)


def _levels(sample: CheckedSample, measure: Measure, transcribed: bool) -> Iterator[tuple[Check, str]]:
    loudest = max(measure.levels)
    if _decibels(loudest) <= thresholds.SILENT_DBFS:
        spoken = transcribed and bool(sample.text().strip())
        yield checks.SILENT_SPEECH if spoken else checks.SILENCE, f"its level is {_level(loudest)}"
        return
    if measure.clipped >= thresholds.CLIPPED_SHARE:
        yield checks.CLIPPING, f"{measure.clipped:.2%} of its samples are clipped, the first at {measure.clipped_at:.2f} s"
    for channel, (offset, level) in enumerate(zip(measure.offsets, measure.levels, strict=True), 1):
        if abs(offset) >= max(thresholds.OFFSET, thresholds.OFFSET_OF_RMS * level):
            named = f" of channel {channel}" if measure.channels > 1 else ""
            yield checks.DC_OFFSET, f"the mean{named} is {offset:+.3f} of full scale"
        if _decibels(level) < _decibels(loudest) - thresholds.DEAD_CHANNEL_DB:
            yield (
                checks.DEAD_CHANNEL,
                f"channel {channel} of {measure.channels} is at {_level(level)}, the loudest at {_level(loudest)}",
            )


def _rates(sample: CheckedSample, column: str, measure: Measure) -> Iterator[tuple[Check, str]]:
    if measure.rate not in thresholds.USUAL_RATES:
        yield checks.UNUSUAL_RATE, f"its sample rate is {measure.rate} Hz"
    for name in _RATE_COLUMNS if column == "audio" else ():
        stated = sample.row.get(name)
        if isinstance(stated, (int, float)) and stated and stated != measure.rate:
            yield checks.WRONG_RATE, f"column {name!r} is {stated:g}, and the file has {measure.rate} Hz"


def _lengths(measure: Measure) -> Iterator[tuple[Check, str]]:
    if measure.seconds < thresholds.SHORTEST_S:
        yield checks.TOO_SHORT, f"it lasts {units.seconds(measure.seconds)}"
    if measure.seconds > thresholds.LONGEST_S:
        yield checks.TOO_LONG, f"it lasts {units.seconds(measure.seconds)}"


def _odd_ones_out(data: CheckedData) -> Iterator[Suspicion]:
    """Sounds that differ from nearly all others in sample rate or channels; sounds of other columns are another population."""
    heard = [(sample, measure) for sample, column, _, measure in data.heard() if column == data.capability.inputs[0][1]]
    for name, attribute in (("Hz", "rate"), ("channels", "channels")):
        numbers = [int(getattr(measure, attribute)) for _, measure in heard]
        counts = Counter(numbers)
        if len(counts) < 2:
            continue
        usual, most = counts.most_common(1)[0]
        for (sample, _), number in zip(heard, numbers, strict=True) if most >= (1 - thresholds.ODD_ONE_OUT) * len(heard) else ():
            if number != usual:
                seen = f"it has {number} {name}, and {most} of {len(heard)} recordings have {usual}"
                yield sample.raises(checks.MIXED_RATES, seen)


def _duplicates(data: CheckedData) -> Iterator[Suspicion]:
    """Samples whose first sound is that of an earlier sample; trials and questions are asked about one sound many times."""
    if len([kind for kind, _ in data.capability.inputs if kind in ("audio", "text")]) > 1:
        return
    earlier: dict[str, list[CheckedSample]] = defaultdict(list)
    for sample, _, path, measure in data.heard():
        same = earlier[measure.content]
        if same:
            first = same[0]
            differ = data.transcribed and len({_plain(first.text()), _plain(sample.text())}) > 1
            check = checks.CONTRADICTION if differ else checks.DUPLICATE_AUDIO
            texts = (
                f", there with {units.one_line(first.text(), 80)!r}, here with {units.one_line(sample.text(), 80)!r}"
                if differ
                else ""
            )
            where = "the same file as" if path.resolve() in {p.resolve() for p in first.sounds.values()} else "the same sound as"
            yield sample.raises(check, f"{where} {first.id} ({first.origin}){texts}")
        same.append(sample)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _decibels(level: float) -> float:
    return 20 * math.log10(level) if level > 0 else -math.inf


def _level(level: float) -> str:
    return f"{_decibels(level):.0f} dBFS" if level > 0 else "digital silence"
