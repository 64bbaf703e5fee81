from __future__ import annotations

from typing import Any

import pytest

from model_lab.languages import canonical, code_or_empty, same_language, unspaced, vowel_marks_optional


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        (("en", "en-US", "en_GB", "EN", "eng", "English", "english", " en "), "en"),
        (("de", "ger", "deu", "German", "de-AT"), "de"),
        (("zh", "zh-CN", "zh-Hant-TW", "zho", "chi", "cmn", "Mandarin", "Chinese"), "zh"),
        (("yue", "zh-yue", "Cantonese"), "yue"),
        (("he", "iw", "heb"), "he"),
        (("no", "nor", "Norwegian"), "no"),
        (("nb", "nob", "nb-NO"), "nb"),
        (("fa", "per", "pes", "Farsi", "Persian"), "fa"),
        (("haw", "Hawaiian"), "haw"),
        (("th", "Thai", "thai"), "th"),
        (("ur", "Urdu", "URDU"), "ur"),
    ],
)
def test_one_language_has_one_code(tags: tuple[str, ...], code: str) -> None:
    assert {canonical(tag) for tag in tags} == {code}


@pytest.mark.parametrize(
    ("tag", "near"),
    [
        ("jp", r" \(did you mean 'ja'\?\)"),
        ("cn", r" \(did you mean 'zh'\?\)"),
        ("Englsh", r" \(did you mean 'English'\?\)"),
        ("xx", ""),
        ("", ""),
        ("e", ""),
        ("und", ""),
        ("mul", ""),
        ("zxx", ""),
        ("qaa", ""),
        ("x-own", ""),
        ("en us", ""),
    ],
)
def test_what_names_no_language_is_refused_with_the_nearest_that_does(tag: str, near: str) -> None:
    with pytest.raises(ValueError, match=f"names no language{near}; expected a tag of ISO 639 or BCP 47"):
        canonical(tag)


def test_what_a_model_says_is_a_language_or_nothing() -> None:
    assert [code_or_empty(tag) for tag in ("zh-Hans", "english", "", "xx", "<b>", "und")] == ["zh", "en", "", "", "", ""]
    assert code_or_empty(None) == ""  # type: ignore[arg-type]


@pytest.mark.parametrize("tag", [5, True, ["en"], {"en": 1}, None])
def test_a_tag_is_text(tag: Any) -> None:
    with pytest.raises(ValueError, match="expected a language tag as text"):
        canonical(tag)


def test_a_group_knows_its_members_and_they_do_not_know_each_other() -> None:
    assert same_language("no", "nn") and same_language("nb-NO", "no") and not same_language("nb", "nn")
    assert same_language("cmn", "zh-TW") and not same_language("yue", "zh") and not same_language("en", "de")


def test_how_languages_are_written() -> None:
    assert all(map(unspaced, ("zh", "cmn", "wuu", "yue-HK", "ja", "th", "lo", "km", "my")))
    assert not any(map(unspaced, ("ko", "vi", "en", "hi", "bo", "ar")))
    assert all(map(vowel_marks_optional, ("ar", "ary", "he", "fa", "ur", "syr")))
    assert not any(map(vowel_marks_optional, ("hi", "th", "dv", "yi", "ks", "el")))
