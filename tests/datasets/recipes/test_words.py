"""Words at known times, and phones from a dictionary."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from model_lab import audio
from model_lab.capabilities import capability
from model_lab.datasets.recipes import phones, words
from tests.datasets.conftest import bursts, prompts_package

Make = Callable[..., Any]

SPOKEN = {
    "digits/1": "one",
    "digits/2": "two.",
    "digits/3": "Three",
    "digits/4": "foor",
    "letters/a": "a",
    "letters/dash": "dash",
}
SETTINGS = {
    "seed": 1,
    "copies": 3,
    "words": [3, 4],
    "pauses": {"run together": [0.02, 0.05], "long pauses": [0.5, 1.0]},
    "names": ["digits/*", "letters/?", "two-words"],
    "spelling": {"foor": "four"},
}


@pytest.fixture
def single_words(tmp_path: Path) -> dict[str, Path]:
    """Bursts that begin 0.2 s into the recording and last 0.3 s and more, each at its own pitch."""
    texts = SPOKEN | {"two-words": "two words", "other": "other", "digits/5": "Five, six"}
    sounds = {key: bursts([(0.2, 0.5 + 0.1 * n)], 1.5, 200.0 + 40 * n) for n, key in enumerate(texts)}
    return prompts_package(tmp_path / "packages", "en", texts, sounds)


def test_words_are_where_the_rows_say(workshop: Make, single_words: dict[str, Path]) -> None:
    shop = workshop(single_words, **SETTINGS)
    rows = list(words.spelled_out(shop))
    assert [row["stratum"] for row in rows] == ["run together"] * 3 + ["long pauses"] * 3
    lengths = {"one": 0.3, "two": 0.4, "three": 0.5, "four": 0.6, "a": 0.7}
    for row in rows:
        assert row["text"].split() == [word for word, _, _ in row["words"]]
        assert len(set(row["text"].split())) in (3, 4)
        assert set(row["text"].split()) <= set(lengths)
        shortest, longest = SETTINGS["pauses"][row["stratum"]]
        for (_, _, end), (_, start, _) in pairwise(row["words"]):
            assert shortest - 0.002 <= start - end <= longest + 0.002
        for word, start, end in row["words"]:
            assert end - start == pytest.approx(lengths[word], abs=0.025)
        sound = audio.read(shop.folder / row["audio"])
        loud = np.abs(sound.samples) > 0.05
        for (_, _, end), (_, start, _) in pairwise(row["words"]):
            pause = loud[round((end + 0.005) * 16000) : round((start - 0.005) * 16000)]
            assert not pause.any() or row["stratum"] == "run together"
        for _, start, end in row["words"]:
            assert loud[round((start + 0.03) * 16000) : round((end - 0.03) * 16000)].mean() > 0.5
        assert len(capability("alignment").reference(row, lambda name: shop.folder / name).words) == len(row["words"])


def test_the_same_words_every_time(workshop: Make, single_words: dict[str, Path]) -> None:
    assert list(words.spelled_out(workshop(single_words, **SETTINGS))) == list(
        words.spelled_out(workshop(single_words, **SETTINGS))
    )


def test_the_extent_of_a_word_is_that_of_its_energy() -> None:
    samples = bursts([(0.31, 0.72)], 1.5)
    assert words.extent(samples, 16000) == pytest.approx((0.31, 0.72))
    with_tail = samples + np.float32(0.004) * bursts([(0.72, 0.8)], 1.5)  # 48 dB below
    assert words.extent(with_tail, 16000) == pytest.approx((0.31, 0.72))
    with_breath = samples + np.float32(0.03) * bursts([(0.72, 0.8)], 1.5)  # 30 dB below
    assert words.extent(with_breath, 16000) == pytest.approx((0.31, 0.8))


DICTIONARY = """'em AH M
hello HH AH L OW
hello(2) HH EH L OW
it's IH T S
join JH OY N
thing TH IH NG
this DH IH S
us AH S
"""


@pytest.fixture
def packages(tmp_path: Path) -> dict[str, Path]:
    texts = {
        "a": "Hello, this thing",
        "b": "It's thiz thing.",
        "c": "Join us",
        "d": "hello this 2 thing",
        "e": "this US thing",
        "f": "thing",
    }
    found = prompts_package(tmp_path / "packages", "en", texts, {key: bursts([(0.2, 1.0)], 1.2) for key in texts})
    model = tmp_path / "model/usr/share/pocketsphinx/model/en-us"
    model.mkdir(parents=True)
    (model / "cmudict-en-us.dict").write_text(DICTIONARY)
    data = tmp_path / "test/usr/share/pocketsphinx/test/data/librivox"
    data.mkdir(parents=True)
    soundfile.write(data / "book-1.wav", bursts([(0.2, 1.0)], 1.2), 16000)
    (data / "transcription").write_text("<s> hello us us </s> (book-1)\n<s> unknown words </s> (book-2)\n")
    soundfile.write(data / "book-2.wav", bursts([(0.2, 1.0)], 1.2), 16000)
    return found | {"pocketsphinx-en-us": tmp_path / "model", "pocketsphinx-testdata": tmp_path / "test"}


def test_phones_are_those_of_the_dictionary(workshop: Make, packages: dict[str, Path]) -> None:
    shop = workshop(packages, min_words=2, spelling={"thiz": "this"})
    rows = {row["id"]: row for row in phones.looked_up(shop)}
    assert {name: row["phones"] for name, row in rows.items()} == {
        "en-a": "h ʌ l oʊ ð ɪ s θ ɪ ŋ",
        "en-b": "ɪ t s ð ɪ s θ ɪ ŋ",
        "en-c": "dʒ ɔɪ n ʌ s",
        "librivox-book-1": "h ʌ l oʊ ʌ s ʌ s",
    }
    assert rows["librivox-book-1"]["stratum"] == "reading" and rows["en-a"]["speaker"] == "allison"
    for row in rows.values():
        assert capability("phones").reference(row, Path).text == row["phones"]


def test_every_phone_of_the_dictionary_is_one_of_its_own_in_ipa() -> None:
    assert len(phones.ARPABET) == len(set(phones.ARPABET.values())) == 39
