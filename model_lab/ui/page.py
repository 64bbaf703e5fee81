"""The page and its tabs."""

from __future__ import annotations

import gradio as gr

from model_lab.ui.server_context import ServerContext
from model_lab.ui.tabs import _jobs, comparing, doctor, inference, leaderboards, pipeline, sprinting

_TABS = (
    ("Leaderboards", leaderboards),
    ("Compare", comparing),
    ("Try it", inference),
    ("Pipeline", pipeline),
    ("Sprint", sprinting),
    ("Doctor", doctor),
)
_KEPT_S = 24 * 3600


def page(context: ServerContext) -> gr.Blocks:
    """All tabs. Uploads are removed after a day, and when the server ends."""
    whole = gr.Blocks(title="Model Lab", analytics_enabled=False, delete_cache=(3600, _KEPT_S), fill_width=True)
    with whole:
        gr.Markdown("# Model Lab\nA test bench for audio AI.")
        watched = []
        for title, tab in _TABS:
            with gr.Tab(title):
                watched.append(tab.build(context, whole))
        _jobs.watch(context, whole, [one for one in watched if one])
    return whole
