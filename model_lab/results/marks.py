"""What people who listened say of references: one JSONL file per dataset, never in the data.

    <manifest>.audit.jsonl           beside a manifest (or folder) of the user's own
    <runs>/audits/<dataset>.jsonl    of every other dataset, for all runs of that folder

A line is a `Mark`; the last one of a sample counts, as long as the sample's row is the one that was heard.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import Field

from model_lab.errors import BadConfig, nearest
from model_lab.results.schema import StoredSample
from model_lab.results.store import JsonlLog, RunFolder
from model_lab.schemas import Strict

Verdict = Literal["wrong", "fine", "unsure"]


class Mark(Strict):
    """A verdict on the reference of one sample."""

    dataset: str
    sample_id: str
    verdict: Verdict
    reason: str = ""
    row: str = Field(
        description="first 16 hex digits of the SHA-256 of the sample's row as canonical JSON, which the verdict is about"
    )
    marked: str = Field(description="when, ISO 8601 in UTC")


def place(folder: RunFolder, dataset: str, questions: Sequence[StoredSample]) -> Path:
    """The file of the marks of a dataset, which need not exist."""
    arguments = folder.manifest().get("arguments")
    own = arguments.get("manifest") if isinstance(arguments, dict) else None
    if isinstance(own, str) and any(question.anywhere for question in questions):
        return Path(own).with_name(f"{Path(own).name}.audit.jsonl")
    return folder.path.parent / "audits" / f"{dataset.replace(':', '-').replace('/', '-')}.jsonl"


def verdict_of(word: str) -> Verdict:
    """The verdict of that name. Raises `BadConfig` for another word."""
    verdicts: tuple[Verdict, ...] = get_args(Verdict)
    for verdict in verdicts:
        if word == verdict:
            return verdict
    raise BadConfig(f"--as is {word!r}{nearest(word, verdicts)}; expected one of: {', '.join(verdicts)}")


def mark(path: Path, dataset: str, question: StoredSample, verdict: Verdict, reason: str = "") -> Mark:
    """Append a mark to the file. Raises `StoreError` if it cannot be written."""
    made = Mark(
        dataset=dataset,
        sample_id=question.id,
        verdict=verdict,
        reason=reason,
        row=_digest(question.row),
        marked=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    JsonlLog(path).append(made)
    return made


def read(path: Path, questions: Sequence[StoredSample]) -> tuple[dict[str, Mark], int]:
    """The mark of each sample that has one, and the number of marks of samples whose row has changed since.

    Raises `BadConfig` or `StoreError` for a line that is no mark.
    """
    last = {made.sample_id: made for made in JsonlLog(path).read(Mark)}
    rows = {question.id: question.row for question in questions}
    there = {sample: made for sample, made in last.items() if sample in rows}
    valid = {sample: made for sample, made in there.items() if made.row == _digest(rows[sample])}
    return valid, len(there) - len(valid)


def _digest(row: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(row, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:16]
