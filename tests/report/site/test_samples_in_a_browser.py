"""Pages of samples as a reader meets them: opened from disk, heard, looked at on a phone and at night, walked through with keys."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from model_lab.report import render
from model_lab.report.site.samples import Index, write
from model_lab.results.store import RunFolder
from model_lab.types import Segment
from tests.browser import BrowserPage
from tests.report.site.conftest import Answer
from tests.scored_run import EVIL, MakeCell, right

pytestmark = pytest.mark.system

_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_LOADED = """audio => new Promise((done, failed) => {
  audio.onloadedmetadata = () => done(audio.duration); audio.onerror = () => failed(audio.error.message); audio.load();
})"""
_DRAWN = "[...document.images].every((image) => image.complete && image.naturalWidth > 0)"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = tmp_path / "report"
    made.mkdir()
    for name, text in render.assets().items():
        (made / name).write_text(text)
    return made


@pytest.fixture
def clips(place: Path, sounds: Path, make_cell: MakeCell, folder: RunFolder) -> Index:
    """Transcripts, hostile ones among them; the sound is one second of noise."""
    (sounds / "x.wav").write_bytes((sounds / "a.wav").read_bytes())
    cells = {
        "good": make_cell("good", right),
        "talker": make_cell("talker", lambda number: f"{EVIL} <img src=x onerror=alert(1)>"),
    }
    return write(place, {("asr", "clips"): cells}, {}, folder.name)["asr", "clips"]


@pytest.fixture
def speech(place: Path, answer: Answer, folder: RunFolder) -> Index:
    """Speech found by two models."""
    row = {"audio": "a.wav", "speech": [[0.1, 0.5]]}
    cells = {model: answer(model, "vad", row, [Segment(0.2, 0.6)]) for model in ("one", "two_with_quite_a_long_name")}
    return write(place, {("vad", "own"): cells}, {}, folder.name)["vad", "own"]


def test_sounds_play_and_pictures_are_drawn(browser_page: BrowserPage, place: Path, speech: Index) -> None:
    page = browser_page(place / speech.pages["sample0"])
    assert page.locator("audio").count() == 1
    assert page.locator("audio").evaluate(_LOADED) == pytest.approx(1.0, abs=0.01)
    page.locator("img").last.scroll_into_view_if_needed()
    page.wait_for_function(_DRAWN)
    alt = page.locator(".plot-over-time img").get_attribute("alt")
    assert alt == "Speech of one, two_with_quite_a_long_name and the reference, 0–1.0 s"


def test_nothing_sounds_before_it_is_asked_to(browser_page: BrowserPage, place: Path, speech: Index) -> None:
    page = browser_page(place / speech.pages["sample0"])
    assert page.locator("audio").get_attribute("preload") == "none"
    assert page.locator("audio").evaluate("audio => [audio.paused, audio.autoplay]") == [True, False]


@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_scrolls_down_and_not_sideways(
    browser_page: BrowserPage, place: Path, clips: Index, speech: Index, dark: bool
) -> None:
    for path in (clips.list, clips.pages["clip0"], speech.list, speech.pages["sample0"]):
        assert browser_page(place / path, width=390, dark=dark).evaluate(_OVERFLOW) == 0, path


def test_errors_are_told_apart_without_colour(browser_page: BrowserPage, place: Path, clips: Index) -> None:
    page = browser_page(place / clips.pages["clip0"])
    lines = {
        tag: page.locator(f".difference {tag}").first.evaluate("one => getComputedStyle(one).textDecorationLine")
        for tag in ("del", "ins")
    }
    assert lines == {"del": "line-through", "ins": "underline"}


@pytest.mark.parametrize("dark", [False, True])
def test_text_and_marks_stand_out_from_the_page(browser_page: BrowserPage, place: Path, clips: Index, dark: bool) -> None:
    page = browser_page(place / clips.pages["clip0"], dark=dark)
    paper = _brightness(page.locator("body").evaluate("one => getComputedStyle(one).backgroundColor"))
    assert paper < 0.1 if dark else paper > 0.9
    for part in ("h1", ".difference", ".difference del", ".difference ins", ".remark", ".lead a"):
        text = _brightness(page.locator(part).first.evaluate("one => getComputedStyle(one).color"))
        low, high = sorted((text, paper))
        assert (high + 0.05) / (low + 0.05) >= 4.5, part


def _brightness(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [int(channel) / 255 for channel in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_keyboard_reaches_the_player_and_the_next_sample(browser_page: BrowserPage, place: Path, clips: Index) -> None:
    page = browser_page(place / clips.pages["clip0"])
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("[document.activeElement.tagName, document.activeElement.rel || ''].join(' ').trim()"))
    assert "AUDIO" in reached and "A next" in reached
    page.locator("a[rel=next]").first.press("Enter")
    page.wait_for_url("**/sample/clip1.html")
    assert page.locator("h1").inner_text() == "clip1"


def test_a_list_sorts_by_what_a_model_scored_and_filters(browser_page: BrowserPage, place: Path, clips: Index) -> None:
    page = browser_page(place / clips.list)
    page.locator("thead button", has_text="Sample").click()
    page.locator("thead button", has_text="Sample").click()
    assert page.locator("tbody th").first.inner_text() == "clip9"
    page.locator("input[type=search]").fill("clip23")
    assert page.locator("tbody tr:visible").count() == 1


def test_no_foreign_script_runs(browser_page: BrowserPage, place: Path, clips: Index) -> None:
    for path in (clips.list, clips.pages["clip0"]):
        page = browser_page(place / path)
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        assert page.locator("script").count() == 1 and page.locator("img[src=x]").count() == 0
