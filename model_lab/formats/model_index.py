"""Results of evaluations as the Hugging Face hub reads them: the ``model-index`` of a model card, and files of ``.eval_results``.

Source:
    Hugging Face Hub documentation, "Model Cards" (evaluation results) and "Evaluation Results"; the schema is that of
    ``huggingface_hub.ModelCardData`` and ``huggingface_hub.EvalResultEntry``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from huggingface_hub import EvalResult, EvalResultEntry


def write(model: str, results: Sequence[EvalResult]) -> str:
    """The metadata block of a model card (YAML, without its ``---``).

    Args:
        model: The model's name.
        results: One result for each metric on each dataset.

    Returns:
        The block's text.
    """
    from huggingface_hub import ModelCardData

    return ModelCardData(model_name=model, eval_results=list(results)).to_yaml() + "\n"


def write_entries(entries: Sequence[EvalResultEntry]) -> str:
    """A file as a model's repository holds them in ``.eval_results`` (YAML).

    Args:
        entries: One entry for each metric on each benchmark.

    Returns:
        The file's text.
    """
    from huggingface_hub import eval_result_entries_to_yaml

    return yaml.safe_dump(eval_result_entries_to_yaml(list(entries)), sort_keys=False, allow_unicode=True)
