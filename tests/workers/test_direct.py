"""A worker for one question at hand."""

from __future__ import annotations

import pytest

from model_lab.errors import NotRunnable
from model_lab.registry import model_cards
from model_lab.workers import direct
from tests.conftest import MakeModel


def test_a_model_that_can_run_answers(make_model: MakeModel) -> None:
    make_model("ears", "return Transcript('hello')")
    worker = direct.worker(model_cards.card("ears"))
    try:
        worker.start()
        assert worker.load_s >= 0
    finally:
        worker.close()


def test_one_that_cannot_is_refused_with_the_next_command(make_model: MakeModel) -> None:
    make_model("ears", "return Transcript('hello')")
    with pytest.raises(NotRunnable, match=r"ears cannot run: it runs on cpu, not on cuda; choose with --device"):
        direct.worker(model_cards.card("ears"), "cuda")
