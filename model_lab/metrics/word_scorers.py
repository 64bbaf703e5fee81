"""Speech recognition: the word error rate as other benchmarks compute it, on the same answers.

`text.WER` forgives case, punctuation, spelled numbers in English, and spellings in other encodings. How a ranking depends on such choices
is seen by making others. These are scorer routes: `model-lab rescore` computes them on demand.

Conventions
-----------
- Errors are those of a Levenshtein alignment (jiwer, `WER_COMPOUNDS`: kaldialign), pooled over samples. Lower is better; not bounded by 1.
- Letters of Chinese, Japanese, Thai, Lao, Khmer and Burmese count as words, as in `text.WER`, unless a metric says otherwise.
- Where nothing is left of a reference, what was recognised is inserted.

Metrics
-------
- `WER_WHISPER_ENGLISH` (``wer_whisper_english``): both sides by Whisper's English rules and nothing else (whisper-normalizer; Radford et
  al. 2022, appendix C). English alone.
- `WER_WHISPER_BASIC` (``wer_whisper_basic``): both sides by Whisper's basic rules and nothing else, letters split apart in the languages of
  which Whisper's authors split them. These rules drop the vowel signs of Indian and other scripts.
- `WER_RAW` (``wer_raw``): the texts as they are (Unicode NFC), cut at spaces: case and punctuation count.
- `WER_NUMBERS` (``wer_numbers``): as `text.WER`, once numbers written as words are digits on both sides (text2num), in English, German,
  French, Spanish, Italian, Dutch and Portuguese alone.
- `WER_COMPOUNDS` (``wer_compounds``): as `text.WER`, where words may be joined or split without an error: "phone book" for "phonebook".
- `MER` (``mer``): mixed error rate of code-switched speech: letters of Chinese, Japanese, Thai, Lao, Khmer, Burmese *and* syllables of
  Korean count as words whatever the language of the sample, words of other scripts stay words. Shi et al. 2020.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache

from model_lab import languages, wording
from model_lab.metrics import open_asr, text
from model_lab.metrics._base import Components, Metric, rate
from model_lab.types import Transcript

Words = tuple[list[str], list[str]]
"""The words of a reference and of an answer."""

_SPLIT_BY_WHISPER = ("ja", "lo", "my", "th", "yue", "zh")
"""Languages of which Whisper's authors score letters."""
_SPELLED_NUMBERS = ("de", "en", "es", "fr", "it", "nl", "pt")
_GROUPED = re.compile(r"(?<=\d)[.,'\u00a0\u202f ](?=\d{3}(?!\d))")
"""What separates thousands."""
_SYLLABLE = re.compile("([\uac00-\ud7a3])")


def _language(reference: Transcript) -> str:
    return languages.canonical(reference.language or languages.ENGLISH)


def whisper_english_words(reference: Transcript, hypothesis: Transcript) -> Words | None:
    """Normalise both sides by Whisper's English rules.

    Args:
        reference: True transcript, English if its language is "".
        hypothesis: Answered transcript.

    Returns:
        The words of both sides; None unless the language is English.

    Examples:
        >>> whisper_english_words(Transcript("Twenty-one colours, uh."), Transcript("21 colors"))
        (['21', 'colors'], ['21', 'colors'])
    """
    if _language(reference) != languages.ENGLISH:
        return None
    rules = open_asr.whisper_rules()
    return rules(reference.text).split(), rules(hypothesis.text).split()


@cache
def _basic(split: bool) -> Callable[[str], str]:
    from whisper_normalizer.basic import BasicTextNormalizer

    rules: Callable[[str], str] = BasicTextNormalizer(split_letters=split)
    return rules


def whisper_basic_words(reference: Transcript, hypothesis: Transcript) -> Words:
    """Normalise both sides by Whisper's basic rules.

    Args:
        reference: True transcript; its language decides whether letters are words.
        hypothesis: Answered transcript.

    Returns:
        The words of both sides.

    Examples:
        >>> whisper_basic_words(Transcript("Grüß Gott, 21!", language="de"), Transcript("grüß gott einundzwanzig"))
        (['grüß', 'gott', '21'], ['grüß', 'gott', 'einundzwanzig'])
        >>> whisper_basic_words(Transcript("今天OK。", language="zh"), Transcript("今天"))
        (['今', '天', 'o', 'k'], ['今', '天'])
    """
    rules = _basic(_language(reference) in _SPLIT_BY_WHISPER)
    return rules(reference.text).split(), rules(hypothesis.text).split()


def raw_words(reference: Transcript, hypothesis: Transcript) -> Words:
    """Cut both sides at spaces, and change nothing else but their encoding.

    Args:
        reference: True transcript.
        hypothesis: Answered transcript.

    Returns:
        The words of both sides, with their punctuation; where letters are words, punctuation is a word too.

    Examples:
        >>> raw_words(Transcript("He's here."), Transcript("he's here"))
        (["He's", 'here.'], ["he's", 'here'])
        >>> raw_words(Transcript("今天。", language="zh"), Transcript("今天"))
        (['今', '天', '。'], ['今', '天'])
    """
    sides = [unicodedata.normalize("NFC", side.text) for side in (reference, hypothesis)]
    if text.letters_are_words(reference):
        sides = [wording.apart(side) for side in sides]
    expected, recognised = (side.split() for side in sides)
    return expected, recognised


def number_words(reference: Transcript, hypothesis: Transcript) -> Words | None:
    """Write the numbers of both sides in digits, then normalise as `text.WER`.

    Args:
        reference: True transcript, English if its language is "".
        hypothesis: Answered transcript.

    Returns:
        The words of both sides; None in a language whose numbers are not known here.

    Examples:
        >>> number_words(Transcript("vingt et un mille chats", language="fr"), Transcript("21 000 chats."))
        (['21000', 'chats'], ['21000', 'chats'])
        >>> number_words(Transcript("двадцать", language="ru"), Transcript("20")) is None
        True
    """
    language = _language(reference)
    if language not in _SPELLED_NUMBERS:
        return None
    return text.normalised_words(
        *(Transcript(_in_digits(side.text, language), language=language) for side in (reference, hypothesis))
    )


def _in_digits(spoken: str, language: str) -> str:
    from text_to_num import alpha2digit

    return _GROUPED.sub("", str(alpha2digit(spoken, language, threshold=0)))


def mixed_words(reference: Transcript, hypothesis: Transcript) -> Words:
    """Normalise both sides as `text.WER`, with letters of unspaced scripts and syllables of Korean as words.

    Args:
        reference: True transcript.
        hypothesis: Answered transcript.

    Returns:
        The words of both sides.

    Examples:
        >>> mixed_words(Transcript("我们 meeting 改期", language="zh"), Transcript("我们 Meeting 改期了"))
        (['我', '们', 'meeting', '改', '期'], ['我', '们', 'meeting', '改', '期', '了'])
        >>> mixed_words(Transcript("오늘 meeting", language="ko"), Transcript("오늘미팅"))
        (['오', '늘', 'meeting'], ['오', '늘', '미', '팅'])
    """
    letters, language = text.letters_are_words(reference), _language(reference)
    normal = (unicodedata.normalize("NFC", text.normalise(side.text, language, letters)) for side in (reference, hypothesis))
    expected, recognised = (_SYLLABLE.sub(r" \1 ", wording.apart(side)).split() for side in normal)
    return expected, recognised


def _counting(words: Callable[[Transcript, Transcript], Words | None]) -> Callable[[Transcript, Transcript], Components]:
    """``components`` of the word errors between the two sides that ``words`` makes; all 0 where it makes none."""

    def components(reference: Transcript, hypothesis: Transcript) -> Components:
        sides = words(reference, hypothesis)
        return text.edit_components(*(sides or ([], [])))

    return components


def compound_components(reference: Transcript, hypothesis: Transcript) -> Components:
    """Count the word errors of one sample, where words may be joined or split.

    Args:
        reference: True transcript; its language chooses the normalisation, English if it is "".
        hypothesis: Answered transcript; its language is ignored.

    Returns:
        ``substitutions``, ``deletions``, ``insertions``: word errors; ``words``: words of the normalised reference.

    Examples:
        >>> compound_components(Transcript("das Telefonbuch hier", language="de"), Transcript("das Telefon Buch"))
        {'substitutions': 0.0, 'deletions': 1.0, 'insertions': 0.0, 'words': 3.0}
    """
    from kaldialign import edit_distance

    expected, recognised = text.normalised_words(reference, hypothesis)
    counts = edit_distance(expected, recognised, merge_compounds=True)
    return {
        "substitutions": float(counts["sub"]),
        "deletions": float(counts["del"]),
        "insertions": float(counts["ins"]),
        "words": float(counts["ref_len"]),
    }


def _scorer(
    name: str, title: str, source: str, components: Callable[..., Components], scorer: str, lacking: str = "no words"
) -> Metric:
    return Metric(
        name=name,
        title=title,
        unit="ratio",
        higher_is_better=False,
        best=0.0,
        worst=float("inf"),
        version=1,
        source=source,
        components=components,
        value=rate("substitutions", "deletions", "insertions", of="words"),
        evidence=("insertions", "words"),
        lacking=lacking,
        no_value="{words:g} words in the reference, {insertions:g} words inserted",
        scorer=scorer,
    )


WER_WHISPER_ENGLISH = _scorer(
    "wer_whisper_english",
    "word error rate after Whisper's English rules alone",
    "whisper-normalizer's EnglishTextNormalizer, jiwer; Radford et al. 2022, appendix C",
    _counting(whisper_english_words),
    "whisper-english-jiwer-1",
    "not English, or no words",
)
WER_WHISPER_BASIC = _scorer(
    "wer_whisper_basic",
    "word error rate after Whisper's basic rules alone",
    "whisper-normalizer's BasicTextNormalizer, jiwer; Radford et al. 2022, appendix C",
    _counting(whisper_basic_words),
    "whisper-basic-jiwer-1",
)
WER_RAW = _scorer(
    "wer_raw",
    "word error rate with case and punctuation",
    "jiwer on the text as it is",
    _counting(raw_words),
    "raw-jiwer-1",
)
WER_NUMBERS = _scorer(
    "wer_numbers",
    "word error rate with all numbers in digits",
    "text2num, then as wer",
    _counting(number_words),
    "text2num-3-wer-1",
    "a language whose numbers are not known here, or no words",
)
WER_COMPOUNDS = _scorer(
    "wer_compounds",
    "word error rate where words may be joined or split",
    "kaldialign with merge_compounds, after the normalisation of wer",
    compound_components,
    "kaldialign-compounds-wer-1",
)
MER = _scorer(
    "mer",
    "mixed error rate: CJK letters and Korean syllables are words",
    "Shi et al. 2020, the ASRU 2019 Mandarin-English code-switching challenge",
    _counting(mixed_words),
    "mixed-error-rate-1",
)

SCORERS = (WER_WHISPER_ENGLISH, WER_WHISPER_BASIC, WER_RAW, WER_NUMBERS, WER_COMPOUNDS, MER)
"""All of them."""
