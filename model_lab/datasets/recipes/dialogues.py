"""Conversations in English put together from sentences of different speakers, with the words and names of each."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain, combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from model_lab import audio
from model_lab.datasets.recipes import Workshop, asterisk, pack, sphinx
from model_lab.datasets.recipes._levels import Span, SpeechClip, pink, trimmed
from model_lab.datasets.recipes._noises import Noises
from model_lab.types import Audio, Entity, FloatArray

RATE = 16000
SPEECH_RMS = 0.05
ROOM_DB = 30.0
"""The pink noise under all speakers, below speech."""
PAUSE_S = 0.5
"""A pause within a sentence that is at least this long ends one turn and begins the next of the same speaker."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Sentence:
    """What a speaker says, cut to its speech; ``entities`` is None where nobody looked for any."""

    speaker: str
    text: str
    clip: SpeechClip
    entities: tuple[Entity, ...] | None


@dataclass(frozen=True)
class Placed:
    """A sentence in a recording, from the sample ``first`` on."""

    sentence: Sentence
    first: int

    @property
    def spans(self) -> list[Span]:
        """Where there is speech in it, in seconds of the recording."""
        return [(self.first / RATE + start, self.first / RATE + end) for start, end in self.sentence.clip.spans]

    @property
    def end(self) -> float:
        """When it is over, in seconds of the recording."""
        return self.first / RATE + self.sentence.clip.duration


def dialogues(workshop: Workshop) -> Iterator[Row]:
    """``recordings`` of ``turns`` sentences each; how many speak, and who, goes round. Telephone prompts and read sentences.

    Nobody speaks twice running or while another does, and no sentence comes twice in a recording. Words have no times of their own:
    each has a share of its sentence's speech, by its letters. ``entities`` (label -> phrases), if it is there, marks every occurrence
    of these phrases as an entity, and says that there are no others of these labels. ``noises`` ([kind, snr_db], ...), if it is there,
    goes round as well: each recording has one of them, and its clean version beside it.
    """
    return _conversations(workshop, _packaged(workshop))


def of_pack(workshop: Workshop) -> Iterator[Row]:
    """The same out of a development pack's English sentences; entities are those that the pack has marked, in the sentences it marked.

    Of each speaker's sentences, those that were marked are taken first.
    """
    return _conversations(workshop, _of_pack(workshop))


def _packaged(workshop: Workshop) -> Iterator[Sentence]:
    phrases = workshop.settings.get("entities")
    with TemporaryDirectory() as folder:
        shelf = replace(workshop, folder=Path(folder), seconds={})
        for row in chain(asterisk.transcripts(shelf), sphinx.transcripts(shelf)):
            entities = None if phrases is None else tuple(_entities_in(row["text"], phrases))
            yield Sentence(row["speaker"], row["text"], _clip(shelf, row), entities)


def _of_pack(workshop: Workshop) -> Iterator[Sentence]:
    languages = workshop.settings["languages"]
    marked = {row["id"]: row for row in pack.ner(replace(workshop, settings={"task": "ner", "languages": languages}))}
    with TemporaryDirectory() as folder:
        shelf = replace(workshop, folder=Path(folder), settings={"task": "asr", "languages": languages}, seconds={})
        for row in pack.asr(shelf):
            entry = marked.get(row["id"], {"text": row["text"]})
            entities = None
            if "entities" in entry:
                spans = [(entity["start"], entity["end"], entity["label"]) for entity in entry["entities"]]
                entities = tuple(Entity(entry["text"][start:end], label, start, end) for start, end, label in spans)
            yield Sentence(row["group"], entry["text"], _clip(shelf, row), entities)


def _clip(shelf: Workshop, row: Row) -> SpeechClip:
    return trimmed(audio.read(shelf.folder / row["audio"]).resample(RATE), PAUSE_S, SPEECH_RMS)


def _entities_in(text: str, phrases: Mapping[str, Iterable[str]]) -> Iterator[Entity]:
    """Where phrases stand in a text as whole words.

    >>> list(_entities_in("Dial 1 now, not 11.", {"CARDINAL": ["1", "11"]}))
    [Entity(text='1', label='CARDINAL', start=5, end=6), Entity(text='11', label='CARDINAL', start=16, end=18)]
    """
    for label, names in phrases.items():
        for match in re.finditer(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)", text):
            yield Entity(match[0], label, match.start(), match.end())


def _conversations(workshop: Workshop, sentences: Iterable[Sentence]) -> Iterator[Row]:
    settings = workshop.settings
    pools, noises = _pools(sentences, settings["turns"]), Noises(workshop, [])
    labels = sorted({entity.label for sentence in chain(*pools.values()) for entity in sentence.entities or ()})
    for number in range(settings["recordings"]):
        rng = np.random.default_rng([settings["seed"], number])
        turn, place = divmod(number, len(settings["speakers"]))
        count = settings["speakers"][place]
        groups = list(combinations(sorted(pools), count))
        placed = _placed(rng, pools, groups[turn % len(groups)], settings["turns"])
        sound = track(rng, placed)
        row = {"id": f"{number:02d}-{count}-speakers", "stratum": f"{count} speakers", "language": "en"} | truth(placed, labels)
        if "noises" in settings:
            kind, snr_db = settings["noises"][number % len(settings["noises"])]
            noise = noises.draw(kind, np.random.default_rng([settings["seed"], number, 1]), len(sound))
            yield row | _with_noise(workshop, row["id"], sound, noise, snr_db) | {"noise": kind, "snr_db": snr_db}
        else:
            yield row | {"audio": workshop.save(row["id"], Audio(sound, RATE))}


def _pools(sentences: Iterable[Sentence], turns: int) -> dict[str, list[Sentence]]:
    """Speaker -> their sentences, for speakers with enough of them for a recording."""
    pools: dict[str, list[Sentence]] = defaultdict(list)
    for sentence in sentences:
        pools[sentence.speaker].append(sentence)
    return {speaker: own for speaker, own in pools.items() if len(own) >= (turns + 1) // 2}


def _placed(rng: np.random.Generator, pools: Mapping[str, list[Sentence]], present: Sequence[str], turns: int) -> list[Placed]:
    """Sentences by turns, each a while after the one before."""
    left = {speaker: _deck(rng, pools[speaker]) for speaker in present}
    placed = list[Placed]()
    end, speaker = 0.5, ""
    for number in range(turns):
        others = [other for other in present if other != speaker]
        speaker = present[number] if number < len(present) else str(rng.choice(others))
        placed.append(Placed(_next(left[speaker], placed), round((end + rng.uniform(0.2, 0.8)) * RATE)))
        end = placed[-1].end
    return placed


def in_order(rng: np.random.Generator, sentences: Iterable[Sentence]) -> list[Placed]:
    """Sentences in the order given, each a while after the one before."""
    placed = list[Placed]()
    end = 0.5
    for sentence in sentences:
        placed.append(Placed(sentence, round((end + rng.uniform(0.2, 0.8)) * RATE)))
        end = placed[-1].end
    return placed


def _deck(rng: np.random.Generator, pool: Sequence[Sentence]) -> list[Sentence]:
    """The sentences in a random order, to be taken from the end: those in which entities were looked for first."""
    return sorted((pool[index] for index in rng.permutation(len(pool))), key=lambda sentence: sentence.entities is not None)


def _next(deck: list[Sentence], placed: Iterable[Placed]) -> Sentence:
    """The next sentence that nobody has said yet; the next one, if all have been said."""
    used = {each.sentence.text for each in placed}
    sentence = deck.pop()
    while sentence.text in used and deck:
        sentence = deck.pop()
    return sentence


def track(rng: np.random.Generator, placed: Sequence[Placed]) -> FloatArray:
    """The sentences over the faint noise of a room."""
    sound = np.float32(SPEECH_RMS * 10 ** (-ROOM_DB / 20)) * pink(rng, round((placed[-1].end + 0.5) * RATE), RATE)
    for each in placed:
        sound[each.first : each.first + len(each.sentence.clip.samples)] += each.sentence.clip.samples
    return sound


def _with_noise(workshop: Workshop, name: str, track: FloatArray, noise: FloatArray, snr_db: float) -> Row:
    """The track with noise of RMS 1 brought to a ratio to the speech-active level, and the track alone; both turned down if they clip."""
    noisy = track + noise * np.float32(SPEECH_RMS * 10 ** (-snr_db / 20))
    gain = np.float32(min(1.0, 0.99 / np.abs(noisy).max()))
    saved = {"audio": (name, noisy), "clean": (f"{name}-clean", track)}
    return {column: workshop.save(file, Audio(samples * gain, RATE)) for column, (file, samples) in saved.items()}


def truth(placed: Iterable[Placed], labels: Sequence[str]) -> Row:
    """Turns and words; entities, and where they were looked for, if that is anywhere."""
    turns, words, entities, marked = list[Row](), list[Row](), list[Row](), list[list[float]]()
    for each in placed:
        speaker = {"speaker": each.sentence.speaker}
        turns += [_timed(start, end) | speaker for start, end in each.spans]
        spoken = [{"text": text} | _timed(start, end) | speaker for text, start, end in _words(each.sentence.text, each.spans)]
        words += spoken
        if each.sentence.entities is not None:
            marked.append([round(each.first / RATE, 3), round(each.end, 3)])
            entities += [_entity(entity, each.sentence.text, spoken) for entity in each.sentence.entities]
    about = {"entities": entities, "labels": labels, "marked": marked} if marked else {}
    return {"turns": turns, "words": words} | about


def _entity(entity: Entity, text: str, words: Sequence[Row]) -> Row:
    """An entity at the time of the words that it touches."""
    touched = [
        word
        for word, match in zip(words, re.finditer(r"\S+", text), strict=True)
        if match.start() < entity.end and entity.start < match.end()
    ]
    return {"text": entity.text, "label": entity.label, "start": touched[0]["start"], "end": touched[-1]["end"]}


def _timed(start: float, end: float) -> Row:
    return {"start": round(start, 3), "end": round(end, 3)}


def _words(text: str, spans: list[Span]) -> Iterator[tuple[str, float, float]]:
    """Each word with its share of the speech in ``spans``, by its letters.

    >>> list(_words("one by two", [(0.0, 1.0), (2.0, 3.75)]))
    [('one', 0.0, 1.0), ('by', 1.0, 2.75), ('two', 2.75, 3.75)]
    """
    words = text.split()
    shares = list(accumulate((len(word) + 1 for word in words), initial=0))
    speech = sum(end - start for start, end in spans)
    times = [_moment(spans, speech * share / shares[-1]) for share in shares]
    return zip(words, times, times[1:], strict=False)


def _moment(spans: list[Span], passed: float) -> float:
    """When so much of the speech is over."""
    for start, end in spans:
        if passed <= end - start:
            return start + passed
        passed -= end - start
    return spans[-1][1]
