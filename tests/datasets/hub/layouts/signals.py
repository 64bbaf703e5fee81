"""Enhancement, separation and synthesis: sounds that answers are compared with."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
import soundfile

from model_lab.capabilities.enhance import speech_like
from tests.datasets.hub.layouts._tables import AUDIO, INT64, STRING, Layout, Row, audio, configs, numbered, shards

STEMS = ("vocals", "drums", "bass", "other")
MUSDB_SECONDS = 2.5


def _file(samples: np.ndarray, rate: int, form: str = "WAV") -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples, rate, format=form)
    return out.getvalue()


@lru_cache(maxsize=8)
def _pair(number: int) -> tuple[bytes, bytes]:
    """A synthetic voice, and the same with noise."""
    clean = speech_like(2.0, f0_hz=100.0 + 10 * number).samples
    noise = np.random.default_rng(number).standard_normal(len(clean)) * 0.02
    return _file(clean, 16000), _file(clean + noise, 16000)


def _voicebank() -> dict[str, bytes]:
    rows: list[Row] = []
    for number in range(4):
        clean, noisy = _pair(number)
        name = f"p232_{number + 1:03d}"
        rows.append(
            {
                "id": name,
                "clean": {"bytes": clean, "path": f"{name}.wav"},
                "noisy": {"bytes": noisy, "path": f"{name}.wav"},
            }
        )
    return shards("data/test-00000-of-00001.parquet", {"id": STRING, "clean": AUDIO, "noisy": AUDIO}, rows)


@lru_cache(maxsize=8)
def _song(number: int) -> dict[str, bytes]:
    """Four stems in stereo and their sum, which the files hold exactly: all are whole numbers of 16 bits."""
    random = np.random.default_rng(number)
    frames = int(44100 * MUSDB_SECONDS)
    stems = {name: random.integers(-4000, 4000, (frames, 2)).astype(np.int16) for name in STEMS}
    stems["mixture"] = sum(stems.values()).astype(np.int16)  # type: ignore[union-attr]
    return {name: _file(samples, 44100, "FLAC") for name, samples in stems.items()}


def _musdb() -> dict[str, bytes]:
    """A row group a row, and a row a stem; songs lie across the files."""
    rows: list[Row] = [
        {
            "path": f"test/{song}/{name}.flac",
            "instrument": name,
            "audio": {"bytes": _song(number)[name], "path": f"{name}.flac"},
        }
        for number, song in enumerate(("AM Contra - Heart Peripheral", "Al James - Schoolboy Facination"))
        for name in ("bass", "drums", "mixture", "other", "vocals")
    ]
    columns = {"path": STRING, "instrument": STRING, "audio": AUDIO}
    return shards(numbered("data/test", 3), columns, rows, rate=44100, rows_per_group=1)


SENTENCES = (
    "Printing, in the only sense with which we are at present concerned, differs from most arts.",
    "He began a confused complaint against the wizard, who had vanished behind the curtain.",
    "Get the trust fund to the bank early.",
    "In being comparatively modern.",
)


def _ljspeech() -> dict[str, bytes]:
    rows: list[Row] = [
        {
            "id": f"LJ001-{number + 1:04d}",
            "audio": audio(number, None, "WAV", 22050, 0.3),
            "file": f"LJ001-{number + 1:04d}.wav",
            "text": sentence,
            "normalized_text": sentence,
        }
        for number, sentence in enumerate(SENTENCES)
    ]
    columns = {"id": STRING, "audio": AUDIO, "file": STRING, "text": STRING, "normalized_text": STRING}
    return shards(numbered("data/full"), columns, rows, rate=22050)


def _libritts() -> dict[str, bytes]:
    rows: list[Row] = [
        {
            "audio": audio(number, None, "WAV", 24000, 0.3),
            "text_normalized": sentence,
            "text_original": sentence,
            "speaker_id": str(1089 + number % 2),
            "path": f"1089/134686/1089_134686_{number:06d}.wav",
            "chapter_id": "134686",
            "id": f"1089_134686_{number:06d}",
        }
        for number, sentence in enumerate(SENTENCES)
    ]
    columns = {name: AUDIO if name == "audio" else STRING for name in rows[0]}
    other = shards("data/dev.clean/dev.clean-00000-of-00001.parquet", columns, rows[:1], rate=24000)
    return shards(numbered("data/test.clean/test.clean", 4), columns, rows, rate=24000) | other


def _seed_tts() -> dict[str, bytes]:
    rows: list[Row] = [
        {
            "filename": f"common_voice_en_{10119832 + number}-common_voice_en_10119840",
            "prompt_text": "We asked over twenty different people, and they all said it was his.",
            "text": sentence,
            "WavPath": f"en/prompt-wavs/common_voice_en_{10119832 + number}.wav",
            "ans": "",
            "audio": audio(number, None, "WAV", 24000, 0.5),
            "number": number,
        }
        for number, sentence in enumerate(SENTENCES)
    ]
    columns = {name: {"audio": AUDIO, "number": INT64}.get(name, STRING) for name in rows[0]}
    return shards(numbered("en/train"), columns, rows, rate=None)


LAYOUTS = {
    "voicebank_demand": Layout("JacobLinCool/VoiceBank-DEMAND-16k", _voicebank, "4497db342d7312978c45690591fda86117831940"),
    "musdb18_hq": Layout("roro128/musdb18-hq-flac", _musdb, "32fd4e850b45ea0b635be067b921661984b53029"),
    "ljspeech_tts": Layout("MikhailT/lj-speech", _ljspeech, readme=configs(default={"full": "data/full-*"})),
    "libritts_tts": Layout("mythicinfinity/libritts", _libritts),
    "seed_tts_en": Layout("TwinkStart/Seed-TTS-Eval", _seed_tts, "185352e5da255d788097b835ea7dd11ae4f74976"),
}
