"""``model-lab compare --by``, ``audit`` and ``--repeats`` as a user meets them, and their pages in the report."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from model_lab import audio
from model_lab.types import Audio
from tests.cli.test_commands import cli, refused
from tests.conftest import MakeModel, forget

SAID = "please call me back at seven"
RIGHT = f"return Transcript({SAID!r})"
DEAF_TO_LOUD = f"return Transcript({SAID!r} if abs(audio.samples).max() < 0.5 else 'please call')"
DICE = f"return Transcript(' '.join(__import__('random').sample({SAID.split()!r}, 6)))"


@pytest.fixture
def place(make_model: MakeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with 16 clips by 16 speakers, quiet and loud in turn; the reference of the first is wrong, and two models are right."""
    monkeypatch.setenv("COLUMNS", "250")
    for name, body in (("sharp", RIGHT), ("keen", RIGHT), ("dull", DEAF_TO_LOUD), ("dice", DICE)):
        config = make_model(name, body) / "config.yaml"
        config.write_text(config.read_text() + "sampled: true\n" * (name == "dice"))
    forget()
    rng = np.random.default_rng(0)
    rows = []
    for number in range(16):
        loud = number % 2
        noise = rng.uniform(-0.1, 0.1, 8000 + 400 * number) * (9 if loud else 1)
        audio.write(tmp_path / f"{number}.wav", Audio(noise.astype(np.float32), 16000))
        rows.append(
            {
                "id": f"clip{number}",
                "audio": f"{number}.wav",
                "text": SAID if number else "please call him at eleven",
                "speaker": f"p{number}",
                "level": "loud" if loud else "quiet",
            }
        )
    (tmp_path / "calls.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def test_scores_by_a_column_suspects_marks_and_repeats(place: Path) -> None:
    done = cli("run", "sharp", "keen", "dull", "dice", "--data", "calls.jsonl", "--name", "r", "--repeats", "3", cwd=place)
    assert done.returncode == 0, done.stderr
    assert "run 3 times on unperturbed data, with seeds 0 to 2: dice" in done.stderr
    assert "3 models give the same answers every time and are run once" in done.stderr
    report = place / "runs" / "r" / "report"
    assert "mean of 3 runs with other seeds" in (report / "capabilities" / "asr.md").read_text()

    by_level = json.loads(cli("compare", "r", "dull", "--by", "level", "--json", cwd=place).stdout)
    [dull] = by_level["results"]
    assert {part["name"]: part["value"] for part in dull["slices"]} == {
        "loud": pytest.approx(4 / 6),
        "quiet": pytest.approx(3 / 47),
    }
    assert dull["gap"]["significant"] and dull["worst"] == "loud"
    assert "loud is worse than quiet" in cli("compare", "--by", "level", cwd=place).stdout
    assert "there is no column" not in cli("compare", "r", "dull", "--by", "duration", "--json", cwd=place).stdout
    assert "has no column 'levle' (did you mean 'level'?)" in refused("compare", "--by", "levle", cwd=place)
    assert "no models are named" in refused("compare", cwd=place)

    audited = cli("audit", "r", cwd=place).stdout
    assert "1 of 16 references are suspect" in audited and str(place / "0.wav") in audited
    data = (place / "calls.jsonl").read_bytes()
    words = ["audit", "r", "--dataset", "calls", "--mark", "clip0", "--as", "wrong", "--reason", "he says seven"]
    assert "clip0 of calls is marked wrong" in cli(*words, cwd=place).stdout
    assert (place / "calls.jsonl").read_bytes() == data and (place / "calls.jsonl.audit.jsonl").is_file()
    [marked] = json.loads(cli("audit", "r", "--json", cwd=place).stdout)
    assert {row["model"]: row["n_without"] for row in marked["without"]} == dict.fromkeys(("sharp", "keen", "dull", "dice"), 15)
    assert "wrong, fine or unsure" in refused("audit", "r", "--mark", "clip0", cwd=place)

    assert cli("report", "r", cwd=place).returncode == 0
    page = (report / "audit" / "asr.md").read_text()
    assert "he says seven" in page and "without those marked wrong" in page
    href = json.loads((report / "audit" / "asr.json").read_text())
    assert href["sections"][0]["tables"][0]["rows"][0]["sample"] == "clip0"
    [heard] = (report / "samples" / "asr" / "calls" / "sample").glob("clip0.html")
    assert "<audio" in heard.read_text()
    assert "by duration" in (report / "slices" / "asr.md").read_text()
    assert "slices/asr" in (report / "capabilities" / "asr.html").read_text()
    assert "Suspect references: 1 of calls" in (report / "capabilities" / "asr.md").read_text()


def test_repeats_are_of_scores(place: Path) -> None:
    assert "--repeats averages scores" in refused("run", "dice", "0.wav", "--repeats", "2", cwd=place)
