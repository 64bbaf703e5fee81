"""Plug-ins: where models, capabilities, datasets and the other kinds of parts come from, and what is wrong with those that fail.

Parts come from three places: this package, the folders that ``MODEL_LAB_EXTENSIONS`` names (separated like ``PATH``, each laid out as
``models/``, ``capabilities/``, ``datasets/`` and so on), and the entry points of installed packages (``model_lab.models``,
``model_lab.capabilities`` and so on). A part that cannot be used is a `Problem`, and keeps no other from being used.

One `Registry` holds what there is. Rooms read one kind each, through a `Catalogue`; `reset` makes the process look again.
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
