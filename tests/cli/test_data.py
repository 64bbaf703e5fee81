"""``model-lab data check``: what it prints, its exit codes and its page."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from model_lab.cli import app
from tests.browser import BrowserPage

EVIL = "<script>alert(1)</script> good day to you"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three recordings: one is fine, one is clipped, and the third is not there."""
    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path / "cache"))
    noise = np.random.default_rng(0).standard_normal(48000)
    soundfile.write(tmp_path / "fine.wav", 0.1 * noise, 16000)
    soundfile.write(tmp_path / "clipped.wav", np.repeat(np.clip(noise[:24000], -1, 1), 2), 16000)
    rows = [
        {"audio": "fine.wav", "text": "well, good day to all of you", "speaker": "a"},
        {"audio": "clipped.wav", "text": EVIL, "speaker": "a"},
        {"audio": "nowhere.wav", "text": "good evening to you", "speaker": "a"},
    ]
    (tmp_path / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path / "mine.jsonl"


def check(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["data", "check", *arguments], env={"COLUMNS": "200"})
    return result.exit_code, result.stdout


def test_suspicions_are_counted_by_check(data: Path, tmp_path: Path) -> None:
    code, printed = check(str(data), "--capability", "asr", "--out", str(tmp_path / "out"))
    assert code == 1
    assert "3 samples, 6.00 s of sound: 1 error, 2 warnings" in printed
    assert "missing_file" in printed and "clipping" in printed and "markup" in printed
    assert f"page: {tmp_path / 'out' / 'page' / 'index.html'}" in printed.replace("\n", "")


def test_json(data: Path, tmp_path: Path) -> None:
    code, printed = check(str(data), "--capability", "asr", "--out", str(tmp_path / "out"), "--json")
    report = json.loads(printed)
    assert code == 1 and report["samples"] == 3
    assert {row["check"]: row["sample"] for row in report["suspicions"]} == {
        "missing_file": "nowhere",
        "clipping": "clipped",
        "markup": "clipped",
    }
    assert report == json.loads((tmp_path / "out" / "data-check.json").read_text())


def test_warnings_are_no_failure(data: Path, tmp_path: Path) -> None:
    data.write_text("\n".join(data.read_text().splitlines()[:2]))
    assert check(str(data), "--capability", "asr", "--out", str(tmp_path / "out"))[0] == 0


def test_data_of_another_format(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "calls"
    folder.mkdir()
    soundfile.write(folder / "a.wav", 0.1 * np.random.default_rng(1).standard_normal(48000), 16000)
    (folder / "a.stm").write_text("a 1 Ann 0.0 1.5 <o> good day to you\na 1 Ann 1.5 3.0 <o> so [laughter] good day\n")
    code, printed = check(str(folder), "--capability", "asr", "--out", str(tmp_path / "out"))
    assert code == 0 and "2 samples" in printed and "markup" in printed


def test_data_that_is_not_there(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["data", "check", str(tmp_path / "none"), "--capability", "asr"])
    assert "cannot be read" in str(result.exception)


def test_the_page_plays_the_suspects(data: Path, tmp_path: Path, browser_page: BrowserPage) -> None:
    check(str(data), "--capability", "asr", "--out", str(tmp_path / "out"))
    page = browser_page(tmp_path / "out" / "page" / "index.html")
    assert page.locator("audio").count() == 2
    assert page.locator("#clipping h3").inner_text() == "clipped"
    assert EVIL.split(" ")[0] in page.locator("#markup .said").inner_text()
    assert page.locator("#clipping audio").evaluate("player => player.play().then(() => player.duration)") == 3.0
    page.get_by_role("button", name="Severity").click()
    assert page.locator("tbody th").first.inner_text() == "Files that do not exist"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
