"""Tables in formats other than JSONL: which, and the command that converts them to a manifest."""

from __future__ import annotations

import json
from pathlib import Path
from shlex import quote

_TABS = r", delimiter='\t'"


def conversion_hint(path: Path, content: bytes) -> str:
    """What ``content`` is if it is a JSON array, an object over several lines or a table, and what to do; empty if it is none of them."""
    text = content.decode("utf-8-sig", "replace").strip()
    first = text.partition("\n")[0]
    if text.startswith("["):
        return f"{path} is a JSON array; {_convert(path, 'json.load(sys.stdin)')}"
    if text.startswith("{"):
        return (
            f"{path} is one JSON object over several lines; write each sample on a line of its own"
            if first != text and not _is_json(first) and _is_json(text)
            else ""
        )
    tabs = "\t" in first
    if tabs or path.suffix.lower() in (".csv", ".tsv"):
        rows = f"csv.DictReader(sys.stdin{_TABS if tabs else ''})"
        return f"{path} is a table; {_convert(path, rows)}"
    return ""


def _convert(path: Path, rows: str) -> str:
    program = f"import csv, json, sys; [print(json.dumps(row)) for row in {rows}]"
    made = path.with_suffix(".jsonl")
    made = made if made != path else path.with_name(f"{path.stem}-lines.jsonl")
    return f'convert it to one object a line: python3 -c "{program}" < {quote(str(path))} > {quote(str(made))}'


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
