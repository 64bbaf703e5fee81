"""Lhotse: cuts (``cuts.jsonl.gz``), recordings with supervisions, and Shar folders.

Source:
    Lhotse documentation, "Cuts", "Representing a corpus" and "Lhotse Shar". Manifests are lines of JSON, which are read here as such: the
    package itself needs torch. A cut that takes more than its recording (mixed, padded, perturbed sound) is refused.
"""

from __future__ import annotations

import gzip
import json
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from model_lab.datasets import paths
from model_lab.datasets.imports._base import Encoded, Excerpt, ImportFormat, ImportOptions, ImportRow, at
from model_lab.datasets.spans import union
from model_lab.errors import BadManifest

_TITLE = "Lhotse data"
_SLACK_S = 0.01
Cut = dict[str, Any]


def recognises(path: Path) -> bool:
    """Whether it has cuts: a file of them, or a folder with one, with recordings and supervisions, or with shards."""
    files = _cut_files(path)
    if files:
        first = next(_lines(files[0]), ("", {}))[1]
        return str(first.get("type", "")).endswith("Cut")
    return bool(_manifest(path, "recordings") and _manifest(path, "supervisions"))


def read(path: Path, options: ImportOptions) -> Iterator[ImportRow]:
    """A supervision a row where texts are asked for, else a cut a row."""
    name = options.capability.name if options.capability else "asr"
    if name not in ("asr", "asr_stream", "langid", "diarization", "vad"):
        raise BadManifest(f"{_TITLE} is read for --capability asr, asr_stream, langid, diarization or vad, not {name}")
    for origin, cut, sound in _cuts(path):
        with at(origin):
            try:
                yield from _rows(cut, sound if sound else _sound(cut, path if path.is_dir() else path.parent), name)
            except (KeyError, TypeError, AttributeError, IndexError) as error:
                raise BadManifest(
                    f"not a cut as Lhotse writes it ({error!r}); expected start, duration, recording and supervisions"
                ) from None


def _rows(cut: Cut, sound: Excerpt | Encoded, name: str) -> Iterator[ImportRow]:
    supervisions = sorted(cut["supervisions"], key=lambda each: each["start"])
    spans = [(max(0.0, each["start"]), min(cut["duration"], each["start"] + each["duration"])) for each in supervisions]
    whole = {"id": cut["id"], "audio": _whole(cut, sound)}
    if name == "vad":
        yield whole | {"speech": union(spans)}
    elif name == "diarization":
        turns = [
            {"start": start, "end": end, "speaker": each["speaker"]}
            for (start, end), each in zip(spans, supervisions, strict=True)
        ]
        yield whole | {"turns": turns}
    elif not supervisions:
        yield whole
    elif isinstance(sound, Encoded):
        yield whole | {"text": " ".join(each.get("text") or "" for each in supervisions).strip()} | _who(supervisions[0])
    else:
        for each, (start, end) in zip(supervisions, spans, strict=True):
            channel = each["channel"] + 1 if isinstance(each.get("channel"), int) and len(_channels(cut)) > 1 else sound.channel
            part = Excerpt(sound.path, sound.start_s + start, sound.start_s + end, channel)
            yield {"id": each["id"], "audio": _whole(cut, part), "text": each.get("text") or ""} | _who(each)


def _who(supervision: Cut) -> ImportRow:
    """The speaker and the language of a supervision, as far as it has them."""
    return {column: value for column in ("speaker", "language") if (value := supervision.get(column))}


def _whole(cut: Cut, sound: Excerpt | Encoded) -> Any:
    """The sound of a cut: the file itself where the cut has all of it."""
    length = cut["recording"]["duration"]
    all_of_it = isinstance(sound, Excerpt) and sound.start_s == 0 and sound.end_s is not None and sound.end_s > length - _SLACK_S
    return sound.path if isinstance(sound, Excerpt) and all_of_it and not sound.channel else sound


def _sound(cut: Cut, folder: Path) -> Excerpt:
    """Where the sound of a cut is. Raises `BadManifest` if it is not a part of one file."""
    recording = cut["recording"]
    if cut.get("tracks") or recording.get("transforms"):
        raise BadManifest(f"cut {cut['id']!r} is mixed or perturbed; save its sound with save_audios and use those cuts")
    sources = recording["sources"]
    if len(sources) != 1 or sources[0]["type"] != "file":
        kinds = ", ".join(source["type"] for source in sources)
        raise BadManifest(f"cut {cut['id']!r} has its sound in {kinds}; expected one file")
    start, channel = float(cut["start"]), cut.get("channel", 0)
    chosen = channel + 1 if isinstance(channel, int) and len(_channels(cut)) > 1 else 0
    return Excerpt(paths.anywhere(folder, sources[0]["source"]), start, start + float(cut["duration"]), chosen)


def _channels(cut: Cut) -> list[int]:
    return list(cut["recording"]["sources"][0]["channels"])


def _cuts(path: Path) -> Iterator[tuple[str, Cut, Encoded | None]]:
    """Every cut with its place, and its sound where that is in a shard."""
    files = _cut_files(path)
    for file in files:
        shard = file.with_name(file.name.replace("cuts.", "recording.", 1).replace(".jsonl.gz", ".tar").replace(".jsonl", ".tar"))
        sounds = _shard(shard) if path.is_dir() and shard.is_file() else None
        for origin, cut in _lines(file):
            sound = next(sounds, None) if sounds else None
            if sounds and (sound is None or sound.name.rpartition(".")[0] != cut.get("id")):
                raise BadManifest(f"{origin}: cut {cut.get('id')!r} is not in {shard.name} at its place; export the shard again")
            yield origin, cut, sound
    if not files:
        yield from ((origin, cut, None) for origin, cut in _whole_recordings(path))


def _whole_recordings(path: Path) -> Iterator[tuple[str, Cut]]:
    """A cut for each recording, of a folder with recordings and supervisions."""
    recordings, supervisions = _manifest(path, "recordings"), _manifest(path, "supervisions")
    if recordings is None or supervisions is None:
        raise BadManifest(f"{path} has no cuts, and not both recordings.jsonl.gz and supervisions.jsonl.gz; expected one of them")
    spoken: dict[str, list[Cut]] = defaultdict(list)
    for _, supervision in _lines(supervisions):
        spoken[str(supervision.get("recording_id"))].append(supervision)
    for origin, recording in _lines(recordings):
        channels = recording.get("channel_ids") or [0]
        cut = {
            "id": recording.get("id"),
            "start": 0.0,
            "duration": recording.get("duration"),
            "channel": channels,
            "recording": recording,
        }
        yield origin, cut | {"supervisions": spoken.get(str(recording.get("id")), [])}


def _shard(path: Path) -> Iterator[Encoded]:
    """The sounds of a shard, in order; each is followed by its description."""
    try:
        with tarfile.open(path) as tar:
            for member in tar:
                stream = (
                    tar.extractfile(member)
                    if member.isfile() and not member.name.endswith((".json", ".nodata", ".nometa"))
                    else None
                )
                if stream is not None:
                    yield Encoded(stream.read(), member.name)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise BadManifest(f"{path} cannot be read as a tar ({error}); copy it again") from None


def _cut_files(path: Path) -> list[Path]:
    if path.is_file():
        return [path] if path.name.endswith((".jsonl", ".jsonl.gz")) else []
    return (
        sorted(each for each in path.glob("cuts*.jsonl*") if each.name.endswith((".jsonl", ".jsonl.gz"))) if path.is_dir() else []
    )


def _manifest(path: Path, kind: str) -> Path | None:
    """The file of recordings or supervisions in a folder; recipes put the name of the corpus before and of the part behind."""
    found = sorted(each for each in path.glob(f"*{kind}*.jsonl*")) if path.is_dir() else []
    if len(found) > 1:
        raise BadManifest(f"{path} has {found[0].name} and {found[1].name}; put the files of one part into a folder of their own")
    return found[0] if found else None


def _lines(path: Path) -> Iterator[tuple[str, Cut]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    row = json.loads(line)
                    if not isinstance(row, dict):
                        raise BadManifest(f"{path}:{number}: a {type(row).__name__}; expected a JSON object")
                    yield f"{path}:{number}", row
    except (OSError, EOFError, ValueError) as error:
        raise BadManifest(f"{path} cannot be read as lines of JSON ({error}); expected a manifest of Lhotse") from None


def _safe(path: Path) -> bool:
    """Whether it is Lhotse data; a file of another kind is not."""
    try:
        return recognises(path)
    except BadManifest:
        return False


FORMAT = ImportFormat("lhotse", _TITLE, "cuts.jsonl.gz, or recordings and supervisions", _safe, read, item="sample")
