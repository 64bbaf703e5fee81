"""A real browser that opens pages of the report from disk, as a reader does; and cells of any capability."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from model_lab import audio
from model_lab.results.answers import pack
from model_lab.results.schema import Question, RunSpec, SampleResult
from model_lab.results.scoring import score_cell
from model_lab.results.store import Cell, RunFolder
from model_lab.types import Audio, Label

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

BrowserPage = Callable[..., "Page"]
Answer = Callable[..., Cell]

_QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--mute-audio")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; the test is skipped where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no chromium on PATH")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=path, args=list(_QUIET))
        yield opened
        opened.close()


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[BrowserPage]:
    """``browser_page(path, width=1280, dark=False)`` opens a page of a report.

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

    def open_page(path: Path, width: int = 1280, dark: bool = False) -> Page:
        scheme = "dark" if dark else "light"
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
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


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """A folder with ``a.wav`` and ``b.wav``, noise of one second."""
    for name in ("a", "b"):
        samples = 0.1 * np.random.default_rng(ord(name)).standard_normal(16000)
        audio.write(tmp_path / f"{name}.wav", Audio(samples.astype(np.float32), 16000))
    return tmp_path


@pytest.fixture
def answer(folder: RunFolder, sounds: Path) -> Answer:
    """``answer(model, capability, row, *answers, dataset="own")``: a scored cell, as many samples of one row as answers."""

    def make(model: str, capability: str, row: dict[str, Any], *answers: Any, dataset: str = "own") -> Cell:
        spec = RunSpec(
            model=model, model_revision="1", dataset=dataset, dataset_revision="1", capability=capability, device="cpu"
        )
        cell = folder.cell(model, dataset)
        names = [str(row.get("id", f"sample{number}")) for number in range(len(answers))]
        duration = 1.0 if "audio" in row else 0.0
        cell.begin(
            spec, "smoke", [Question(id=name, group="all", duration=duration, folder=str(sounds), row=row) for name in names]
        )
        for name, given in zip(names, answers, strict=True):
            fields: dict[str, Any] = {"status": "failed", "error": str(given)}
            if not isinstance(given, Exception):
                fields = {"status": "ok", "hypothesis": pack(given, cell, name), "latency_s": 0.25}
            cell.answers.append(SampleResult(sample_id=name, **fields))
        score_cell(cell, folder.name)
        return cell

    return make


@pytest.fixture
def make_labels(answer: Answer) -> Callable[[str, str], Cell]:
    """``make_labels(model, label)``: a cell of one sound, a dog's, which the model takes for ``label``."""
    row = {"audio": "a.wav", "label": "dog", "classes": {"dog": ["Dog"], "cat": ["Cat"]}}
    return lambda model, label: answer(model, "classify", row, [Label(label, 0.75)])
