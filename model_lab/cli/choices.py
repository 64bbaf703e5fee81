"""What an option may be, where it is one of a few words."""

from __future__ import annotations

from enum import StrEnum


class Licences(StrEnum):
    """Which licences are wanted: `model_lab.contract.Permitted` as the command line says it."""

    any = "any"
    commercial = "commercial"
    permissive = "permissive"
