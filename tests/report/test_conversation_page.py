"""The page of a conversation, as a parser and as a reader with a browser meets it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from model_lab.errors import StoreError
from model_lab.pipelines.conversation import Chapter, Conversation, Mention, SpokenWord, StageRecord, Summary, Utterance
from model_lab.report import conversation_page
from model_lab.report.conversation_page import _ticks, page, write
from model_lab.types import Segment, Turn
from tests.browser import BrowserPage
from tests.pipelines.test_conversation import FOUND, SOURCE
from tests.report.site.test_pages import Parsed
from tests.scored_run import EVIL

if TYPE_CHECKING:
    from playwright.sync_api import Page

SECONDS = 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pipeline's folder that holds a recording: a tone that is louder than full scale at its end."""
    times = np.arange(SECONDS * 16000) / 16000
    tone = np.sin(2 * np.pi * 440 * times) * np.where(times < SECONDS - 1, 0.2, 1.5)
    soundfile.write(tmp_path / "recording.wav", tone.astype(np.float32), 16000, subtype="FLOAT")
    return tmp_path


def talk(count: int = 36, each: int = 6, names: tuple[str, ...] = ("Ada", "Ben"), text: str = "word{}") -> Conversation:
    """A word a second; the speakers take turns of ``each`` words; every tenth word is an entity; a chapter each half."""
    words = tuple(
        SpokenWord(text=text.format(n), start=n + 0.25, end=n + 0.75, speaker=names[n // each % len(names)], timed=n != 3)
        for n in range(count)
    )
    said = tuple(
        Utterance(
            speaker=words[first].speaker,
            start=words[first].start,
            end=words[min(first + each, count) - 1].end,
            text=" ".join(word.text for word in words[first : first + each]),
            first=first,
            last=min(first + each, count),
        )
        for first in range(0, count, each)
    )
    return Conversation(
        recipe="A meeting",
        source=SOURCE.model_copy(update={"duration": float(max(SECONDS, count))}),
        sound="recording.wav",
        speech=(Segment(0.0, float(count)),),
        turns=tuple(Turn(one.start, one.end, one.speaker) for one in said if one.speaker),
        words=words,
        utterances=said,
        entities=tuple(
            Mention(text=one.text, label="GPE", start=one.start, end=one.end, speaker=one.speaker, first=n, last=n + 1)
            for n, one in list(enumerate(words))[::10]
        ),
        summary=Summary(overall="In short.", per_speaker=dict.fromkeys(names, "Little.")),
        chapters=(
            Chapter(start=0.0, end=count / 2, title="one", keywords=("one",)),
            Chapter(start=count / 2, end=float(count), title="two"),
        ),
        notes=("Mind the gap.",),
        stages=(StageRecord(stage="asr", model="scribe", chunks=3, from_cache=1, seconds=2.0),),
    )


def hostile() -> Conversation:
    """A conversation in which everything that a model or a user can write is hostile."""
    found = talk(names=(EVIL, EVIL + "2"), text=EVIL.replace("{", "").replace("}", "") + "{}")
    return found.model_copy(
        update={
            "recipe": EVIL,
            "source": found.source.model_copy(update={"file": EVIL, "codec": EVIL}),
            "entities": tuple(one.model_copy(update={"label": EVIL + "'>" + one.text[-1]}) for one in found.entities),
            "chapters": tuple(one.model_copy(update={"title": EVIL, "keywords": (EVIL,)}) for one in found.chapters),
            "summary": Summary(overall=EVIL, per_speaker={EVIL: EVIL}),
            "notes": (EVIL,),
            "stages": (StageRecord(stage=EVIL, model=EVIL),),
        }
    )


def parsed(found: Conversation, folder: Path) -> Parsed:
    return Parsed(write(found, folder))


def played(shown: Page) -> float:
    """Where the player is."""
    return float(shown.evaluate("document.querySelector('audio').currentTime"))


def opened(browser_page: BrowserPage, found: Conversation, folder: Path, width: int = 1280, dark: bool = False) -> Page:
    """The page, its sound ready; whatever moment it is sent to is kept in ``sought``."""
    shown = browser_page(write(found, folder), width=width, dark=dark)
    until(shown, "document.querySelector('audio').readyState >= 2")
    shown.evaluate(
        "() => { window.sought = []; const player = document.querySelector('audio');"
        " player.addEventListener('seeking', () => sought.push(player.currentTime)); }"
    )
    return shown


def until(shown: Page, true: str) -> None:
    """Wait for it: the page's policy forbids Playwright to do that in the page."""
    for _ in range(500):
        if shown.evaluate(true):
            return
        shown.wait_for_timeout(20)
    raise AssertionError(f"never: {true}")


def sought(shown: Page) -> float:
    """The moment it was sent to last."""
    until(shown, "sought.length > 0")
    return float(shown.evaluate("sought.splice(0).at(-1)"))


def test_the_page_says_all_of_it(folder: Path) -> None:
    seen = parsed(talk(), folder)
    for said in (
        "talk.m4a",
        "36 words · 2 speakers",
        "In short.",
        "Little.",
        "one",
        "50.0 %",
        "word35",
        "Mind the gap.",
        "scribe",
    ):
        assert said in seen.words
    assert len([tag for tag in seen.all("span") if "data-to" in tag]) == 36
    assert [tag["title"] for tag in seen.all("mark") if "title" in tag] == [f"GPE: word{n}" for n in (0, 10, 20, 30)]
    assert not seen.faults and not seen.open
    assert len(seen.identifiers) == len(set(seen.identifiers))
    targets = [str(tag["href"])[1:] for tag in seen.all("a")]
    assert "chapter-2" in targets and set(targets) <= set(seen.identifiers)


def test_hostile_data_adds_no_element_and_no_attribute(folder: Path) -> None:
    plain, evil = parsed(talk(), folder), parsed(hostile(), folder)
    assert not evil.faults and not evil.open
    assert {tag for tag, _ in evil.tags} == {tag for tag, _ in plain.tags}
    assert {(tag, name) for tag, found in evil.tags for name in found} == {
        (tag, name) for tag, found in plain.tags for name in found
    }
    assert [script["src"] for script in evil.all("script")] == ["conversation.js"]
    assert 'alert("x")' in evil.words


def test_the_policy_allows_nothing_from_outside(folder: Path) -> None:
    path = write(talk(), folder)
    [policy] = [str(tag["content"]) for tag in Parsed(path).all("meta") if tag.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in policy and "http" not in policy and "unsafe" not in policy
    assert not any(re.search("https?:", path.with_suffix(suffix).read_text("utf-8")) for suffix in (".html", ".css", ".js"))


def test_the_sound_is_the_recording_clipped_and_written_once(folder: Path) -> None:
    write(talk(), folder)
    samples, rate = soundfile.read(folder / "recording.flac", dtype="float32")
    original, _ = soundfile.read(folder / "recording.wav", dtype="float32")
    assert rate == 16000
    np.testing.assert_allclose(samples, np.clip(original, -1, 1), atol=1e-4)
    written = (folder / "recording.flac").stat().st_mtime_ns
    write(talk(), folder)
    assert (folder / "recording.flac").stat().st_mtime_ns == written
    assert not list(folder.glob("*.partial"))


def test_a_folder_without_its_recording_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"recording\.wav cannot be made recording\.flac .*; run: model-lab pipeline FILE"):
        write(talk(), tmp_path)
    assert not list(tmp_path.iterdir())


def test_silence_is_a_clear_page(folder: Path) -> None:
    found = Conversation(recipe="A meeting", source=SOURCE, sound="recording.wav", notes=("Nobody spoke.",))
    seen = parsed(found, folder)
    assert "No words were transcribed Nobody spoke." in seen.words
    assert not seen.all("mark") and not seen.all("input") and not seen.faults


def test_without_speakers_there_is_a_lane_of_speech(folder: Path) -> None:
    found = talk(names=("",)).model_copy(update={"summary": None, "chapters": ()})
    seen = parsed(found, folder)
    assert len([tag for tag in seen.all("svg") if tag.get("class") == "track"]) == 1
    assert "unknown" not in seen.words and "%" not in seen.words


def test_words_of_nobody_are_said_by_an_unknown_speaker(folder: Path) -> None:
    found = talk(names=("Ada", ""))
    seen = parsed(found.model_copy(update={"turns": (*found.turns, Turn(6.0, 7.0, ""))}), folder)
    assert "0:00:06 unknown word6" in seen.words and "0:00:12 A Ada word12" in seen.words
    assert len([tag for tag in seen.all("svg") if str(tag.get("class")).startswith("track v")]) == 1


def test_mentions_that_share_words_do_not_double_them() -> None:
    both = tuple(
        FOUND.entities[0].model_copy(update={"first": first, "last": last}) for first, last in ((0, 2), (1, 2), (1, 3), (2, 9))
    )
    text = page(FOUND.model_copy(update={"entities": both}))
    assert re.findall(r'data-to="[^"]*">([^<]*)<', text) == ["Good", "day.", "Paris?"]


@given(st.floats(0.001, 1e6))
def test_an_axis_has_a_few_marks_within_it(duration: float) -> None:
    places = [place for place, _ in _ticks(duration)]
    assert places[0] == 0 and places == sorted(set(places)) and places[-1] < 96
    assert len(places) <= 6 or duration > 14400 * 6


def test_hours_are_a_page_of_a_few_megabytes() -> None:
    assert len(page(talk(count=30_000, each=10, names=tuple("ABCDEFGHIJ")))) < 5e6


def test_a_click_on_a_word_plays_from_it(folder: Path, browser_page: BrowserPage) -> None:
    shown = opened(browser_page, talk(), folder)
    assert shown.evaluate("document.querySelector('audio').duration") == pytest.approx(SECONDS, abs=0.01)
    shown.get_by_text("word17", exact=True).click()
    assert sought(shown) == pytest.approx(17.25, abs=0.05)
    until(shown, "document.querySelector('audio').currentTime > 17.3")
    assert not shown.evaluate("document.querySelector('audio').paused")


def test_the_word_that_is_heard_is_marked(folder: Path, browser_page: BrowserPage) -> None:
    shown = opened(browser_page, talk(), folder)
    for time, word in ((5.5, "word5"), (6.3, "word6"), (10.5, "word10")):
        shown.evaluate(
            "time => new Promise(done => { const player = document.querySelector('audio');"
            " player.addEventListener('timeupdate', done, { once: true }); player.currentTime = time; })",
            time,
        )
        assert shown.locator(".playing").all_inner_texts() == [word]
    assert shown.locator(".player .now span").all_inner_texts() == ["B", "Ben"]
    assert shown.locator(".said.now .at").inner_text() == "0:00:06"
    assert shown.locator(".chapters [aria-current]").count() == 1
    shown.evaluate("document.querySelector('audio').play()")
    until(shown, "document.querySelector('.playing')?.textContent === 'word11'")


def test_times_chapters_entities_and_lanes_seek(folder: Path, browser_page: BrowserPage) -> None:
    shown = opened(browser_page, talk(), folder)
    shown.locator(".chapters .at").nth(1).click()
    assert sought(shown) == pytest.approx(18.0, abs=0.05)
    shown.get_by_text("All mentions, with their times").click()
    shown.locator(".named .at").nth(3).click()
    assert sought(shown) == pytest.approx(30.25, abs=0.05)
    shown.locator(".said .at").nth(2).click()
    assert sought(shown) == pytest.approx(12.25, abs=0.05)
    box = shown.locator(".tracks").bounding_box()
    assert box is not None
    shown.locator(".tracks").click(position={"x": box["width"] * 0.75, "y": 10})
    assert sought(shown) == pytest.approx(0.75 * SECONDS, abs=0.1)
    shown.evaluate("document.querySelector('audio').pause()")
    head = shown.locator(".playhead").bounding_box()
    assert head is not None
    assert head["x"] - box["x"] == pytest.approx(played(shown) / SECONDS * box["width"], abs=2)


def test_keys_play_and_move(folder: Path, browser_page: BrowserPage) -> None:
    shown = opened(browser_page, talk(), folder)
    shown.evaluate("document.querySelector('audio').currentTime = 10")
    assert sought(shown) == 10
    shown.keyboard.press("ArrowRight")
    assert sought(shown) == pytest.approx(15, abs=0.05)
    shown.locator(".tracks").focus()
    shown.keyboard.press("ArrowLeft")
    assert sought(shown) == pytest.approx(10, abs=0.05)
    assert shown.locator(".tracks").get_attribute("aria-valuetext") == "0:00:10"
    shown.locator("audio").focus()
    shown.keyboard.press("ArrowRight")
    assert sought(shown) == pytest.approx(15, abs=0.05)
    shown.keyboard.press(" ")
    until(shown, "!document.querySelector('audio').paused")
    shown.keyboard.press(" ")
    until(shown, "document.querySelector('audio').paused")
    shown.locator(".search input").focus()
    shown.keyboard.press(" ")
    assert shown.evaluate("document.querySelector('audio').paused") and shown.locator(".search input").input_value() == " "


def test_a_word_is_chosen_from_the_keyboard(folder: Path, browser_page: BrowserPage) -> None:
    shown = opened(browser_page, talk(), folder)
    assert shown.locator(".said p [tabindex]").all_inner_texts() == ["word0"]
    shown.locator(".said p [tabindex]").focus()
    for _ in range(7):
        shown.keyboard.press("ArrowRight")
    shown.keyboard.press("ArrowLeft")
    assert shown.locator(":focus").inner_text() == "word6"
    shown.keyboard.press("Enter")
    assert sought(shown) == pytest.approx(6.25, abs=0.05)


def test_search_shows_the_utterances_that_hold_all_words(folder: Path, browser_page: BrowserPage) -> None:
    shown = opened(browser_page, talk(), folder)
    for asked, count in (("word17", 1), ("ada", 3), ("BEN  gpe", 3), ("nothing", 0), ("", 6)):
        shown.locator(".search input").fill(asked)
        until(shown, f"document.querySelectorAll('.said:not([hidden])').length === {count}")
        assert shown.locator(".search output").inner_text() == (f"{count} of 6 utterances" if asked else "")


def test_hostile_words_are_text_in_a_browser(folder: Path, browser_page: BrowserPage) -> None:
    shown = opened(browser_page, hostile(), folder)
    shown.locator(".said p [data-at]").nth(8).click()
    assert sought(shown) == pytest.approx(8.25, abs=0.05)
    shown.wait_for_selector(".playing")
    assert shown.locator(".player .now .name").inner_text().startswith(EVIL.split()[0])


@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_scrolls_one_way_only(dark: bool, folder: Path, browser_page: BrowserPage) -> None:
    for found in (talk(names=("Ada", "a name without end " * 9), text="x" * 90 + "{}"), hostile()):
        shown = opened(browser_page, found, folder, width=390, dark=dark)
        shown.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert shown.evaluate("document.documentElement.scrollWidth") == 390
        paper = shown.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (paper == "rgb(20, 23, 26)") is dark


def test_the_page_follows_those_who_read_along(folder: Path, browser_page: BrowserPage) -> None:
    shown = opened(browser_page, talk(each=1), folder)
    heard = "document.querySelector('.playing')?.textContent"
    shown.locator(".said p [data-at]").nth(5).click()
    shown.evaluate("document.querySelector('.said.now').scrollIntoView({ block: 'end' })")
    before = shown.evaluate("scrollY")
    until(shown, f"scrollY > {before}")
    shown.evaluate("scrollTo(0, 0)")
    now = shown.evaluate(heard)
    until(shown, f"{heard} && {heard} !== '{now}'")
    assert shown.evaluate("scrollY") == 0


def test_names_of_files_are_said_once() -> None:
    text = page(FOUND)
    for name in (conversation_page.STYLE, conversation_page.SCRIPT, conversation_page.SOUND):
        assert f'"{name}"' in text
