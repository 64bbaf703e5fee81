"""How a question, its reference and its answers are shown: plain data that `model_lab.report` writes as HTML and draws.

A capability names a `View` (``Capability.view``). Here is one module for each kind of answer (`transcript`, `segments`, `turns`,
`words`, `keywords`, `labels`, `entities`, `vectors`, `sounds`, `speech`, `notes`, `tracks`, `beats`, `numbers`, `text`); what
belongs to a single capability is in that capability's file. `parts` and `plots` are what the functions of a view return.
"""

from __future__ import annotations

from model_lab.views._base import SampleContext, View, is_a, list_of

__all__ = ["SampleContext", "View", "is_a", "list_of"]
