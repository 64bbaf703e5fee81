"""GLM-ASR-Nano through transformers: it is prompted to transcribe with the instruction in its processor.

It would take 10 minutes at once, whose text no longer fits into ``max_new_tokens``; a minute's does.
"""

from __future__ import annotations

from typing import Any

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils.pretrained import pretrained
from model_lab.loader_utils.speech_windows import speech, windows
from model_lab.types import Audio, Transcript
from model_lab.wording import joined

_LONGEST = 60.0


def load(card: ModelCard, device: str) -> Bundle:
    import torch
    from transformers import GlmAsrForConditionalGeneration, GlmAsrProcessor

    folder = card.repository("model")
    model = pretrained(card, device, GlmAsrForConditionalGeneration, folder)
    processor = GlmAsrProcessor.from_pretrained(folder, local_files_only=True)
    rate = processor.feature_extractor.sampling_rate

    def transcribe(audio: Audio) -> Transcript:
        texts = [transcribe_window(samples) for _, samples in windows(speech(card, audio, rate), rate, _LONGEST)]
        return Transcript(joined(filter(None, texts)))

    def transcribe_window(samples: Any) -> str:
        inputs = processor.apply_transcription_request(samples).to(device, dtype=model.dtype)
        tokens = model.generate(**inputs, max_new_tokens=card.options["max_new_tokens"], do_sample=False)
        answer = tokens[0, inputs["input_ids"].shape[1] :]
        return str(processor.tokenizer.decode(answer, skip_special_tokens=True)).strip()

    return Bundle(card, device, {"asr": torch.inference_mode()(transcribe)})
