from __future__ import annotations

from model_lab.capabilities import capability
from model_lab.contract import Repository, Weights
from model_lab.docgen import coverage
from model_lab.docgen.catalogue import RegisteredItems
from tests.docgen.test_catalogue import app
from tests.scored_run import dataset_card, model_card

HUB = {
    "source": {"kind": "hub", "id": "acme/far"},
    "weights": Weights(kind="hub", repositories={"model": Repository(id="acme/far", files=("config.json",))}),
}
CARDS = [
    model_card("near"),
    model_card("gpl", "baseline", licence={"code": "GPL-3.0-or-later", "commercial": True, "copyleft": True}),
    model_card("far", verified="loader", **HUB),
    model_card("untried", verified="nothing", capabilities=("vad",), **HUB),
    model_card("huge", unsupported_reason="it needs another machine", capabilities=("vad",)),
    model_card("all", "baseline", capabilities=("asr", "vad")),
]
ASKED = [capability("asr"), capability("vad")]


def rows() -> dict[str, list[str]]:
    lines = coverage.coverage(CARDS, ASKED, [dataset_card()]).splitlines()
    return {cells[2].strip(): [cell.strip() for cell in cells] for line in lines if len(cells := line.split("|")) > 2}


def test_models_here_and_models_of_the_hub_stand_apart() -> None:
    assert rows()["asr"][4:7] == ["near, gplᶜ", "far", "clips (human)"]
    assert rows()["vad"][4:7] == ["—", "untriedᵛ, hugeˣ", "—"]


def test_counts_leave_out_models_that_answer_everything() -> None:
    said = coverage.coverage(CARDS, ASKED, [])
    assert "2 models run on a machine without a model hub (1 of them baselines, 0 quality predictors" in said
    assert "in 1 of 2 capabilities; 3 need the hub" in said


def test_coverage_is_a_page_of_its_own_that_links_to_the_models() -> None:
    text = RegisteredItems(CARDS, ASKED, [dataset_card()], app).render("coverage")
    assert "# Coverage\n\n2 models run" in text and "(see [models](models.md) for the reason)" in text
