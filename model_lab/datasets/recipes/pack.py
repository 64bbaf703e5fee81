"""A development pack: a folder of real recordings with human references, converted to the columns of our manifests.

A pack has one folder per task with ``manifest.jsonl`` (one recording a line, paths relative to it) and the files it names. It
comes from outside: the project carries none, and finds it where ``MODEL_LAB_PACK`` points.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from model_lab import audio
from model_lab.datasets.recipes import Workshop
from model_lab.errors import BadManifest
from model_lab.formats import csv, jsonl, midi
from model_lab.types import Audio

Row = dict[str, Any]

_ENROLMENTS = 3
"""Number of recordings of a keyword for enrolment; the others are samples."""


def asr(workshop: Workshop) -> Iterator[Row]:
    """Recordings with transcripts."""
    for row in _rows(workshop):
        yield _recording(workshop, row) | {"text": row["text"], "language": row["language"], "stratum": row["language"]}


def vad(workshop: Workshop) -> Iterator[Row]:
    """Where somebody speaks."""
    for row in _rows(workshop):
        yield _recording(workshop, row) | {"speech": row["speech_segments"], "stratum": row["kind"]}


def diarization(workshop: Workshop) -> Iterator[Row]:
    """Who speaks when."""
    for row in _rows(workshop):
        yield _recording(workshop, row) | {"turns": row["segments"]}


def enhancement(workshop: Workshop) -> Iterator[Row]:
    """Noisy recordings with their clean originals."""
    for row in _rows(workshop):
        yield _recording(workshop, row) | {"clean": _sound(workshop, row["clean"])}


def damage(workshop: Workshop) -> Iterator[Row]:
    """The same recordings, for models that rate quality: how noisy each is."""
    for row, source in zip(enhancement(workshop), _rows(workshop), strict=True):
        yield row | {"snr_db": source["snr_db"]}


def separation(workshop: Workshop) -> Iterator[Row]:
    """Mixtures with their stems."""
    for row in _rows(workshop):
        stems = {name: _sound(workshop, path) for name, path in row["stems"].items()}
        yield _recording(workshop, row) | {"stems": stems, "stratum": row["kind"]}


def classification(workshop: Workshop) -> Iterator[Row]:
    """Kinds of sound; ``names`` of the settings are what models may call them."""
    rows, names = _rows(workshop), workshop.settings["names"]
    labels = sorted({row["label"] for row in rows})
    if nameless := [label for label in labels if label not in names]:
        raise BadManifest(
            f"{_folder(workshop)}/manifest.jsonl has the classes {', '.join(nameless)}, which have no names in the card; "
            "say under settings.names what models may call them"
        )
    classes = {label: names[label] for label in labels}
    for row in rows:
        yield _recording(workshop, row) | {"label": row["label"], "classes": classes, "stratum": row["label"]}


def captioning(workshop: Workshop) -> Iterator[Row]:
    """Recordings with a description."""
    for row in _rows(workshop):
        if row["captions"]:
            yield _recording(workshop, row) | {"captions": row["captions"]}


def emotion(workshop: Workshop) -> Iterator[Row]:
    """Acted emotions."""
    rows = _rows(workshop)
    classes = {label: [label] for label in sorted({row["emotion"] for row in rows})}
    for row in rows:
        yield _recording(workshop, row) | {"label": row["emotion"], "classes": classes, "stratum": row["emotion"]}


def language_id(workshop: Workshop) -> Iterator[Row]:
    """Spoken languages."""
    rows = _rows(workshop)
    languages = sorted({row["language"] for row in rows})
    for row in rows:
        yield _recording(workshop, row) | {"language": row["language"], "languages": languages, "stratum": row["language"]}


def speakers(workshop: Workshop) -> Iterator[Row]:
    """Recordings with the name of their speaker."""
    for row in _rows(workshop):
        yield _recording(workshop, row) | {"speaker": row["speaker"]}


def trials(workshop: Workshop) -> Iterator[Row]:
    """Pairs of these recordings; the trials are resampled by the speaker of the first."""
    rows = {str(row["id"]): row for row in _rows(workshop)}
    for pair in csv.read(_folder(workshop) / "trials.tsv", separator="\t"):
        one, other, same = rows[pair["enroll"]], rows[pair["test"]], pair["target"] == "1"
        yield _recording(workshop, one) | {
            "id": f"{one['id']}--{other['id']}",
            "audio_b": _sound(workshop, other["audio"]),
            "same": same,
            "stratum": str(same),
        }


def keyword_spotting(workshop: Workshop) -> Iterator[Row]:
    """Single words: some recordings of each are its examples, the others are questions about all words of their source."""
    families: dict[str, list[Row]] = defaultdict(list)
    for row in _rows(workshop):
        if "keyword_sequence" not in row:
            families[str(row["id"]).partition("_")[0]].append(row)
    for rows in families.values():
        positives: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            if not row.get("negative"):
                positives[row["keyword"]].append(row)
        examples = {word: spoken[:_ENROLMENTS] for word, spoken in positives.items() if len(spoken) > _ENROLMENTS}
        keywords = {word: [_sound(workshop, row["audio"]) for row in shown] for word, shown in examples.items()}
        used = {str(row["id"]) for shown in examples.values() for row in shown}
        for row in rows:
            if str(row["id"]) not in used:
                present = [] if row.get("negative") else [word for word in keywords if f" {word} " in f" {row['keyword']} "]
                spoken = [[word, 0.0, row["duration_s"]] for word in present]
                yield _recording(workshop, row) | {"keywords": keywords, "spoken": spoken, "stratum": row["keyword"]}


def fingerprint(workshop: Workshop) -> Iterator[Row]:
    """Excerpts to be found among the whole recordings."""
    rows = _rows(workshop)
    library = {str(row["id"]): _sound(workshop, row["audio"]) for row in rows if row["role"] == "reference"}
    for row in rows:
        if row["role"] == "query":
            kind = row["degradation"] if row["match"] else "not in the library"
            yield _recording(workshop, row) | {
                "library": library,
                "match": row["match"] or "",
                "degradation": kind,
                "stratum": kind,
                "group": str(row["match"] or row["id"]),
            }


def pitch(workshop: Workshop) -> Iterator[Row]:
    """Sounds with a measured contour of F0, and tones; the nominal pitch of single notes is not exact enough."""
    for row in _rows(workshop):
        if "f0" in row:
            contour = csv.read(_folder(workshop) / row["f0"])
            points = [(float(frame["time_s"]), float(frame["f0_hz"])) for frame in contour]
        elif row["kind"] == "tone":
            points = [(0.01 * step, float(row["f0_nominal_hz"])) for step in range(5, int(100 * row["duration_s"]) - 5)]
        else:
            continue
        times, f0 = zip(*points, strict=True)
        yield _recording(workshop, row) | {"times": list(times), "f0_hz": list(f0), "stratum": row["kind"]}


def formants(workshop: Workshop) -> Iterator[Row]:
    """Vowels with the resonances they were made with."""
    for row in _rows(workshop):
        yield _recording(workshop, row) | {"formants_hz": row["formants_hz"][:3], "stratum": row["vowel"]}


def tempo_beat(workshop: Workshop) -> Iterator[Row]:
    """Music with its beats, or its tempo alone."""
    for row in _rows(workshop):
        yield _recording(workshop, row) | {"beats": row["beats"], "tempo_bpm": row["bpm"]}


def music_transcription(workshop: Workshop) -> Iterator[Row]:
    """Music with its notes; recordings of drums have none."""
    for row in _rows(workshop):
        if "notes" in row:
            notes = [
                [float(note["onset_s"]), float(note["offset_s"]), midi.hertz(float(note["midi"]))]
                for note in csv.read(_folder(workshop) / row["notes"])
            ]
            yield _recording(workshop, row) | {"notes": notes}


def music_prompts(workshop: Workshop) -> Iterator[Row]:
    """Descriptions of music to be made."""
    for row in _rows(workshop):
        yield {"id": str(row["id"]), "text": row["text"], "seconds": workshop.settings["seconds"]}


def tts_prompts(workshop: Workshop) -> Iterator[Row]:
    """Texts with a human reading."""
    for row in _rows(workshop):
        yield _recording(workshop, row) | {"text": row["text"], "language": row["language"], "group": str(row["id"])}


def voice_cloning(workshop: Workshop) -> Iterator[Row]:
    """Texts to say in the voice of another recording, with the same speaker saying them."""
    for row in _rows(workshop):
        shown = [audio.read(_file(workshop, path)).mono() for path in row["reference_audio"]]
        voice = Audio(np.concatenate([sound.resample(shown[0].sample_rate).samples for sound in shown]), shown[0].sample_rate)
        yield _recording(workshop, row) | {
            "text": row["text"],
            "language": row["language"],
            "voice": workshop.save(f"{row['id']}-voice", voice),
            "speaker": row["speaker"],
        }


def ner(workshop: Workshop) -> Iterator[Row]:
    """Sentences with their names, in the languages of the card; only the labels that occur were marked."""
    rows = _rows(workshop)
    labels = sorted({entity["label"] for row in rows for entity in row["entities"]})
    for row in rows:
        entities = [{"start": e["start_char"], "end": e["end_char"], "label": e["label"]} for e in row["entities"]]
        yield {"id": str(row["id"]), "text": row["text"], "entities": entities, "labels": labels}


def _folder(workshop: Workshop) -> Path:
    """The task's folder in the pack."""
    return workshop.archive("pack") / str(workshop.settings["task"])


def _rows(workshop: Workshop) -> list[Row]:
    """The recordings of a task; those that name a language in the languages of the card alone, if it names any."""
    try:
        rows = [row for _, row in jsonl.read(_folder(workshop) / "manifest.jsonl")]
    except BadManifest as error:
        raise BadManifest(f"{error}; point MODEL_LAB_PACK at a pack that has it") from None
    languages = workshop.settings["languages"]
    return [row for row in rows if not languages or row.get("language") is None or row["language"] in languages]


def _recording(workshop: Workshop, row: Row) -> Row:
    """The columns every recording has; what one speaker says is resampled together."""
    return {"id": str(row["id"]), "audio": _sound(workshop, row["audio"]), "group": str(row.get("speaker", row["id"]))}


def _sound(workshop: Workshop, path: str) -> str:
    """A sound file of the pack, copied once; its name in the dataset."""
    file = _file(workshop, path)
    name = file.relative_to(workshop.archive("pack").resolve()).with_suffix("").as_posix().replace("/", "-")
    saved = f"audio/{name}.flac"
    return saved if saved in workshop.seconds else workshop.save(name, audio.read(file))


def _file(workshop: Workshop, path: str) -> Path:
    root = workshop.archive("pack").resolve()
    file = (_folder(workshop) / path).resolve()
    if not file.is_relative_to(root) or not file.is_file():
        raise BadManifest(f"{_folder(workshop)}/manifest.jsonl names {path}, which is not a file in the pack; correct the pack")
    return file
