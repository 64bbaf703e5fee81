"""A dataset is one card, ``datasets/cards/<name>.yaml``: its capability, its source and how its references were made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from model_lab.languages import canonical
from model_lab.schemas import Strict

Tier = Literal["smoke", "standard", "full"]

Author = Literal["project", "publisher", "third-party", "unknown"]
"""Who wrote a test: what is asked and what counts as right."""

Layout = Literal["confirmed", "unverified"]
"""How the layout of a public dataset is known: seen in its own repository or in a program that reads it, or only in part."""


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

    public: ClassVar[bool] = False
    kind: Literal["package", "debian", "manifest", "synthetic", "pack"] = Field(
        description="wheels; Debian packages; a manifest beside the card; made by the recipe alone; the folder MODEL_LAB_PACK names"
    )
    archives: tuple[Archive, ...] = ()
    path: str = Field(default="", description="of a manifest, relative to the card")
    recipe: str = Field(default="", description="MODULE.FUNCTION in model_lab.datasets.recipes")
    settings: dict[str, Any] = Field(default={}, description="passed to the recipe")

    @property
    def origins(self) -> tuple[str, ...]:
        """What it is fetched from."""
        return tuple(archive.package for archive in self.archives)

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


class ColumnSource(Strict):
    """What a column of the manifest is made of. A text in its place is the name of one column of the table."""

    column: str = Field(default="", description="column of the table; a.b is the field b of the struct a")
    columns: dict[str, str] = Field(default={}, description="several columns, by the part that each is for the conversion")
    convert: str = Field(default="", description="a conversion of model_lab.datasets.hub.conversions; empty: the value as it is")
    names: dict[str, str] = Field(default={}, description="value as it is (or its class name) -> value in the manifest")
    settings: dict[str, Any] = Field(default={}, description="of the conversion")
    value: Any = Field(default=None, description="the same value in every row")

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return {"column": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one(self) -> ColumnSource:
        if sum((bool(self.column), bool(self.columns), self.value is not None)) != 1:
            raise ValueError("a column of the manifest is made of one of: column, columns, value")
        return self

    @property
    def read(self) -> tuple[str, ...]:
        """The columns of the table that it needs, without the fields in them."""
        return tuple(dict.fromkeys(name.partition(".")[0] for name in (self.column, *self.columns.values()) if name))


class HubPart(Strict):
    """One configuration and split of the repository; ``values`` are columns of the manifest that are the same in all its rows."""

    config: str = Field(default="", description="empty: the one that the repository calls default")
    split: str = "test"
    files: tuple[str, ...] = Field(
        default=(), description="patterns of its Parquet files, where neither the repository's card nor the usual places say them"
    )
    values: dict[str, Any] = {}


class HubMerge(Strict):
    """Rows that make one sample together: those with the same key, wherever they are.

    Lists of the manifest's columns are joined, and objects too; of other values, the first that is there is taken.
    """

    key: ColumnSource = Field(description="what is the same in all rows of a sample")
    rows: int = Field(
        default=0, ge=0, description="how many rows make a sample, which is left out if one is missing; 0: any number"
    )


class PublicSource(Strict):
    """A published dataset, read from where it was published."""

    public: ClassVar[bool] = True


class HubRepository(PublicSource):
    """A dataset repository of the Hugging Face hub."""

    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    revision: str = Field(default="main", description="a commit; a branch only where no commit is known")
    gated: bool = False
    megabytes: float | None = Field(
        default=None, gt=0, description="size of all that is read of it, as published; null: not known"
    )
    page: str = Field(default="", description="web page; empty: the repository's")

    @property
    def origins(self) -> tuple[str, ...]:
        """What it is fetched from."""
        return (self.repository,)

    @property
    def url(self) -> str:
        """The page about it."""
        return self.page or f"https://huggingface.co/datasets/{self.repository}"


class HubSource(HubRepository):
    """Tables of Parquet files in a dataset repository of the Hugging Face hub, read without running any code of theirs."""

    kind: Literal["hub"]
    parts: tuple[HubPart, ...] = Field(min_length=1)
    columns: dict[str, ColumnSource] = Field(default={}, description="column of the manifest -> what it is made of")
    where: dict[str, tuple[Any, ...]] = Field(
        default={}, description="column of the table -> values (or class names) of the rows that are used; all if empty"
    )
    not_empty: tuple[str, ...] = Field(default=(), description="columns of the manifest without which a row is left out")
    merge: HubMerge | None = Field(default=None, description="rows that make one sample together; null: each row is one")


class TrialsSource(HubRepository):
    """A published list of speaker trials, and a zip archive of their recordings on the hub."""

    kind: Literal["hub_trials"]
    archive: str = Field(description="path of the zip archive in the repository")
    prefix: str = Field(default="", description="what the paths in the archive begin with, before those of the list")
    trials: str = Field(pattern=r"^https?://", description="address of the list: 0 or 1 and two recordings a line")

    @property
    def origins(self) -> tuple[str, ...]:
        """What it is fetched from."""
        return (self.repository, self.trials)


class LoaderSource(PublicSource):
    """A dataset that mirdata or soundata downloads, validates and annotates."""

    kind: Literal["mirdata", "soundata"]
    loader: str = Field(pattern=r"^[a-z]\w*$", description="name of the library's loader")
    version: str = Field(default="", description="of the dataset; empty: the library's default")
    annotation: str = Field(default="", description="attribute of a track that is the reference; empty: the one that fits")
    audio: str = Field(default="audio_path", description="attribute of a track that is the path of its sound")
    cluster: str = Field(default="", description="attribute of a track that names its cluster; empty: each track is one")
    where: dict[str, str] = Field(default={}, description="attribute of a track -> value of those that are used; all if empty")
    downloads: tuple[str, ...] = Field(
        default=(), description="those of the loader's remotes that are needed; empty: its own choice"
    )
    megabytes: float | None = Field(default=None, gt=0, description="size of the downloads; null: not known")
    gated: bool = False

    @property
    def origins(self) -> tuple[str, ...]:
        """What it is fetched from."""
        return (f"{self.kind}:{self.loader}",)


class NoSource(PublicSource):
    """A public dataset without a legal or technical route: its card says why in ``unsupported_reason``."""

    kind: Literal["none"]
    page: str = Field(description="web page about it")

    @property
    def origins(self) -> tuple[str, ...]:
        """What it is fetched from."""
        return (self.page,)


Source = Annotated[DataSource | HubSource | TrialsSource | LoaderSource | NoSource, Field(discriminator="kind")]


class Protocol(Strict):
    """How the authors of a benchmark score it; published numbers hold for exactly this."""

    metric: str = Field(description="our metric that follows it; its scorer is in every result")
    summary: str = Field(description="normalisation, collar, averaging, trial list, what is left out: in sentences")
    source: str = Field(description="where the protocol is published")


class DatasetCard(Strict):
    """The schema of a dataset card. The file's name is the dataset's name."""

    name: str = Field(default="", description="filled in from the file")
    folder: Path = Field(default=Path(), description="filled in from the file", exclude=True)
    title: str
    summary: str
    capability: str
    primary: str = Field(
        default="",
        description="metric of the capability that ranks models on this data, where the capability's primary metric has no value on it; empty: that one",
    )
    languages: tuple[str, ...] = Field(default=(), description="tags of what is spoken or written (ISO 639 or BCP 47: en, yue)")
    licence: str
    commercial: bool = True
    truth: Literal["human", "construction", "synthetic", "weak"] = Field(
        description="annotated by people; exact because a recipe combined real recordings; entirely synthetic; weak labels"
    )
    annotation: str = Field(description="how the reference was made, in a sentence")
    author: Author = Field(
        default="unknown",
        description="who wrote the test: project: the authors of this bench wrote its texts, labels or sounds; publisher: those who published "
        "the recordings, at most arranged by a recipe; third-party: people independent of both",
    )
    limits: str = Field(default="", description="what its scores do not show")
    group: str = Field(description="what the bootstrap's clusters are: speaker, recording, ...")
    speakers: int | None = None
    slices: tuple[str, ...] = Field(
        default=(),
        description="columns of its samples by which reports break scores down, besides those they recognise (language, accent, gender, noise, ...)",
    )
    source: Source
    layout: Layout = Field(
        default="confirmed", description="unverified: columns or splits of a public dataset are known only in part"
    )
    protocol: Protocol | None = Field(default=None, description="of a public benchmark")
    unsupported_reason: str = Field(default="", description="why it cannot be used at all; empty if it can")
    system: dict[str, str] = Field(
        default={}, description="Debian package its recipe needs -> the program on PATH, or the /path of a file, that shows it"
    )
    tiers: dict[Tier, int] = Field(description="number of samples per tier; 0 = all")

    @model_validator(mode="after")
    def _explained(self) -> DatasetCard:
        if isinstance(self.source, NoSource) and not self.unsupported_reason:
            raise ValueError("a dataset without a source says why: unsupported_reason")
        return self

    @field_validator("languages")
    @classmethod
    def _canonical_languages(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        for tag in tags:
            canonical(tag)
        return tags
