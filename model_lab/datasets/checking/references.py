"""Rules about rows: whether they can be used, their ids, files and references."""

from __future__ import annotations

from collections.abc import Iterator

from model_lab.datasets import paths
from model_lab.datasets.checking import checks
from model_lab.datasets.checking._base import CheckedData, CheckedSample, Suspicion
from model_lab.datasets.manifest import SLACK_S
from model_lab.errors import BadAudio, BadManifest


def check(data: CheckedData) -> Iterator[Suspicion]:
    """All suspicions about the rows of ``data``."""
    earlier: dict[str, CheckedSample] = {}
    for sample in data.samples:
        if sample.fault:
            yield sample.raises(checks.UNUSABLE_ROW, sample.fault)
        for name in sample.missing:
            yield sample.raises(checks.MISSING_FILE, f"{name} is not a file in {sample.folder}")
        first = earlier.setdefault(sample.id, sample) if sample.id else sample
        if first is not sample:
            yield sample.raises(checks.DUPLICATE_ID, f"id {sample.id!r} is that of {first.origin}")
        if not sample.fault and not sample.missing:
            yield from _reference(data, sample)


def _reference(data: CheckedData, sample: CheckedSample) -> Iterator[Suspicion]:
    if any(path in data.undecodable for path in sample.sounds.values()):
        return
    sound = data.measures.get(sample.sounds.get("audio", data.path))
    try:
        reference = data.capability.reference(dict(sample.row), lambda name: paths.anywhere(sample.folder, name))
        latest = data.capability.latest(reference)
        if sound and latest > sound.seconds + SLACK_S:
            yield sample.raises(
                checks.BAD_REFERENCE, f"the reference ends at {latest:g} s and the sound lasts {sound.seconds:.3f} s"
            )
    except (BadAudio, BadManifest) as error:
        yield sample.raises(checks.BAD_REFERENCE, str(error).removeprefix(f"{sample.origin}: "))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        columns = {column.name for column in data.capability.columns}
        if isinstance(error, KeyError) and error.args[0] in columns - set(sample.row):
            yield sample.raises(checks.NO_REFERENCE, f"column {error.args[0]!r} is not there")
        else:
            yield sample.raises(checks.BAD_REFERENCE, f"the reference cannot be read ({error})")
