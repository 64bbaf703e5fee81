"""A recipe: one YAML file that says which stages a recording goes through, and which model does each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from model_lab.contract import Device, ModelCard
from model_lab.errors import BadConfig, nearest
from model_lab.registry import model_cards
from model_lab.schemas import Strict, parse, read_yaml

PACKAGED = Path(str(files("model_lab.config"))) / "pipelines"
"""The recipes that come with the package."""


class Stage(Strict):
    """A model and the options that are not as its card has them."""

    model: str
    options: dict[str, Any] = {}
    device: Device | None = Field(
        default=None, description="where this model runs; where the whole pipeline does if none is named"
    )

    @property
    def card(self) -> ModelCard:
        """The model's card with these options. Raises `UnknownName` for a model, `BadConfig` for an option that does not exist."""
        return model_cards.with_options(model_cards.card(self.model), self.options)


class Listening(Stage):
    """Hears the recording in chunks that overlap, where it is longer than one."""

    chunk_s: float = Field(default=600.0, ge=10, description="the longest stretch its model hears at once, in seconds")
    overlap_s: float = Field(default=10.0, ge=0, description="how much neighbouring chunks share, in seconds")

    @model_validator(mode="after")
    def _consistent(self) -> Listening:
        if self.overlap_s > self.chunk_s / 2:
            raise ValueError(f"overlap_s is {self.overlap_s:g}; at most half of chunk_s ({self.chunk_s:g}) makes sense")
        return self


class Separation(Listening):
    """Takes the recording apart and goes on with one of its stems."""

    stems: tuple[str, ...] = Field(min_length=1, description="the first of these that the model gives is what later stages hear")


class Recognition(Stage):
    """Hears speech in pieces."""

    piece_s: float = Field(
        default=30.0, gt=1, description="the longest piece of the recording it is asked about at once, in seconds"
    )


class Diarization(Listening):
    """Tells speakers apart; a voice embedder says which speakers of different chunks are one."""

    linked_by: str = Field(
        default="resemblyzer", description="a model that can speaker_embed; asked where there are several chunks"
    )
    same_voice: float = Field(
        default=0.82,
        ge=-1,
        le=1,
        description="the least cosine at which two voices are one speaker; Resemblyzer's are above it for one speaker and below it "
        "for two in the development pack, and other embedders have other scales",
    )

    @property
    def linker(self) -> Stage:
        """The voice embedder as a stage of its own."""
        return Stage(model=self.linked_by, device=self.device)


class Stages(Strict):
    """What is done, in this order; a stage that is not named is left out."""

    enhance: Listening | None = None
    separate: Separation | None = None
    vad: Listening | None = None
    asr: Recognition | None = None
    diarization: Diarization | None = None
    ner: Stage | None = None
    summary: Stage | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Stages:
        if self.enhance and self.separate:
            raise ValueError("a recipe has enhance or separate, not both")
        if (self.ner or self.summary) and not self.asr:
            raise ValueError("ner and summary read what asr wrote; add asr, or leave them out")
        if not (self.vad or self.asr or self.diarization):
            raise ValueError("a recipe needs at least one of vad, asr and diarization")
        return self

    def named(self) -> dict[str, Stage]:
        """The stages there are, by name, in order."""
        found = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: stage for name, stage in found.items() if stage is not None}


class Chapters(Strict):
    """Cut the transcript where its subject changes."""

    shortest_s: float = Field(gt=0, description="no chapter is shorter, in seconds")


class Recipe(Strict):
    """The schema of a recipe file."""

    title: str
    stages: Stages
    chapters: Chapters | None = None

    def asked(self) -> list[tuple[str, str, Stage]]:
        """Every (name, capability, stage) that this recipe may ask."""
        found = [(name, CAPABILITIES[name], stage) for name, stage in self.stages.named().items()]
        if self.stages.diarization:
            found.append(("linking", "speaker_embed", self.stages.diarization.linker))
        return found


CAPABILITIES = {
    "enhance": "enhance",
    "separate": "separate",
    "vad": "vad",
    "asr": "asr",
    "diarization": "diarization",
    "ner": "ner",
    "summary": "summarize",
}
"""Stage -> the capability that its model must have."""


def names() -> tuple[str, ...]:
    """The recipes that come with the package."""
    return tuple(sorted(path.stem for path in PACKAGED.glob("*.yaml")))


def recipe(name_or_path: str | Path, use: Mapping[str, str] | None = None) -> Recipe:
    """The recipe in a YAML file, or the one of that name in the package; ``use``: stage -> the model that does it instead.

    A stage whose model is replaced takes the new model's own options. Raises `BadConfig` for anything unknown in it and for a
    model that cannot do what its stage asks, `UnknownName` for a model that does not exist.
    """
    path = _path(name_or_path)
    found = _replaced(parse(Recipe, read_yaml(path), path), use or {}, path)
    for name, capability, stage in found.asked():
        card = stage.card
        if capability not in card.capabilities:
            able = [other.name for other in model_cards.cards() if capability in other.capabilities]
            raise BadConfig(
                f"{path}: {card.name} cannot {capability!r}, which {name} asks{nearest(card.name, able)}; "
                f"it must be one of: {', '.join(able)}"
            )
    return found


def replacements(said: Iterable[str], option: str = "") -> dict[str, str]:
    """Stage -> the model that does it instead. Raises `BadConfig`, naming the ``option`` that it was given with, for what is no such pair.

    >>> replacements(["asr=whisper", "ner = rule_ner"])
    {'asr': 'whisper', 'ner': 'rule_ner'}
    """
    found, named = {}, f"{option} " if option else ""
    for pair in said:
        stage, _, model = (part.strip() for part in pair.partition("="))
        if not stage or not model:
            raise BadConfig(f"{named}{pair!r} is not STAGE=MODEL; for example {named}ner=rule_ner")
        found[stage] = model
    return found


def _path(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    if path.suffix in (".yaml", ".yml") or path.is_file():
        return path
    if str(name_or_path) not in names():
        raise BadConfig(
            f"there is no recipe {str(name_or_path)!r}{nearest(str(name_or_path), names())}; "
            f"name a YAML file or one of: {', '.join(names())}"
        )
    return PACKAGED / f"{name_or_path}.yaml"


def _replaced(given: Recipe, use: Mapping[str, str], path: Path) -> Recipe:
    """The recipe with other models at some stages."""
    there = given.stages.named()
    for stage, model in use.items():
        if stage not in there:
            raise BadConfig(f"{path} has no stage {stage!r}{nearest(stage, there)}; it has: {', '.join(there)}")
        if there[stage].model != model:
            there[stage] = there[stage].model_copy(update={"model": model, "options": {}})
    return given.model_copy(update={"stages": given.stages.model_copy(update=there)})
