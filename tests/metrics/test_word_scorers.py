"""Word error rates of other scorers against the libraries' own, NIST's sclite and a brute-force alignment."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kaldialign import batch_error_rate
from whisper_normalizer.basic import BasicTextNormalizer
from whisper_normalizer.english import EnglishTextNormalizer

from model_lab.metrics import text
from model_lab.metrics import word_scorers as scorers
from model_lab.metrics._base import Metric, pool
from model_lab.types import Transcript
from tests.metrics.test_benchmark_scorers import PAIRS, SCTK, needs_sctk

GERMAN = (
    ("Im Jahr zweitausend waren einundzwanzig Kinder da.", "im Jahr 2000 waren 21 Kinder da"),
    ("Das Telefonbuch, Straße 3!", "das Telefon Buch Strasse 3"),
)
CHINESE = (
    ("我们明天开会。", "我們明天開會"),
    ("把 PPT 发到 email 里", "把ppt发到 e-mail里"),
    ("今天天气很好", "今天 天汽很好 啊"),
)


def pooled(metric: Metric, pairs: Sequence[tuple[str, str]], language: str = "en") -> dict[str, float]:
    return pool(metric.components(Transcript(one, language=language), Transcript(other)) for one, other in pairs)


def errors(parts: dict[str, float]) -> tuple[float, ...]:
    return tuple(parts[kind] for kind in ("substitutions", "deletions", "insertions", "words"))


def counted(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[float, ...]:
    """What jiwer counts over a corpus."""
    found = jiwer.process_words(list(references), list(hypotheses))
    return found.substitutions, found.deletions, found.insertions, found.hits + found.substitutions + found.deletions


def test_whispers_english_is_its_normaliser_and_jiwer() -> None:
    rules = EnglishTextNormalizer()
    parts = pooled(scorers.WER_WHISPER_ENGLISH, PAIRS)
    assert errors(parts) == counted([rules(one) for one, _ in PAIRS], [rules(other) for _, other in PAIRS])
    assert scorers.WER_WHISPER_ENGLISH.value(parts) > 0.1
    german = scorers.WER_WHISPER_ENGLISH.components(Transcript("Guten Tag", language="de"), Transcript("nichts"))
    assert not scorers.WER_WHISPER_ENGLISH.counts(german)


@pytest.mark.parametrize(
    ("language", "pairs", "split"), [("en", PAIRS, False), ("de", GERMAN, False), ("zh", CHINESE, True)], ids=["en", "de", "zh"]
)
def test_whispers_basic_is_its_normaliser_and_jiwer(language: str, pairs: Sequence[tuple[str, str]], split: bool) -> None:
    rules = BasicTextNormalizer(split_letters=split)
    expected = counted([rules(one).strip() for one, _ in pairs], [rules(other).strip() for _, other in pairs])
    assert errors(pooled(scorers.WER_WHISPER_BASIC, pairs, language)) == expected


def test_raw_words_are_those_between_spaces() -> None:
    parts = pooled(scorers.WER_RAW, PAIRS)
    assert errors(parts) == counted([one for one, _ in PAIRS], [other for _, other in PAIRS])
    assert scorers.WER_RAW.value(parts) > 0.1
    assert scorers.WER_RAW.score(Transcript("Hello, you."), Transcript("hello you")) == 1.0
    assert scorers.WER_RAW.score(Transcript("cafe\u0301"), Transcript("café")) == 0.0


@pytest.mark.system
@needs_sctk
@pytest.mark.parametrize("metric", [scorers.WER_RAW, scorers.WER_WHISPER_ENGLISH], ids=lambda metric: metric.name)
def test_word_errors_are_those_of_sclite(metric: Metric, tmp_path: Path) -> None:
    words = {"wer_raw": scorers.raw_words, "wer_whisper_english": scorers.whisper_english_words}[metric.name]
    sides = [words(Transcript(one), Transcript(other)) for one, other in PAIRS]
    for place, name in enumerate(("ref", "hyp")):  # sclite reads brackets and braces as its own signs
        lines = (re.sub(r"[(){}\[\];/]", "_", " ".join(side[place])) for side in sides if side)
        (tmp_path / name).write_text("".join(f"{line} (spk_{number:03d})\n" for number, line in enumerate(lines)))
    command = [str(SCTK / "sclite"), "-s", "-r", "ref", "trn", "-h", "hyp", "trn", "-i", "rm", "-o", "rsum", "stdout"]
    output = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    [numbers] = re.findall(r"^\s*\|\s*Sum\s*\|\s*(\d.*)\|", output, re.MULTILINE)
    _, words_of_sclite, _, _, _, _, wrong, _ = map(int, numbers.replace("|", " ").split())
    parts = pooled(metric, PAIRS)
    assert (words_of_sclite, wrong) == (parts["words"], sum(errors(parts)[:3]))


@pytest.mark.parametrize(
    ("language", "words", "digits"),
    [
        ("en", "twenty one cats", "21 cats"),
        ("de", "einundzwanzig Katzen", "21 Katzen"),
        ("fr", "quatre-vingt-dix-sept chats", "97 chats"),
        ("es", "treinta y dos gatos", "32 gatos"),
        ("it", "ventuno gatti", "21 gatti"),
        ("nl", "eenentwintig katten", "21 katten"),
        ("pt", "vinte e um gatos", "21 gatos"),
    ],
)
def test_spelled_numbers_are_digits_both_ways(language: str, words: str, digits: str) -> None:
    for one, other in ((words, digits), (digits, words)):
        assert scorers.WER_NUMBERS.score(Transcript(one, language=language), Transcript(other)) == 0.0
    assert scorers.WER_NUMBERS.score(Transcript(words, language=language), Transcript("5" + digits)) > 0.0


def test_numbers_follow_jiwer_once_they_are_digits_and_count_in_known_languages_alone() -> None:
    references = ["im jahr 2000 waren 21 kinder da", "das telefonbuch straße 3"]
    hypotheses = ["im jahr 2000 waren 21 kinder da", "das telefon buch strasse 3"]
    assert errors(pooled(scorers.WER_NUMBERS, GERMAN, "de")) == counted(references, hypotheses)
    assert not scorers.WER_NUMBERS.counts(scorers.WER_NUMBERS.components(Transcript("двадцать", language="ru"), Transcript("20")))


@pytest.mark.parametrize(("language", "pairs"), [("en", PAIRS), ("de", GERMAN)], ids=["en", "de"])
def test_compounds_are_kaldialigns(language: str, pairs: Sequence[tuple[str, str]]) -> None:
    sides = [tuple(tuple(text.normalise(pair[place], language).split()) for pair in pairs) for place in (0, 1)]
    expected = batch_error_rate(*sides, merge_compounds=True)
    found = pooled(scorers.WER_COMPOUNDS, pairs, language)
    assert errors(found) == tuple(expected[kind] for kind in ("sub", "del", "ins", "ref_len"))
    assert scorers.WER_COMPOUNDS.value(found) < text.WER.value(pooled(text.WER, pairs, language))


def mixed(spoken: str) -> list[str]:
    """Words of lower-case ASCII letters, and every other letter alone: the tokens of a mixed error rate."""
    return re.findall(r"[a-z]+|[^\Wa-z_]", spoken.lower())


@cache
def brute_force(expected: tuple[str, ...], recognised: tuple[str, ...]) -> int:
    """The fewest edits from one to the other, tried recursively."""
    if not expected or not recognised:
        return len(expected) + len(recognised)
    if expected[0] == recognised[0]:
        return brute_force(expected[1:], recognised[1:])
    return 1 + min(
        brute_force(expected[1:], recognised[1:]), brute_force(expected[1:], recognised), brute_force(expected, recognised[1:])
    )


switched = st.lists(st.sampled_from(["我", "们", "今天", "か", "きく", "ok", "mail", "오늘", "ไ"]), max_size=5).map(" ".join)


@given(switched, switched, st.sampled_from(["zh", "ja", "ko", "en", "de"]))
def test_mixed_errors_are_those_of_brute_force(spoken: str, answer: str, language: str) -> None:
    parts = scorers.MER.components(Transcript(spoken, language=language), Transcript(answer))
    assert parts["words"] == len(mixed(spoken))
    assert sum(errors(parts)[:3]) == brute_force(tuple(mixed(spoken)), tuple(mixed(answer)))


@given(switched.filter(lambda spoken: re.search("[我们今天かきくไ]", spoken)), switched)
def test_the_primary_rate_is_the_mixed_one_but_for_korean(spoken: str, answer: str) -> None:
    spoken, answer = (side.replace("오늘", "").strip() for side in (spoken, answer))
    for language in ("ja", "en", "de"):
        sides = Transcript(spoken, language=language), Transcript(answer)
        assert errors(text.WER.components(*sides)) == errors(scorers.MER.components(*sides))


def test_the_mixed_rate_of_english_is_the_word_error_rate() -> None:
    assert pooled(scorers.MER, PAIRS) == pooled(text.WER, PAIRS)
    assert scorers.MER.components(Transcript("We ate."), Transcript("we ate 寿司"))["insertions"] == 2.0


def test_words_of_korean_are_words_for_the_primary_rate_and_syllables_for_the_mixed_one() -> None:
    sides = Transcript("오늘 날씨가 좋다", language="ko"), Transcript("오늘 날시가 좋다")
    assert text.WER.score(*sides) == pytest.approx(1 / 3)
    assert scorers.MER.score(*sides) == pytest.approx(1 / 7)


def test_english_numbers_are_those_of_version_2() -> None:
    """Characters of unspaced scripts are words since version 3: English samples are counted as before."""

    def version_2(reference: str, hypothesis: str) -> tuple[float, ...]:
        expected, recognised = text.normalise(reference), text.normalise(hypothesis)
        return counted([expected], [recognised]) if expected else (0, 0, len(recognised.split()), 0)

    foreign = [
        ("We ate sushi.", "we ate 寿司"),
        ("naïve café, 20 €", "naive cafe 20 euros"),
        ("It's ½ past 10.", "its half past ten"),
    ]
    for reference, hypothesis in [*PAIRS, *foreign, ("", "thank you")]:
        assert errors(text.word_components(Transcript(reference), Transcript(hypothesis))) == version_2(reference, hypothesis)


def test_japanese_without_spaces_is_not_one_word() -> None:
    for language in ("ja", "", "en"):
        sides = Transcript("今日は天気がいい", language=language), Transcript("今日は電気がいい")
        assert text.WER.score(*sides) == pytest.approx(1 / 8)


@pytest.mark.parametrize("metric", scorers.SCORERS, ids=lambda metric: metric.name)
def test_the_reference_is_right_and_silence_is_not(metric: Metric) -> None:
    for spoken, language in (("The white paper costs $20.", "en"), ("einundzwanzig Katzen", "de"), ("今天 OK", "zh")):
        truth = Transcript(spoken, language=language)
        if metric.counts(metric.components(truth, truth)):
            assert metric.score(truth, truth) == 0.0
            assert metric.score(truth, Transcript("")) == 1.0
    inserted = metric.components(Transcript(""), Transcript("thank you"))
    assert (inserted["insertions"], inserted["words"]) == (2.0, 0.0)
