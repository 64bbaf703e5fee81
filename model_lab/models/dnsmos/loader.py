"""DNSMOS as speechmos runs it: windows of 9.01 s a second apart, shorter sound repeated to fill one; scores averaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils import onnx
from model_lab.types import Audio

_RATE = 16000


def load(card: ModelCard, device: str) -> Bundle:
    from speechmos import dnsmos

    models = Path(dnsmos.__file__).parent / "dnsmos_models"
    p835, p808 = models / "sig_bak_ovr.onnx", models / "model_v8.onnx"
    judge = dnsmos.DNSMOS(str(p835), str(p808))
    judge.onnx_sess, judge.p808_onnx_sess = onnx.session(p835), onnx.session(p808)  # its own take every core

    def rate(audio: Audio, clean: Audio | None = None) -> dict[str, float]:
        samples = np.clip(audio.mono().resample(_RATE).samples, -1, 1)
        scores = judge(samples, _RATE, is_personalized_MOS=False)
        return {scale: float(scores[f"{scale}_mos"]) for scale in ("ovrl", "sig", "bak", "p808")}

    return Bundle(card, device, {"quality": rate})
