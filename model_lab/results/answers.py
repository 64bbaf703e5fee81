"""Answers as they are in ``samples.jsonl``: audio in the cell's artifacts, everything else inline, both lossless.

Audio  {"type": "Audio", "file": "artifacts/ID-HASH.wav", "shape": [...], "sample_rate": 16000, "sha256": "..."}
array  {"type": "array", "data": {"dtype": "float32", "shape": [2, 3], "data": [...]}}
float  as JSON; {"type": "float", "value": "nan"} for values that JSON numbers cannot represent
"""

from __future__ import annotations

import hashlib
import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from model_lab import audio, capabilities, types
from model_lab.errors import BadAudio, ContractBroken
from model_lab.results.store import ResultCell
from model_lab.types import Audio

if TYPE_CHECKING:
    import numpy.typing as npt


def pack(answer: Any, cell: ResultCell, sample_id: str) -> Any:
    """``answer`` as JSON data; its audio is written to the cell's artifacts.

    Raises `ContractBroken` for what cannot be serialised: a type that is neither in `types` nor declared by a capability, text that
    is not Unicode, a non-numeric array, audio that could not be read again (no frames, NaN).
    """
    return _json_floats(types.encode(answer, _array, lambda sound: _sound(sound, cell, sample_id)))


def unpack(plain: Any, cell: ResultCell) -> Any:
    """The inverse of `pack`; tuples come back as lists, except inside the types of `types` and of capabilities.

    Raises `BadAudio` if an artifact is missing or differs from the answer, `ContractBroken` for a type whose fields have changed.
    """
    return types.decode(_python_floats(plain), _from_array, lambda tag: _from_sound(tag, cell), capabilities.usable)


def artifact_name(sample_id: str, sha256: str) -> str:
    """A file name for audio: readable, safe on every file system, and different for different audio.

    >>> artifact_name("../é/a b.wav", "0123456789abcdef")
    '_____a_b_wav-0123456789abcdef.wav'
    """
    return f"{_safe(sample_id)}-{sha256}.wav"


def file_name(sample_id: str) -> str:
    """A file name, without suffix, for a sample: safe on every file system, and different for every sample.

    >>> file_name("clip_07"), file_name("a b.wav")
    ('clip_07', 'a_b_wav-7301eec9')
    """
    safe = _safe(sample_id)
    return safe if safe and safe == sample_id else f"{safe}-{hashlib.sha256(sample_id.encode(errors='replace')).hexdigest()[:8]}"


def _safe(sample_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", sample_id)[:60]


def _sound(sound: Audio, cell: ResultCell, sample_id: str) -> dict[str, Any]:
    if sound.frames == 0 or not np.isfinite(sound.samples).all():
        raise ContractBroken(f"the answer to {sample_id} is audio with no frames or with NaN; expected at least one finite frame")
    sha256 = _sound_hash(sound)
    path = cell.artifacts / artifact_name(sample_id, sha256)
    audio.write(path, sound)
    return {
        "type": "Audio",
        "file": path.relative_to(cell.folder).as_posix(),
        "shape": list(sound.samples.shape),
        "sample_rate": sound.sample_rate,
        "sha256": sha256,
    }


def _from_sound(tag: dict[str, Any], cell: ResultCell) -> Audio:
    path = (cell.folder / tag["file"]).resolve()
    if not path.is_relative_to(cell.folder.resolve()):
        raise BadAudio(f"{cell.folder} names the artifact {tag['file']!r} outside itself; move the folder away and run again")
    read = audio.read(path)
    sound = Audio(read.samples.reshape(tag["shape"]), read.sample_rate) if read.samples.size == math.prod(tag["shape"]) else read
    if _sound_hash(sound) != tag["sha256"]:
        raise BadAudio(f"{path} is not the audio of the stored answer; run again with --force")
    return sound


def _sound_hash(sound: Audio) -> str:
    header = f"{sound.sample_rate} {sound.samples.shape} ".encode()
    return hashlib.sha256(header + sound.samples.astype("<f4").tobytes()).hexdigest()[:16]


def _array(array: npt.NDArray[Any]) -> dict[str, Any]:
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise ContractBroken(f"an answer holds an array of {array.dtype}; expected bool, int or float of at most 64 bits")
    return {"dtype": array.dtype.name, "shape": list(array.shape), "data": _finite(array.ravel().tolist())}


def _finite(numbers: list[Any]) -> list[Any]:
    return [number if math.isfinite(number) else str(number) for number in numbers]


def _from_array(tag: dict[str, Any]) -> npt.NDArray[Any]:
    return np.array(tag["data"], np.dtype(tag["dtype"])).reshape(tag["shape"])


def _json_floats(plain: Any) -> Any:
    if isinstance(plain, float) and not math.isfinite(plain):
        return {"type": "float", "value": str(plain)}
    if isinstance(plain, str):
        _require_unicode(plain)
    if isinstance(plain, list):
        return [_json_floats(item) for item in plain]
    if isinstance(plain, dict) and plain.get("type") != "array":
        return {key: _json_floats(item) for key, item in plain.items()}
    return plain


def _python_floats(plain: Any) -> Any:
    if isinstance(plain, list):
        return [_python_floats(item) for item in plain]
    if not isinstance(plain, dict) or plain.get("type") == "array":
        return plain
    if plain.get("type") == "float":
        return float(plain["value"])
    return {key: _python_floats(item) for key, item in plain.items()}


def _require_unicode(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ContractBroken(f"an answer holds text that is not Unicode ({error.reason}); expected no lone surrogates") from None
