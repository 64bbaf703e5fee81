"""Voice embeddings clustered on a graph that is thinned out as far as the gap between its eigenvalues says (Park et al. 2020).

The settings are those of Turn-to-Diarize (Xia et al. 2022) in spectralcluster, without its constraints from speaker turns, which
need a network of its own. The number of speakers, 2 to 7, is where the gap is widest.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import numpy.typing as npt

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils.diarization import diarizer
from model_lab.types import FloatArray


def load(card: ModelCard, device: str) -> Bundle:
    from spectralcluster.configs import turntodiarize_clusterer

    def cluster(voices: FloatArray) -> npt.NDArray[Any]:
        unused = deepcopy(turntodiarize_clusterer)  # tuning narrows a clusterer's own search range for good
        return np.asarray(unused.predict(voices))

    return Bundle(card, device, {"diarization": diarizer(card, device, cluster)})
