"""Sound as a page holds it: FLAC to play, and a picture of its waveform and its spectrogram."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from model_lab import audio as sound
from model_lab import units
from model_lab.files import translate_os_errors
from model_lab.report.plots import ACCENT, drawing, margins, svg
from model_lab.types import Audio

if TYPE_CHECKING:
    import numpy.typing as npt

LONGEST_S = 60.0
"""What is longer is cut: a page is to be looked at, and a report to be sent."""

_CHANNELS = 2
_COLUMNS = 480
_ROWS = 96
_LEVELS = 32
_RANGE_DB = 80.0
_WINDOW_S = 0.032


@dataclass(frozen=True)
class PlayableSound:
    """``flac`` and ``picture``: file names in the folder; ``seconds`` of the whole sound; ``remarks``: how the file differs from it."""

    flac: str
    picture: str
    seconds: float
    remarks: tuple[str, ...] = ()

    @property
    def kept_s(self) -> float:
        """How many seconds the file and the picture hold."""
        return min(self.seconds, LONGEST_S)


class Sounds:
    """A folder of sounds; one that is there already is not written again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[Path, PlayableSound] = {}

    def of_file(self, path: Path) -> PlayableSound:
        """The sound of a file. Raises `BadAudio` if it cannot be read."""
        if path not in self._read:
            self._read[path] = self.add(sound.read(path))
        return self._read[path]

    def add(self, audio: Audio) -> PlayableSound:
        """``audio``, written as 16-bit FLAC: at most `LONGEST_S` and two channels of it."""
        import soundfile

        kept, remarks = _kept(audio)
        pcm = kept.pcm16()
        header = f"{kept.sample_rate} {pcm.shape} ".encode()
        name = hashlib.sha256(header + pcm.astype("<i2").tobytes()).hexdigest()[:16]
        flac, picture = self.folder / f"{name}.flac", self.folder / f"{name}.svg"
        if not flac.exists():
            with translate_os_errors(flac):
                self.folder.mkdir(parents=True, exist_ok=True)
                soundfile.write(flac, pcm.T, kept.sample_rate, format="FLAC", subtype="PCM_16")
                picture.write_text(drawn(kept), "utf-8")
        return PlayableSound(flac.name, picture.name, audio.duration, remarks)


def _kept(audio: Audio) -> tuple[Audio, tuple[str, ...]]:
    samples, remarks = audio.samples, []
    if audio.duration > LONGEST_S:
        samples = samples[..., : int(LONGEST_S * audio.sample_rate)]
        remarks.append(f"cut: the first {LONGEST_S:.0f} s of {units.seconds(audio.duration)}")
    if samples.ndim == 2 and len(samples) > _CHANNELS:
        remarks.append(f"the first {_CHANNELS} of {len(samples)} channels")
        samples = samples[:_CHANNELS]
    if np.abs(samples).max() > 1:
        remarks.append(f"it peaks at {np.abs(samples).max():.2f} of full scale, where the player clips it")
    return Audio(samples, audio.sample_rate), tuple(remarks)


def drawn(audio: Audio) -> str:
    """The waveform above the spectrogram (80 dB, from its maximum down) of a sound with at least one frame; channels are mixed."""
    mono = audio.mono()
    highest = mono.sample_rate / 2000
    with drawing(7.2, 1.9) as (figure, axes):
        margins(figure, left=0.5, bottom=0.36)
        axes.imshow(
            _spectrogram(mono),
            extent=(0, mono.duration, 0, highest),
            cmap="magma",
            vmin=0,
            vmax=_LEVELS - 1,
            aspect="auto",
            origin="lower",
            interpolation="none",
        )
        _waveform(axes, mono, middle=1.3 * highest, reach=0.25 * highest)
        axes.set_xlim(0, mono.duration)
        axes.set_ylim(0, 1.58 * highest)
        axes.set_yticks([0, round(highest / 2), round(highest)] if highest > 2 else [0, highest])
        axes.spines["left"].set_visible(False)
        axes.set_ylabel("kHz", y=0.31, labelpad=2)
        axes.set_xlabel("s", labelpad=0)
        return svg(figure, "waveform and spectrogram")


def _waveform(axes: Any, mono: Audio, middle: float, reach: float) -> None:
    """The lowest and the highest sample of every column, full scale ``reach`` away from ``middle``."""
    blocks = np.array_split(mono.samples, min(_COLUMNS, mono.frames))
    low, high = (middle + reach * np.clip([edge(block) for block in blocks], -1, 1) for edge in (np.min, np.max))
    times = (np.arange(len(blocks)) + 0.5) * mono.duration / len(blocks)
    axes.fill_between(times, low, high, color=ACCENT, linewidth=0.4)


def _spectrogram(mono: Audio) -> npt.NDArray[np.float64]:
    """Levels 0 to 31, rows from low to high frequencies, at most 96 rows and about 480 columns."""
    from scipy.signal import ShortTimeFFT, windows

    window = 2 ** max(4, round(np.log2(_WINDOW_S * mono.sample_rate)))
    padded = np.pad(mono.samples, (0, max(0, window - mono.frames)))
    hop = max(window // 8, len(padded) // _COLUMNS)
    transform = ShortTimeFFT(windows.hann(window), hop, mono.sample_rate)
    # k_offset: the first window begins at the first sample; p1: the last one ends within the sound
    power = transform.spectrogram(padded, p0=0, p1=(len(padded) - window) // hop + 1, k_offset=window // 2)
    rows = np.stack([band.mean(axis=0) for band in np.array_split(power, min(_ROWS, len(power)))])
    decibels = 10 * np.log10(np.maximum(rows / max(rows.max(), 1e-20), 10 ** (-_RANGE_DB / 10)))
    return np.asarray(np.round((decibels / _RANGE_DB + 1) * (_LEVELS - 1)))
