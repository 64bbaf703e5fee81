"""Executors by name: ``local``, and those that plug-ins add in the group ``model_lab.executors``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from model_lab import extensions
from model_lab.errors import ContractBroken, UnknownName, nearest
from model_lab.extensions import Catalogue, Item
from model_lab.provision.gpus import Gpu
from model_lab.runs.executors import Executor, LocalExecutor

ExecutorFactory = Callable[[int, Sequence[Gpu]], Executor]
"""``(jobs, gpus) -> executor``: for that many workers at once, on the GPUs that ``--device`` allows."""

LOCAL = "local"


def names() -> tuple[str, ...]:
    """The names of all executors, those that cannot be used included; imports none of them."""
    return (LOCAL, *_EXECUTORS.names())


def executor(name: str, jobs: int, gpus: Sequence[Gpu]) -> Executor:
    """The executor called ``name``.

    Raises:
        UnknownName: There is no executor with that name.
        BadConfig: It does not support that many jobs.
        ContractBroken: It cannot be used.
    """
    if name == LOCAL:
        return LocalExecutor(jobs, gpus=gpus)
    if name not in names():
        raise UnknownName(f"--executor is {name!r}{nearest(name, names())}; expected one of: {', '.join(names())}")
    with extensions.translate_errors(_EXECUTORS.item(name).place):
        instance = _EXECUTORS.get(name)(jobs, gpus)
        if not callable(getattr(instance, "run", None)):
            raise ContractBroken(f"executor {name} made a {type(instance).__name__}; expected an Executor, with run(tasks)")
    return instance


_EXECUTORS: Catalogue[ExecutorFactory] = Catalogue(extensions.EXECUTOR, Item.load_object)
