"""Costs and the matrix, on tables made by hand."""

from __future__ import annotations

import pytest

from model_lab.analysis import costs, grades, matrix
from model_lab.analysis.schema import ResultRow
from model_lab.analysis.table_cells import as_value
from model_lab.errors import BadConfig
from model_lab.results.schema import Speed
from tests.analysis.hand_made import card, row, table
from tests.scored_run import model_card


def test_costs_are_price_times_speed() -> None:
    prices = costs.Prices(currency="EUR", machines={"one": costs.MachinePrice(per_hour=2.0)})
    sound = row("m", 0.1, speed=Speed(real_time_factor=0.25, peak_memory_mb=100.0))
    text = row("t", 0.1, speed=Speed(latency_p50_s=1.8, peak_memory_mb=100.0))
    found = {cost.row.model: cost for cost in costs.costs([card(table(sound, text))], prices)}
    assert found["m"].per_audio_hour == pytest.approx(0.5)
    assert found["t"].per_thousand_calls == pytest.approx(1.0)
    assert str(found["m"].shown("EUR")["cost"]) == "EUR 0.5 for an hour of audio"


def test_the_front_holds_what_nothing_beats_in_everything() -> None:
    def priced(model: str, wer: float, factor: float, memory: float) -> ResultRow:
        return row(model, wer, speed=Speed(real_time_factor=factor, peak_memory_mb=memory))

    rows = [priced("best", 0.1, 0.5, 500.0), priced("cheap", 0.2, 0.1, 500.0), priced("small", 0.3, 0.5, 50.0)]
    beaten, twin = priced("beaten", 0.2, 0.2, 600.0), priced("twin", 0.1, 0.5, 500.0)
    found = costs.costs([card(table(*rows, beaten, twin))], costs.prices())
    assert {cost.row.model for cost in found if cost.on_front} == {"best", "cheap", "small", "twin"}


def test_a_model_with_a_contended_price_may_be_cheaper_than_it_looks() -> None:
    def priced(model: str, factor: float, contended: bool) -> ResultRow:
        return row(model, 0.1, speed=Speed(real_time_factor=factor, peak_memory_mb=100.0, contended=contended))

    prices = costs.Prices(currency="EUR", machines={"one": costs.MachinePrice(per_hour=2.0)})
    rows = [priced("quick", 0.1, False), priced("slow", 0.5, False), priced("held_up", 0.5, True)]
    found = {cost.row.model: cost.shown("EUR") for cost in costs.costs([card(table(*rows))], prices)}
    assert {model: shown["front"] for model, shown in found.items()} == {
        "quick": "yes",
        "slow": "no",
        "held_up": "unknown: contended",
    }
    assert as_value(found["held_up"]["cost"]).plain == "EUR 1 for an hour of audio (contended)"
    assert as_value(found["slow"]["cost"]).plain == 1.0


def test_a_device_without_a_price_is_said() -> None:
    prices = costs.Prices(currency="EUR", machines={"one": costs.MachinePrice(per_hour=2.0)})
    with pytest.raises(BadConfig, match="no machine with cuda"):
        prices.on("cuda")


def test_the_matrix_leaves_nothing_blank() -> None:
    hub = {
        "source": {"kind": "hub", "id": "acme/far"},
        "weights": {"kind": "hub", "repositories": {"model": {"id": "acme/far", "files": ["x"]}}},
        "verified": "loader",
    }
    cards = [
        model_card("m"),
        model_card("broken"),
        model_card("far", **hub),
        model_card("huge", unsupported_reason="it needs 28 GB"),
        model_card("silent"),
    ]
    scored = card(table(row("m", 0.02), row("broken", None, status="failed", reason="all 40 answers failed", scores={})))
    found = matrix.matrix([scored], cards, grades.in_capabilities([scored], cards, grades.rules()))
    assert {entry.card.name: entry.state for entry in found} == {
        "m": "scored on 1 dataset",
        "broken": "failed: all 40 answers failed",
        "far": "not evaluated: loader verified, weights not run here",
        "huge": "not evaluated: cannot run here: it needs 28 GB",
        "silent": "not evaluated: not part of this run",
    }
    assert found[0].grade is not None
    assert (found[0].shown()["grade"], found[0].shown()["evidence"]) == ("A", "strong")


def test_the_matrix_leads_only_to_pages_that_there_are() -> None:
    found = matrix.matrix([card(table(row("m", 0.02)))], [model_card("m", capabilities=("asr", "vad"))], {})
    links = {entry.capability: as_value(entry.shown()["capability"]).href for entry in found}
    assert links == {"asr": "capabilities/asr.html", "vad": ""}
