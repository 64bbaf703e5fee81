"""How much data a decision would take, from a stored run."""

from __future__ import annotations

import math

import pytest

from model_lab.analysis.pairwise import compare_models
from model_lab.analysis.power import Question, models_of_agent, power
from model_lab.errors import BadConfig, UnknownName
from model_lab.metrics.power import clusters_for_difference
from model_lab.results.store import RunFolder
from tests.scored_run import TEXT, MakeCell, right


def every(step: int, words: int = 1) -> object:
    """Wrong in ``words`` of ten words on every clip whose number ``step`` divides."""
    return lambda number: TEXT if number % step else " ".join(TEXT.split()[words:])


@pytest.fixture
def pilot(folder: RunFolder, make_cell: MakeCell) -> RunFolder:
    """Twelve clusters of two clips of 2 s, answered in 0.5 s."""
    make_cell("third", every(3))
    make_cell("fifth", every(5, 2))
    make_cell("seventh", every(7))
    return folder


def test_the_variance_is_that_of_the_comparison(pilot: RunFolder) -> None:
    [found] = power(pilot, Question(difference=0.02))
    pairs = compare_models([pilot], ["third", "fifth", "seventh"])
    errors = sorted(pair.pair.measured.error for pair in pairs if pair.pair and pair.pair.measured.error)
    expected = clusters_for_difference(0.02, errors[1], 12, pairs=3)
    assert (found.clusters, found.widest) == (expected, clusters_for_difference(0.02, errors[2], 12, pairs=3))
    assert found.samples == 2 * expected and found.sound_s == 4 * expected and found.time_s == pytest.approx(2 * expected)
    assert found.at_most is not None and found.at_most > expected and "12 clusters" in found.note


def test_the_margin_is_the_difference_by_default_and_half_widths_are_told(pilot: RunFolder) -> None:
    [found] = power(pilot, Question(half_width=0.01))
    assert found.difference == 0.01 and found.half_width is not None and found.half_width > 0
    assert found.half_width_clusters is not None and found.half_width_clusters > 12
    [wider] = power(pilot, Question(half_width=0.02))
    assert wider.half_width_clusters is not None and wider.half_width_clusters < found.half_width_clusters / 2
    assert power(pilot, Question())[0].half_width_clusters is None


def test_named_models_alone_are_the_pair(pilot: RunFolder) -> None:
    [found] = power(pilot, Question(), models=["third", "fifth"])
    assert (found.n_models, found.pairs) == (2, 3) and found.clusters == found.widest
    [alone] = power(pilot, Question(), models=["third", "fifth"], datasets=["clips"], capability="asr")
    assert alone == found


def test_what_a_pilot_cannot_tell_is_said(folder: RunFolder, make_cell: MakeCell) -> None:
    make_cell("third", every(3), samples=8)
    assert "1 model(s)" in power(folder, Question())[0].note or "4 clusters" in power(folder, Question())[0].note
    make_cell("fifth", every(5), samples=8)
    [few] = power(folder, Question())
    assert few.clusters is None and "4 clusters says nothing" in few.note


def test_models_that_never_differ_show_no_variance(folder: RunFolder, make_cell: MakeCell) -> None:
    make_cell("one", right)
    make_cell("other", right)
    [found] = power(folder, Question())
    assert found.clusters is None and "never differs" in found.note


def test_a_difference_out_of_reach_is_not_a_number_of_clusters(pilot: RunFolder) -> None:
    [found] = power(pilot, Question(difference=1e-7))
    assert found.clusters == math.inf and str(found.row()["clusters"]).startswith("more than 10,000,000")
    assert found.data()["clusters"] is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"difference": -1.0}, "--difference is -1.0"),
        ({"half_width": 0.0}, "--half-width is 0.0"),
        ({"power": 80.0}, "--power is 80.0"),
    ],
)
def test_wrong_numbers_are_refused(fields: dict[str, float], words: str) -> None:
    with pytest.raises(BadConfig, match=words):
        Question(**fields)


def test_wrong_names_are_refused(pilot: RunFolder) -> None:
    with pytest.raises(UnknownName, match=r"no model 'thrid'.*did you mean 'third'"):
        power(pilot, Question(), models=["thrid"])
    with pytest.raises(UnknownName, match="no dataset 'clip'"):
        power(pilot, Question(), datasets=["clip"])
    with pytest.raises(BadConfig, match="has no scores for these"):
        power(pilot, Question(), capability="tts")
    with pytest.raises(BadConfig, match="is not of a sprint"):
        models_of_agent(pilot, "asr")
