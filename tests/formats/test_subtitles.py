"""SRT and WebVTT: what is written is read back, by this project and by webvtt-py; what is no cue is named."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import ModuleType

import pytest
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from model_lab.errors import BadManifest
from model_lab.formats import NotRepresentable, SpokenSegment, srt, vtt
from model_lab.types import Word
from tests.formats.values import ANY_TEXTS, TEXTS, times

PLAIN = TEXTS.filter(lambda text: not {"<", ">", "‹", "›"} & set(text))


def cues(texts: st.SearchStrategy[str], speakers: st.SearchStrategy[str]) -> st.SearchStrategy[list[SpokenSegment]]:
    one = st.builds(lambda span, text, speaker: SpokenSegment(*span, text, speaker), times(), texts, speakers)
    return st.lists(one, min_size=1, max_size=6)


def back(form: ModuleType, content: str) -> tuple[SpokenSegment, ...]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a"
        path.write_text(content, "utf-8")
        read: tuple[SpokenSegment, ...] = form.read(path)
        return read


@given(cues(PLAIN, st.just("")))
def test_srt_comes_back(shown: list[SpokenSegment]) -> None:
    assert list(back(srt, srt.write(shown))) == shown


@given(cues(TEXTS, st.one_of(st.just(""), TEXTS)))
def test_vtt_comes_back_with_speakers(shown: list[SpokenSegment]) -> None:
    assert list(back(vtt, vtt.write(shown))) == shown


@pytest.mark.parametrize("form", [srt, vtt])
@given(shown=cues(ANY_TEXTS, ANY_TEXTS))
def test_any_text_can_be_written_and_is_read_the_same_twice(form: ModuleType, shown: list[SpokenSegment]) -> None:
    content = form.write(shown)
    once = back(form, content)
    assert back(form, form.write(once)) == once
    assert len(once) == content.count("-->")


@given(cues(PLAIN.filter(lambda text: "&" not in text), PLAIN.filter(lambda text: "&" not in text)))
def test_webvtt_reads_the_same(shown: list[SpokenSegment]) -> None:
    read = webvtt.from_string(vtt.write(shown)).captions
    assert [(caption.start_time.in_milliseconds(), caption.voice, caption.text) for caption in read] == [
        (round(1000 * cue.start), cue.speaker, cue.text) for cue in shown
    ]


def test_a_speaker_of_srt_is_in_the_text() -> None:
    assert back(srt, srt.write([SpokenSegment(0, 1, "<Yes>", "Jo Ann")])) == (SpokenSegment(0, 1, "Jo Ann: ‹Yes›"),)


def test_srt_as_players_find_it(tmp_path: Path) -> None:
    path = tmp_path / "a.srt"
    path.write_bytes(
        "\ufeff1\r\n00:00:01,000 --> 00:00:02.500 X1:1 X2:2\r\n<i>Good</i>\r\n<font color='red'>day</font>\r\n\r\n\r\n"
        "2\r\n100:00:00,000 --> 100:00:01,000\r\n\r\n00:00:03,000 --> 00:00:04,000\r\n7 < 8\r\n".encode()
    )
    assert srt.read(path) == (SpokenSegment(1, 2.5, "Good day"), SpokenSegment(3, 4, "7 < 8"))


def test_vtt_as_the_web_has_it(tmp_path: Path) -> None:
    path = tmp_path / "a.vtt"
    path.write_text(
        "WEBVTT - a talk\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE\nby hand\n\nREGION\nid:a\n\n"
        "intro\n00:01.000 --> 00:02.500 align:start\n<v.loud Ann>Good <00:01.500><c.x>day</c></v>\n<v Bob>R&amp;D &lt;3\n\n"
        "01:00:00.000 --> 01:00:01.000\n<i>music</i>\n"
    )
    assert vtt.read(path) == (
        SpokenSegment(1, 2.5, "Good day", "Ann"),
        SpokenSegment(1, 2.5, "R&D <3", "Bob"),
        SpokenSegment(3600, 3601, "music"),
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("1\n00:00:01 --> 00:00:02\na\n", r"a:2: '00:00:01 --> 00:00:02' is not a line of times; expected HH:MM:SS,MMM"),
        ("1\n00:00:02,000 --> 00:00:01,000\na\n", "a:2: a cue from 2 s to 1 s; expected its start before its end"),
        ("1\n00:00:01,000 --> 00:00:02,000\na\n\nb\n", "a:5: 'b' is not a line of times"),
        ("1\n00:00:01,000 --> 00:00:02,000\na\n2\n00:00:02,000 --> 00:00:03,000\nb\n", "a:5: a line of times within a cue"),
        ("1\n", "a:1: '1' is not a line of times"),
        (b"1\n\xff", "is not UTF-8"),
    ],
)
def test_what_is_no_cue_of_srt_is_named(tmp_path: Path, content: str | bytes, problem: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadManifest, match=problem):
        srt.read(path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "a:1: the first line is ''; expected WEBVTT"),
        ("1\n00:01.000 --> 00:02.000\na\n", "a:1: the first line is '1'; expected WEBVTT"),
        ("WEBVTTs\n", "expected WEBVTT"),
        ("WEBVTT\n00:01.000 --> 00:02.000\na\n", "a:2: a line of times in the header"),
        ("WEBVTT\n\n1:01,000 --> 00:02,000\na\n", "a:3: .* is not a line of times"),
    ],
)
def test_what_is_no_cue_of_vtt_is_named(tmp_path: Path, content: str, problem: str) -> None:
    path = tmp_path / "a"
    path.write_text(content)
    with pytest.raises(BadManifest, match=problem):
        vtt.read(path)


@pytest.mark.parametrize("form", [srt, vtt])
def test_only_spoken_segments_are_written(form: ModuleType) -> None:
    with pytest.raises(NotRepresentable, match="with a Word where a spoken segment is expected"):
        form.write([Word("a", 0, 1)])
