"""Parakeet CTC 1.1B through transformers.

The network says a piece of a word, or nothing, for every frame of 80 ms. A word lasts from the first frame of its first piece to
the last frame of its last one: when it was recognised, which is a little later and shorter than it sounds.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils.pretrained import pretrained
from model_lab.loader_utils.speech_windows import speech, windows
from model_lab.types import Audio, FloatArray, Transcript, Word

_LONGEST = 120.0
"""Seconds heard at once: attention over all of them costs their square in memory."""

_WORD_BEGINS = "▁"


def load(card: ModelCard, device: str) -> Bundle:
    import torch
    from transformers import ParakeetForCTC, ParakeetProcessor

    folder = card.repository("model")
    model = pretrained(card, device, ParakeetForCTC, folder)
    processor = ParakeetProcessor.from_pretrained(folder, local_files_only=True)
    extractor, tokenizer = processor.feature_extractor, processor.tokenizer
    rate = extractor.sampling_rate
    frame = extractor.hop_length * model.config.encoder_config.subsampling_factor / rate

    def transcribe(audio: Audio) -> Transcript:
        words = [
            Word(text, min(start + frame * first, audio.duration), min(start + frame * end, audio.duration))
            for start, samples in windows(speech(card, audio, rate), rate, _LONGEST)
            for text, first, end in timed_words(samples)
        ]
        return Transcript(" ".join(word.text for word in words), tuple(words), "en")

    def timed_words(samples: FloatArray) -> list[tuple[str, int, int]]:
        inputs = extractor(samples, sampling_rate=rate, return_tensors="pt", return_attention_mask=True)
        tokens = model.generate(**inputs.to(device, dtype=model.dtype))[0].tolist()
        return words_in(tokenizer.convert_ids_to_tokens(tokens), tokenizer.all_special_tokens)

    return Bundle(card, device, {"asr": torch.inference_mode()(transcribe)})


def words_in(pieces: Sequence[str], special: Collection[str]) -> list[tuple[str, int, int]]:
    """The words that the pieces of all frames spell, each with its first frame and the one after its last.

    >>> words_in(["-", "▁a", "▁a", "-", "▁b", "c", "-", "c"], ["-"])
    [('a', 1, 3), ('bcc', 4, 8)]
    """
    words: list[tuple[str, int, int]] = []
    end = 0
    for piece, frames in groupby(pieces):
        first, end = end, end + len(list(frames))
        if piece in special:
            continue
        if piece.startswith(_WORD_BEGINS) or not words:
            words.append((piece.removeprefix(_WORD_BEGINS), first, end))
        else:
            text, begin, _ = words[-1]
            words[-1] = (text + piece, begin, end)
    return [word for word in words if word[0]]
