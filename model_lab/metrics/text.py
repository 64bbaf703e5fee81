"""Speech recognition: word and character error rates on normalised text, invented words, and round-trip error rates of synthesis.

Conventions
-----------
- English is normalised by Whisper's English rules (Radford et al. 2022, appendix C), every other language by its basic rules (lower
  case, no punctuation) with the marks that belong to the spelling kept, both as packaged in whisper-normalizer.
- Before that, typographic signs become those of a keyboard, so that "don’t" is "don't". Beyond English, the following are also
  equal: text in different encodings (composed or not, full width), digits of any script, and Turkish İ and i. Arabic, Hebrew and similar scripts are
  compared without vowel marks, which are rarely written.
- In languages written without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese, ...), and in a sample of any language whose
  reference has letters of their scripts, a word is such a letter with its marks, and spaces do not count; words of other scripts between
  them stay words. This is the mixed error rate (MER: Shi et al. 2020, the ASRU 2019 Mandarin-English code-switching challenge), and how
  Whisper is evaluated on these languages. Simplified and traditional Chinese characters are different. Such a sample in English is
  normalised by the basic rules.
- The language is that of the reference, English if it names none.
- A sample whose normalised reference is empty adds its insertions and no reference words.

Metrics
-------
S, D, I are substitutions, deletions and insertions of a Levenshtein alignment (jiwer), N reference words, pooled over samples (Morris
et al. 2004). Lower is better; rates with I are not bounded by 1.

- `WER` (``wer``): (S + D + I) / N.
- `SUBSTITUTIONS`, `DELETIONS`, `INSERTIONS` (``substitution_rate``, ``deletion_rate``, ``insertion_rate``): S / N, D / N, I / N.
- `CER` (``cer``): the same as WER over characters, spaces included except in languages written without them.
- `INVENTED_WORDS` (``invented_words``): words recognised per minute of recordings in which nobody speaks; per minute. Koenecke et al.
  2024; Baranski et al. 2025.
- `ROUND_TRIP_WER`, `ROUND_TRIP_CER` (``round_trip_wer``, ``round_trip_cer``): WER and CER between a prompt and what
  ``faster_whisper`` recognises in its synthesis; ``whisper_base`` where the prompt is not English, in the languages of which it learnt
  1000 hours or more. Its errors count as the synthesiser's, and are more than those in English: compare models within a language.
- `SECOND_ROUND_TRIP_WER` (``second_round_trip_wer``): the same by ``pocketsphinx``, a recogniser of another kind; English only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from model_lab import languages, typography, wording
from model_lab.deprecation import renamed
from model_lab.errors import NotRunnable
from model_lab.metrics._base import Components, Judge, Metric, rate, ratio
from model_lab.types import Audio, Transcript

_DOTLESS = ("az", "tr")
"""Languages in which the lower case of I is ı."""
_APOSTROPHE_IS_LETTER = ("be", "haw", "uk", "uz")
"""Languages in which an apostrophe within a word is a letter; in others, as in French, it separates two words."""
_WITHIN_WORD = re.compile(r"(?<=\w)'(?=\w)")
_TYPED_AS = {
    "fa": str.maketrans("كيى", "کیی"),
    "ur": str.maketrans("كي", "کی"),
    "ro": str.maketrans("şţ", "șț"),
}
"""Language -> look-alike letters that replace its own where a keyboard or an old encoding lacks them."""
_LETTER_MARKS = "\u0653\u0654\u0655"
"""Marks of Arabic letters that are not vowels: madda, hamza above and below."""


@dataclass(frozen=True)
class ReferenceTranscript(Transcript):
    """Reference transcript of a recording.

    Attributes:
        duration: Length of the recording in seconds if it has no speech (the text is empty), else 0.
        entities: Texts of the named entities in it, if they were marked.
        keywords: Words and phrases to be listened for, whether they are said or not.
    """

    duration: float = 0.0
    entities: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prompt:
    """Reference of speech synthesis.

    Attributes:
        transcript: The text to be spoken.
        reading: A person reading that text, mono, if the dataset has it.
    """

    transcript: Transcript
    reading: Audio | None = None


@dataclass(frozen=True)
class VoicePrompt(Prompt):
    """Reference of voice cloning; ``reading`` is by the speaker to be cloned.

    Attributes:
        voice: Recording of the speaker to be cloned, mono.
    """

    voice: Audio = field(kw_only=True)


@cache
def _english() -> Callable[[str], str]:
    from whisper_normalizer.english import EnglishTextNormalizer

    rules: Callable[[str], str] = EnglishTextNormalizer()
    return rules


@cache
def _basic() -> Callable[[str], str]:
    from whisper_normalizer.basic import BasicTextNormalizer

    rules: Callable[[str], str] = BasicTextNormalizer(preserve_marks=True)
    return rules


@lru_cache(maxsize=4096)
def normalise(text: str, language: str = "en", unspaced: bool = False) -> str:
    """Normalise text for error rates.

    Args:
        text: Text as written.
        language: Language tag (BCP 47 or ISO 639) or English name of a language.
        unspaced: Whether letters of scripts written without spaces are words though the language is written with spaces.

    Returns:
        Words separated by single spaces; characters in languages written without spaces. "" if nothing remains.

    Raises:
        ValueError: If ``language`` names no known language.

    Examples:
        >>> normalise("Mr. Smith can’t pay $20!")
        'mister smith can not pay $20'
        >>> normalise("हिन्दी, दिन", "hi"), normalise("今天 OK。", "zh-TW"), normalise("مَرْحَبًا", "ar")
        ('हिन्दी दिन', '今 天 ok', 'مرحبا')
    """
    code = languages.canonical(language)
    if code == languages.ENGLISH and not unspaced:
        words = _english()(_visible(unicodedata.normalize("NFKC", typography.straight(text)))).split()
        return " ".join(word for word in words if any(map(str.isalnum, word)))
    if code in _DOTLESS:
        text = text.replace("I\u0307", "İ").replace("İ", "i").replace("I", "ı")
    plain = wording.folded(text).translate(_TYPED_AS.get(code, {}))
    if languages.vowel_marks_optional(code):
        plain = "".join(sign for sign in plain if sign in _LETTER_MARKS or unicodedata.category(sign) != "Mn")
    if code in _APOSTROPHE_IS_LETTER:
        plain = _WITHIN_WORD.sub("ʼ", plain)
    plain = _basic()(plain)
    if unspaced or languages.unspaced(code):
        plain = wording.apart(plain)
    return " ".join(word for word in plain.split() if not unicodedata.category(word[0]).startswith("M"))


def _visible(text: str) -> str:
    """``text`` without invisible characters, such as the joiners of compound emoji."""
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cf")


def letters_are_words(reference: Transcript) -> bool:
    """Decide whether letters of unspaced scripts count as words in a sample.

    Args:
        reference: True transcript, English if its language is "".

    Returns:
        True if its language is written without spaces, or its text has letters of such a script.

    Examples:
        >>> letters_are_words(Transcript("今天 OK")), letters_are_words(Transcript("OK", language="ja")), letters_are_words(Transcript("오늘"))
        (True, True, False)
    """
    return languages.unspaced(reference.language or languages.ENGLISH) or wording.has_unspaced(reference.text)


def normalised_words(reference: Transcript, hypothesis: Transcript) -> tuple[list[str], list[str]]:
    """Normalise both sides of a sample, and cut them into words.

    Args:
        reference: True transcript; its language chooses the normalisation, English if it is "".
        hypothesis: Answered transcript; its language is ignored.

    Returns:
        The words of the reference, and those of the answer.

    Examples:
        >>> normalised_words(Transcript("It's 今天.", language="en"), Transcript("its 今天"))
        (['it', 's', '今', '天'], ['its', '今', '天'])
    """
    language, letters = reference.language or languages.ENGLISH, letters_are_words(reference)
    return normalise(reference.text, language, letters).split(), normalise(hypothesis.text, language, letters).split()


def edit_components(expected: Sequence[str], recognised: Sequence[str]) -> Components:
    """Count the errors of a Levenshtein alignment (jiwer).

    Args:
        expected: Words of the reference, without spaces in them.
        recognised: Words of the answer.

    Returns:
        ``substitutions``, ``deletions``, ``insertions``: errors; ``words``: length of ``expected``.

    Examples:
        >>> edit_components(["a", "cat"], ["the", "cat", "sat"])
        {'substitutions': 1.0, 'deletions': 0.0, 'insertions': 1.0, 'words': 2.0}
    """
    import jiwer

    if not expected:
        return {"substitutions": 0.0, "deletions": 0.0, "insertions": float(len(recognised)), "words": 0.0}
    counts = jiwer.process_words(" ".join(expected), " ".join(recognised))
    return {
        "substitutions": float(counts.substitutions),
        "deletions": float(counts.deletions),
        "insertions": float(counts.insertions),
        "words": float(len(expected)),
    }


def word_components(reference: Transcript, hypothesis: Transcript) -> Components:
    """Count the word errors of one sample.

    Args:
        reference: True transcript; its language chooses the normalisation, English if it is "".
        hypothesis: Answered transcript; its language is ignored.

    Returns:
        ``substitutions``, ``deletions``, ``insertions``: word errors; ``words``: words of the normalised reference.

    Examples:
        >>> word_components(Transcript("the cat sat", language="en"), Transcript("a cat sat down"))
        {'substitutions': 1.0, 'deletions': 0.0, 'insertions': 1.0, 'words': 3.0}
        >>> word_components(Transcript("今天天气", language="zh"), Transcript("今天 天氣"))
        {'substitutions': 1.0, 'deletions': 0.0, 'insertions': 0.0, 'words': 4.0}
    """
    return edit_components(*normalised_words(reference, hypothesis))


def character_components(reference: Transcript, hypothesis: Transcript) -> Components:
    """Count the character errors of one sample.

    Args:
        reference: True transcript; its language chooses the normalisation, English if it is "".
        hypothesis: Answered transcript; its language is ignored.

    Returns:
        ``edits``: substituted, deleted and inserted characters; ``characters``: characters of the normalised reference. Spaces count,
            except in languages written without them.

    Examples:
        >>> character_components(Transcript("cat"), Transcript("cut"))
        {'edits': 1.0, 'characters': 3.0}
        >>> character_components(Transcript("今天天气", language="zh"), Transcript("今天 天氣"))
        {'edits': 1.0, 'characters': 4.0}
    """
    import jiwer

    language = reference.language or languages.ENGLISH
    expected, recognised = normalise(reference.text, language), normalise(hypothesis.text, language)
    if languages.unspaced(language):
        expected, recognised = expected.replace(" ", ""), recognised.replace(" ", "")
    if not expected:
        return {"edits": float(len(recognised)), "characters": 0.0}
    counts = jiwer.process_characters(expected, recognised)
    return {"edits": float(counts.substitutions + counts.deletions + counts.insertions), "characters": float(len(expected))}


def invention_components(reference: ReferenceTranscript, hypothesis: Transcript) -> Components:
    """Count the words recognised in a recording without speech.

    Args:
        reference: Reference transcript, with the recording's duration if it is empty.
        hypothesis: Answered transcript.

    Returns:
        ``words``: recognised words; ``seconds``: length of the recording. Both are 0 for a recording with speech.

    Examples:
        >>> invention_components(ReferenceTranscript("", duration=60.0), Transcript("Thank you!")), invention_components(ReferenceTranscript("yes"), Transcript("no"))
        ({'words': 2.0, 'seconds': 60.0}, {'words': 0.0, 'seconds': 0.0})
    """
    language = reference.language or "en"
    if normalise(reference.text, language):
        return {"words": 0.0, "seconds": 0.0}
    return {"words": float(len(normalise(hypothesis.text, language).split())), "seconds": reference.duration}


def _error_rate(name: str, title: str, *kinds: str) -> Metric:
    return Metric(
        name=name,
        title=title,
        unit="ratio",
        higher_is_better=False,
        best=0.0,
        worst=float("inf"),
        version=3,
        source="Levenshtein alignment of words (jiwer), of characters where there are no spaces; Morris et al. 2004",
        components=word_components,
        value=rate(*kinds, of="words"),
        evidence=("insertions", "words") if "insertions" in kinds else ("words",),
        lacking="no words",
        no_value="{words:g} words in the reference, {insertions:g} words inserted",
    )


WER = _error_rate("wer", "word error rate", "substitutions", "deletions", "insertions")
SUBSTITUTIONS = _error_rate("substitution_rate", "substituted words", "substitutions")
DELETIONS = _error_rate("deletion_rate", "deleted words", "deletions")
INSERTIONS = _error_rate("insertion_rate", "inserted words", "insertions")
CER = Metric(
    name="cer",
    title="character error rate",
    unit="ratio",
    higher_is_better=False,
    best=0.0,
    worst=float("inf"),
    version=2,
    source="Levenshtein alignment of characters (jiwer)",
    components=character_components,
    value=rate("edits", of="characters"),
    lacking="no words",
)

INVENTED_WORDS = Metric(
    name="invented_words",
    title="words recognised per minute of audio without speech",
    unit="per minute",
    higher_is_better=False,
    best=0.0,
    worst=float("inf"),
    version=1,
    source="hallucination on non-speech audio, Koenecke et al. 2024; Baranski et al. 2025, as a rate",
    components=invention_components,
    value=lambda pooled: ratio(60 * pooled["words"], pooled["seconds"]),
    evidence=("seconds",),
    lacking="speech present",
)


def _language(reference: Prompt) -> str:
    return languages.canonical(reference.transcript.language or languages.ENGLISH)


def _is_english(reference: Prompt) -> bool:
    return _language(reference) == languages.ENGLISH


_WELL_KNOWN = ("ca", "de", "es", "fi", "fr", "id", "it", "ja", "ko", "nl", "pl", "pt", "ru", "sv", "tr", "zh")
"""Languages other than English of which Whisper learnt 1000 hours of speech with transcripts or more (Radford et al. 2022, figure 11)."""

_MULTILINGUAL = Judge("whisper_base", "asr", lambda reference, hypothesis: (hypothesis,))
RECOGNISER = Judge(
    "faster_whisper", "asr", lambda reference, hypothesis: (hypothesis,), applies=_is_english, otherwise=_MULTILINGUAL
)
SECOND_RECOGNISER = Judge("pocketsphinx", "asr", lambda reference, hypothesis: (hypothesis,))
"""Judges of synthesised speech, of different kinds: neural networks (English, and other languages) and hidden Markov models (English)."""


def _round_trip(metric: Metric, name: str, title: str, judge: Judge, version: int) -> Metric:
    """``metric`` between a `Prompt` and what ``judge`` recognises in its synthesis; raises `NotRunnable` for a language it does not know."""

    def components(reference: Prompt, hypothesis: Audio, recognised: Transcript) -> Components:
        asked, known = judge.of(reference).model, _WELL_KNOWN if judge.otherwise else ()
        if not _is_english(reference) and _language(reference) not in known:
            supported = f"English and {', '.join(known)}" if known else "only English"
            raise NotRunnable(f"the prompt's language is {reference.transcript.language!r}; {asked} judges {supported}")
        return metric.components(reference.transcript, recognised)

    return replace(metric, name=name, title=title, version=version, components=components, judge=judge)


ROUND_TRIP_WER = _round_trip(
    WER, "round_trip_wer", "word error rate of the speech, transcribed by whisper tiny.en (base if not English)", RECOGNISER, 3
)
ROUND_TRIP_CER = _round_trip(
    CER,
    "round_trip_cer",
    "character error rate of the speech, transcribed by whisper tiny.en (base if not English)",
    RECOGNISER,
    3,
)
SECOND_ROUND_TRIP_WER = _round_trip(
    WER,
    "second_round_trip_wer",
    "word error rate of the speech, transcribed by pocketsphinx, a much weaker recogniser",
    SECOND_RECOGNISER,
    2,
)


if not TYPE_CHECKING:
    __getattr__ = renamed(__name__, {"Said": "ReferenceTranscript"})
