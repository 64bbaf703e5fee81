"""Let the examples in docstrings, which the test suite runs as doctests, stand in the site as blocks of code."""

from __future__ import annotations

import re
from typing import Any

import griffe

_DOCTEST = re.compile(r"^(?P<indent> *)>>> .*(?:\n(?P=indent)[^ \n].*|\n(?P=indent) +\S.*)*", re.MULTILINE)


def fenced(docstring: str) -> str:
    """The docstring with a fence around every doctest."""
    return _DOCTEST.sub(lambda doctest: f"{doctest['indent']}```pycon\n{doctest[0]}\n{doctest['indent']}```", docstring)


class DoctestBlocks(griffe.Extension):
    """Fence the doctests of every docstring; without it Markdown would take ``>>>`` for a quotation."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change the docstring of one module, class, function or attribute."""
        if obj.docstring:
            obj.docstring.value = fenced(obj.docstring.value)
