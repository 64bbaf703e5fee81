"""Skeletons of a model, a capability or a dataset: files to fill in, which say so until they are."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from model_lab import audio, capabilities, datasets
from model_lab.errors import BadConfig
from model_lab.extensions import places
from model_lab.harness import registry
from model_lab.types import Audio


def make(thing: str, name: str, capability: str, into: Path | None) -> list[Path]:
    """Write the skeleton and return its files. Raises `BadConfig` for a bad or taken name, `UnknownName` for the capability."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise BadConfig(f"{name!r} is no name for a {thing}; use lower-case letters, digits and underscores, a letter first")
    taken = {"model": registry.names(), "capability": capabilities.names(), "dataset": datasets.names()}[thing]
    kind = {"model": "models", "capability": "capabilities", "dataset": "datasets"}[thing]
    if name in taken:
        raise BadConfig(f"there is a {thing} {name!r} already; choose another name, or see: model-lab show {name}")
    capabilities.capability(capability)
    folder = into / kind if into is not None else places(kind)[0]
    write: dict[str, Callable[[Path, str, str], list[Path]]] = {"model": _model, "capability": _capability, "dataset": _dataset}
    return write[thing](folder, name, capability)


def _model(folder: Path, name: str, capability: str) -> list[Path]:
    call = capabilities.capability(capability).call
    function, _, signature = call.partition("(")
    kinds = sorted({"Audio"} & set(re.findall(r"\w+", call)) | _answer_types(call))
    imports = f"from model_lab.types import {', '.join(kinds)}\n" if kinds else ""
    text = _LOADER.format(name=name, capability=capability, function=function, signature=signature, imports=imports)
    return _written(
        {
            folder / name / "config.yaml": _CONFIG.format(name=name, capability=capability),
            folder / name / "loader.py": text,
            folder / name / "__init__.py": "",
        }
    )


def _answer_types(call: str) -> set[str]:
    from model_lab import types

    return {
        word
        for word in re.findall(r"\w+", call)
        if isinstance(getattr(types, word, None), type) and word[0].isupper() and word != "Any"
    }


def _capability(folder: Path, name: str, capability: str) -> list[Path]:
    return _written({folder / f"{name}.py": _CAPABILITY.format(name=name)})


def _dataset(folder: Path, name: str, capability: str) -> list[Path]:
    asked, row, sounds = capabilities.capability(capability), {"id": "example", "group": "example"}, {}
    for (kind, column), value in zip(asked.inputs, asked.example().inputs, strict=True):
        if isinstance(value, Audio):
            row[column] = f"{name}/{column}.wav"
            sounds[folder / name / f"{column}.wav"] = value
        elif kind == "text":
            row[column] = value
    columns = "\n".join(
        f"#   {column.name}{'' if column.required else ' (optional)'}: {column.meaning}" for column in asked.columns
    )
    written = _written(
        {
            folder / f"{name}.yaml": _CARD.format(name=name, capability=capability, columns=columns),
            folder / f"{name}.jsonl": json.dumps(row) + "\n",
        }
    )
    for path, sound in sounds.items():
        audio.write(path, sound)
    return [*written, *sounds]


def _written(contents: dict[Path, str]) -> list[Path]:
    for path, text in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return list(contents)


_CONFIG = """\
# The schema, for editors: model-lab schema model. All keys: model-lab show faster_whisper.
title: {name}
summary: Say in one sentence what it is, and what it does not do.
kind: algorithm            # neural, algorithm, baseline or judge
capabilities: [{capability}]
source: {{kind: algorithm, id: {name}}}
licence: {{code: Apache-2.0, commercial: true}}
memory_gb: 0.5             # measured peak of its worker
"""

_LOADER = '''\
"""{name}: say what it is and where it comes from."""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import NotRunnable
{imports}

def load(card: ModelCard, device: str) -> Bundle:
    # Import the model's own packages here, and load its weights.

    def {function}({signature}:
        raise NotRunnable("{name} is a skeleton; write {function}() in its loader.py")

    return Bundle(card, device, {{"{capability}": {function}}})
'''

_CAPABILITY = '''\
"""{name}: say what question it is."""

from __future__ import annotations

import numpy as np

from model_lab.capabilities._base import Capability, Column, Example, Resolve, Row
from model_lab.metrics._base import Components, ratio, share
from model_lab.types import Audio


def _agreement(reference: str, hypothesis: str) -> Components:
    return {{"right": float(reference == hypothesis), "all": 1.0}}


EXACT = share(
    "{name}_exact",
    "exactly right answers",
    "name the paper or standard",
    _agreement,
    lambda pooled: ratio(pooled["right"], pooled["all"]),
)


def _reference(row: Row, resolve: Resolve) -> str:
    return str(row["answer"])


def _problems(answer: object, audio: Audio) -> list[str]:
    return [] if isinstance(answer, str) else [f"answer is a {{type(answer).__name__}}; expected str"]


def _example() -> Example:
    return Example((Audio(np.zeros(16000, np.float32), 16000),), "silence")


CAPABILITY = Capability(
    name="{name}",
    title="{name}",
    call="answer(audio: Audio) -> str",
    answer="str",
    inputs=(("audio", "audio"),),
    columns=(Column("audio", "path of a sound file, relative to the manifest"), Column("answer", "the truth")),
    metrics=(EXACT,),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=lambda audio: "",
    chance=lambda rng, audio: str(rng.choice(["silence", "sound"])),
    ideal=lambda reference, audio: reference,
)
'''

_CARD = """\
# The schema, for editors: model-lab schema dataset.
title: {name}
summary: Say in one sentence what is in it and where it comes from.
capability: {capability}
licence: state it
truth: human               # human, construction, synthetic or weak
annotation: Say how the truth was made.
group: recording           # what the bootstrap resamples together: speaker, recording, ...
# One sample a line. Its columns, besides id and group:
{columns}
source: {{kind: manifest, path: {name}.jsonl}}
tiers: {{smoke: 20, standard: 200, full: 0}}
"""
