"""The command line as a user meets it: exit codes and sentences instead of tracebacks."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack, chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import soundfile

from model_lab import audio
from model_lab.cli import inference, main
from model_lab.registry import model_cards
from model_lab.types import Audio
from tests.audio.conftest import ffmpeg
from tests.conftest import forget


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


def cli(*words: str, cwd: Path | None = None) -> Done:
    """Run a command in this process, as the installed program would."""
    forget()
    out, err = io.StringIO(), io.StringIO()
    with ExitStack() as stack:
        stack.enter_context(patch.object(sys, "argv", ["model-lab", *words]))
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(err))
        stack.enter_context(chdir(cwd or Path.cwd()))
        try:
            main()
            code = 0
        except SystemExit as left:
            code = int(left.code or 0)
    return Done(code, out.getvalue(), err.getvalue())


def refused(*words: str, cwd: Path | None = None) -> str:
    """The sentence with which a command refuses."""
    done = cli(*words, cwd=cwd)
    assert done.returncode == 2, done
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize("kind", ["models", "capabilities", "datasets", "metrics", "scorers", "perturbations", "runs"])
def test_everything_can_be_listed(kind: str, tmp_path: Path) -> None:
    done = cli("list", kind, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = json.loads(cli("list", kind, "--json", cwd=tmp_path).stdout)
    assert all(row["name"] in done.stdout for row in rows)


def test_lists_are_filtered() -> None:
    rows = json.loads(cli("list", "models", "--capability", "pitch", "--json").stdout)
    assert {"pyin", "swift_f0"} <= {row["name"] for row in rows}
    assert all("pitch" in row["capabilities"] for row in rows)
    commercial = {row["name"] for row in json.loads(cli("list", "models", "--licence", "commercial", "--json").stdout)}
    assert "espeak_ng" in commercial and "pesq" not in commercial
    permissive = {row["name"] for row in json.loads(cli("list", "models", "--licence", "permissive", "--json").stdout)}
    assert "faster_whisper" in permissive and not {"espeak_ng", "pesq", "yamnet"} & permissive
    assert "did you mean 'pitch'" in refused("list", "models", "--capability", "pich")


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["list", "models"],
        ["list", "datasets"],
        ["list", "metrics"],
        ["list", "scorers"],
        ["list", "perturbations"],
        ["list", "capabilities"],
    ],
)
def test_looking_imports_nothing_heavy(words: list[str]) -> None:
    code = (
        f"import sys; sys.argv[1:] = {words!r}\n"
        "try:\n    from model_lab.cli import main; main()\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'ray', 'gradio', 'librosa', 'scipy', 'sklearn', 'pandas', 'matplotlib', 'jiwer'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["faster_whisper", "asterisk_en", "asr", "wer"])
def test_everything_can_be_shown(name: str) -> None:
    assert name in cli("show", name).stdout
    assert json.loads(cli("show", name, "--json").stdout)["name"] == name


@pytest.mark.parametrize("kind", ["model", "dataset", "sprint", "pipeline"])
def test_schemas_are_json_schema(kind: str) -> None:
    schema = json.loads(cli("schema", kind).stdout)
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False


def test_doctor_says_what_this_machine_is() -> None:
    assert json.loads(cli("doctor", "--json").stdout)["models that can run here"].endswith(f"of {len(model_cards.names())}")
    assert "cores" in cli("doctor").stdout


def test_a_number_on_the_command_line_is_one() -> None:
    assert "'five' is not a number; music_gen is called as generate(prompt" in refused("run", "composer", "a calm piece", "five")


def test_preflight_says_every_model() -> None:
    found = json.loads(cli("preflight", "--offline", "--json").stdout)
    assert set(found) == set(model_cards.names())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "faster_wisper"], "did you mean 'faster_whisper'?"),
        (["run", "faster_wisper", "x.wav"], "did you mean 'faster_whisper'?"),
        (["run", "baseline_null", "x.wav"], "choose with --capability"),
        (["run", "baseline_null", "x.wav", "--capability", "asrr"], "did you mean 'asr'?"),
        (["run", "baseline_null", "no.wav", "--capability", "asr"], "no.wav is not a file, a dataset or a model"),
        (["run", "energy_vad", "energy_vadd", "--runs", "r"], "(did you mean 'energy_vad'?)"),
        (["run", "energy_vad", "x.wav", "webrtc_vad"], "x.wav is not a file, a dataset or a model"),
        (["run", "energy_vad", "vad_mix", "webrtc_vad"], "vad_mix is a dataset, and a dataset must be the only input"),
        (["run", "energy_vad", "--data", "vad_mix"], "name it without --data: model-lab run energy_vad vad_mix"),
        (["run", "energy_vad@margin_db=loud", "vad_mix"], "option margin_db is 'loud'; expected a number"),
        (["run", "baseline_null"], "no input for baseline_null"),
        (["run", "baseline_null", "tones", "--tier", "smok"], "did you mean 'smoke'?"),
        (["run", "baseline_null", "tones", "--jobs", "0"], "--jobs is 0"),
        (["run", "baseline_random", "tones", "--set", "sead=1"], "did you mean 'seed'?"),
        (["run", "baseline_random", "tones", "--set", "seed"], "is not OPTION=VALUE"),
        (["run", "pyin", "rhythms"], "pyin cannot 'tempo'"),
        (["run", "baseline_null", "tones", "--perturb", "nois"], "did you mean 'noise'?"),
        (["run", "baseline_null", "tones", "--perturb", "reverb:9"], "expected 0.1 to 5 s"),
        (
            ["run", "baseline_null", "soundfont_keys", "--perturb", "speed:1.1"],
            "key cannot be evaluated with --perturb speed:1.1",
        ),
        (["run", "baseline_null", "ner_notes", "--perturb", "gsm"], "it takes no sound"),
        (["run", "baseline_null", "x.wav", "--perturb", "gsm"], "--perturb compares scores"),
        (["sprint", "hf_sprint_2026q1", "--perturb", "noise:loud"], "expected -20 to 60 dB"),
        (["sprint", "no.yaml"], "no.yaml does not exist"),
        (["sprint", "hf_sprint_2026q1", "--agent", "edge_smal"], "did you mean 'edge_small'?"),
        (["score", "nothing"], "there is no run 'nothing'"),
        (["report", "nothing"], "there is no run 'nothing'"),
        (["check", "pyinn"], "did you mean 'pyin'?"),
        (["check", "pyin", "--level", "deep"], "--level is 'deep'"),
        (["fetch", "pyinn"], "did you mean 'pyin'?"),
        (["setup", "pyinn"], "did you mean 'pyin'?"),
        (["env", "remove", "nothing"], "no environment 'nothing'"),
        (["schema", "modle"], "did you mean 'model'?"),
        (["new", "model", "Bad-Name"], "'Bad-Name' is not a valid name for a model"),
        (["new", "model", "pyin"], "there is a model 'pyin' already"),
    ],
)
def test_a_users_mistake_is_told_in_a_sentence(words: list[str], said: str, tmp_path: Path) -> None:
    assert said in refused(*words, cwd=tmp_path)


def test_sound_files_and_what_only_looks_like_them(tmp_path: Path) -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(16000)
    soundfile.write(tmp_path / "good.wav", noise, 16000)
    soundfile.write(tmp_path / "really.flac", noise, 44100, format="FLAC")
    (tmp_path / "really.flac").rename(tmp_path / "named.wav")
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("hello " * 100)
    names = ["good.wav", "named.wav", "empty.wav", "text.wav"]
    done = cli("run", "baseline_null", "--capability", "asr", *names, cwd=tmp_path)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["input"] for line in lines] == names
    assert ["error" in line for line in lines] == [False, False, True, True]
    assert "is empty (0 bytes)" in lines[2]["error"]
    assert "is not audio that can be decoded" in lines[3]["error"]
    assert done.returncode == 2
    assert "2 of 4 inputs failed" in done.stderr


def test_what_is_to_be_said_of_a_sound_is_said(tmp_path: Path) -> None:
    tone = (0.3 * np.sin(np.arange(16000) / 5)).astype(np.float32)
    audio.write(tmp_path / "opposite.wav", Audio(np.stack([tone, -tone]), 16000))
    ffmpeg(tmp_path / "two.mka", "flac", [tone[None], np.concatenate([tone, tone])[None]])
    done = cli("run", "baseline_null", "--capability", "asr", "opposite.wav", "two.mka", cwd=tmp_path)
    opposite, two = (json.loads(line) for line in done.stdout.splitlines())
    assert "cancel out" in opposite["notes"][0] and "there is also track 2 (eng)" in two["notes"][0]
    chosen = cli("run", "baseline_null", "--capability", "asr", "--track", "2", "two.mka", cwd=tmp_path)
    assert "track 2 (eng) of 2" in json.loads(chosen.stdout)["notes"][0]
    assert "--track 2 selects an audio track of files" in refused(
        "run", "baseline_null", "asterisk_en", "--track", "2", cwd=tmp_path
    )


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.wav")
    audio.write(tmp_path / "a.wav", Audio(np.zeros(16000, np.float32), 16000))
    (tmp_path / "a.wav").rename(tmp_path / name)
    (line,) = cli("run", "baseline_null", "--capability", "asr", name, cwd=tmp_path).stdout.splitlines()
    assert json.loads(line)["input"] == "caf\\xe9.wav" and "answer" in json.loads(line)
    (tmp_path / "m.jsonl").write_text(json.dumps({"audio": name, "text": "hello"}) + "\n")
    done = cli("run", "baseline_null", "--capability", "asr", "--data", "m.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for path in (tmp_path / "runs").rglob("*.json*"):
        path.read_text("utf-8")


def test_your_own_data_is_scored_and_reported(clips: Path, tmp_path: Path) -> None:
    done = cli("run", "baseline_oracle", "--data", str(clips), "--capability", "asr", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "baseline_oracle" in done.stdout
    folder = tmp_path / "runs/baseline_oracle-clips-full"
    assert {"index.html", "index.md", "index.json", "samples", "evidence.html"} <= {
        path.name for path in (folder / "report").iterdir()
    }
    before = (folder / "baseline_oracle/clips/samples.jsonl").read_bytes()
    again = cli("score", "baseline_oracle-clips-full", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert (folder / "baseline_oracle/clips/samples.jsonl").read_bytes() == before
    assert cli("report", "baseline_oracle-clips-full", cwd=tmp_path).returncode == 0
    assert "baseline_oracle-clips-full" in cli("list", "runs", cwd=tmp_path).stdout


def test_perturbed_runs_of_your_own_data_show_what_is_left(clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path / "cache"))
    words = (
        "run",
        "baseline_random",
        "--data",
        str(clips),
        "--capability",
        "asr",
        "--perturb",
        "noise:10",
        "--perturb",
        "gsm+clip:6",
    )
    done = cli(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    panel = done.stdout.partition("Robustness: wer")[2]
    assert "noise:10" in panel and "gsm+clip:6" in panel
    (row,) = json.loads(cli("list", "runs", "--json", cwd=tmp_path).stdout)
    assert (row["model runs"], row["perturbed"], row["complete"]) == (3, 2, 3)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": "x", "audio": "0.wav", "text": "a"', "clips.jsonl:9: not JSON"),
        ('{"id": "clip1", "audio": "0.wav", "text": "a"}', "id 'clip1' is already used in line 2"),
        ('{"id": "x", "audio": "../absent.wav", "text": "a"}', "../absent.wav is not a file"),
        ('{"id": "x", "audio": "absent.wav", "text": "a"}', "absent.wav is not a file"),
        ('{"id": "x", "text": "a"}', "column 'audio' is missing"),
        ("[1, 2]", "a list; expected a JSON object"),
    ],
)
def test_a_bad_manifest_is_told_with_its_line(clips: Path, tmp_path: Path, line: str, said: str) -> None:
    clips.write_text(clips.read_text() + line + "\n")
    assert said in refused("run", "baseline_null", "--data", str(clips), "--capability", "asr", cwd=tmp_path)


def test_a_missing_reference_is_answered_and_not_scored(clips: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in clips.read_text().splitlines()]
    del rows[0]["text"]
    clips.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert cli("run", "baseline_null", "--data", str(clips), "--capability", "asr", cwd=tmp_path).returncode == 0
    wer = json.loads((tmp_path / "runs/baseline_null-clips-full/baseline_null/clips/scores.json").read_text())["scores"][0]
    assert (wer["n_scored"], wer["n_unscored"]) == (7, 1)


def test_the_docs_are_checked(tmp_path: Path) -> None:
    assert cli("docs", "--folder", str(tmp_path / "docs")).returncode == 0
    assert cli("docs", "--check", "--folder", str(tmp_path / "docs")).returncode == 0
    (tmp_path / "docs/reference/models.md").write_text("changed by hand")
    done = cli("docs", "--check", "--folder", str(tmp_path / "docs"))
    assert done.returncode == 1
    assert "models.md" in done.stdout


def test_an_interrupted_pipe_is_no_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -c 'from model_lab.cli import main; main()' list metrics | head -1",
        shell=True, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr


def test_the_data_of_a_run_can_be_removed_while_it_is_reported(clips: Path, tmp_path: Path) -> None:
    assert cli("run", "baseline_null", "--data", str(clips), "--capability", "asr", cwd=tmp_path).returncode == 0
    shutil.rmtree(clips.parent)
    assert cli("report", "baseline_null-clips-full", cwd=tmp_path).returncode == 0


def test_every_sound_of_an_answer_gets_a_file_of_its_own(tmp_path: Path) -> None:
    stems = {name: Audio(np.full(100, level, np.float32), 8000) for name, level in (("drums", 0.1), ("voice", 0.2))}
    answer = inference._plain(stems, tmp_path, "m-1")
    assert [Path(stem["file"]).name for stem in answer.values()] == ["m-1.wav", "m-1-2.wav"]
    assert [soundfile.read(stem["file"])[0][0] for stem in answer.values()] == pytest.approx([0.1, 0.2], abs=1e-3)
