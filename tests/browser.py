"""A real browser, one for all tests of a process: Playwright can be started only once in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request, ViewportSize

BrowserPage = Callable[..., "Page"]

QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--mute-audio")


def chromium() -> str | None:
    """Where the browser is, if there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; the test is skipped where there is none."""
    path = chromium()
    if path is None:
        pytest.skip("no chromium on PATH")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=path, args=list(QUIET))
        yield opened
        opened.close()


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[BrowserPage]:
    """``browser_page(path, width=1280, dark=False, script=True)`` opens a page of a report, ``script=False`` without JavaScript.

    Whatever the pages complain about in the console, and every request for anything but a file, fails the test at its end.
    """
    faults: list[str] = []
    contexts = []

    def asked(url: str) -> None:
        if not url.startswith(("file:", "data:")):
            faults.append(f"asked for {url}")

    def failed(request: Request) -> None:
        """A player that has read enough of its sound breaks off, which is no fault."""
        if request.failure != "net::ERR_ABORTED":
            faults.append(f"could not load {request.url}: {request.failure}")

    def open_page(path: Path, width: int = 1280, dark: bool = False, script: bool = True) -> Page:
        scheme = "dark" if dark else "light"
        viewport: ViewportSize = {"width": width, "height": 900}
        context = browser.new_context(viewport=viewport, color_scheme=scheme, java_script_enabled=script)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked(request.url))
        page.on("requestfailed", failed)
        page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(path.absolute().as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults
