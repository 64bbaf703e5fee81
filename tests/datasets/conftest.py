"""Tiny stand-ins for the packages: the same layout, tones and bursts for sound."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile

from model_lab import cache
from model_lab.datasets.recipes import Workshop
from model_lab.types import FloatArray

USERS_CACHE = cache.root()


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache for every test."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("MODEL_LAB_CACHE", str(folder))
    return folder


def bursts(spans: list[tuple[float, float]], seconds: float, hertz: float = 300.0, rate: int = 16000) -> FloatArray:
    """A buzz (five harmonics, peak 0.5) during ``spans`` and silence elsewhere: its energy has exact boundaries."""
    t = np.arange(round(seconds * rate)) / rate
    buzz = sum(np.sin(2 * np.pi * hertz * k * t) / k for k in range(1, 6))
    gate = np.zeros(len(t))
    for start, end in spans:
        gate[round(start * rate) : round(end * rate)] = 1.0
    return np.asarray(0.5 * buzz * gate / np.abs(buzz).max(), np.float32)


def write_g722(path: Path, samples: FloatArray) -> None:
    """A raw G.722 stream of 16 kHz mono samples."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="g722") as out:
        stream = out.add_stream("g722", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray((samples * 32767).astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = 16000, Fraction(1, 16000), 0
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            out.mux(packet)


def prompts_package(root: Path, language: str, texts: Mapping[str, str], sounds: Mapping[str, FloatArray]) -> dict[str, Path]:
    """The two packages of a language as they unpack: name -> folder."""
    name = f"asterisk-core-sounds-{language}"
    listing = root / name / "usr/share/doc" / name / f"core-sounds-{language}.txt.gz"
    listing.parent.mkdir(parents=True)
    lines = ["; Core Asterisk Sounds", "", *(f"{key}: {text}" for key, text in texts.items())]
    listing.write_bytes(gzip.compress("\n".join(lines).encode("utf-8-sig")))
    for key, samples in sounds.items():
        write_g722(root / f"{name}-g722" / "usr/share/asterisk/sounds/voice" / f"{key}.g722", samples)
    return {name: root / name, f"{name}-g722": root / f"{name}-g722"}


@pytest.fixture
def fake_prompts(tmp_path: Path) -> Callable[..., dict[str, Path]]:
    """Makes packages of several languages, ``count`` prompts each of two bursts, about 3.5 s long."""

    def make(languages: str, count: int) -> dict[str, Path]:
        archives: dict[str, Path] = {}
        for number, language in enumerate(languages.split()):
            texts = {f"prompt-{n}": f"This is the sentence number {n} of {language}." for n in range(count)}
            sounds = {
                key: bursts([(0.2, 1.0 + 0.02 * n), (1.6, 3.2)], 3.5 + 0.01 * n, 150.0 + 60 * number)
                for n, key in enumerate(texts)
            }
            archives |= prompts_package(tmp_path / "packages", language, texts, sounds)
        return archives

    return make


@pytest.fixture
def music(tmp_path: Path) -> dict[str, Path]:
    """The music-on-hold package: one song of 40 s at 8 kHz."""
    name = "asterisk-moh-opsound-wav"
    path = tmp_path / "packages" / name / "usr/share/asterisk/moh/song.wav"
    path.parent.mkdir(parents=True)
    t = np.arange(40 * 8000) / 8000
    soundfile.write(path, 0.2 * np.sin(2 * np.pi * 440 * t) * (1 + np.sin(2 * np.pi * 2 * t)) / 2, 8000, subtype="PCM_16")
    return {name: tmp_path / "packages" / name}


@pytest.fixture
def workshop(tmp_path: Path) -> Callable[..., Workshop]:
    """A workshop in an empty folder."""

    def make(archives: dict[str, Path] | None = None, **settings: Any) -> Workshop:
        folder = tmp_path / "made"
        folder.mkdir(exist_ok=True)
        return Workshop(folder, archives or {}, settings)

    return make
