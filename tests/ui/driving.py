"""What a person does on the page, for tests and for pictures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator, Locator, Page

LONG_MS = 120_000
_DROP = re.compile(r"Drop \w+ Here")


def panel(page: Page) -> Locator:
    """The tab that is open."""
    return page.get_by_role("tabpanel").filter(visible=True)


def begin(page: Page, button: str) -> int:
    """Begin a job with a button of the tab that is open; its number. The page may still show the job before it."""
    origin = page.evaluate("location.origin")
    before = max((job["job"] for job in page.request.get(f"{origin}/api/jobs").json()), default=0)
    panel(page).get_by_role("button", name=button, exact=True).filter(visible=True).click()
    page.wait_for_function(
        f"[...document.querySelectorAll('.job')].some(job => Number(job.dataset.job) > {before})", timeout=LONG_MS
    )
    return before + 1


def running(page: Page, said: str) -> None:
    """Wait until the job that is shown is at work and its log says so: a job before it may still stand there."""
    panel(page).locator(".job[data-state=running]").filter(has_text=said).wait_for(timeout=LONG_MS)


def show(page: Page, tab: str) -> None:
    page.get_by_role("tab", name=tab, exact=True).click()


def choose(page: Page, label: str, *options: str) -> None:
    """Choose exactly these in a list."""
    field = panel(page).get_by_label(label, exact=True)
    field.click()
    for _ in range(8):
        field.press("Backspace")
    for option in options:
        field.fill(option)
        page.get_by_role("option", name=option, exact=True).click()
    field.press("Escape")
    field.blur()


def upload(page: Page, file: Path) -> None:
    """Drop a file where the tab first takes one, and wait until it has arrived."""
    with page.expect_file_chooser() as chosen:
        panel(page).get_by_text(_DROP).filter(visible=True).first.click()
    chosen.value.set_files(file)
    panel(page).get_by_text(_DROP).filter(visible=True).first.wait_for(state="hidden")


def ended(page: Page, number: int) -> str:
    """How a job has ended."""
    shown = f".job[data-job='{number}']"
    job = panel(page).locator(f"{shown}[data-state=done], {shown}[data-state=failed], {shown}[data-state=stopped]").first
    try:
        job.wait_for(timeout=LONG_MS)
    except Exception:
        raise AssertionError(panel(page).inner_text()) from None
    return str(job.get_attribute("data-state"))


def within(page: Page, title: str) -> FrameLocator:
    return page.frame_locator(f"iframe[title='{title}']")
