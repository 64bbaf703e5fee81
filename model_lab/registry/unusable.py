"""Unusable parts: listed with their reasons, so that they do not affect other parts."""

from __future__ import annotations

from model_lab import capabilities, datasets, extensions
from model_lab.datasets import perturbations
from model_lab.extensions import Catalogue, Item, Problem
from model_lab.formats import registry as formats
from model_lab.registry import model_cards


def problems() -> tuple[Problem, ...]:
    """The problems of folders, packages and parts of every kind, of this package and of plug-ins."""
    return (
        *extensions.registry().problems(),
        *capabilities.problems(),
        *datasets.problems(),
        *model_cards.problems(),
        *perturbations.problems(),
        *formats.problems(),
        *_EXECUTORS.problems(),
    )


_EXECUTORS: Catalogue[object] = Catalogue(extensions.EXECUTOR, Item.load_object)
