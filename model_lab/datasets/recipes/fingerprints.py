"""Excerpts of music, degraded in known ways, to be found in a library of recordings."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from model_lab import audio
from model_lab.datasets.recipes import Workshop
from model_lab.datasets.recipes._levels import pink, with_rms
from model_lab.errors import BadConfig
from model_lab.types import Audio, FloatArray

RATE = 16000
PEAK = 0.5
"""Peak of every entry; noise and codecs find room above it."""


def excerpts(workshop: Workshop) -> Iterator[dict[str, Any]]:
    """Every condition of ``conditions`` on an excerpt of ``excerpt_seconds`` from every entry, and from every stranger.

    Entries are ``entry_seconds`` of the ``library`` tracks, two where a track is long enough; ``strangers`` are tracks of which
    nothing is in the library. A condition is a key of `_DEGRADATIONS`, or ``N s`` for a clean excerpt of N seconds.
    """
    settings = workshop.settings
    entries = {
        name: entry
        for track in settings["library"]
        for name, entry in _entries(workshop, track, settings["entry_seconds"]).items()
    }
    strangers = {
        name: entry
        for track in settings["strangers"]
        for name, entry in _entries(workshop, track, settings["entry_seconds"]).items()
    }
    library = {name: workshop.save(f"library/{name}", entry) for name, entry in entries.items()}
    for number, (name, entry) in enumerate((entries | strangers).items()):
        for place, condition in enumerate(settings["conditions"]):
            rng = np.random.default_rng([settings["seed"], number, place])
            listed = name in entries
            query = f"{name}-{condition.replace(' ', '-').replace('%', '').replace('+', '')}"
            yield {
                "id": query,
                "audio": workshop.save(query, _degraded(rng, entry, condition, settings["excerpt_seconds"])),
                "library": library,
                "match": name if listed else "",
                "degradation": condition,
                "group": name.rpartition("-")[0],
                "stratum": condition if listed else f"not in the library ({name.rpartition('-')[0]})",
            }


def _entries(workshop: Workshop, track: str, seconds: float) -> dict[str, Audio]:
    """One or two stretches of a track, far from its ends and from each other, mono, with a peak of `PEAK`."""
    (path,) = [path for folder in workshop.archives.values() for path in folder.rglob("*") if path.stem == track]
    sound = audio.read(path).mono().resample(RATE)
    count = 2 if sound.duration > 4 * seconds else 1
    if sound.duration < seconds:
        raise BadConfig(f"recipe: {track} lasts {sound.duration:.1f} s; expected at least {seconds:g} s")
    spare = (sound.duration - count * seconds) / (count + 1)
    starts = [round((spare + (spare + seconds) * number) * RATE) for number in range(count)]
    cut = [sound.samples[start : start + round(seconds * RATE)] for start in starts]
    return {f"{track}-{number + 1}": Audio(part * np.float32(PEAK / np.abs(part).max()), RATE) for number, part in enumerate(cut)}


def _degraded(rng: np.random.Generator, entry: Audio, condition: str, seconds: float) -> Audio:
    """An excerpt from anywhere in ``entry``, degraded; its peak is 0.99 at most."""
    number, _, unit = condition.partition(" ")
    length = float(number) if unit == "s" else seconds
    start = round(rng.uniform(0, entry.duration - length) * RATE)
    excerpt = entry.samples[start : start + round(length * RATE)]
    if unit != "s":
        if condition not in _DEGRADATIONS:
            raise BadConfig(f"recipe: there is no degradation {condition!r}; expected one of {', '.join(_DEGRADATIONS)}")
        excerpt = _DEGRADATIONS[condition](rng, excerpt)
    return Audio(excerpt * np.float32(min(1.0, 0.99 / np.abs(excerpt).max())), RATE)


def _clean(rng: np.random.Generator, samples: FloatArray) -> FloatArray:
    return samples


def _noisy(rng: np.random.Generator, samples: FloatArray, snr_db: float) -> FloatArray:
    """Pink noise added, its RMS ``snr_db`` below the excerpt's."""
    rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
    return samples + with_rms(pink(rng, len(samples), RATE), rms * 10 ** (-snr_db / 20))


def _quieter(rng: np.random.Generator, samples: FloatArray) -> FloatArray:
    return samples * np.float32(0.1)


def _telephone(rng: np.random.Generator, samples: FloatArray) -> FloatArray:
    """300 to 3400 Hz, 8-bit mu-law at 8 kHz (ITU-T G.711)."""
    narrow = Audio(samples, RATE).resample(8000).samples
    spectrum, hertz = np.fft.rfft(narrow), np.fft.rfftfreq(len(narrow), 1 / 8000)
    band = np.fft.irfft(np.where((hertz >= 300) & (hertz <= 3400), spectrum, 0), len(narrow))
    squeezed = np.sign(band) * np.log1p(255 * np.minimum(np.abs(band), 1.0)) / np.log(256)
    coded = np.round(squeezed * 127) / 127
    decoded = np.sign(coded) * np.expm1(np.abs(coded) * np.log(256)) / 255
    return Audio(decoded.astype(np.float32), 8000).resample(RATE).samples


def _faster(rng: np.random.Generator, samples: FloatArray, factor: float) -> FloatArray:
    """Played too fast: time and pitch change together, as with a tape."""
    positions = np.arange(0, len(samples) - 1, factor)
    smooth = Audio(samples, RATE).resample(4 * RATE).samples
    return np.asarray(np.interp(4 * positions, np.arange(len(smooth)), smooth), np.float32)


def _coded(rng: np.random.Generator, samples: FloatArray, codec: str, container: str, bit_rate: int) -> FloatArray:
    """Through a lossy codec and back."""
    import av
    from av.audio.resampler import AudioResampler

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"coded.{container}")
        with av.open(str(path), "w") as out:
            rate = 48000 if codec == "libopus" else RATE
            stream: Any = out.add_stream(codec, rate=rate, layout="mono")
            stream.bit_rate = bit_rate
            pcm = Audio(samples, RATE).resample(rate).pcm16()
            frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
            frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), 0
            resampler = AudioResampler(format=stream.format, layout="mono", rate=rate, frame_size=stream.frame_size)
            for part in [*resampler.resample(frame), *resampler.resample(None)]:
                out.mux(stream.encode(part))
            out.mux(stream.encode(None))
        return audio.read(path).mono().resample(RATE).samples


_DEGRADATIONS: Mapping[str, Callable[[np.random.Generator, FloatArray], FloatArray]] = {
    "clean": _clean,
    "noise 10 dB": partial(_noisy, snr_db=10),
    "noise 0 dB": partial(_noisy, snr_db=0),
    "20 dB quieter": _quieter,
    "telephone": _telephone,
    "mp3 24 kbit/s": partial(_coded, codec="mp3", container="mp3", bit_rate=24000),
    "opus 12 kbit/s": partial(_coded, codec="libopus", container="ogg", bit_rate=12000),
    "speed +3 %": partial(_faster, factor=1.03),
}
