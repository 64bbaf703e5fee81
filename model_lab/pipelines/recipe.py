"""A recipe: a YAML file with the stages of a pipeline and the model of each."""

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
"""Folder of the packaged recipes."""


class Stage(Strict):
    """A model, with options that differ from its card."""

    model: str
    options: dict[str, Any] = {}
    device: Device | None = Field(default=None, description="device of this model; by default that of the whole pipeline")

    @property
    def card(self) -> ModelCard:
        """The card of the model with these options. Raises `UnknownName` for an unknown model, `BadConfig` for an unknown option."""
        return model_cards.with_options(model_cards.card(self.model), self.options)


class ChunkedStage(Stage):
    """A stage that processes long recordings in overlapping chunks."""

    chunk_s: float = Field(default=600.0, ge=10, description="maximum length of a chunk, in seconds")
    overlap_s: float = Field(default=10.0, ge=0, description="overlap of neighbouring chunks, in seconds")

    @model_validator(mode="after")
    def _consistent(self) -> ChunkedStage:
        if self.overlap_s > self.chunk_s / 2:
            raise ValueError(f"overlap_s is {self.overlap_s:g}; expected at most half of chunk_s ({self.chunk_s:g})")
        return self


class Separation(ChunkedStage):
    """Source separation; later stages use one of the stems."""

    stems: tuple[str, ...] = Field(min_length=1, description="later stages use the first of these stems that the model returns")


class Recognition(Stage):
    """Speech recognition, in pieces of the detected speech."""

    piece_s: float = Field(default=30.0, gt=1, description="maximum length of a piece, in seconds")


class Diarization(ChunkedStage):
    """Speaker diarization; a speaker embedding model links the speakers of different chunks."""

    linked_by: str = Field(
        default="resemblyzer", description="a model with the capability speaker_embed; used where there are several chunks"
    )
    same_voice: float = Field(
        default=0.82,
        ge=-1,
        le=1,
        description="minimum cosine similarity of two voices of one speaker; the default separates same and different speakers with "
        "Resemblyzer in the development pack, and other embedding models have other scales",
    )

    @property
    def linker(self) -> Stage:
        """The speaker embedding model as a stage of its own."""
        return Stage(model=self.linked_by, device=self.device)


class Stages(Strict):
    """The stages of a recipe, in order; stages that are absent are skipped."""

    enhance: ChunkedStage | None = None
    separate: Separation | None = None
    vad: ChunkedStage | None = None
    asr: Recognition | None = None
    diarization: Diarization | None = None
    ner: Stage | None = None
    summary: Stage | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Stages:
        if self.enhance and self.separate:
            raise ValueError("a recipe has enhance or separate, not both")
        if (self.ner or self.summary) and not self.asr:
            raise ValueError("ner and summary need the transcript of asr; add asr, or remove them")
        if not (self.vad or self.asr or self.diarization):
            raise ValueError("a recipe needs at least one of vad, asr and diarization")
        return self

    def named(self) -> dict[str, Stage]:
        """The stages of the recipe by name, in order."""
        stages = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: stage for name, stage in stages.items() if stage is not None}


class Chapters(Strict):
    """Divides the transcript where its subject changes."""

    shortest_s: float = Field(gt=0, description="minimum length of a chapter, in seconds")


class Recipe(Strict):
    """The schema of a recipe file."""

    title: str
    stages: Stages
    chapters: Chapters | None = None

    def model_stages(self) -> list[tuple[str, str, Stage]]:
        """(name, capability, stage) of every model that this recipe may run."""
        stages = [(name, CAPABILITIES[name], stage) for name, stage in self.stages.named().items()]
        if self.stages.diarization:
            stages.append(("linking", "speaker_embed", self.stages.diarization.linker))
        return stages


CAPABILITIES = {
    "enhance": "enhance",
    "separate": "separate",
    "vad": "vad",
    "asr": "asr",
    "diarization": "diarization",
    "ner": "ner",
    "summary": "summarize",
}
"""Stage -> required capability of its model."""


def names() -> tuple[str, ...]:
    """The names of the packaged recipes."""
    return tuple(sorted(path.stem for path in PACKAGED.glob("*.yaml")))


def recipe(name_or_path: str | Path, use: Mapping[str, str] | None = None) -> Recipe:
    """The recipe in a YAML file, or the packaged one of that name; ``use``: stage -> replacement model.

    A replacement model has its default options. Raises `BadConfig` for unknown keys and for a model without the required capability,
    `UnknownName` for an unknown model.
    """
    path = _path(name_or_path)
    checked = _replaced(parse(Recipe, read_yaml(path), path), use or {}, path)
    for name, capability, stage in checked.model_stages():
        card = stage.card
        if capability not in card.capabilities:
            suitable = [other.name for other in model_cards.cards() if capability in other.capabilities]
            raise BadConfig(
                f"{path}: {card.name} does not have the capability {capability!r}, which the stage {name} needs{nearest(card.name, suitable)}; "
                f"it must be one of: {', '.join(suitable)}"
            )
    return checked


def replacements(pairs: Iterable[str], option: str = "") -> dict[str, str]:
    """Parse ``STAGE=MODEL`` pairs as stage -> replacement model.

    Raises `BadConfig`, naming the command-line ``option``, for a pair of another form.

    >>> replacements(["asr=whisper", "ner = rule_ner"])
    {'asr': 'whisper', 'ner': 'rule_ner'}
    """
    models, prefix = {}, f"{option} " if option else ""
    for pair in pairs:
        stage, _, model = (part.strip() for part in pair.partition("="))
        if not stage or not model:
            raise BadConfig(f"{prefix}{pair!r} is not STAGE=MODEL; for example {prefix}ner=rule_ner")
        models[stage] = model
    return models


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


def _replaced(recipe: Recipe, use: Mapping[str, str], path: Path) -> Recipe:
    """The recipe with the models of some stages replaced."""
    stages = recipe.stages.named()
    for stage, model in use.items():
        if stage not in stages:
            raise BadConfig(f"{path} has no stage {stage!r}{nearest(stage, stages)}; it has: {', '.join(stages)}")
        if stages[stage].model != model:
            stages[stage] = stages[stage].model_copy(update={"model": model, "options": {}})
    return recipe.model_copy(update={"stages": recipe.stages.model_copy(update=stages)})
