"""Skeletons of a model, a capability or a dataset: files to fill in, which raise an error until they are."""

from __future__ import annotations

import builtins
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from model_lab import audio, capabilities, datasets, types
from model_lab.errors import BadConfig
from model_lab.extensions import KINDS, places
from model_lab.registry import model_cards
from model_lab.types import Audio


def make(kind_name: str, name: str, capability: str, into: Path | None) -> list[Path]:
    """Write the skeleton and return its files. Raises `BadConfig` for a bad or taken name, `UnknownName` for the capability."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise BadConfig(
            f"{name!r} is not a valid name for a {kind_name}; use lower-case letters, digits and underscores, starting with a letter"
        )
    existing = {"model": model_cards.names(), "capability": capabilities.names(), "dataset": datasets.names()}[kind_name]
    kind = KINDS[kind_name]
    if name in existing:
        raise BadConfig(f"there is a {kind_name} {name!r} already; choose another name, or see: model-lab show {name}")
    capabilities.capability(capability)
    folder = into / kind.plural if into is not None else places(kind)[0]
    write: dict[str, Callable[[Path, str, str], list[Path]]] = {"model": _model, "capability": _capability, "dataset": _dataset}
    return write[kind_name](folder, name, capability)


def _model(folder: Path, name: str, capability: str) -> list[Path]:
    call = capabilities.capability(capability).call
    function, _, signature = call.partition(";")[0].partition("(")
    arguments, _, answer = signature.rpartition("->")
    if answer.strip().islower() and answer.strip() not in vars(builtins):
        answer = " object"  # a type that only the text of the call describes
    type_names = sorted(
        {word for word in re.findall(r"\w+", arguments + answer) if word[0].isupper() and hasattr(types, word)} - {"Any"}
    )
    text = _LOADER.format(
        name=name,
        capability=capability,
        function=function,
        signature=f"{arguments}->{answer}",
        call=call,
        imports=f"from model_lab.types import {', '.join(type_names)}\n" if type_names else "",
    )
    return _written(
        {
            folder / name / "config.yaml": _CONFIG.format(name=name, capability=capability),
            folder / name / "loader.py": text,
            folder / name / "__init__.py": "",
        }
    )


def _capability(folder: Path, name: str, capability: str) -> list[Path]:
    return _written({folder / f"{name}.py": _CAPABILITY.format(name=name)})


def _dataset(folder: Path, name: str, capability: str) -> list[Path]:
    """A card, and a manifest with one sample, the capability's own example without its reference."""
    asked_capability, row, sounds = (
        capabilities.capability(capability),
        {"id": "example", "group": "example"},
        dict[Path, Audio](),
    )

    def put(sound: Audio) -> str:
        path = folder / name / f"{len(sounds) + 1}.wav"
        sounds[path] = sound
        return f"{name}/{path.name}"

    for (kind, column), value in zip(asked_capability.inputs, asked_capability.example().inputs, strict=True):
        if value is not None:
            row[column] = types.mapped(value, put) if kind == "audio" else value
    columns = "\n".join(
        f"#   {column.name}{'' if column.required else ' (optional)'}: {column.meaning}" for column in asked_capability.columns
    )
    return _written(
        {
            folder / f"{name}.yaml": _CARD.format(name=name, capability=capability, columns=columns),
            folder / f"{name}.jsonl": json.dumps(row) + "\n",
            **sounds,
        }
    )


def _written(contents: Mapping[Path, str | Audio]) -> list[Path]:
    """Write the files if none of them exists. Raises `BadConfig` if one does, or if writing fails."""
    for path in contents:
        if path.exists():
            raise BadConfig(f"{path} exists already and is not overwritten; choose another name, or move it away")
    for path, content in contents.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Audio):
                audio.write(path, content)
            else:
                path.write_text(content, "utf-8")
        except OSError as error:
            raise BadConfig(f"{path} cannot be written ({error.strerror}); choose another folder with --into") from None
    return list(contents)


_CONFIG = """\
# The schema, for editors: model-lab schema model. All keys: model-lab show faster_whisper.
title: {name}
summary: Describe in one sentence what it is, and what it does not do.
kind: algorithm            # neural, algorithm, baseline or judge
capabilities: [{capability}]
source: {{kind: algorithm, id: {name}}}
licence: {{code: Apache-2.0, commercial: true}}
memory_gb: 0.5             # measured peak of its worker
"""

_LOADER = '''\
"""{name}: describe what it is and where it comes from."""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import NotRunnable
{imports}

def load(card: ModelCard, device: str) -> Bundle:
    # Import the model's own packages here, and load its weights.

    # The model is called as {call}
    def {function}({signature}:
        raise NotRunnable("{name} is a skeleton; implement {function}() in its loader.py")

    return Bundle(card, device, {{"{capability}": {function}}})
'''

_CAPABILITY = '''\
"""{name}: describe the task."""

from __future__ import annotations

import numpy as np

from model_lab.capabilities import Capability, Column, Example, Grading, Resolve, Row
from model_lab.metrics import Components, ratio, share
from model_lab.types import Audio


def _agreement(reference: str, hypothesis: str) -> Components:
    return {{"right": float(reference == hypothesis), "all": 1.0}}


EXACT = share(
    "{name}_exact",
    "exact matches",
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
    in_words="{{in_100}} answers are right",
    call="answer(audio: Audio) -> str",
    answer="str",
    inputs=(("audio", "audio"),),
    columns=(Column("audio", "path of a sound file, relative to the manifest"), Column("answer", "the reference")),
    metrics=(EXACT,),
    grading=Grading((0.95, 0.85, 0.7, 0.5), reason="say why these", source="publications, or a convention of yours"),
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
summary: Describe in one sentence what is in it and where it comes from.
capability: {capability}
licence: state the licence
truth: human               # human, construction, synthetic or weak
annotation: Describe how the references were made.
group: recording           # what the bootstrap resamples together: speaker, recording, ...
# One sample per line. Its columns, besides id and group:
{columns}
source: {{kind: manifest, path: {name}.jsonl}}
tiers: {{smoke: 20, standard: 200, full: 0}}
"""
