"""Samples as they are asked under a condition: the same questions with the same truth, their sound perturbed.

Perturbed is every input that is one sound: the recording asked about, both recordings of a speaker trial, the voice to be cloned.
What a model is given to look things up in stays as it is: the library of fingerprints, the enrolments of keywords. The perturbed
files are kept in the cache, one for each file's content, sample, input, condition and seed, and all models hear the same ones.
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
"""How many other recordings babble is made of."""


@dataclass(frozen=True)
class PerturbedSample(Sample):
    """A sample whose sound was perturbed under ``condition``; ``sounds`` has the new file of each such input, by column.

    The truth is that of the clean sound (at the new speed, if that changed): what a model is to say, or to give back, did not
    change. So improvements (of separation and enhancement) are over the clean mixture too, and fall by as many dB as the answer got
    worse.
    """

    sounds: Mapping[str, Path] = field(default_factory=dict, repr=False)
    condition: str = ""

    def reference(self) -> Any:
        """The truth, as `Sample.reference` has it, at the speed of the sound."""
        return perturbations.reference(self.capability, super().reference(), self.condition)

    def _input(self, kind: str, column: str) -> Any:
        return self.sounds[column] if column in self.sounds else super()._input(kind, column)


def perturbed(
    samples: Sequence[Sample], condition: str, seed: int, everyone: Callable[[], Sequence[Sample]], progress: Progress = quiet
) -> list[PerturbedSample]:
    """``samples`` under a condition. ``everyone`` gives all samples of the dataset, of which babble is made.

    Raises `BadConfig` if there are too few others for babble, `BadAudio` if one of them cannot be read, `StoreError` if the cache
    cannot be written.
    """
    chain = perturbations.parse(condition)
    others = everyone() if perturbations.needs_talkers(chain) else ()
    found = []
    for number, sample in enumerate(samples, 1):
        found.append(_perturbed(sample, chain, seed, others))
        progress(f"perturbing: {condition}", number, len(samples))
    return found


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
    found = {path: other.group for other in others if other.group != sample.group for path in _sounds(other) if path not in own}
    if len(found) < TALKERS:
        raise BadConfig(
            f"babble for {sample.id} is made of {TALKERS} recordings of other groups, and its dataset has {len(found)}; "
            "use --perturb noise instead, or more data"
        )
    order = perturbations.generator(seed, sample.id, "talkers").permutation(len(found))
    known, heard = sorted(found), Counter[str]()
    turn: dict[Path, int] = {}
    for path in (known[place] for place in order):
        turn[path] = heard[found[path]]
        heard[found[path]] += 1
    return sorted(turn, key=lambda path: turn[path])[:TALKERS]


def _sounds(sample: Sample) -> list[Path]:
    return [given for given in sample.inputs if isinstance(given, Path)]


def _kept(path: Path, name: str, column: str, chain: Chain, seed: int, talkers: Sequence[Path]) -> Path:
    """The perturbed file, made if it is not there; it appears whole or not at all.

    A file that is no sound is given back as it is: asking about it fails as it does without a condition.
    """
    condition = perturbations.written(chain)
    told = [name, column, str(seed), *(cache.sha256(file) for file in (path, *talkers))]
    digest = hashlib.sha256("\n".join(told).encode()).hexdigest()[:24]
    place = cache.folder("perturbed", f"{perturbations.folder_name(condition)}-{perturbations.revision(condition)}")
    kept = place / f"{digest}.wav"
    if not kept.is_file():
        try:
            clean = audio.read(path)
        except BadAudio:
            return path
        heard = perturbations.perturb(clean, chain, f"{name}\n{column}", seed, [audio.read(voice) for voice in talkers])
        _write(kept, heard)
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
