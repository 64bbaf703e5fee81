"""pyannote.audio from local folders: networks with complete weights, and the diarization pipeline around them.

Loading a pipeline by its config.yaml queries the hub for its parts, also for those that the file does not name, and accepts networks
with missing weights. Therefore every part is built here and passed to the pipeline.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from model_lab.contract import ModelCard, threads
from model_lab.errors import BadConfig
from model_lab.loader_utils import load_errors
from model_lab.types import Audio, Turn


def network(card: ModelCard, folder: Path) -> Any:
    """The network whose ``pytorch_model.bin`` is in ``folder``. Raises `NotRunnable` if it is damaged or weights are missing."""
    import torch
    from pyannote.audio import Model

    torch.set_num_threads(threads())
    file = folder / "pytorch_model.bin"
    with load_errors.translate(card, file, RuntimeError, EOFError, KeyError):
        return Model.from_pretrained(file, strict=True).eval()


def diarizer(
    card: ModelCard, device: str, pipeline: Path, segmentation: Path, embedding: Path, plda: Path
) -> Callable[[Audio], list[Turn]]:
    """The diarization function of a model, from the folders of its parts; ``pipeline`` contains the config.yaml with its settings.

    Options: ``num_speakers``, or ``min_speakers`` and ``max_speakers``; 0: decided by the model.
    """
    import torch
    import yaml
    from pyannote.audio.core.plda import PLDA
    from pyannote.audio.pipelines import SpeakerDiarization

    settings = yaml.safe_load((pipeline / "config.yaml").read_text("utf-8"))
    parts = {
        "segmentation": network(card, segmentation),
        "embedding": network(card, embedding),
        "plda": PLDA.from_pretrained(plda),
    }
    diarization = SpeakerDiarization(**{**settings["pipeline"]["params"], **parts})
    diarization.instantiate(settings["params"])
    diarization.to(torch.device(device))
    rate, speakers = parts["segmentation"].audio.sample_rate, _speakers(card)

    def diarize(audio: Audio) -> list[Turn]:
        waveform = torch.from_numpy(audio.mono().resample(rate).samples)[None]
        annotation = diarization({"waveform": waveform, "sample_rate": rate}, **speakers).speaker_diarization
        spans = [
            (max(0.0, span.start), min(span.end, audio.duration), name)
            for span, _, name in annotation.itertracks(yield_label=True)
        ]
        return [Turn(start, end, name) for start, end, name in spans if start < end]

    return diarize


def _speakers(card: ModelCard) -> dict[str, int | None]:
    names = ("num_speakers", "min_speakers", "max_speakers")
    exactly, least, most = (int(card.options[name]) for name in names)
    if min(exactly, least, most) < 0 or 0 < most < least:
        raise BadConfig(
            f"{card.name}: options num_speakers, min_speakers, max_speakers are {exactly}, {least}, {most}; "
            "expected 0 (the model decides) or more, with min_speakers no larger than max_speakers"
        )
    return {name: number or None for name, number in zip(names, (exactly, least, most), strict=True)}
