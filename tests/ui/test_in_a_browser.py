"""The UI as a person meets it: a real server, real workers, a real browser."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import SHARED
from tests.ui.driving import LONG_MS, begin, choose, ended, running, show, upload, within
from tests.ui.serving import Served, serving, write_extension

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest.importorskip("gradio")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    extension = folder / "extension"
    sprint = write_extension(extension)
    cache = {"MODEL_LAB_EXTENSIONS": str(extension)}
    with serving(folder, "--sprint", str(sprint), "--upload-mb", "3", variables=cache) as found:
        yield found


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    """The page, loaded; what its console complains about and every request to somewhere else fails the test at its end."""
    faults: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    opened.on("request", lambda asked: None if asked.url.startswith((served.url, "data:", "blob:")) else faults.append(asked.url))
    opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.goto(served.url)
    opened.get_by_role("tab", name="Doctor").wait_for()
    yield opened
    context.close()
    assert not faults


def test_two_recognisers_stand_side_by_side_with_their_difference(page: Page, served: Served) -> None:
    show(page, "Try it")
    choose(page, "Models", "good_ears", "bad_ears")
    upload(page, served.folder / "extension/datasets/0.wav")
    job = begin(page, "Ask")
    assert ended(page, job) == "done"
    shown = within(page, "the answers")
    assert "the cat sat on the mat" in shown.locator("article").nth(0).inner_text()
    second = shown.locator("article").nth(1)
    assert "spat" in second.inner_text()
    assert second.locator("del").count() >= 1 and second.locator("b", has_text="spat").count() == 0
    assert shown.get_by_text("Compared with good_ears").count() == 1
    for fact in ("answered in", "loaded in", "memory"):
        assert fact in second.inner_text()
    again: list[str] = []
    page.on("request", lambda asked: again.append(asked.url) if "/pages/answers" in asked.url else None)
    page.wait_for_timeout(2500)  # the page looks after its jobs once a second, and leaves alone what has not changed
    assert not again
    with page.expect_download() as saved:
        page.get_by_role("link", name="answers.json").click()
    answers = json.loads(Path(saved.value.path()).read_text())
    assert [one["answer"]["text"] for one in answers] == ["the cat sat on the mat", "the cat <b>spat</b> on mat"]


def test_a_killed_worker_is_a_sentence_and_the_others_go_on(page: Page, served: Served) -> None:
    show(page, "Try it")
    choose(page, "Models", "slow_ears", "good_ears")
    upload(page, served.folder / "extension/datasets/1.wav")
    job = begin(page, "Ask")
    running(page, "slow_ears: loading")
    while not (workers := served.workers()):
        page.wait_for_timeout(100)
    page.wait_for_timeout(1500)
    for worker in workers:
        worker.kill()
    assert ended(page, job) == "done"
    shown = within(page, "the answers")
    assert "signal 9" in shown.locator("article").nth(0).inner_text()
    assert "the cat sat on the mat" in shown.locator("article").nth(1).inner_text()


def test_what_is_no_sound_is_one_sentence(page: Page, served: Served, tmp_path: Path) -> None:
    text = tmp_path / "letter.wav"
    text.write_text("Dear Sir or Madam, " * 50)
    show(page, "Pipeline")
    upload(page, text)
    page.get_by_role("button", name="Start").filter(visible=True).click()
    problem = page.get_by_role("tabpanel").filter(visible=True).get_by_role("alert")
    problem.wait_for()
    assert "letter.wav is not audio that can be decoded" in problem.inner_text()


def test_a_question_can_be_stopped(page: Page, served: Served) -> None:
    show(page, "Try it")
    choose(page, "Models", "slow_ears")
    upload(page, served.folder / "extension/datasets/2.wav")
    job = begin(page, "Ask")
    running(page, "slow_ears: loading")
    while not served.workers():
        page.wait_for_timeout(100)
    page.get_by_role("button", name="Stop", exact=True).filter(visible=True).click()
    assert ended(page, job) == "stopped"
    assert not served.workers()


def test_a_sprint_is_started_seen_to_finish_and_read(page: Page, served: Served) -> None:
    show(page, "Sprint")
    choose(page, "Lanes (all if none is chosen)", "ears")
    job = begin(page, "Start")
    assert ended(page, job) == "done"
    report = within(page, "the report")
    report.get_by_role("heading", name="small-smoke").wait_for()
    assert (served.folder / "runs/small-smoke/good_ears/clips/scores.json").is_file()
    page.reload()
    board = within(page, "the leaderboard")
    row = board.get_by_role("row").filter(has_text="good_ears").first
    row.wait_for(timeout=LONG_MS)
    address = row.get_by_role("link").first.get_attribute("href")
    assert page.request.get(f"{served.url}{address}").ok, address
    show(page, "Compare")
    page.get_by_role("button", name="Compare", exact=True).click()
    compared = within(page, "the comparison")
    compared.get_by_role("heading", name="Answers").wait_for()
    assert compared.locator("article").count() == 2


def test_a_job_goes_on_when_the_page_is_closed_and_is_found_again(browser: Browser, page: Page, served: Served) -> None:
    show(page, "Sprint")
    choose(page, "Lanes (all if none is chosen)", "slow")
    begin(page, "Start")
    running(page, "slow_ears: loading")
    page.close()
    again = page.context.new_page()
    again.goto(served.url)
    show(again, "Sprint")
    running(again, "slow_ears: loading")
    again.get_by_role("button", name="Stop", exact=True).filter(visible=True).click()
    again.locator(".job[data-state=stopped]").wait_for(timeout=LONG_MS)
    again.wait_for_timeout(500)
    assert not served.workers()


def test_the_machine_and_its_models_are_described(page: Page) -> None:
    show(page, "Doctor")
    panel = page.get_by_role("tabpanel").filter(visible=True)
    panel.get_by_text("models that can run here").filter(visible=True).first.wait_for()
    panel.get_by_text("distil_whisper").filter(visible=True).first.wait_for()


@pytest.mark.skipif(not SHARED.exists(), reason="the development pack is not here")
def test_real_recognisers_hear_a_real_sentence(page: Page, tmp_path: Path) -> None:
    show(page, "Try it")
    choose(page, "Models", "faster_whisper", "pocketsphinx")
    sentence = tmp_path / "sentence.flac"
    shutil.copyfile(SHARED / "asr/audio/LJ001-0003.flac", sentence)
    upload(page, sentence)
    job = begin(page, "Ask")
    assert ended(page, job) == "done"
    shown = within(page, "the answers")
    first = shown.locator("article").nth(0).inner_text()
    if "cannot run" in first:
        pytest.skip(first)
    assert "Chinese took impressions from wood blocks" in first
    assert shown.locator("article").nth(1).locator("ins, del").count() > 0
