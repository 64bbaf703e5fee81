"""``use_cases.yaml``: the capabilities that a use case needs, how near each dataset is to it, and its limits."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from model_lab.contract import Device, Permitted
from model_lab.errors import BadConfig, UnknownName, nearest
from model_lab.runs.sprint import PACKAGED
from model_lab.schemas import Strict, parse, read_yaml


class Need(Strict):
    """The weight of a capability in a use case, and the relevance of its datasets."""

    weight: float = Field(gt=0)
    relevance: dict[str, float] = Field(
        default={}, description="dataset -> how near it is to the use case: 1 as any other, 3 three times as near, 0 not relevant"
    )
    others: float = Field(default=1.0, ge=0, description="the relevance of datasets that relevance does not name")

    @model_validator(mode="before")
    @classmethod
    def _accept_dataset(cls, content: Any) -> Any:
        """``dataset: NAME`` of 0.2: that one alone."""
        if not isinstance(content, dict) or "dataset" not in content:
            return content
        given = {key: value for key, value in content.items() if key != "dataset"}
        name = content["dataset"]
        warnings.warn(
            f"dataset: {name} is now relevance: {{{name}: 1}} with others: 0; use that: the next release has only the new keys",
            FutureWarning,
            2,
        )
        return {**given, "relevance": {name: 1.0}, "others": 0.0} if name else given

    @model_validator(mode="after")
    def _not_below_nothing(self) -> Need:
        for name, number in self.relevance.items():
            if number < 0:
                raise ValueError(f"relevance of {name} is {number:g}; expected 0 or more")
        return self

    def of(self, dataset: str) -> float:
        """The relevance of a dataset, 0 or more."""
        return self.relevance.get(dataset, self.others)


class UseCase(Strict):
    """A use case: the capabilities it needs, and the limits for every model."""

    title: str
    needs: dict[str, Need] = Field(min_length=1)
    licence: Permitted = "any"
    max_memory_gb: float | None = Field(default=None, gt=0, description="of all models together, and of each")
    max_real_time_factor: float | None = Field(default=None, gt=0)
    max_latency_s: float | None = Field(default=None, gt=0, description="median of a call")
    device: Device | None = Field(default=None, description="the device of the measurements; any if absent")


def use_cases(path: Path = PACKAGED / "use_cases.yaml") -> tuple[str, ...]:
    """The names of the use cases in a file, in its order."""
    return tuple(read_yaml(path))


def use_case(name: str, path: Path = PACKAGED / "use_cases.yaml") -> UseCase:
    """The use case called ``name`` in a file. Raises `UnknownName` with the nearest name, `BadConfig` for invalid content."""
    cases = read_yaml(path)
    if name not in cases:
        raise UnknownName(f"there is no use case {name!r}{nearest(name, cases)}; it must be one of: {', '.join(cases)}")
    if not isinstance(cases[name], dict):
        raise BadConfig(f"{path}: use case {name} is {cases[name]!r}; expected title and needs")
    return parse(UseCase, cases[name], path)
