"""AudioLDM 2 through diffusers: seven networks, one after the other.

CLAP and T5 read the prompt, GPT-2 writes a description of the sound from what they say, a diffusion network makes latents to fit
it, and an autoencoder and a vocoder turn those into sound.

The networks are loaded one by one: what a pipeline loads for itself it fills up with random weights where files lack some, and it
takes GPT-2 to be of the class that the repository names, which in some is one that cannot generate.
"""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import ModelLabError
from model_lab.loader_utils.pretrained import pretrained
from model_lab.types import Audio

_SHORTEST_S = 0.1


def load(card: ModelCard, device: str) -> Bundle:
    import torch
    from diffusers import AudioLDM2Pipeline, AudioLDM2ProjectionModel, AudioLDM2UNet2DConditionModel, AutoencoderKL
    from transformers import ClapModel, GPT2LMHeadModel, SpeechT5HifiGan, T5EncoderModel

    folder = card.repository("model")
    kinds = {
        "text_encoder": ClapModel,
        "text_encoder_2": T5EncoderModel,
        "projection_model": AudioLDM2ProjectionModel,
        "language_model": GPT2LMHeadModel,
        "unet": AudioLDM2UNet2DConditionModel,
        "vae": AutoencoderKL,
        "vocoder": SpeechT5HifiGan,
    }
    networks = {name: pretrained(card, device, kind, folder / name) for name, kind in kinds.items()}
    pipeline = AudioLDM2Pipeline.from_pretrained(folder, local_files_only=True, **networks)
    pipeline.set_progress_bar_config(disable=True)
    rate, longest = pipeline.vocoder.config.sampling_rate, float(card.options["longest"])

    def generate(prompt: str, seconds: float) -> Audio:
        if not prompt.strip():
            raise ModelLabError(f"{card.name}: the prompt is empty; expected words that describe the sound")
        if not _SHORTEST_S <= seconds <= longest:
            raise ModelLabError(
                f"{card.name}: the duration is {seconds:g} s; expected {_SHORTEST_S:g} to {longest:g} s (option longest)"
            )
        (samples,) = pipeline(
            prompt,
            negative_prompt=card.options["negative_prompt"],
            audio_length_in_s=seconds,
            num_inference_steps=card.options["steps"],
            guidance_scale=card.options["guidance_scale"],
        ).audios
        return Audio(samples.astype("float32"), rate)

    return Bundle(card, device, {"music_gen": torch.inference_mode()(generate)})
