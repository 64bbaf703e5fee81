"""A capability whose answers are of a type of its own: through a worker, onto disk, into scores, the report and the browser."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_lab import audio, capabilities
from model_lab.api import load
from model_lab.capabilities import capability
from model_lab.results.answers import pack, unpack
from model_lab.results.store import ResultCell, RunFolder
from model_lab.types import Audio, Segment
from model_lab.ui import inference
from model_lab.ui.jobs import Jobs
from model_lab.ui.server_context import ServerContext
from tests.cli.test_commands import cli, refused
from tests.conftest import forget, write_model

CAPABILITY = '''
"""Where is it how loud?"""
import numpy as np
from dataclasses import dataclass
from model_lab.capabilities._base import Capability, Column, Example, Perturbable
from model_lab.metrics._base import share, ratio
from model_lab.types import Audio, Segment

@dataclass(frozen=True)
class Loudest:
    where: Segment
    level_db: float

@dataclass(frozen=True)
class Meter:
    loudest: Loudest
    others: tuple[Loudest, ...]
    curve: object
    excerpt: Audio
EXTRA

def counted(reference, answer):
    return {"right": float(abs(answer.loudest.level_db - reference) < 1), "all": 1.0}

def problems(answer, audio):
    return [] if isinstance(answer, Meter) else [f"answer is a {type(answer).__name__}; expected Meter"]

def meter(audio):
    sound = audio.mono()
    level = float(20 * np.log10(np.sqrt(np.mean(sound.samples ** 2)) + 1e-9))
    loudest = Loudest(Segment(0.0, audio.duration), level)
    return Meter(loudest, (loudest, Loudest(Segment(0.0, 0.1), level)), np.array([level, np.nan], np.float32), sound)

CAPABILITY = Capability(
    name="metering",
    title="Metering",
    call="measure_level(audio: Audio) -> Meter",
    answer="Meter",
    inputs=(("audio", "audio"),),
    columns=(Column("audio", "a sound file"), Column("level_db", "dB")),
    metrics=(share("level_right", "levels within 1 dB", "nobody", counted, lambda pooled: ratio(pooled["right"], pooled["all"])),),
    reference=lambda row, resolve: float(row["level_db"]),
    problems=problems,
    example=lambda: Example((Audio(np.full(16000, 0.1, np.float32), 16000),), -20.0),
    null=lambda audio: meter(Audio(np.zeros(10, np.float32), 16000)),
    chance=lambda rng, audio: meter(audio),
    ideal=lambda reference, audio: meter(audio),
    answer_types=TYPES,
    perturbable=Perturbable(at_speed=lambda reference, factor: reference),
)
'''
TYPES = "(Loudest, Meter)"
BODY = """
from model_lab.capabilities import capability
return capability("metering").ideal(None, audio)
"""


@pytest.fixture
def metering(extension: Path) -> Path:
    """An extension with the capability, a model of it, and a manifest of four sounds."""
    write(extension)
    write_model(extension, "meter", BODY, capability="metering")
    rows = []
    for number, level in enumerate((0.01, 0.1, 0.2, 0.5)):
        audio.write(extension / f"{number}.wav", Audio(np.full(8000, level, np.float32), 16000))
        rows.append({"audio": f"{number}.wav", "level_db": float(20 * np.log10(level)), "group": str(number)})
    (extension / "levels.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    forget()
    return extension


def write(extension: Path, answer_types: str = TYPES, extra: str = "", name: str = "metering") -> None:
    file = extension / f"capabilities/{name}.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(CAPABILITY.replace("TYPES", answer_types).replace("EXTRA", extra).replace('"metering"', f'"{name}"'))
    forget()


def elsewhere(code: str) -> str:
    """What a process of its own prints, which has met nothing yet."""
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def the_same(one: Any, other: Any) -> bool:
    return (
        type(one) is type(other)
        and (one.loudest, one.others) == (other.loudest, other.others)
        and np.array_equal(one.curve, other.curve, equal_nan=True)
        and np.array_equal(one.excerpt.samples, other.excerpt.samples)
    )


def test_it_comes_out_of_a_worker_as_what_it_is(metering: Path) -> None:
    sound = Audio(np.full(8000, 0.5, np.float32), 16000)
    with load("meter") as bundle:
        answer = bundle.metering(sound)
    assert the_same(answer, capability("metering").ideal(0.0, sound))


def test_it_goes_through_a_run_and_is_read_again_by_a_process_that_has_not_met_it(metering: Path, tmp_path: Path) -> None:
    question = ["--data", str(metering / "levels.jsonl"), "--capability", "metering"]
    done = cli("run", "meter", "baseline_oracle", *question, "--perturb", "speed:2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "100.0 %" in done.stdout
    run = next((tmp_path / "runs").iterdir())
    for words in (["score", run.name], ["report", run.name], ["compare", "meter", "baseline_oracle"]):
        said = cli(*words, cwd=tmp_path)
        assert said.returncode == 0, (words, said.stderr)
    cell = RunFolder(run).cell("meter", "levels")
    plain = cell.latest()["0"].hypothesis
    assert (plain["type"], plain["loudest"]["type"]) == ("metering.Meter", "metering.Loudest")
    assert plain["loudest"]["where"] == {"type": "Segment", "start": 0.0, "end": 0.5, "label": ""}
    assert the_same(unpack(plain, cell), capability("metering").ideal(0.0, audio.read(metering / "0.wav")))
    seen = elsewhere(f"""
        from pathlib import Path
        from model_lab.results.answers import unpack
        from model_lab.results.store import RunFolder
        cell = RunFolder(Path({str(run)!r})).cell("meter", "levels")
        answer = unpack(cell.latest()["0"].hypothesis, cell)
        print(type(answer).__name__, type(answer.loudest).__name__, type(answer.others).__name__, answer.excerpt.frames)
    """)
    assert seen == "Meter Loudest tuple 8000\n"
    shown = cli("run", "meter", str(metering / "0.wav"), cwd=tmp_path)
    assert '"type": "metering.Meter"' in shown.stdout, shown.stdout


def test_it_can_be_tried_in_the_browser(metering: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    context = ServerContext(place, tmp_path / "runs", tmp_path / "pipelines", jobs=Jobs())
    try:
        question = inference.question(context, "metering", {"audio": str(metering / "1.wav")})
        job = context.jobs.add("try", "metering", inference.work(context, question, ["meter"]))
        assert job.join(120.0) and job.result is not None, job.error
        assert job.result.answers[0]["answer"]["loudest"]["level_db"] == pytest.approx(-20.0, abs=1e-3)
    finally:
        context.jobs.close()


def test_a_type_that_no_capability_names_is_one_failed_sample_that_says_so(metering: Path, tmp_path: Path) -> None:
    write(metering, "(Meter,)")
    done = cli("run", "meter", "--data", str(metering / "levels.jsonl"), "--capability", "metering", cwd=tmp_path)
    cell = RunFolder(next((tmp_path / "runs").iterdir())).cell("meter", "levels")
    errors = {result.error for result in cell.latest().values()}
    assert len(errors) == 1 and "Loudest; expected a type of model_lab.types, or one of" in errors.pop(), done.stderr


def test_two_capabilities_may_call_their_types_the_same(metering: Path, tmp_path: Path) -> None:
    write(metering, name="metering_too")
    one, two = (capability(name).answer_types for name in ("metering", "metering_too"))
    assert one[1].__name__ == two[1].__name__ and one[1] is not two[1]
    cell = ResultCell(tmp_path / "cell")
    for name, kinds in (("metering", one), ("metering_too", two)):
        answer = kinds[0](Segment(0.0, 1.0), -3.0)
        plain = pack(answer, cell, "a")
        assert plain["type"] == f"{name}.Loudest" and unpack(plain, cell) == answer


def test_stored_answers_of_a_type_that_has_other_fields_now_are_told_apart(metering: Path, tmp_path: Path) -> None:
    question = ["--data", str(metering / "levels.jsonl"), "--capability", "metering"]
    assert cli("run", "meter", *question, cwd=tmp_path).returncode == 0
    write(metering, extra="    unit: str")
    run = next((tmp_path / "runs").iterdir())
    (run / "meter/levels/components.jsonl").unlink()
    elsewhere(
        f"import os, sys; os.chdir({str(tmp_path)!r}); sys.argv[1:] = ['score', {run.name!r}]; from model_lab.cli import main; main()"
    )
    [score] = json.loads((run / "meter/levels/scores.json").read_text())["scores"]
    assert (score["value"], score["n_unscored"]) == (None, 4)
    assert "a metering.Meter cannot be made of loudest, others, curve, excerpt" in score["note"]


@pytest.mark.parametrize(
    ("answer_types", "extra", "said"),
    [
        ("[Meter]", "", "answer_types is .*; expected a tuple of frozen dataclasses"),
        ("(dict,)", "", "is no dataclass"),
        ("(Loudest, dataclass(frozen=True)(type('Loudest', (), {})))", "", "two types called Loudest"),
        ("(Meter,)", "\n@dataclass\nclass Meter:\n    level: float\n", "Meter can be changed; expected @dataclass"),
        ("(Meter,)", "    type: str", "has a field 'type', which its written form needs"),
    ],
)
def test_what_cannot_be_an_answer_type_is_a_problem_of_its_capability_alone(
    extension: Path, answer_types: str, extra: str, said: str
) -> None:
    write(extension, answer_types, extra)
    [problem] = capabilities.problems()
    assert problem.name == "metering" and re.search(said, problem.reason), problem.reason
    assert "metering" in refused("show", "metering")
    assert cli("list", "capabilities").returncode == 0
