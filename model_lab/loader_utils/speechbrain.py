"""Models published by SpeechBrain: a ``hyperparams.yaml`` that builds the parts, and a weights file for each.

The library fetches these files from the hub named in the YAML, and initialises missing weights randomly. Here they are read from the
local repository folder, and must contain every weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from model_lab.contract import ModelCard, threads
from model_lab.loader_utils import state_dict


def pretrained(card: ModelCard, device: str, folder: Path, interface: Any, changes: Mapping[str, Any] | None = None) -> Any:
    """SpeechBrain's ``interface`` to the model in ``folder``, on ``device``; ``changes`` override its hyperparameters."""
    import torch
    from hyperpyyaml import load_hyperpyyaml
    from speechbrain.utils.checkpoints import DEFAULT_TRANSFER_HOOKS, get_default_hook, torch_parameter_transfer

    torch.set_num_threads(threads())
    with (folder / "hyperparams.yaml").open(encoding="utf-8") as stream:
        parts = load_hyperpyyaml(stream, dict(changes or {}))
    pretrainer = parts["pretrainer"]
    pretrainer.add_paths({name: str(folder / Path(path).name) for name, path in pretrainer.paths.items()})
    networks = [
        name
        for name, part in pretrainer.loadables.items()
        if get_default_hook(part, DEFAULT_TRANSFER_HOOKS) is torch_parameter_transfer
    ]
    pretrainer.add_custom_hooks(dict.fromkeys(networks, partial(_fill, card)))
    pretrainer.collect_files(default_source=str(folder))
    pretrainer.load_collected()
    return interface(modules=parts["modules"], hparams=parts, run_opts={"device": device})


def _fill(card: ModelCard, network: Any, file: str) -> None:
    from speechbrain.utils.checkpoints import hook_on_loading_state_dict_checkpoint

    weights = hook_on_loading_state_dict_checkpoint(state_dict.read(card, Path(file)))
    state_dict.fill(card, network, weights, Path(file))
