"""PocketSphinx while the sound comes in: the best path so far after every chunk, and two more passes over all of it at the end.

It differs from ``pocketsphinx``, which is given whole clips, in the cepstral mean: that of a whole clip is not known yet, so it
is followed as it changes. The front end is started afresh for every stream, and one bit of dither, always the same, keeps
digital silence silent. Nothing is final before the end. One decoder: a new stream ends the one before.
"""

from __future__ import annotations

from typing import Any

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils.streaming_resampler import StreamingResampler
from model_lab.types import Audio, FloatArray, StreamEvent

_RATE = 16000


def load(card: ModelCard, device: str) -> Bundle:
    from pocketsphinx import Decoder

    decoder = Decoder(samprate=_RATE, dither=True, seed=1, loglevel="FATAL")
    streams: list[_Session] = []

    def open_session() -> _Session:
        if streams:
            streams.pop().close()
        streams.append(_Session(decoder))
        return streams[0]

    return Bundle(card, device, {"asr_stream": open_session})


class _Session:
    def __init__(self, decoder: Any) -> None:
        self._decoder, self._feed, self._said, self._ended = decoder, StreamingResampler(_RATE), "", False
        decoder.reinit_feat()
        decoder.start_utt()

    def push(self, chunk: Audio) -> list[StreamEvent]:
        self._hear(self._feed.push(chunk))
        before, self._said = self._said, self._best()
        return [StreamEvent(self._said, final=False)] if self._said != before else []

    def flush(self) -> list[StreamEvent]:
        self._hear(self._feed.end())
        self.close()
        return [StreamEvent(self._best(), final=True)]

    def close(self) -> None:
        if not self._ended:
            self._decoder.end_utt()
        self._ended = True

    def _hear(self, samples: FloatArray) -> None:
        if samples.size:
            self._decoder.process_raw(Audio(samples, _RATE).pcm16().tobytes(), full_utt=False)

    def _best(self) -> str:
        best_path = self._decoder.hyp()
        return best_path.hypstr if best_path else ""
