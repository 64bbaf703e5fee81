"""Non-negative matrix factorisation of the magnitude spectrum (Kullback-Leibler), without any bases learnt beforehand.

Every component is a spectrum and its course over time. It is the more percussive, the more its course changes from block to
block and the less its spectrum changes from bin to bin (the anisotropy of Ono et al. 2008, on components); the components are
parted in two where that leaves the two groups most alike within. The stems share the mixture out as their components do, so
they add up to it.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils import masks
from model_lab.types import Audio, FloatArray

_LEAST = 1e-12


def load(card: ModelCard, device: str) -> Bundle:
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    block_s, components, iterations = (card.options[name] for name in ("block_s", "components", "iterations"))

    def shares(spectrum: masks.Spectrum) -> Mapping[str, FloatArray]:
        model = NMF(
            n_components=min(int(components), *spectrum.magnitude.shape),
            init="nndsvda",
            solver="mu",
            beta_loss="kullback-leibler",
            max_iter=int(iterations),
            random_state=0,
        )
        with warnings.catch_warnings(), threadpool_limits(1):  # for products this small, more threads wait for each other
            warnings.simplefilter("ignore", ConvergenceWarning)  # the iterations are those of the card
            spectra = model.fit_transform(spectrum.magnitude)
        courses = model.components_
        struck = percussive(spectra, courses)
        loud = spectra[:, struck] @ courses[struck]
        share = (loud + _LEAST) / (spectra @ courses + 2 * _LEAST)
        return {"harmonic": 1 - share, "percussive": share}

    def separate(audio: Audio) -> dict[str, Audio]:
        return masks.separate(audio, float(block_s), ("harmonic", "percussive"), shares)

    return Bundle(card, device, {"separate": separate})


def percussive(spectra: FloatArray, courses: FloatArray) -> npt.NDArray[np.bool_]:
    """Which components are percussive: bool, shape ``(components,)``, of ``(bins, components)`` and ``(components, blocks)``."""
    return upper_group(np.log(roughness(courses) + _LEAST) - np.log(roughness(spectra.T) + _LEAST))


def upper_group(values: FloatArray) -> npt.NDArray[np.bool_]:
    """Which of at least two numbers are in the upper of two groups, parted so that the variance within them is least.

    >>> upper_group(np.array([1.0, 9.0, 1.5, 8.0, 2.0]))
    array([False,  True, False,  True, False])
    """
    ordered = np.sort(values)
    within = [part * ordered[:part].var() + (len(ordered) - part) * ordered[part:].var() for part in range(1, len(ordered))]
    return np.asarray(values >= ordered[1 + int(np.argmin(within))])


def roughness(curves: FloatArray) -> FloatArray:
    """How much each row changes from step to step, in relation to its sum; 0 for a row that is all zeros.

    >>> roughness(np.array([[1.0, 1.0, 1.0, 1.0], [0.0, 2.0, 0.0, 0.0]]))
    array([0., 2.])
    """
    return np.asarray(np.abs(np.diff(curves)).sum(axis=1) / np.maximum(curves.sum(axis=1), _LEAST))
