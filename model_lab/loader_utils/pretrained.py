"""Models in the layout of transformers' ``from_pretrained``: loaded completely, from a local folder, in the dtype of the card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from model_lab.contract import ModelCard, threads
from model_lab.errors import NotRunnable
from model_lab.loader_utils import load_errors


def pretrained(card: ModelCard, device: str, kind: Any, folder: Path, **settings: Any) -> Any:
    """A model of class ``kind`` (or one of transformers' ``Auto`` classes) from ``folder``, on ``device``, in evaluation mode.

    By default transformers would initialise missing weights randomly, and use the dtype of the files; this function does neither.
    Raises `NotRunnable` if weights are missing or the files are damaged.
    """
    import torch
    import transformers
    from safetensors import SafetensorError

    torch.set_num_threads(threads())
    dtype = "dtype" if int(transformers.__version__.split(".")[0]) > 4 else "torch_dtype"
    arguments = {dtype: getattr(torch, card.dtype(device)), "local_files_only": True, "output_loading_info": True}
    with load_errors.translate(card, folder, SafetensorError, OSError, ValueError):
        model, info = kind.from_pretrained(str(folder), **arguments, **settings)
    if missing := sorted(info["missing_keys"]):
        raise NotRunnable(
            f"{card.name}: {len(missing)} weights are not in {folder} ({', '.join(missing[:3])}); expected all: the files belong to another model"
        )
    return model.to(device).eval()
