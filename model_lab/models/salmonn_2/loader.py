"""SALMONN-2 through transformers, whose network and processor are code in its repository; written after its README, never run.

Its processor reads sound from files, so that the sound is written to one. It answers greedily, after an empty train of thought.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils.pretrained import pretrained
from model_lab.loader_utils.speech_windows import speech
from model_lab.types import Audio

_RATE = 16000
_THOUGHT = ("<think>", "</think>")


def load(card: ModelCard, device: str) -> Bundle:
    import soundfile
    import torch
    from transformers import AutoModelForCausalLM, AutoProcessor

    folder = card.repository("model")
    model = pretrained(card, device, AutoModelForCausalLM, folder, trust_remote_code=True)
    processor = AutoProcessor.from_pretrained(str(folder), local_files_only=True, trust_remote_code=True, fix_mistral_regex=False)
    processor.prepare_model(model)

    def caption(audio: Audio) -> str:
        samples = speech(card, audio, _RATE)
        with TemporaryDirectory() as scratch:
            path = Path(scratch) / "sound.wav"
            soundfile.write(path, samples, _RATE, subtype="FLOAT")
            inputs = processor(audios=[str(path)], instruction=card.options["question"])
        tokens = model.generate(**inputs.to(device), max_new_tokens=card.options["max_new_tokens"], do_sample=False)
        answer = str(processor.decode(tokens[0]))
        for mark in _THOUGHT:
            answer = answer.replace(mark, "")
        return answer.strip()

    return Bundle(card, device, {"caption": torch.inference_mode()(caption)})
