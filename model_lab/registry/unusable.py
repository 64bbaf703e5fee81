"""The parts that cannot be used: found beside the others, and listed, so that they disturb nothing else."""

from __future__ import annotations

from model_lab import capabilities, datasets, extensions
from model_lab.extensions import Problem
from model_lab.registry import model_cards


def problems() -> tuple[Problem, ...]:
    """What is wrong with folders, packages, capabilities, datasets and models, of this package and of plug-ins."""
    return (*extensions.registry().problems(), *capabilities.problems(), *datasets.problems(), *model_cards.problems())
