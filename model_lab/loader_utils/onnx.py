"""Models in a single ONNX file, run on the CPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from model_lab.contract import threads


def session(model: Path, most: int | None = None) -> Any:
    """An onnxruntime session of ``model`` with at most ``most`` threads, by default `threads()`; onnxruntime would use every core.

    For short inferences use ``most=1``: two threads take several times the CPU time and are no faster.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = most or threads(), 1
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
