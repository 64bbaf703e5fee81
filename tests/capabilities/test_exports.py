"""Answers in files: what independent parsers read back is what was answered, whatever the text and the times."""

from __future__ import annotations

import html
import io
import math
import tempfile
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any
from unicodedata import category

import av
import mido
import numpy as np
import pytest
import textgrid as praat
from hypothesis import given
from hypothesis import strategies as st
from pyannote.database.util import load_rttm

from model_lab.capabilities import capabilities, capability
from model_lab.errors import ContractBroken
from model_lab.formats import NotRepresentable, contour
from model_lab.formats.registry import FORMATS
from model_lab.formats.rttm import turns as read_rttm
from model_lab.types import Note, PitchTrack, Segment, Transcript, Turn, Word

EVIL = '<b>bold</b> --> 00:00:01.000 --> 00:00:02,000\n\n2\r\n&amp; {\\an8} "quoted" \x00\x1b[31m\ud800 \u2028NOTE'
MARKS = {"<": "‹", ">": "›"}

SECONDS = st.floats(-0.1, 5000)
TEXTS = st.one_of(st.text(max_size=30), st.sampled_from([EVIL, "-->", "1", "", "WEBVTT", '"', ";;", "{i}", "<i>x</i>"]))


@st.composite
def rising(draw: Any) -> list[Word]:
    """Words one after the other, none of them at the same time: of two like cues ffmpeg shows one."""
    edges = sorted(draw(st.lists(st.integers(0, 5_000_000), max_size=12, unique=True)))
    return [Word(draw(TEXTS), start / 1000, end / 1000) for start, end in pairwise(edges)]


STRETCHES = st.builds(lambda text, start, length: Word(text, start, start + length), TEXTS, SECONDS, st.floats(0, 20))


@dataclass(frozen=True)
class Answer:
    """What a model of a capability answered about a sound called "clip"."""

    duration: float
    capability: str
    value: Any


def exported(form: str, answer: Answer, recording: str = "clip") -> Any:
    """The answer in a format, as an export writes it."""
    content = capability(answer.capability).exports[form](answer.value, answer.duration)
    return FORMATS[form].write(content, recording, answer.duration)


srt, vtt, ctm, rttm, textgrid, midi = (partial(exported, form) for form in ("srt", "vtt", "ctm", "rttm", "textgrid", "midi"))


def asr(*words: Word, text: str = "", duration: float = 10.0) -> Answer:
    return Answer(duration, "asr", Transcript(text, words))


def milliseconds(seconds: float) -> int:
    return max(0, round(seconds * 1000))


def span_of(span: Word | Turn) -> tuple[int, int]:
    """Start and end as they are written, in ms: at least one apart."""
    return milliseconds(span.start), max(milliseconds(span.start) + 1, milliseconds(span.end))


def cues(content: str, form: str) -> list[tuple[int, int, str]]:
    """(start, end, text) of the cues as ffmpeg reads them, in ms."""
    if "-->" not in content:
        return []
    with av.open(io.BytesIO(content.encode()), format={"srt": "srt", "vtt": "webvtt"}[form]) as box:
        packets = [packet for packet in box.demux() if packet.size]
        base = [packet.time_base or 0 for packet in packets]
        return [
            (round(p.pts * b * 1000), round((p.pts + p.duration) * b * 1000), bytes(p).decode().rstrip("\n"))
            for p, b in zip(packets, base, strict=True)
        ]


def words_of(text: str) -> str:
    """What is to be left of a text: one line without control characters and surrogates."""
    return " ".join("".join(sign for sign in text if sign.isspace() or category(sign) not in {"Cc", "Cs"}).split())


@given(rising())
def test_ffmpeg_reads_every_word_of_subtitles(words: list[Word]) -> None:
    said = "".join(words_of(word.text) for word in words).replace(" ", "")
    heard = asr(*words, text=" ".join(word.text for word in words))
    for form, write, back in (("vtt", vtt, html.unescape), ("srt", srt, str)):
        read = cues(write(heard), form)
        expected = said if form == "vtt" else said.translate(str.maketrans(MARKS))
        assert "".join(back(text) for _, _, text in read).replace(" ", "") == expected
        assert all(start < end for start, end, _ in read)
        assert [start for start, _, _ in read] == sorted(start for start, _, _ in read)


def test_subtitles_end_at_a_pause_and_where_they_are_full() -> None:
    words = [
        Word("one", 0, 0.5),
        Word("two", 0.6, 1.0),
        Word("three", 2.5, 3.0),
        *(Word("word", 3.0 + n, 4.0 + n) for n in range(9)),
    ]
    read = cues(srt(asr(*words)), "srt")
    assert read[0] == (0, 1000, "one two")
    assert read[1] == (2500, 9000, "three word word word word word word")
    assert max(end - start for start, end, _ in read) <= 7000
    long = [Word("abcdefghi", n / 10, n / 10 + 0.1) for n in range(20)]
    assert {len(text) <= 84 for _, _, text in cues(vtt(asr(*long)), "vtt")} == {True}


def test_a_text_without_times_is_one_cue_as_long_as_the_sound() -> None:
    assert cues(srt(asr(text="good day", duration=2.5)), "srt") == [(0, 2500, "good day")]
    assert vtt(asr(text="")) == "WEBVTT\n"
    assert srt(asr(text=" \n")) == ""


def test_markup_in_a_text_stays_text() -> None:
    evil = "<script>alert(1)</script> --> & {\\an8}"
    assert cues(vtt(asr(text=evil)), "vtt")[0][2] == "&lt;script&gt;alert(1)&lt;/script&gt; --&gt; &amp; {\\an8}"
    assert cues(srt(asr(text=evil)), "srt")[0][2] == "‹script›alert(1)‹/script› --› & {\\an8}"


@given(st.lists(STRETCHES, max_size=10))
def test_ctm_has_five_columns_a_word(words: list[Word]) -> None:
    lines = [line.split() for line in ctm(asr(*words, text=" ".join(word.text for word in words))).splitlines()]
    kept = sorted((word for word in words if words_of(word.text)), key=span_of)
    assert sorted(line[4] for line in lines) == sorted(words_of(word.text).replace(" ", "_") for word in kept)
    assert all(line[:2] == ["clip", "1"] and len(line) == 5 and float(line[3]) > 0 for line in lines)
    assert [float(line[2]) for line in lines] == [milliseconds(word.start) / 1000 for word in kept]


def pieces(text: str, *parts: str) -> Answer:
    """A transcript whose words are timed in pieces, a second each."""
    return asr(*(Word(part, float(n), n + 1.0) for n, part in enumerate(parts)), text=text, duration=30.0)


@pytest.mark.parametrize(
    ("heard", "written", "words"),
    [
        (pieces("a well-known $3,000 fact.", "a", "well", "-known", "$3", ",000", "fact."), "a well-known $3,000 fact.", 4),
        (pieces("a well-known fact", " a", " well", "-known", " fact"), "a well-known fact", 3),
        (pieces("l'été, qu'il a", "l", "'été,", "qu", "'il", "a"), "l'été, qu'il a", 3),
        (pieces("我们 明天去。好", "我们", "明天", "去", "。", "好"), "我们明天去。好", 4),
        (pieces("用 Python 写", "用", "Python", "写"), "用 Python 写", 3),
        (pieces("ไปตลาดกัน", "ไป", "ตลาด", "กัน"), "ไปตลาดกัน", 3),
        (pieces("오늘 날씨", "오늘", "날씨"), "오늘 날씨", 2),
    ],
)
def test_words_are_written_whole_with_spaces_where_their_script_has_them(heard: Answer, written: str, words: int) -> None:
    assert " ".join(text for _, _, text in cues(srt(heard), "srt")) == written
    lines = ctm(heard).splitlines()
    assert len(lines) == words
    assert "".join(line.split()[4] for line in lines) == written.replace(" ", "")


def test_ctm_refuses_a_text_without_times_and_takes_no_text() -> None:
    with pytest.raises(NotRepresentable, match="without times of words, which srt, vtt and textgrid do not need"):
        ctm(asr(text="good day"))
    assert ctm(asr(text="")) == ""


TURNS = st.lists(st.builds(lambda s, n, who: Turn(s, s + n, who), SECONDS, st.floats(0.01, 60), TEXTS), min_size=1, max_size=8)


@given(TURNS)
def test_rttm_is_read_back_whatever_speakers_are_called(turns: list[Turn]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.rttm"
        path.write_text(rttm(Answer(10.0, "diarization", turns)), "utf-8")
        read = read_rttm(path, "clip")
    expected = [(*span_of(t), (words_of(t.speaker) or "speaker").replace(" ", "_")) for t in turns]
    assert sorted((round(t.start * 1000), round(t.end * 1000), t.speaker) for t in read) == sorted(expected)


def test_pyannote_reads_turns_and_speech(tmp_path: Path) -> None:
    turns = [Turn(0.5, 2.0, "anna b"), Turn(1.5, 3.25, "carl"), Turn(1.5, 3.25, "anna b")]
    (tmp_path / "a.rttm").write_text(
        rttm(Answer(5.0, "diarization", turns), "one") + rttm(Answer(5.0, "vad", [Segment(1.0, 2.0)]), "two")
    )
    read = load_rttm(tmp_path / "a.rttm")
    assert {(s.start, s.end, who) for s, _, who in read["one"].itertracks(yield_label=True)} == {
        (0.5, 2.0, "anna_b"),
        (1.5, 3.25, "carl"),
        (1.5, 3.25, "anna_b"),
    }
    assert [(s.start, s.end, who) for s, _, who in read["two"].itertracks(yield_label=True)] == [(1.0, 2.0, "speech")]


def tiers(content: str) -> dict[str, list[tuple[float, float, str]]]:
    """The intervals with a text in each tier, as the textgrid package reads them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.TextGrid"
        path.write_text(content, "utf-8")
        grid = praat.TextGrid.fromFile(str(path))
    for tier in grid:
        edges = [(interval.minTime, interval.maxTime) for interval in tier]
        assert edges[0][0] == 0 and edges[-1][1] == grid.maxTime
        assert all(earlier[1] == later[0] for earlier, later in pairwise(edges))
    return {tier.name: [(i.minTime, i.maxTime, i.mark) for i in tier if i.mark] for tier in grid}


@given(st.lists(STRETCHES, max_size=8), st.floats(0, 100))
def test_textgrids_hold_every_stretch_even_those_that_overlap(words: list[Word], duration: float) -> None:
    read = tiers(textgrid(Answer(duration, "alignment", words)))
    assert all(name.startswith("words") for name in read)
    expected = [(*span_of(w), words_of(w.text)) for w in words if words_of(w.text)]
    found = [(round(s * 1000), round(e * 1000), text) for tier in read.values() for s, e, text in tier]
    assert sorted(found) == sorted(expected)


def test_tiers_are_named_for_what_they_hold() -> None:
    turns = [Turn(0.0, 2.0, "a"), Turn(1.0, 3.0, "b"), Turn(1.5, 2.5, "a")]
    assert tiers(textgrid(Answer(3.0, "diarization", turns))) == {
        "a": [(0.0, 2.0, "a")],
        "b": [(1.0, 3.0, "b")],
        "a (2)": [(1.5, 2.5, "a")],
    }
    assert tiers(textgrid(Answer(3.0, "vad", [Segment(1.0, 2.0)]))) == {"speech": [(1.0, 2.0, "speech")]}
    assert tiers(textgrid(Answer(3.0, "phones", Transcript("t ə")))) == {"phones": [(0.0, 3.0, "t ə")]}
    assert tiers(textgrid(asr(text="good day", duration=1.5))) == {"text": [(0.0, 1.5, "good day")]}
    assert tiers(textgrid(Answer(3.0, "diarization", []))) == {"speakers": []}
    assert tiers(textgrid(Answer(0.0, "vad", []))) == {"speech": []}


def played(content: bytes) -> list[tuple[int, int, int, int]]:
    """(tick of on, tick of off, key, velocity) as mido reads them."""
    file = mido.MidiFile(file=io.BytesIO(content))
    assert file.ticks_per_beat == 500
    now, on, found = 0, {}, []
    for message in file.tracks[0]:
        now += message.time
        if message.type == "note_on" and message.velocity:
            assert message.note not in on
            on[message.note] = (now, message.velocity)
        elif message.type in ("note_on", "note_off"):
            begun, velocity = on.pop(message.note)
            found.append((begun, now, message.note, velocity))
    assert not on
    return sorted(found)


def test_notes_are_played_at_their_times() -> None:
    notes = [Note(0.5, 1.0, 440.0, 0.5), Note(0.25, 2.0, 261.63), Note(0.75, 1.5, 445.0, 0.0)]
    assert played(midi(Answer(2.0, "music_transcription", notes))) == [
        (250, 2000, 60, 127),
        (500, 750, 69, 64),
        (750, 1500, 69, 1),
    ]
    assert played(midi(Answer(2.0, "music_transcription", []))) == []


@given(
    st.lists(
        st.builds(
            lambda on, n, hz, v: Note(on, on + n, hz, v), SECONDS, st.floats(0.0001, 9), st.floats(9, 12000), st.floats(0, 1)
        ),
        max_size=12,
    )
)
def test_every_onset_is_struck_once(notes: list[Note]) -> None:
    read = played(midi(Answer(2.0, "music_transcription", notes)))
    asked = {(milliseconds(note.onset), round(69 + 12 * math.log2(note.pitch_hz / 440))) for note in notes}
    assert {(on, key) for on, _, key, _ in read} == asked and len(read) == len(asked)
    assert all(off > on for on, off, _, _ in read)


@pytest.mark.parametrize("pitch", [5.0, 14000.0, math.nan, -1.0])
def test_pitches_that_midi_has_no_key_for_are_refused(pitch: float) -> None:
    with pytest.raises(NotRepresentable, match="where MIDI holds"):
        midi(Answer(2.0, "music_transcription", [Note(0.0, 1.0, pitch)]))


@pytest.mark.parametrize("form", ["srt", "vtt", "ctm", "textgrid"])
@pytest.mark.parametrize("time", [math.nan, math.inf])
def test_times_that_are_no_numbers_are_refused(form: str, time: float) -> None:
    with pytest.raises(NotRepresentable, match="with a time of"):
        exported(form, asr(Word("a", 0.0, 1.0), Word("b", 1.0, time)))


@pytest.mark.parametrize("value", [3, "text", [1, 2], None, {"a": 1}])
def test_an_answer_of_another_kind_is_refused(value: object) -> None:
    with pytest.raises(NotRepresentable, match="expected"):
        rttm(Answer(1.0, "vad", value))
    with pytest.raises(NotRepresentable, match="something else than notes"):
        midi(Answer(1.0, "music_transcription", value))


def test_a_contour_is_0_where_it_is_unvoiced(tmp_path: Path) -> None:
    track = PitchTrack(*(np.array(values, np.float32) for values in ([0, 0.01, 0.02], [220, 221.5, 0], [1, 0.2, 1])))
    (tmp_path / "a.csv").write_text(exported("contour", Answer(1.0, "pitch", track)))
    assert contour.read(tmp_path / "a.csv") == ([0.0, 0.01, 0.02], [220.0, 0.0, 0.0])
    for value in (3, None, [1]):
        with pytest.raises(NotRepresentable, match="where a pitch track is expected"):
            exported("contour", Answer(1.0, "pitch", value))


PAIRS = [(each.name, form) for each in capabilities() for form in each.exports]


@pytest.mark.parametrize(("name", "form"), PAIRS)
def test_every_format_that_a_capability_names_holds_its_answers(name: str, form: str) -> None:
    """The ideal answer to its example and a random one can be written; CTM needs words with times."""
    asked = capability(name)
    example = asked.example()
    truth = asked.ask(partial(asked.ideal, example.reference), *example.inputs)
    if form == "ctm" and isinstance(truth, Transcript):
        with pytest.raises(NotRepresentable, match="without times of words"):
            exported(form, Answer(2.0, name, Transcript("good day")))
        truth = Transcript("good day", (Word("good", 0.0, 0.5), Word("day", 0.5, 1.0)))
    chance = asked.ask(partial(asked.chance, np.random.default_rng(0)), *example.inputs)
    for answer in (truth, *[chance] * (form != "ctm")):
        assert isinstance(exported(form, Answer(2.0, name, answer)), bytes if form == "midi" else str)


def test_what_cannot_be_an_export_is_refused() -> None:
    pitch = capability("pitch")
    with pytest.raises(ContractBroken, match=r"exports\['rttm'\] is 3; expected a function"):
        replace(pitch, exports={"rttm": 3})
    with pytest.raises(ContractBroken, match="exports is 'rttm'; expected the names of formats"):
        replace(pitch, exports="rttm")
    with pytest.raises(ContractBroken, match="hub_task is None; expected the name of a task"):
        replace(pitch, hub_task=None)
