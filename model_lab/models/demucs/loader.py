"""Hybrid Transformer Demucs: four stems of music, from windows that overlap.

Mono is heard as two equal channels. The mixture is brought to mean 0 and deviation 1 for the network, as the library does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.errors import BadAudio, NotRunnable
from model_lab.loader_utils import load_errors
from model_lab.types import Audio, FloatArray

_SHORTEST_S = 0.05
_NETWORK = "demucs.htdemucs.HTDemucs"


def load(card: ModelCard, device: str) -> Bundle:
    import torch
    import yaml
    from demucs.apply import BagOfModels, apply_model

    torch.set_num_threads(threads())
    folder, options = card.repository("model"), card.options
    bag = yaml.safe_load((folder / "htdemucs.yaml").read_text("utf-8"))
    networks = [_network(card, folder / f"{name}.safetensors") for name in bag["models"]]
    model = BagOfModels(networks, bag.get("weights"), bag.get("segment")).to(device).eval()
    longest_s, shifts, overlap = float(options["longest_s"]), int(options["shifts"]), float(options["overlap"])

    def separate(audio: Audio) -> dict[str, Audio]:
        if not _SHORTEST_S <= audio.duration <= longest_s:
            raise BadAudio(
                f"{card.name}: the sound lasts {audio.duration:.3f} s; expected {_SHORTEST_S} to {longest_s:g} s (option longest_s)"
            )
        mixture = torch.from_numpy(_stereo(audio.resample(model.samplerate)))
        mean, deviation = mixture.mean(), mixture.mean(0).std() + 1e-8
        stems = apply_model(model, ((mixture - mean) / deviation)[None], shifts=shifts, overlap=overlap, device=device)[0]
        stems = (stems * deviation + mean).mean(1).numpy()
        return {name: _like(audio, Audio(stem, model.samplerate)) for name, stem in zip(model.sources, stems, strict=True)}

    return Bundle(card, device, {"separate": torch.inference_mode()(separate)})


def _network(card: ModelCard, file: Path) -> Any:
    """The network in ``file``, which says of what class it is: any but the one expected would be code of the file's choosing."""
    from demucs.hf import load_safetensors_model
    from safetensors import SafetensorError, safe_open

    with load_errors.translate(card, file, SafetensorError, OSError, RuntimeError):
        with safe_open(str(file), framework="pt") as opened:
            kind = (opened.metadata() or {}).get("klass")
        if kind != _NETWORK:
            raise NotRunnable(f"{card.name}: {file} holds a {kind}; expected a {_NETWORK}")
        return load_safetensors_model(file)


def _stereo(audio: Audio) -> FloatArray:
    """Two channels: those of stereo, else the mean of all twice."""
    return audio.samples if audio.samples.shape[:-1] == (2,) else np.stack([audio.mono().samples] * 2)


def _like(audio: Audio, stem: Audio) -> Audio:
    """``stem`` at the rate and with the frames of ``audio``."""
    samples = stem.resample(audio.sample_rate).samples
    return Audio(np.pad(samples, (0, max(0, audio.frames - len(samples))))[: audio.frames], audio.sample_rate)
