"""Models that are one ONNX file, run on the CPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from model_lab.contract import threads


def session(model: Path, most: int | None = None) -> Any:
    """An onnxruntime session of ``model`` that takes no more than `threads()` threads, or ``most``; left alone, one takes every core.

    Where each run is little work, two threads take several times the CPU of one and are no faster: ``most`` is 1 there.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = most or threads(), 1
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
