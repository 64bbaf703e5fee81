"""Plug-ins: where models, capabilities, datasets and other parts come from, and the problems of unusable ones.

Parts come from three places: this package, the folders that ``MODEL_LAB_EXTENSIONS`` names (separated like ``PATH``, each laid out as
``models/``, ``capabilities/``, ``datasets/`` and so on), and the entry points of installed packages (``model_lab.models``,
``model_lab.capabilities`` and so on). An unusable part is a `Problem` and does not affect other parts.

One `Registry` holds all parts. Each package reads one kind through a `Catalogue`; `reset` makes the process search again.
"""

from model_lab.extensions.catalogue import Catalogue
from model_lab.extensions.folders import VARIABLE, packaged, places
from model_lab.extensions.kinds import (
    CAPABILITY,
    DATASET,
    EXECUTOR,
    FORMAT,
    KINDS,
    METRIC,
    MODEL,
    PERTURBATION,
    RECIPE,
    Item,
    Kind,
)
from model_lab.extensions.modules import load_module, shared_modules
from model_lab.extensions.problem import Problem, translate_errors
from model_lab.extensions.registry import Registry, registry, registry_cache, reset

__all__ = [
    "CAPABILITY",
    "DATASET",
    "EXECUTOR",
    "FORMAT",
    "KINDS",
    "METRIC",
    "MODEL",
    "PERTURBATION",
    "RECIPE",
    "VARIABLE",
    "Catalogue",
    "Item",
    "Kind",
    "Problem",
    "Registry",
    "load_module",
    "packaged",
    "places",
    "registry",
    "registry_cache",
    "reset",
    "shared_modules",
    "translate_errors",
]
