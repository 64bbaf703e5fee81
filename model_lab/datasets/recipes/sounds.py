"""Sounds of programs for children and for making music: the file's name says what sounds."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from model_lab import audio
from model_lab.datasets.recipes import Workshop
from model_lab.datasets.recipes._prompts import prompts
from model_lab.datasets.recipes._qt_resources import members
from model_lab.errors import BadConfig
from model_lab.types import Audio

Row = dict[str, Any]

_QUIETEST = 10 ** (-60 / 20)


@dataclass(frozen=True)
class SoundFile:
    """A file of the card as ``PLACE/FILE``; ``places`` of the settings say which folder or Qt resource file of a package PLACE is."""

    file: str
    package: str
    root: str

    def read(self, workshop: Workshop) -> Audio:
        """The sound, mixed down to mono, in full scale; raises `BadConfig` if it is shorter than 0.3 s or silent."""
        root = workshop.archive(self.package) / self.root
        sound = (_in_resources(root, self.file) if root.suffix == ".rcc" else audio.read(root / self.file)).mono()
        if sound.duration < 0.3 or np.sqrt(np.mean(sound.samples**2)) < _QUIETEST:
            raise BadConfig(f"recipe: {self.file} lasts {sound.duration:.2f} s and may be silent; leave it out of the card")
        return Audio(sound.samples / np.float32(max(1.0, np.abs(sound.samples).max())), sound.sample_rate)


def classified(workshop: Workshop) -> Iterator[Row]:
    """The files listed in ``sounds`` (label -> names that models use, files)."""
    classes = {label: entry["names"] for label, entry in workshop.settings["sounds"].items()}
    for row in labelled(workshop):
        yield row | {"classes": classes}


def labelled(workshop: Workshop) -> Iterator[Row]:
    """The same without the names; files that ``sessions`` lists together were recorded together and are one group."""
    sessions = {file: session[0] for session in workshop.settings.get("sessions", ()) for file in session}
    for label, entry in workshop.settings["sounds"].items():
        for file in entry["files"]:
            yield _row(workshop, file) | {"label": label, "stratum": label, "group": _id(workshop, sessions.get(file, file))}


def described(workshop: Workshop) -> Iterator[Row]:
    """The files listed in ``files``, each with the first line of the text beside it."""
    for file in workshop.settings["files"]:
        clip = _clip(workshop, file)
        text = (workshop.archive(clip.package) / clip.root / clip.file).with_suffix(".txt")
        yield _row(workshop, file) | {"captions": [text.read_text("utf-8").splitlines()[0].strip()]}


def speech_or_music(workshop: Workshop) -> Iterator[Row]:
    """Prompts of ``languages`` and excerpts of ``seconds`` of the pieces in ``music``, all at ``sample_rate``.

    ``per_language`` prompts of at least ``shortest`` s are drawn; of each piece, ``per_piece`` excerpts lie evenly over it.
    """
    settings = workshop.settings
    classes, rate = settings["names"], settings["sample_rate"]
    rng = np.random.default_rng(settings["seed"])
    for language in settings["languages"]:
        long = [prompt for prompt in prompts(workshop, language) if prompt.duration >= settings["shortest"]]
        for index in rng.permutation(len(long))[: settings["per_language"]]:
            prompt = long[index]
            name = workshop.save(prompt.id, prompt.read().resample(rate))
            yield {"id": prompt.id, "audio": name, "label": "speech", "group": prompt.speaker, "classes": classes}
    for file in settings["music"]:
        piece = _clip(workshop, file).read(workshop).resample(rate)
        length = settings["seconds"] * rate
        for start in np.linspace(0, piece.frames - length, settings["per_piece"] + 2)[1:-1].astype(int):
            name = f"{_id(workshop, file)}-{start // rate}s"
            sound = workshop.save(name, Audio(piece.samples[start : start + length], rate))
            yield {"id": name, "audio": sound, "label": "music", "group": _id(workshop, file), "classes": classes}


def _row(workshop: Workshop, file: str) -> Row:
    name = _id(workshop, file)
    return {"id": name, "audio": workshop.save(name, _clip(workshop, file).read(workshop))}


def _id(workshop: Workshop, file: str) -> str:
    """The file's name, with its place before it where the card has several."""
    name = PurePosixPath(file).stem
    return f"{file.partition('/')[0]}-{name}" if len(workshop.settings["places"]) > 1 else name


def _clip(workshop: Workshop, file: str) -> SoundFile:
    place, _, path = file.partition("/")
    places: dict[str, dict[str, str]] = workshop.settings["places"]
    if place not in places:
        raise BadConfig(f"recipe: {file} is in no known place; the card's places are: {', '.join(places)}")
    return SoundFile(path, **places[place])


def _in_resources(resources: Path, file: str) -> Audio:
    contents = [content for name, content in _resources(resources).items() if name.endswith(f"/{file}")]
    if len(contents) != 1:
        raise BadConfig(f"recipe: {len(contents)} files in {resources.name} are called {file}; expected one, correct the card")
    with tempfile.NamedTemporaryFile(suffix=PurePosixPath(file).suffix) as unpacked:
        unpacked.write(contents[0])
        unpacked.flush()
        return audio.read(unpacked.name)


@lru_cache(maxsize=4)
def _resources(path: Path) -> dict[str, bytes]:
    return members(path)
