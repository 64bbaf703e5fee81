"""emotion2vec+ large through FunASR's network, without FunASR's own way of loading it.

That way fills in weights that the file lacks with random numbers, falls back to the CPU without a word, and looks for newer
versions. The names of emotions are in Chinese and English; the English ones are given, as the other models call them.
"""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.errors import NotRunnable
from model_lab.loader_utils import state_dict
from model_lab.loader_utils.input_limits import bounded_samples
from model_lab.types import Audio, Label

_SHORTEST_S = 0.1
_NAMES = {"disgusted": "disgust", "fearful": "fear", "surprised": "surprise", "<unk>": "unknown"}
_PREFIX = "d2v_model."
"""Of the names of weights: the network was part of a larger one when it was trained."""


def load(card: ModelCard, device: str) -> Bundle:
    import torch

    torch.set_num_threads(threads())
    folder = card.repository("model")
    tokens = [line.strip() for line in (folder / "tokens.txt").read_text("utf-8").splitlines() if line.strip()]
    model, tokenizer = _network(card, folder, len(tokens)).to(device), SimpleNamespace(token_list=tokens)

    def recognize(audio: Audio) -> list[Label]:
        samples = torch.from_numpy(bounded_samples(card, audio, _SHORTEST_S))
        (prediction,), _ = model.inference([samples], key=[""], tokenizer=tokenizer, device=device, extract_embedding=False)
        scores = np.asarray(prediction["scores"])
        return [
            Label(_name(prediction["labels"][number]), float(scores[number])) for number in np.argsort(-scores, kind="stable")
        ]

    return Bundle(card, device, {"emotion": torch.inference_mode()(recognize)})


def _network(card: ModelCard, folder: Path, classes: int) -> Any:
    from funasr.models.emotion2vec.model import Emotion2vec
    from omegaconf import OmegaConf

    settings = OmegaConf.load(folder / "config.yaml").model_conf
    layers = str(settings.modalities.audio.feature_encoder_spec)
    if not re.fullmatch(r"[\d\s()\[\],+*]+", layers):  # FunASR has Python evaluate it
        raise NotRunnable(
            f"{card.name}: feature_encoder_spec in {folder / 'config.yaml'} is {layers[:80]!r}; expected lists of numbers"
        )
    model = Emotion2vec(model_conf=settings, vocab_size=classes)
    file = folder / "model.pt"
    weights = state_dict.read(card, file)["model"]
    state_dict.fill(card, model, {name.removeprefix(_PREFIX): weight for name, weight in weights.items()}, file)
    return model.eval()


def _name(token: str) -> str:
    english = token.rpartition("/")[2]
    return _NAMES.get(english, english)
