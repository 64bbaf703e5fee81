"""Writes ``head.npz``: a regularised logistic regression over what the encoder makes of the dataset langid_training.

It is repeatable to the bit on one machine. Nothing is tuned on the datasets the model is evaluated on: the strength of the
regularisation is the one that classifies most clips of one package correctly after training on the other. In the lab environment::

    model-lab fetch langid_training encoder_langid
    <python of the lab environment> -m model_lab.models.encoder_langid.train <folder of the weights> <folder of the dataset>
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model_lab import audio
from model_lab.models.encoder_langid.loader import encoder

STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)

Vectors = npt.NDArray[np.float32]


def main(weights: Path, dataset: Path) -> None:
    """Learn from every recording of the dataset and write the head beside this file."""
    encode = encoder(weights, "cpu")
    rows = [json.loads(line) for line in (dataset / "manifest.jsonl").read_text("utf-8").splitlines()]
    vectors = np.stack([encode(audio.read(dataset / row["audio"]).samples) for row in rows])
    languages = np.array([row["language"] for row in rows])
    packages = np.array([row["id"].partition("-")[0] for row in rows])
    found = {strength: _across(vectors, languages, packages, strength) for strength in STRENGTHS}
    best = max(found, key=lambda strength: found[strength])
    print(f"{len(rows)} clips; right across packages: {found}; chosen: {best}", file=sys.stderr)
    scale, classifier = _learn(vectors, languages, best)
    slopes = classifier.coef_ / scale.scale_
    bias = classifier.intercept_ - slopes @ scale.mean_
    np.savez(
        Path(__file__).with_name("head.npz"),
        weights=slopes.astype(np.float32),
        bias=bias.astype(np.float32),
        languages=classifier.classes_.astype("U2"),
    )


def _across(vectors: Vectors, languages: npt.NDArray[Any], packages: npt.NDArray[Any], strength: float) -> float:
    """Mean recall on the languages that two packages share, trained on one and tested on the other, both ways."""
    shared = set.intersection(*(set(languages[packages == name]) for name in set(packages)))
    recalls = []
    for held_out in sorted(set(packages)):
        learn, ask = packages != held_out, (packages == held_out) & np.isin(languages, list(shared))
        scale, classifier = _learn(vectors[learn], languages[learn], strength)
        named = classifier.predict(scale.transform(vectors[ask]))
        recalls += [float(np.mean(named[languages[ask] == one] == one)) for one in sorted(shared)]
    return round(float(np.mean(recalls)), 4)


def _learn(vectors: Vectors, languages: npt.NDArray[Any], strength: float) -> tuple[Any, Any]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scale = StandardScaler().fit(vectors)
    classifier = LogisticRegression(C=strength, class_weight="balanced", max_iter=5000)
    return scale, classifier.fit(scale.transform(vectors), languages)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
