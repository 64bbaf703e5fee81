"""Samples under a condition: the same inputs and reference, with the sound perturbed.

Every input that is one sound is perturbed: the recording itself, both recordings of a speaker trial, the voice to be cloned.
Collections stay clean: the library of fingerprints, the enrolments of keywords. The perturbed files are kept in the cache, one for
each combination of file content, sample, input, condition and seed, so that all models get the same ones.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from model_lab import audio, cache
from model_lab.datasets import perturbations
from model_lab.datasets.manifest import Sample
from model_lab.datasets.perturbations import Chain
from model_lab.downloads import Progress, quiet
from model_lab.errors import BadAudio, BadConfig, StoreError
from model_lab.types import Audio

TALKERS = 6
"""Number of other recordings in babble."""


@dataclass(frozen=True)
class PerturbedSample(Sample):
    """A sample whose sound was perturbed under ``condition``; ``sounds`` has the new file of each such input, by column.

    The reference is that of the clean sound (at the new speed, if that changed): the correct answer did not change. Improvements of
    separation and enhancement are therefore over the clean mixture too, and fall by as many dB as the answer got worse.
    """

    sounds: Mapping[str, Path] = field(default_factory=dict, repr=False)
    condition: str = ""

    def reference(self) -> Any:
        """The reference, as from `Sample.reference`, at the speed of the sound."""
        return perturbations.reference(self.capability, super().reference(), self.condition)

    def _input(self, kind: str, column: str) -> Any:
        return self.sounds[column] if column in self.sounds else super()._input(kind, column)


def perturbed(
    samples: Sequence[Sample], condition: str, seed: int, everyone: Callable[[], Sequence[Sample]], progress: Progress = quiet
) -> list[PerturbedSample]:
    """``samples`` under a condition. ``everyone`` returns all samples of the dataset, for babble.

    Raises `BadConfig` if there are too few others for babble, `BadAudio` if one of them cannot be read, `StoreError` if the cache
    cannot be written.
    """
    chain = perturbations.parse(condition)
    others = everyone() if perturbations.needs_talkers(chain) else ()
    changed = []
    for number, sample in enumerate(samples, 1):
        changed.append(_perturbed(sample, chain, seed, others))
        progress(f"perturbing: {condition}", number, len(samples))
    return changed


def _perturbed(sample: Sample, chain: Chain, seed: int, others: Sequence[Sample]) -> PerturbedSample:
    talkers = _talkers(sample, others, seed) if perturbations.needs_talkers(chain) else []
    sounds = {
        column: _kept(path, sample.id, column, chain, seed, talkers)
        for (_, column), path in zip(sample.capability.inputs, sample.inputs, strict=True)
        if isinstance(path, Path)
    }
    row = {key: value for key, value in sample.row.items() if key != "duration" or not perturbations.changes_length(chain)}
    same = {part.name: getattr(sample, part.name) for part in fields(Sample)}
    return PerturbedSample(**(same | {"row": row}), sounds=sounds, condition=perturbations.written(chain))


def _talkers(sample: Sample, others: Sequence[Sample], seed: int) -> list[Path]:
    """The recordings of babble for a sample: none of its own group, of as many groups as there are."""
    own = set(_sounds(sample))
    group_of = {
        path: other.group for other in others if other.group != sample.group for path in _sounds(other) if path not in own
    }
    if len(group_of) < TALKERS:
        raise BadConfig(
            f"babble for {sample.id} is made of {TALKERS} recordings of other groups, and its dataset has {len(group_of)}; "
            "use --perturb noise instead, or more data"
        )
    order = perturbations.generator(seed, sample.id, "talkers").permutation(len(group_of))
    paths, used = sorted(group_of), Counter[str]()
    turn: dict[Path, int] = {}
    for path in (paths[place] for place in order):
        turn[path] = used[group_of[path]]
        used[group_of[path]] += 1
    return sorted(turn, key=lambda path: turn[path])[:TALKERS]


def _sounds(sample: Sample) -> list[Path]:
    return [value for value in sample.inputs if isinstance(value, Path)]


def _kept(path: Path, name: str, column: str, chain: Chain, seed: int, talkers: Sequence[Path]) -> Path:
    """The perturbed file, made if it is not there; it appears whole or not at all.

    A file that is not audio is returned unchanged: running a model on it fails as it does without a condition.
    """
    condition = perturbations.written(chain)
    key = [name, column, str(seed), *(cache.sha256(file) for file in (path, *talkers))]
    digest = hashlib.sha256("\n".join(key).encode()).hexdigest()[:24]
    place = cache.folder("perturbed", f"{perturbations.folder_name(condition)}-{perturbations.revision(condition)}")
    kept = place / f"{digest}.wav"
    if not kept.is_file():
        try:
            clean = audio.read(path)
        except BadAudio:
            return path
        result = perturbations.perturb(clean, chain, f"{name}\n{column}", seed, [audio.read(voice) for voice in talkers])
        _write(kept, result)
    return kept


def _write(path: Path, sound: Audio) -> None:
    import soundfile

    own = path.with_name(f"{path.stem}.{os.getpid()}{path.suffix}")
    try:
        audio.write(own, sound)
        own.replace(path)
    except (OSError, soundfile.LibsndfileError) as error:
        with suppress(OSError):
            own.with_name(own.name + ".partial").unlink()
        raise StoreError(
            f"{path} cannot be written ({error}); free some space or name another cache with MODEL_LAB_CACHE"
        ) from None
