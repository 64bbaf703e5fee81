"""A dataset is one card, ``datasets/cards/<name>.yaml``: its capability, its source and how its references were made."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from model_lab.languages import canonical
from model_lab.schemas import Strict

Tier = Literal["smoke", "standard", "full"]


class Archive(Strict):
    """A Debian package or a wheel whose files are used."""

    package: str = Field(
        pattern=r"^[A-Za-z0-9][\w.+-]*={1,2}[\w.+~:-]+$", description="NAME=VERSION of a Debian package, NAME==VERSION of a wheel"
    )
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="of the whole .deb or .whl")
    architecture: str = Field(default="all", description="of a Debian package")
    take: tuple[str, ...] = Field(default=(), description="patterns of the paths to keep, ! before those to leave out")

    @property
    def is_wheel(self) -> bool:
        """A wheel, and not a Debian package."""
        return "==" in self.package


class DataSource(Strict):
    """Where the samples come from; ``recipe`` names a function in ``datasets/recipes`` that writes the manifest."""

    kind: Literal["package", "debian", "manifest", "synthetic", "pack"] = Field(
        description="wheels; Debian packages; a manifest beside the card; made by the recipe alone; the folder MODEL_LAB_PACK names"
    )
    archives: tuple[Archive, ...] = ()
    path: str = Field(default="", description="of a manifest, relative to the card")
    recipe: str = Field(default="", description="MODULE.FUNCTION in model_lab.datasets.recipes")
    settings: dict[str, Any] = Field(default={}, description="passed to the recipe")

    @model_validator(mode="after")
    def _complete(self) -> DataSource:
        if self.kind == "manifest" and not (self.path and not self.recipe and not self.archives):
            raise ValueError("a manifest source has a path, and no recipe or archives")
        if self.kind != "manifest" and (self.path or self.recipe.count(".") != 1):
            raise ValueError(f"a {self.kind} source has a recipe MODULE.FUNCTION, and no path")
        if self.kind in ("synthetic", "pack") and self.archives:
            raise ValueError(f"a {self.kind} source has no archives")
        if self.kind == "pack" and "task" not in self.settings:
            raise ValueError("a pack source names the task's folder in the pack: settings: {task: NAME}")
        if self.kind in ("package", "debian") and {archive.is_wheel for archive in self.archives} != {self.kind == "package"}:
            raise ValueError(
                f"the archives of a {self.kind} source are written NAME{'==' if self.kind == 'package' else '='}VERSION"
            )
        return self


class DatasetCard(Strict):
    """The schema of a dataset card. The file's name is the dataset's name."""

    name: str = Field(default="", description="filled in from the file")
    folder: Path = Field(default=Path(), description="filled in from the file", exclude=True)
    title: str
    summary: str
    capability: str
    languages: tuple[str, ...] = Field(default=(), description="tags of what is spoken or written (ISO 639 or BCP 47: en, yue)")
    licence: str
    commercial: bool = True
    truth: Literal["human", "construction", "synthetic", "weak"] = Field(
        description="annotated by people; exact because a recipe combined real recordings; entirely synthetic; weak labels"
    )
    annotation: str = Field(description="how the reference was made, in a sentence")
    limits: str = Field(default="", description="what its scores do not show")
    group: str = Field(description="what the bootstrap's clusters are: speaker, recording, ...")
    speakers: int | None = None
    source: DataSource
    system: dict[str, str] = Field(
        default={}, description="Debian package its recipe needs -> the program on PATH, or the /path of a file, that shows it"
    )
    tiers: dict[Tier, int] = Field(description="number of samples per tier; 0 = all")

    @field_validator("languages")
    @classmethod
    def _canonical_languages(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        for tag in tags:
            canonical(tag)
        return tags
