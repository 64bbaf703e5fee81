"""A recording of two whistling speakers, models made for them, and a recipe that names these."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import yaml

from model_lab import audio
from model_lab.types import Audio, Turn
from tests.conftest import MakeModel

RATE = 16000
PITCH_HZ = {"low": 200.0, "high": 900.0}

NOTE = "open({calls!r}, 'a').write(f'{name}\\n')\n"
HEAR = """
import numpy as np
from model_lab.types import Entity, Turn, Word
step = audio.sample_rate // 100
blocks = audio.samples[: len(audio.samples) // step * step].reshape(-1, step)
loud = np.concatenate([[False], np.sqrt((blocks ** 2).mean(axis=1)) > 0.05, [False]])
edges = np.flatnonzero(np.diff(loud.astype(int))) / 100
spans = [(float(a), float(b)) for a, b in zip(edges[::2], edges[1::2])]
def pitch(a, b):
    part = audio.samples[int(a * audio.sample_rate) : int(b * audio.sample_rate)]
    return "low" if np.abs(np.fft.rfft(part)).argmax() * audio.sample_rate / len(part) < 500 else "high"
"""
BODIES = {
    "ears": ("vad", HEAR + "return [Segment(a, b) for a, b in spans]"),
    "scribe": (
        "asr",
        HEAR + "said = [Word(pitch(a, b).title() + '.', a, b) for a, b in spans]\n"
        "return Transcript(' '.join(word.text for word in said), tuple(said))",
    ),
    "slate": ("asr", HEAR + "return Transcript(' '.join(pitch(a, b).title() + '.' for a, b in spans))"),
    "teller": (
        "diarization",
        HEAR + "names = {}\nreturn [Turn(a, b, names.setdefault(pitch(a, b), f'voice{len(names)}')) for a, b in spans]",
    ),
    "throat": (
        "speaker_embed",
        "import numpy as np\nspectrum = np.abs(np.fft.rfft(audio.samples, 16000))[:2000].reshape(20, 100).sum(axis=1)\n"
        "return (spectrum / np.linalg.norm(spectrum)).astype(np.float32)",
    ),
    "namer": (
        "ner",
        "import re\nfrom model_lab.types import Entity\nreturn [Entity(m[0], 'PERSON', *m.span()) for m in re.finditer('High', audio)]",
    ),
    "titler": (
        "ner",
        "import re\nfrom model_lab.types import Entity\nreturn [Entity(m[0], 'TITLE', *m.span()) for m in re.finditer('Low', audio)]",
    ),
    "gist": ("summarize", "return audio.split('.')[0] + '.'"),
    "echo": ("enhance", "return audio.mono()"),
}


@dataclass(frozen=True)
class Talk:
    """A recording and what is in it."""

    path: Path
    turns: tuple[Turn, ...]
    duration: float


def whistled(path: Path, pattern: str, pause: float = 0.5) -> Talk:
    """``pattern``: a second of whistling each, "l" low and "h" high, with pauses between."""
    turns: list[Turn] = []
    parts: list[np.ndarray] = []
    time = 0.0
    for sign in pattern:
        name = "low" if sign == "l" else "high"
        parts.append(np.zeros(round(pause * RATE)))
        parts.append(0.3 * np.sin(2 * np.pi * PITCH_HZ[name] * np.arange(RATE) / RATE))
        turns.append(Turn(round(time + pause, 3), round(time + pause + 1, 3), name))
        time += pause + 1
    samples = np.concatenate([*parts, np.zeros(RATE // 2)]).astype(np.float32)
    audio.write(path, Audio(samples, RATE))
    return Talk(path, tuple(turns), len(samples) / RATE)


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    """Half a minute of two speakers."""
    return whistled(tmp_path / "talk.wav", "llhhlhhllhlhllhhlhlh")


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """Where the models note every question, a line each."""
    return tmp_path / "calls"


@pytest.fixture
def band(make_model: MakeModel, calls: Path) -> None:
    """A model for every stage."""
    for name, (capability, body) in BODIES.items():
        make_model(name, NOTE.format(calls=str(calls), name=name) + body, capability)


STAGES = {
    "vad": {"model": "ears", "chunk_s": 10, "overlap_s": 2},
    "asr": {"model": "scribe", "piece_s": 8},
    "diarization": {"model": "teller", "linked_by": "throat", "chunk_s": 10, "overlap_s": 2},
    "ner": {"model": "namer"},
    "summary": {"model": "gist"},
}


def recipe_file(path: Path, stages: dict[str, object] | None = None, **settings: object) -> Path:
    """A recipe of the band's models, in chunks of 10 s if no other stages are named."""
    path.write_text(yaml.safe_dump({"title": "Whistling", "stages": stages or STAGES} | settings))
    return path


@pytest.fixture
def recipe(band: None, tmp_path: Path) -> Path:
    """The recipe that goes with the talk."""
    return recipe_file(tmp_path / "whistling.yaml")
