"""The records of a run: strict, frozen, and keyed by everything that can change an answer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from model_lab import audio
from model_lab.capabilities import capability
from model_lab.datasets.manifest import Sample
from model_lab.datasets.perturbed import PerturbedSample
from model_lab.results import schema
from model_lab.results.schema import Run, RunSpec, SampleResult, Score, Speed, StoredSample, WorkerSession
from model_lab.types import Audio

SPEC: dict[str, Any] = {
    "model": "m",
    "model_revision": "1",
    "dataset": "d",
    "dataset_revision": "2",
    "capability": "asr",
    "device": "cpu",
    "options": {"beam": 5, "names": ["a"]},
    "seed": 0,
}
RECORDS: list[BaseModel] = [
    RunSpec(**SPEC),
    StoredSample(
        id="a", group="g", clusters="speaker", duration=1.5, folder="/data", row={"text": "é", "n": [1, None, {"x": 0.1}]}
    ),
    SampleResult(sample_id="a", status="ok", hypothesis={"type": "Label"}, latency_s=0.1),
    WorkerSession(
        worker_pid=1,
        environment="e",
        device="cpu",
        threads=1,
        load_s=1,
        load_cpu_s=1,
        peak_memory_mb=1,
        answered=1,
        ended="closed",
    ),
    Score(metric="wer", version=1, value=None, low=None, high=None, n_scored=0, n_unscored=2, n_groups=0, note="no"),
    Run(
        run="r",
        spec=RunSpec(**SPEC),
        key="k",
        tier="smoke",
        status="partial",
        reason="x",
        n_samples=2,
        n_ok=1,
        n_failed=1,
        failures={"x": 1},
        scores=(Score(metric="wer", version=1, value=0.1, low=0.0, high=0.2, n_scored=2, n_unscored=0, n_groups=2),),
        speed=Speed(latency_p50_s=0.1, n_timed=3),
    ),
]


def kind(record: BaseModel) -> str:
    return type(record).__name__


def test_the_key_stays_what_it_is() -> None:
    """Answers on disk are found again by it: a change here makes every user's runs start anew."""
    assert RunSpec(**SPEC).key == "e7ece9a0dbe2b02d"


def test_a_perturbation_has_a_key_and_a_folder_of_its_own_and_keeps_the_dataset() -> None:
    clean = RunSpec(**SPEC)
    noisy = clean.under("noise:10+gain:-3")
    assert (clean.place, noisy.place, noisy.dataset) == ("d", "d~noise-10+gain--3", "d")
    assert len({clean.key, noisy.key, clean.under("noise:5").key}) == 3
    assert RunSpec.model_validate_json(noisy.model_dump_json()) == noisy


def test_a_key_from_before_there_were_perturbations_is_found_again() -> None:
    old = json.loads(json.dumps(SPEC))
    assert "perturbation" not in old and RunSpec(**old).key == RunSpec(**SPEC, perturbation="").key == "e7ece9a0dbe2b02d"


def test_a_perturbed_question_says_what_was_heard_and_has_the_truth_of_the_row(tmp_path: Path) -> None:
    asked = capability("asr")
    sample = Sample("a", {"audio": "a.wav", "text": "one"}, tmp_path, "g", asked, "x:1")
    heard = PerturbedSample(
        "a", sample.row | {"duration": 2.0}, tmp_path, "g", asked, "x:1", sounds={"audio": tmp_path / "b.wav"}
    )
    audio.write(tmp_path / "b.wav", Audio(np.zeros(160, np.float32), 16000))
    question = StoredSample.of(heard)
    assert question.perturbed == {"audio": str(tmp_path / "b.wav")}
    assert question.sample(asked).reference() == sample.reference()
    assert StoredSample.model_validate_json(question.model_dump_json()) == question


CHANGES = {
    "model": "x",
    "model_revision": "x",
    "dataset": "x",
    "dataset_revision": "x",
    "capability": "vad",
    "device": "cuda",
    "options": {"beam": 4, "names": ["a"]},
    "seed": 1,
    "repeat": 1,
    "perturbation": "noise:10",
    "perturbation_revision": "x",
}


@pytest.mark.parametrize("field", RunSpec.model_fields)
def test_every_field_of_the_spec_changes_the_key(field: str) -> None:
    assert RunSpec(**{**SPEC, field: CHANGES[field]}).key != RunSpec(**SPEC).key


OPTIONS = st.dictionaries(
    st.text(max_size=5),
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.lists(st.integers())),
    max_size=4,
)


@given(OPTIONS, st.randoms())
def test_the_order_of_options_does_not_change_the_key_and_a_file_keeps_it(options: dict[str, Any], random: Any) -> None:
    spec = RunSpec(**{**SPEC, "options": options})
    shuffled = list(options.items())
    random.shuffle(shuffled)
    assert RunSpec(**{**SPEC, "options": dict(shuffled)}).key == spec.key
    assert RunSpec.model_validate_json(spec.model_dump_json()).key == spec.key
    assert RunSpec(**json.loads(json.dumps(spec.model_dump(mode="json")))).key == spec.key


@given(OPTIONS, OPTIONS)
def test_different_options_have_different_keys(one: dict[str, Any], other: dict[str, Any]) -> None:
    keys = [RunSpec(**{**SPEC, "options": options}).key for options in (one, other)]
    assert (keys[0] == keys[1]) == (json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True))


@pytest.mark.parametrize("record", RECORDS, ids=kind)
def test_records_come_back_from_json(record: BaseModel) -> None:
    for text in (
        record.model_dump_json(),
        record.model_dump_json(exclude_defaults=True),
        json.dumps(record.model_dump(mode="json")),
    ):
        assert type(record).model_validate(json.loads(text)) == record


@pytest.mark.parametrize("record", RECORDS, ids=kind)
def test_records_are_strict_and_frozen(record: BaseModel) -> None:
    with pytest.raises(ValidationError, match="extra"):
        type(record).model_validate({**record.model_dump(), "unknown": 1})
    with pytest.raises(ValidationError, match="frozen"):
        setattr(record, next(iter(type(record).model_fields)), "x")


@pytest.mark.parametrize(
    ("record", "field", "wrong"),
    [(SampleResult, "status", "unscored"), (Run, "status", "done"), (Run, "tier", "huge")],
)
def test_words_outside_the_list_are_refused(record: type[BaseModel], field: str, wrong: str) -> None:
    known = next(found for found in RECORDS if type(found) is record)
    with pytest.raises(ValidationError, match=field):
        record.model_validate({**known.model_dump(), field: wrong})


def test_outcomes_carry_the_schema_version() -> None:
    assert RECORDS[-1].model_dump()["schema_version"] == schema.SCHEMA_VERSION


def test_defaults_are_not_shared() -> None:
    first, second = (RunSpec(**{key: value for key, value in SPEC.items() if key != "options"}) for _ in range(2))
    first.options["beam"] = 1
    assert second.options == {}


def test_importing_the_schema_warns_of_nothing() -> None:
    """Field names that begin with ``model_`` clash with pydantic's own in some versions."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import model_lab.results.schema"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
