"""Qwen2-Audio through transformers, answering one question about one sound, greedily.

It takes at most 30 s; longer sound is refused, because answers about parts cannot be combined into one about the whole.
"""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import ModelLabError
from model_lab.loader_utils.pretrained import pretrained
from model_lab.loader_utils.speech_windows import speech
from model_lab.types import Audio


def load(card: ModelCard, device: str) -> Bundle:
    import torch
    from transformers import Qwen2AudioForConditionalGeneration, Qwen2AudioProcessor

    folder = card.repository("model")
    model = pretrained(card, device, Qwen2AudioForConditionalGeneration, folder)
    processor = Qwen2AudioProcessor.from_pretrained(folder, local_files_only=True)
    rate, longest = processor.feature_extractor.sampling_rate, processor.feature_extractor.n_samples
    part = [{"type": "audio"}, {"type": "text", "text": card.options["question"]}]
    question = processor.apply_chat_template([{"role": "user", "content": part}], add_generation_prompt=True, tokenize=False)

    def caption(audio: Audio) -> str:
        samples = speech(card, audio, rate)
        if len(samples) > longest:
            raise ModelLabError(
                f"{card.name}: the sound lasts {audio.duration:.1f} s; expected at most {longest // rate} s: cut it into parts"
            )
        inputs = processor(text=question, audio=[samples], sampling_rate=rate, return_tensors="pt")
        inputs = inputs.to(device, dtype=model.dtype)
        tokens = model.generate(**inputs, max_new_tokens=card.options["max_new_tokens"], do_sample=False)
        answer = tokens[0, inputs["input_ids"].shape[1] :]
        return str(processor.tokenizer.decode(answer, skip_special_tokens=True)).strip()

    return Bundle(card, device, {"caption": torch.inference_mode()(caption)})
