"""F5-TTS: flow matching continues a recording of a voice with a text; Vocos makes sound of it.

The model needs the transcript of the recording. Whisper large-v3-turbo provides it, as in F5-TTS itself when the user gives
none. A long text is read in pieces so that recording and reading stay within the 22 s or so that F5-TTS reads well.
Sizes come from the weights, so that a finetuned model of another size loads, too; all else from the package's F5TTS_v1_Base.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.errors import BadAudio, ModelLabError, NotRunnable
from model_lab.loader_utils import load_errors, whisper_hub
from model_lab.loader_utils.pretrained import pretrained
from model_lab.types import Audio, FloatArray

_RATE = 24000
_HEAD = 64
"""Numbers per attention head, which F5-TTS never varies."""

_FADE = int(0.15 * _RATE)
_LONGEST, _EARLIEST_CUT, _SHORTEST = 12 * _RATE, 6 * _RATE, _RATE // 2
_TAIL = _RATE // 20
_FRAME = _RATE // 100
_QUIET = 10 ** (-42 / 20)
_LONGEST_WITH_READING_S = 22.0
_VOCOS = {
    "feature_extractor": "vocos.feature_extractors.MelSpectrogramFeatures",
    "backbone": "vocos.models.VocosBackbone",
    "head": "vocos.heads.ISTFTHead",
}


def load(card: ModelCard, device: str) -> Bundle:
    import torch
    from f5_tts.infer.utils_infer import chunk_text, infer_batch_process

    torch.set_num_threads(threads())
    transcribe, network, vocoder = _transcriber(card, device), _network(card, device), _vocoder(card, device)
    speed, longest = float(card.options["speed"]), float(card.options["max_seconds"])

    def clone(text: str, voice: Audio) -> Audio:
        if not text.strip():
            raise ModelLabError(f"{card.name}: there is nothing to read in {text!r}; expected words")
        prompt = reference(voice.mono().resample(_RATE).samples, card.name)
        transcript = transcribe(Audio(prompt, _RATE))
        if not transcript:
            raise BadAudio(f"{card.name}: Whisper finds no words in the recording of the voice; expected some seconds of speech")
        transcript = transcript.rstrip(".。") + ". "
        seconds = len(prompt) / _RATE
        pace = len(transcript.encode()) / seconds * speed
        if len(text.encode()) / pace > longest:
            raise ModelLabError(
                f"{card.name}: at the pace of the recording ({pace:.1f} characters a second) the text takes "
                f"{len(text.encode()) / pace:.0f} s; expected at most {longest:.0f} s (option max_seconds)"
            )
        pieces = chunk_text(text, max_chars=int(pace * (_LONGEST_WITH_READING_S - seconds)))
        return Audio(_joined([speak(prompt, transcript, piece) for piece in pieces]), _RATE)

    def speak(prompt: FloatArray, transcript: str, piece: str) -> FloatArray:
        """One piece at a time: the package reads them in threads that share the model's cache and the random numbers."""
        settings = {"nfe_step": card.options["nfe_step"], "cfg_strength": card.options["cfg_strength"], "speed": speed}
        sound = (torch.from_numpy(prompt)[None], _RATE)
        wave, _, _ = next(
            infer_batch_process(sound, transcript, [piece], network, vocoder, progress=None, device=device, **settings)
        )
        return np.atleast_1d(np.asarray(wave, np.float32))

    return Bundle(card, device, {"voice_clone": clone})


def reference(samples: FloatArray, model: str) -> FloatArray:
    """The part of a recording that F5-TTS uses: without the silence around it, and of a long one the part before a pause.

    Raises `BadAudio` if less than half a second is left.
    """
    frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
    level = np.sqrt(np.mean(np.square(frames), axis=1))
    (loud,) = np.nonzero(level > _QUIET)
    kept = samples[loud[0] * _FRAME : (loud[-1] + 1) * _FRAME] if len(loud) else samples[:0]
    if len(kept) > _LONGEST:
        first = (loud[0] * _FRAME + _EARLIEST_CUT) // _FRAME
        pause = first + int(np.argmin(level[first : first + (_LONGEST - _EARLIEST_CUT) // _FRAME]))
        kept = samples[loud[0] * _FRAME : pause * _FRAME]
    if len(kept) < _SHORTEST:
        raise BadAudio(
            f"{model}: the recording of the voice holds {len(kept) / _RATE:.2f} s of sound louder than -42 dB; expected 0.5 s or more"
        )
    return np.concatenate([kept, np.zeros(_TAIL, np.float32)])


def _joined(waves: list[FloatArray]) -> FloatArray:
    """One after the other, each faded into the next."""
    whole = waves[0]
    for wave in waves[1:]:
        length = min(_FADE, len(whole), len(wave))
        rise = np.linspace(0, 1, length, dtype=np.float32)
        fade = whole[len(whole) - length :] * (1 - rise) + wave[:length] * rise
        whole = np.concatenate([whole[: len(whole) - length], fade, wave[length:]])
    return whole


def _transcriber(card: ModelCard, device: str) -> Callable[[Audio], str]:
    """Whisper's transcript of up to 30 s of sound in any language; 12 s of speech are far fewer than 128 tokens."""
    import torch
    from transformers import WhisperForConditionalGeneration, WhisperProcessor

    folder = card.repository("transcriber")
    model = pretrained(card, device, WhisperForConditionalGeneration, folder)
    processor = WhisperProcessor.from_pretrained(folder, local_files_only=True)

    def transcribe(audio: Audio) -> str:
        features = whisper_hub.features(processor, audio).to(device)
        tokens = model.generate(
            features.input_features.to(model.dtype),
            attention_mask=features.attention_mask,
            task="transcribe",
            max_new_tokens=card.options["max_new_tokens"],
        )
        return str(processor.batch_decode(tokens, skip_special_tokens=True)[0]).strip()

    return torch.inference_mode()(transcribe)  # type: ignore[no-any-return]


def _network(card: ModelCard, device: str) -> Any:
    import torch
    from f5_tts.infer.utils_infer import load_model
    from f5_tts.model import DiT
    from omegaconf import OmegaConf
    from safetensors import SafetensorError, safe_open

    folder = card.repository("model") / "F5TTS_v1_Base"
    weights, vocabulary = folder / "model_1250000.safetensors", folder / "vocab.txt"
    standard = OmegaConf.to_container(OmegaConf.load(str(files("f5_tts") / "configs" / "F5TTS_v1_Base.yaml")).model.arch)
    with load_errors.translate(card, weights, SafetensorError, KeyError, RuntimeError):
        with safe_open(weights, "pt") as kept:
            names = kept.keys()
            shapes = {name.removeprefix("ema_model."): tuple(kept.get_slice(name).get_shape()) for name in names}
        model = load_model(DiT, standard | _sizes(shapes), str(weights), vocab_file=str(vocabulary), device=device)
    return model.to(getattr(torch, card.dtype(device))).eval()


def _sizes(shapes: dict[str, tuple[int, ...]]) -> dict[str, int]:
    """The sizes of the network, read off those of its weights."""

    def count(layers: str) -> int:
        return len({name.removeprefix(layers).split(".")[0] for name in shapes if name.startswith(layers)})

    dim = shapes["transformer.proj_out.weight"][1]
    return {
        "dim": dim,
        "depth": count("transformer.transformer_blocks."),
        "heads": shapes["transformer.transformer_blocks.0.attn.to_q.weight"][0] // _HEAD,
        "ff_mult": shapes["transformer.transformer_blocks.0.ff.ff.0.0.weight"][0] // dim,
        "text_dim": shapes["transformer.text_embed.text_embed.weight"][1],
        "conv_layers": count("transformer.text_embed.text_blocks."),
    }


def _vocoder(card: ModelCard, device: str) -> Any:
    """Vocos. Its configuration names the classes to make it of, and those it was published with are expected."""
    import yaml
    from f5_tts.infer.utils_infer import load_vocoder

    folder = card.repository("vocoder")
    config = yaml.safe_load(Path(folder, "config.yaml").read_text("utf-8"))
    named = {part: config.get(part, {}).get("class_path") for part in _VOCOS}
    if named != _VOCOS:
        raise NotRunnable(f"{card.name}: {folder}/config.yaml names {named}; expected {_VOCOS}")
    with load_errors.translate(card, folder, RuntimeError, OSError):
        return load_vocoder("vocos", True, str(folder), device)
