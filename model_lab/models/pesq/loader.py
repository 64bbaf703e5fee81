"""PESQ wide-band (ITU-T P.862.2) by the reference C code.

The C code keeps room for 50 utterances and writes past it without a check; within 30 s real speech has fewer.
"""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import ModelLabError
from model_lab.types import Audio

_RATE = 16000
_LONGEST = 30.0


def load(card: ModelCard, device: str) -> Bundle:
    from pesq import PesqError, pesq

    def rate(audio: Audio, clean: Audio | None) -> dict[str, float]:
        if clean is None:
            raise ModelLabError(
                f"{card.name}: it compares with the clean original, which is missing; add the column clean, or use dnsmos"
            )
        if max(audio.duration, clean.duration) > _LONGEST:
            seconds = max(audio.duration, clean.duration)
            raise ModelLabError(
                f"{card.name}: the sound lasts {seconds:.1f} s; PESQ is made for at most {_LONGEST:.0f} s: cut it into parts"
            )
        degraded, original = audio.mono().resample(_RATE).samples, clean.mono().resample(_RATE).samples
        if not (degraded.any() and original.any()):
            silent = "original" if degraded.any() else "degraded"
            raise ModelLabError(f"{card.name}: the {silent} sound is digital silence; expected speech")
        try:
            return {"pesq": float(pesq(_RATE, original, degraded, "wb"))}
        except PesqError as error:
            reason = error.args[0].decode().rstrip(".")
            raise ModelLabError(f"{card.name}: PESQ has no answer ({reason}); expected speech of at least 0.25 s") from None

    return Bundle(card, device, {"quality": rate})
