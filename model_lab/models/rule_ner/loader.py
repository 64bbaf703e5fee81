"""Named entities by rules: patterns for times and amounts, lists for places and peoples, titles and first names for people.

The labels are those of OntoNotes 5; where two rules want the same words the earlier one in `_rules` has them. Names are told by
their capitals, so text without capitals loses most of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import yaml

from model_lab.contract import Bundle, ModelCard
from model_lab.types import Entity

_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?)"
)
_WEEKDAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?"
_YEAR = r"(?:1[0-9]\d\d|20\d\d)"
_DAY = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
_UNIT = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_TEEN = r"(?:ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)"
_TENS = r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
_SMALL = rf"(?:{_TENS}(?:[- ]{_UNIT})?|{_TEEN}|{_UNIT})"
_SCALE = r"(?:hundred|thousand|million|billion|trillion|dozen)"
_WORDS = rf"(?:(?:{_SMALL}|a) {_SCALE}(?:(?: and)? (?:{_SMALL}|{_SCALE})){{0,6}}|{_SMALL})"
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_NUMBER = rf"(?:(?:{_DIGITS})(?: {_SCALE})?|{_WORDS})"
_ABOUT = r"(?:(?:about|around|nearly|almost|over|more than|less than|at least|some) )?"
_ORDINAL = (
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth"
    r"|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|\d+(?:st|nd|rd|th))"
)
_WHICH = r"(?:last|next|this|early|late|the last|the next|the past|the end of|mid-?)"
_PERIOD = r"(?:days?|weeks?|months?|quarters?|years?|decades?|centur(?:y|ies))"
_DAYTIME = r"(?:morning|afternoon|evening|night)"
_NAME = r"(?:[A-Z][\w'’-]+|[A-Z]\.)"
_ORGANISATION = (
    r"(?:Inc|Corp|Ltd|LLC|PLC|GmbH|AG|Co)\b\.?|(?:Corporation|Company|Group|Bank|University|College|Institute|Foundation"
    r"|Association|Committee|Council|Ministry|Department|Agency|Airlines|Airways|Motors|Systems|Technologies|Laboratories"
    r"|Partners|Press|Times|Post|Museum|Hospital|Party|Union|Commission|Court)\b"
)
_TITLE = (
    r"(?:Mr|Mrs|Ms|Dr|Prof|Sir|Lord|Lady|President|Senator|Governor|General|Colonel|Captain|Judge|Justice|Professor"
    r"|Minister|Chancellor|King|Queen|Pope|Detective|Inspector)\b\.?"
)
_RATE, _MONEY_UNIT = r"(?:%| ?percent\b| ?per cent\b)", r"(?:dollars?|euros?|pounds?|cents?|pence|yen|francs?|rupees?)\b"

_PATTERNS: tuple[tuple[str, str], ...] = (
    ("MONEY", rf"(?:US|C|A)?[$€£¥] ?(?:{_DIGITS})(?:(?: ?[kmb]n?\b)| {_SCALE})?"),
    ("MONEY", rf"\b{_ABOUT}{_NUMBER} {_MONEY_UNIT}"),
    ("PERCENT", rf"\b{_ABOUT}{_NUMBER}{_RATE}"),
    ("TIME", r"\b\d{1,2}(?::\d\d)? ?[ap](?:m\b|\.m\.)|\b\d{1,2}:\d\d\b|\b\d{1,2} o'clock\b|\b(?:noon|midnight)\b"),
    ("TIME", rf"\b{_ABOUT}{_NUMBER} (?:hours?|minutes?|seconds?)\b"),
    ("TIME", rf"\b(?:(?:this|tomorrow|yesterday|{_WEEKDAY}) {_DAYTIME}|tonight|last night)\b"),
    ("DATE", rf"\b(?:{_WEEKDAY},? )?(?:the )?{_DAY}(?: of)? {_MONTH}(?:,? {_YEAR})?\b"),
    ("DATE", rf"\b(?:{_WEEKDAY},? )?{_MONTH} {_DAY}(?:,? {_YEAR})?\b"),
    ("DATE", rf"\b(?:{_WHICH} )?{_MONTH}(?: of)? {_YEAR}\b|\b{_YEAR}-\d\d-\d\d\b|\b\d{{1,2}}/\d{{1,2}}/{_YEAR}\b"),
    ("DATE", rf"\b(?:the )?(?:{_WHICH} )?(?:{_ORDINAL}) (?:century|quarter)(?: of {_YEAR})?\b|\bthe (?:{_YEAR}|\d0)s\b"),
    ("DATE", rf"\b{_WHICH} (?:{_NUMBER} )?(?:{_PERIOD}|{_WEEKDAY}|{_MONTH}|summer|winter|spring|autumn|fall)\b"),
    ("DATE", rf"\b{_ABOUT}(?:{_NUMBER}|a few|several) {_PERIOD}(?: (?:ago|later|earlier|old))?\b"),
    ("DATE", rf"\b(?:today|yesterday|tomorrow|{_WEEKDAY}|{_YEAR})\b"),
    ("DATE", r"\b(?:January|February|April|June|July|August|September|October|November|December)\b"),
    ("ORG", rf"\b(?:the )?(?:{_NAME} (?:(?:of|and|&) )?){{1,4}}(?:{_ORGANISATION})(?: of {_NAME}(?: {_NAME}){{0,3}})?"),
    ("ORG", rf"\b(?:University|Bank|Ministry|Department|Institute|Museum) of {_NAME}(?: {_NAME}){{0,3}}"),
)
_LATER: tuple[tuple[str, str], ...] = (
    ("ORDINAL", rf"\b{_ORDINAL}\b"),
    ("CARDINAL", rf"(?<![\w.,:/-]){_ABOUT}{_NUMBER}(?![\w%:/-]|\.\d)"),
)
_FOLD = {"MONEY", "PERCENT", "TIME", "ORDINAL", "CARDINAL"}
"""Labels whose patterns do not look at capitals."""


def load(card: ModelCard, device: str) -> Bundle:
    lists = {
        label: names.split(", ") for label, names in yaml.safe_load((card.folder / "gazetteer.yaml").read_text("utf-8")).items()
    }
    rules = _rules(lists)

    def extract(text: str) -> list[Entity]:
        entities: list[Entity] = []
        occupied = bytearray(len(text))
        for label, rule in rules:
            for match in rule.finditer(text):
                start, end = match.span("name" if "name" in rule.groupindex else 0)
                if not any(occupied[start:end]):
                    occupied[start:end] = b"\1" * (end - start)
                    entities.append(Entity(text[start:end], label, start, end))
        return sorted(entities, key=lambda entity: entity.start)

    return Bundle(card, device, {"ner": extract})


def _rules(lists: dict[str, list[str]]) -> list[tuple[str, re.Pattern[str]]]:
    """Label and pattern of every rule, the ones that go first first; a group ``name`` is the entity, else the whole match."""
    people = (
        ("PERSON", rf"\b{_TITLE} (?P<name>{_NAME}(?: {_NAME}){{0,2}})"),
        ("PERSON", rf"\b(?:{_any(lists['FIRST'])})(?: {_NAME}){{0,2}}(?![\w&])"),
    )
    places = tuple((label, rf"(?<!\w)(?:{_any(lists[label])})(?!\w)") for label in ("LOC", "GPE", "NORP"))
    return [
        (label, re.compile(pattern, re.IGNORECASE if label in _FOLD else 0))
        for label, pattern in (*_PATTERNS, *people, *places, *_LATER)
    ]


def _any(names: Iterable[str]) -> str:
    """A pattern for any of the names, longer ones first."""
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
