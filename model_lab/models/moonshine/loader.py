"""Moonshine base through transformers.

It was trained on up to 30 s of speech. Its authors bound the text by the length of the sound (``tokens_per_second``), beyond
which the model repeats itself.
"""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils.pretrained import pretrained
from model_lab.loader_utils.speech_windows import speech, windows
from model_lab.types import Audio, Transcript

_LONGEST = 30.0


def load(card: ModelCard, device: str) -> Bundle:
    import torch
    from transformers import AutoTokenizer, MoonshineForConditionalGeneration, Wav2Vec2FeatureExtractor

    folder = card.repository("model")
    model = pretrained(card, device, MoonshineForConditionalGeneration, folder)
    extractor = Wav2Vec2FeatureExtractor.from_pretrained(folder, local_files_only=True)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    rate = extractor.sampling_rate

    def transcribe(audio: Audio) -> Transcript:
        texts = [transcribe_window(samples) for _, samples in windows(speech(card, audio, rate), rate, _LONGEST)]
        return Transcript(" ".join(filter(None, texts)), language="en")

    def transcribe_window(samples: object) -> str:
        inputs = extractor(samples, sampling_rate=rate, return_tensors="pt").to(device, dtype=model.dtype)
        most = max(1, int(inputs.input_values.shape[-1] / rate * card.options["tokens_per_second"]))
        tokens = model.generate(**inputs, max_new_tokens=most, do_sample=False)
        return str(tokenizer.decode(tokens[0], skip_special_tokens=True)).strip()

    return Bundle(card, device, {"asr": torch.inference_mode()(transcribe)})
