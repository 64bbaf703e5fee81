"""Doctor: this machine, and for every model whether it can run here and what it needs."""

from __future__ import annotations

import json

import gradio as gr

from model_lab.provision import preflight
from model_lab.provision.machine import machine
from model_lab.registry import model_cards
from model_lab.ui.server_context import ServerContext


def build(context: ServerContext, whole: gr.Blocks) -> None:
    """Build the tab as a part of the ``whole`` page."""
    refresh = gr.Button("Refresh")
    about = gr.Dataframe(headers=["what", "value"], interactive=False, label="This machine")
    models = gr.Dataframe(
        headers=["model", "runs here", "because"], interactive=False, wrap=True, show_search="filter", label="Models"
    )

    def look() -> tuple[list[list[str]], list[list[str]]]:
        return about_rows(), model_rows(context)

    gr.on([refresh.click, whole.load], look, None, [about, models], api_visibility="private")


def about_rows() -> list[list[str]]:
    """The machine, one fact per row."""
    return [[what, value if isinstance(value, str) else json.dumps(value)] for what, value in machine().items()]


def model_rows(context: ServerContext) -> list[list[str]]:
    """Every model, those that cannot run here first, with the next command."""
    use = preflight.PreflightOptions(context.device, trusted=context.trusted)
    verdicts = [preflight.verdict(card, use) for card in model_cards.cards()]
    ordered = sorted(verdicts, key=lambda verdict: (verdict.runnable, verdict.model))
    return [[verdict.model, "yes" if verdict.runnable else "no", "; ".join(verdict.reasons)] for verdict in ordered]
