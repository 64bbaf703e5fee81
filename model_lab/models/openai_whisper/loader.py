"""Whisper tiny.en in OpenAI's own code, its weights converted from CTranslate2's file in memory.

Alignment forces the decoder through the given text and takes the times from the heads of its cross-attention that follow the
sound, by dynamic time warping. It hears 30 s at a time, so that longer sound is refused: which words of the text belong to which
half minute is not known. A word lasts until the next one begins, pauses included: that is the method's, not the loader's.
Sampling starts from the same seed for every sound, so that an answer does not depend on what was asked before.
"""

from __future__ import annotations

import json
import string
from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.errors import ModelLabError
from model_lab.loader_utils import whisper_ct2
from model_lab.types import Audio, Transcript, Word

_RATE = 16000
_MARKS = string.punctuation + string.whitespace
_AROUND_TEXT = 4
"""Tokens that the decoder is given beside the text: start, no time stamps, end, and the one that it would go on with."""


def load(card: ModelCard, device: str) -> Bundle:
    import torch
    from whisper.audio import HOP_LENGTH, N_FRAMES, N_SAMPLES, log_mel_spectrogram
    from whisper.timing import find_alignment
    from whisper.tokenizer import get_tokenizer

    torch.set_num_threads(threads())
    model = _model(card).to(device).eval()
    tokenizer = get_tokenizer(multilingual=False)

    def transcribe(audio: Audio) -> Transcript:
        torch.manual_seed(0)
        output = model.transcribe(
            audio.mono().resample(_RATE).samples, language="en", beam_size=card.options["beam_size"], fp16=False
        )
        return Transcript(output["text"].strip(), language="en")

    def align(audio: Audio, text: str) -> list[Word]:
        samples = audio.mono().resample(_RATE).samples
        words = text.split()
        tokens = [tokenizer.encode(f" {word}") for word in words]
        text_tokens = [token for word in tokens for token in word]
        if len(samples) > N_SAMPLES:
            raise ModelLabError(
                f"{card.name}: the sound lasts {audio.duration:.1f} s; expected at most 30 s: cut it and its text"
            )
        if len(text_tokens) > model.dims.n_text_ctx - _AROUND_TEXT:
            raise ModelLabError(
                f"{card.name}: the text has {len(words)} words in {len(text_tokens)} tokens; expected fewer: cut it"
            )
        frames = len(samples) // HOP_LENGTH
        if not text_tokens or frames < 2:
            return []
        mel = log_mel_spectrogram(samples, model.dims.n_mels, padding=N_SAMPLES)[:, :N_FRAMES].to(device)
        pieces = find_alignment(model, tokenizer, text_tokens, mel, frames)
        return _words(words, [len(word) for word in tokens], pieces)

    return Bundle(card, device, {"asr": transcribe, "alignment": align})


def _model(card: ModelCard) -> Any:
    import torch
    from whisper.model import ModelDimensions, Whisper

    checkpoint = whisper_ct2.read(card.file("model.bin"))
    model = Whisper(ModelDimensions(**checkpoint.dimensions))
    model.load_state_dict({name: torch.from_numpy(array) for name, array in checkpoint.weights.items()})
    heads = torch.zeros(model.dims.n_text_layer, model.dims.n_text_head, dtype=torch.bool)
    for layer, head in json.loads(card.file("config.json").read_text("utf-8"))["alignment_heads"]:
        heads[layer, head] = True
    model.register_buffer("alignment_heads", heads.to_sparse(), persistent=False)
    return model


def _words(words: list[str], sizes: list[int], pieces: list[Any]) -> list[Word]:
    """``words``, each of so many tokens, timed by the pieces (parts of words and marks) that Whisper cuts the text into.

    As in Whisper's own word times, marks around a word do not lengthen it.
    """
    ends = np.cumsum([len(piece.tokens) for piece in pieces])
    output = []
    for word, end, size in zip(words, np.cumsum(sizes), sizes, strict=True):
        mine = pieces[np.searchsorted(ends, end - size, "right") : np.searchsorted(ends, end) + 1]
        core = [piece for piece in mine if piece.word.strip(_MARKS)] or mine
        output.append(Word(word, float(core[0].start), float(core[-1].end)))
    return output
