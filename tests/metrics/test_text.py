from __future__ import annotations

import math
import re
import unicodedata

import jiwer
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from whisper_normalizer.basic import BasicTextNormalizer
from whisper_normalizer.english import EnglishTextNormalizer

from model_lab.errors import NotRunnable
from model_lab.metrics import text
from model_lab.metrics._base import pool
from model_lab.metrics.text import ReferenceTranscript
from model_lab.registry import model_cards
from model_lab.types import Audio, Transcript

sentences = st.lists(st.sampled_from(["cat", "dog", "sat", "mat", "ran", "far"]), max_size=8).map(" ".join)
SOUND = Audio(np.zeros(10, np.float32), 16000)


def distance(truth, answer):
    """Levenshtein, cell by cell."""
    row = list(range(len(answer) + 1))
    for i, wanted in enumerate(truth, 1):
        diagonal, row[0] = row[0], i
        for j, given_token in enumerate(answer, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (wanted != given_token))
    return row[-1]


@given(sentences, sentences)
def test_edits_are_the_levenshtein_distance(truth, answer):
    words = text.word_components(Transcript(truth), Transcript(answer))
    assert words["substitutions"] + words["deletions"] + words["insertions"] == distance(truth.split(), answer.split())
    assert words["words"] == len(truth.split())
    characters = text.character_components(Transcript(truth), Transcript(answer))
    assert characters == {"edits": distance(truth, answer), "characters": len(truth)}


@given(sentences.filter(bool))
def test_the_truth_scores_best(truth):
    assert text.WER.score(Transcript(truth), Transcript(truth)) == 0
    assert text.WER.score(Transcript(truth), Transcript("")) == 1
    assert text.ROUND_TRIP_WER.score(text.Prompt(Transcript(truth)), SOUND, Transcript(truth)) == 0


def test_insertions_where_nothing_was_said_count_in_the_pool():
    silent = text.word_components(Transcript(""), Transcript("hello there"))
    assert math.isnan(text.WER.value(silent))
    spoken = text.word_components(Transcript("the cat sat down"), Transcript("the cat sat down"))
    assert text.WER.value(pool([silent, spoken])) == 0.5


@given(sentences, sentences)
def test_a_round_trip_counts_what_the_recogniser_heard(truth, heard):
    prompt = text.Prompt(Transcript(truth, language="en"))
    assert text.ROUND_TRIP_WER.components(prompt, SOUND, Transcript(heard)) == text.word_components(
        prompt.transcript, Transcript(heard)
    )
    assert text.ROUND_TRIP_CER.components(prompt, SOUND, Transcript(heard)) == text.character_components(
        prompt.transcript, Transcript(heard)
    )


def test_the_recogniser_is_asked_once_and_about_the_sound():
    assert text.ROUND_TRIP_WER.judge is text.ROUND_TRIP_CER.judge
    judge = text.ROUND_TRIP_WER.judge
    assert (judge.model, judge.capability, judge.inputs("prompt", SOUND)) == ("faster_whisper", "asr", (SOUND,))


@pytest.mark.parametrize("metric", [text.ROUND_TRIP_WER, text.ROUND_TRIP_CER])
@pytest.mark.parametrize(
    ("tag", "judge"), [("en", "faster_whisper"), ("en-GB", "faster_whisper"), ("de", "whisper_base"), ("", "faster_whisper")]
)
def test_another_recogniser_judges_other_languages(metric, tag, judge):
    prompt = text.Prompt(Transcript("guten Tag", language=tag))
    assert metric.judge.of(prompt).model == judge
    assert metric.judge.of(prompt).inputs(prompt, SOUND) == (SOUND,)
    assert metric.judge.of(None).model == "faster_whisper"
    assert metric.score(prompt, SOUND, Transcript("guten Tag")) == 0


@pytest.mark.parametrize(
    ("metric", "tag", "said"),
    [
        (text.ROUND_TRIP_WER, "eo", "'eo'; whisper_base judges English and ca, de"),
        (text.ROUND_TRIP_CER, "mi", "'mi'; whisper_base judges English and ca, de"),
        (text.SECOND_ROUND_TRIP_WER, "de", "'de'; pocketsphinx judges only English"),
    ],
)
def test_a_prompt_the_recogniser_does_not_know_is_not_scored(metric, tag, said):
    with pytest.raises(NotRunnable, match=said):
        metric.components(text.Prompt(Transcript("guten Tag", language=tag)), SOUND, Transcript("good dog"))


def test_the_recogniser_of_other_languages_knows_those_it_judges():
    card = model_cards.card(text.RECOGNISER.otherwise.model)
    assert set(text._WELL_KNOWN) <= set(card.languages)


@given(sentences, sentences)
def test_the_second_recogniser_is_another_and_its_errors_count_alike(truth, heard):
    metric = text.SECOND_ROUND_TRIP_WER
    assert (metric.judge.model, metric.judge.capability, metric.judge.inputs("prompt", SOUND)) == (
        "pocketsphinx",
        "asr",
        (SOUND,),
    )
    prompt = text.VoicePrompt(Transcript(truth, language="en"), voice=SOUND)
    assert metric.components(prompt, SOUND, Transcript(heard)) == text.word_components(prompt.transcript, Transcript(heard))


def wer(reference, answer, language):
    return text.WER.score(Transcript(reference, language=language), Transcript(answer))


def cer(reference, answer, language):
    return text.CER.score(Transcript(reference, language=language), Transcript(answer))


@pytest.mark.parametrize(
    ("language", "reference", "answer", "wrong"),
    [
        ("hi", "मेरा नाम राम है", "मेरा नाम राम हे", 1 / 4),
        ("mr", "मी घरी जातो", "मी घरि जातो", 1 / 3),
        ("bn", "আমি বাংলা বলি", "আমি বাংলা বলী", 1 / 3),
        ("ta", "தமிழ் மொழி", "தமிழ மொழி", 1 / 2),
        ("te", "తెలుగు భాష", "తెలుగు భాషా", 1 / 2),
        ("ml", "മലയാളം", "മലയാളാം", 1),
        ("he", "שָׁלוֹם עולם", "שלום עולם", 0),
        ("ar", "السَّلامُ عليكم", "السلام عليكم", 0),
        ("ar", "مؤمن", "مومن", 1),
        ("yi", "אַרבעט", "אָרבעט", 1),
        ("vi", "tiếng Việt", "tiêng Việt", 1 / 2),
        ("tr", "IŞIK İYİ", "ışık iyi", 0),
        ("tr", "ılık", "ilik", 1),
        ("de", "İzmir ist schön", "izmir ist schön", 0),
        ("uk", "м’ята", "м'ята", 0),
        ("uk", "м'ята", "мята", 1),
        ("uz", "oʻzbek tili", "o‘zbek tili", 0),
        ("fr", "L’été, c’est l'hiver", "l'été c'est l’hiver", 0),
        ("fa", "می\u200cخواهم", "میخواهم", 0),
        ("fa", "كتاب علي", "کتاب علی", 0),
        ("ar", "مرحبـــا", "مرحبا", 0),
        ("ro", "şi ţara", "și țara", 0),
        ("af", "ŉ man", "'n man", 0),
        ("en", "wait...", "wait", 0),
        ("en", "He said.. no - 5 %", "He said no 5", 0),
        ("en", "👨\u200d👩\u200d👧 hello", "hello", 0),
        ("en", "№ 𝐇𝐞𝐥𝐥𝐨 ﬁnd", "no hello find", 0),
        ("ar", "عام ٢٠٢٤", "عام 2024", 0),
        ("hi", "साल २०२४ ❤️", "साल 2024", 0),
        ("ko", "오늘 날씨", "오늘날씨", 1),
    ],
)
def test_words_are_whole_whatever_signs_they_are_written_with(language, reference, answer, wrong):
    assert wer(reference, answer, language) == pytest.approx(wrong)


@pytest.mark.parametrize(
    ("language", "reference", "answer", "wrong", "characters"),
    [
        ("zh", "他明天去北京", "他 明天 去 背景", 2 / 6, 2 / 6),
        ("zh-TW", "你好，世界！", "你好世界", 0, 0),
        ("cmn", "我爱Python编程", "我爱 python 编成", 1 / 5, 1 / 10),
        ("zh", "打开 app store", "打开APP stare", 1 / 4, 1 / 10),
        ("yue", "佢哋食飯", "佢食飯", 1 / 4, 1 / 4),
        ("ja", "カタカナ ﾆﾎﾝ", "カタカナニホン", 0, 0),
        ("ja", "か\u3099き", "がき", 0, 0),
        ("ja", "人々（笑）", "人人", 1 / 2, 1 / 2),
        ("th", "กิน ข้าว ๒ จาน", "กินข้าว2จาน", 0, 0),
        ("th", "นํ้า", "น้ำ", 0, 0),
        ("lo", "ສະບາຍດີ", "ສະບາຍ", 1 / 6, 2 / 7),
        ("km", "ភាសាខ្មែរ", "ភាសា", 3 / 5, 5 / 9),
        ("my", "မြန်မာ", "မြန်", 1 / 3, 2 / 6),
    ],
)
def test_characters_are_words_where_there_are_no_spaces(language, reference, answer, wrong, characters):
    assert wer(reference, answer, language) == pytest.approx(wrong)
    assert cer(reference, answer, language) == pytest.approx(characters)


@pytest.mark.parametrize("tag", ["en", "en-US", "EN", "eng", "English", ""])
def test_english_by_any_name_has_the_english_rules(tag):
    assert wer("He can't pay twenty dollars", "he can not pay $20", tag) == wer("He can't pay", "he can not pay", tag) == 0


def test_dots_are_no_words_that_were_invented():
    heard = text.invention_components(ReferenceTranscript("", duration=2.0), Transcript("..."))
    assert heard == {"words": 0.0, "seconds": 2.0}


def test_what_is_no_language_is_refused():
    with pytest.raises(ValueError, match=r"'jp' names no language \(did you mean 'ja'\?\)"):
        wer("はい", "はい", "jp")


APOSTROPHES = st.sampled_from("'’‘ʼ`＇")
SPOKEN = st.lists(
    st.sampled_from(
        ["don't", "we're", "it's", "l'eau", "O'Neill", "She", "café", "größer", "İzmir", "दिन", "今天", "สวัสดี", "한국", "٣"]
    ),
    min_size=1,
    max_size=6,
).map(" ".join)
LANGUAGES = st.sampled_from(["en", "fr", "de", "tr", "hi", "ar", "zh", "ja", "th", "ko", "uk"])


@given(SPOKEN, APOSTROPHES, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]), st.sampled_from(["", "\u00ad", "\u200b"]), LANGUAGES)
def test_how_text_is_typed_and_encoded_does_not_matter(said, apostrophe, form, unseen, language):
    typed = unicodedata.normalize(form, said.replace("'", f"{unseen}{apostrophe}"))
    assert wer(said, f"“{typed}”", language) == cer(said, f"«{typed}»", language) == 0


@given(st.one_of(SPOKEN, st.text(max_size=30)), LANGUAGES.filter(lambda language: language != "en"))
def test_normalised_text_is_normal(said, language):
    once = text.normalise(said, language)
    assert text.normalise(once, language) == once
    assert not once or wer(said, once, language) == 0


@given(st.text(st.characters(codec="ascii"), max_size=40))
def test_ascii_is_normalised_as_whisper_does(said):
    typed = said.replace("`", "'")
    words = EnglishTextNormalizer()(typed).split()
    assert text.normalise(said) == " ".join(word for word in words if any(map(str.isalnum, word)))
    assert text.normalise(said, "de") == " ".join(BasicTextNormalizer()(re.sub(r"[\x00-\x1f\x7f]", " ", typed)).split())


@given(st.text(st.sampled_from("今天気はいカタสวัดีรับ, 。"), max_size=15))
def test_letters_are_split_as_whisper_splits_them(said):
    whisper = BasicTextNormalizer(split_letters=True, preserve_marks=True)(unicodedata.normalize("NFKC", said))
    stray = {letter for letter in whisper.split() if unicodedata.category(letter[0]) == "Mn"}
    assert text.normalise(said, "th").split() == [letter for letter in whisper.split() if letter not in stray]


@given(st.lists(st.sampled_from("今天气很好"), min_size=1, max_size=12), st.lists(st.sampled_from("今天气很好"), max_size=12))
def test_characters_are_counted_as_jiwer_counts_them(truth, answer):
    expected = jiwer.cer("".join(truth), "".join(answer))
    for language in ("zh", "ja"):
        assert wer("".join(truth), " ".join(answer), language) == pytest.approx(expected)
        assert cer(" ".join(truth), "".join(answer), language) == pytest.approx(expected)


def test_words_invented_per_minute_by_hand() -> None:
    """14 words in 60 s of silence, of which 20 s have none; a recording in which somebody speaks has no part in it."""
    silent = [
        (ReferenceTranscript("", duration=40.0), "you " * 14),
        (ReferenceTranscript(" ", duration=20.0), ""),
        (ReferenceTranscript("hello"), "hello there"),
    ]
    parts = [text.INVENTED_WORDS.components(reference, Transcript(answer)) for reference, answer in silent]
    assert text.INVENTED_WORDS.value(pool(parts)) == 14.0
    assert [text.INVENTED_WORDS.counts(part) for part in parts] == [True, True, False]
    assert math.isnan(text.INVENTED_WORDS.value(parts[2]))
