"""Pictures of the UI and of a conversation for the README: a real server and real models.

Run by ``make screenshots``. The recording is one of dialogues_en, real sentences by turns.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from model_lab import datasets
from model_lab.datasets import build
from model_lab.pipelines.references import read
from tests.browser import QUIET, chromium
from tests.ui.driving import begin, choose, ended, show, upload, within
from tests.ui.serving import Served, serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

PICTURES = Path("docs/screenshots")


def main() -> None:
    """Take all pictures."""
    from playwright.sync_api import sync_playwright

    recording = read(build.materialise(datasets.card("dialogues_en")))[0].audio
    PICTURES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, serving(Path(folder)) as served, sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium(), args=list(QUIET)).new_page(
            viewport={"width": 1200, "height": 900}
        )
        _answers(opened, served, recording)
        _conversation(opened, served, recording)


def _answers(page: Page, served: Served, recording: Path) -> None:
    page.goto(served.url)
    show(page, "Try it")
    choose(page, "Models", "faster_whisper", "pocketsphinx")
    upload(page, recording)
    job = begin(page, "Ask")
    assert ended(page, job) == "done"
    within(page, "the answers").locator("article").nth(1).scroll_into_view_if_needed()
    _take(page, "try_it")


def _conversation(page: Page, served: Served, recording: Path) -> None:
    page.goto(served.url)
    show(page, "Pipeline")
    upload(page, recording)
    job = begin(page, "Start")
    assert ended(page, job) == "done"
    address = page.get_by_role("link", name="Open the conversation").get_attribute("href")
    page.goto(f"{served.url}{address}")
    page.get_by_role("heading", level=1).wait_for()
    _take(page, "conversation")


def _take(page: Page, name: str) -> None:
    page.wait_for_timeout(1000)
    page.screenshot(path=PICTURES / f"{name}.png")
    print(f"written: {PICTURES / name}.png", os.path.getsize(PICTURES / f"{name}.png"), "bytes")


if __name__ == "__main__":
    main()
