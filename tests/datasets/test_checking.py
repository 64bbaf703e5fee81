"""Each rule of the data check: one sample that trips it, and a near miss that must not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from model_lab.capabilities import capability
from model_lab.datasets.checking import DataReport, check, rows, thresholds
from model_lab.datasets.checking.measuring import measure
from tests.conftest import SHARED

RATE = 16000
SENTENCE = "the quick brown fox jumps over the lazy dog"


def noise(seconds: float = 3.0, level: float = 0.05, seed: int = 0, rate: int = RATE) -> np.ndarray:
    return (level * np.random.default_rng(seed).standard_normal(round(seconds * rate))).astype(np.float32)


class Data:
    """A folder with a manifest that a test fills."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: list[dict[str, Any] | str] = []

    def sound(self, name: str, samples: np.ndarray | None = None, rate: int = RATE, subtype: str = "PCM_16") -> str:
        samples = noise(seed=len(list(self.folder.iterdir()))) if samples is None else samples
        soundfile.write(self.folder / name, samples, rate, subtype=subtype)
        return name

    def add(self, **row: Any) -> None:
        number = len(self.rows)
        audio = row.pop("audio", None) or self.sound(f"s{number}.wav")
        self.rows.append({"id": f"s{number}", "audio": audio, "speaker": "p", **row})

    def check(self, name: str = "asr") -> DataReport:
        path = self.folder / "manifest.jsonl"
        path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in self.rows), "utf-8")
        chosen = capability(name)
        return check(path, chosen, rows.read(path, chosen))

    def suspected(self, name: str = "asr") -> set[str]:
        return {suspicion.check.name for suspicion in self.check(name).suspicions}


@pytest.fixture
def data(tmp_path: Path) -> Data:
    return Data(tmp_path)


def test_clean_data_is_quiet(data: Data) -> None:
    for number in range(4):
        data.add(text=f"{SENTENCE} number {number}", language="en")
    assert data.suspected() == set()


@pytest.mark.skipif(not SHARED.is_dir(), reason="the development pack is not there")
def test_real_recordings_are_quiet() -> None:
    path, asr = SHARED / "asr" / "manifest.jsonl", capability("asr")
    assert check(path, asr, rows.read(path, asr)).suspicions == ()


@pytest.mark.parametrize(
    ("text", "near", "expected"),
    [
        ("well <unk> I do not know", "x < y and y > z as he says", "markup"),
        ("so [laughter] that was it", "so laughter, that was it", "markup"),
        ("it was {um} fine with us", "it was fine with us", "markup"),
        ("he ((went away)) in the end", "he (as I said) went away", "markup"),
        ("we (laughs) were late again", "we (laughing all the way home) were late", "markup"),
        ("salt &amp; pepper for the soup", "salt & pepper; and soup", "markup"),
        ("SPEAKER_01: hello to you all", "Listen: hello to you all", "markup"),
        (">> hello to all of you here", "hello to all of you here", "markup"),
        ("hello !SIL to all of you", "hello! to all of you", "markup"),
        ("<|en|> hello to all of you", "hello to all | of you", "markup"),
        ("1984", "In 1984", "only_digits"),
        ("l\u00c3\u00a9gende d'automne", "l\u00e9gende d'automne", "encoding"),
        ("caf\ufffd au lait, please", "caf\u00e9 au lait, please", "encoding"),
        ("\u0441at on the mat with me", "cat \u043c\u0430\u0442 on the mat", "mixed_script"),
    ],
)
def test_wording(data: Data, text: str, near: str, expected: str) -> None:
    data.add(text=text)
    suspicions = data.check().suspicions
    assert [suspicion.check.name for suspicion in suspicions] == [expected]
    assert suspicions[0].sample == "s0" and suspicions[0].origin.endswith("manifest.jsonl:1") and suspicions[0].sounds
    data.rows.clear()
    data.add(text=near)
    assert data.suspected() == set()


@pytest.mark.parametrize(
    ("language", "wrong", "right"),
    [
        ("de", "Добрый день, как дела", "Guten Tag, wie geht es"),
        ("ja", "Good morning to you", "おはようございます iPhone"),
        ("ru", "dobryj den, kak dela", "Мой iPhone новый"),
    ],
)
def test_languages(data: Data, language: str, wrong: str, right: str) -> None:
    data.add(text=wrong, language=language)
    assert data.suspected() == {"language"}
    data.rows.clear()
    data.add(text=right, language=language)
    assert "language" not in data.suspected()


@pytest.mark.parametrize("language", ["sr", "sr-Latn", "sr-Cyrl", "zh-Hant", "ko", "hi"])
def test_languages_are_written_in_their_own_scripts(data: Data, language: str) -> None:
    texts = {
        "sr": "добар дан",
        "sr-Latn": "dobar dan",
        "sr-Cyrl": "добар дан",
        "zh-Hant": "早安你好",
        "ko": "안녕하세요",
        "hi": "नमस्ते",
    }
    data.add(text=texts[language], language=language)
    assert "language" not in data.suspected()


def test_a_text_in_another_script_than_all_others(data: Data) -> None:
    shared = data.sound("shared.wav")
    for number in range(30):
        data.add(text=f"{SENTENCE} {number}", audio=data.sound(f"t{number}.wav", noise(3, seed=100 + number)))
    assert data.suspected() == set()
    data.add(text="Съешь же ещё этих мягких французских булок", audio=shared)
    assert data.suspected() == {"script"}


@pytest.mark.parametrize(("text", "expected"), [(SENTENCE, "silent_speech"), ("", "silence")])
def test_silence(data: Data, text: str, expected: str) -> None:
    data.add(text=text, audio=data.sound("silent.wav", noise(level=0.0009, seconds=3)))
    assert data.suspected() == {expected}
    data.rows.clear()
    data.add(text=text, audio=data.sound("quiet.wav", noise(level=0.0012, seconds=3)))
    assert data.suspected() == set()


def test_clipping(data: Data) -> None:
    loud = noise(level=0.7)
    data.add(text=SENTENCE, audio=data.sound("clipped.wav", np.repeat(np.clip(loud, -1, 1), 3)[: len(loud)]))
    assert data.suspected() == {"clipping"}
    data.rows.clear()
    data.add(text=SENTENCE, audio=data.sound("peaks.wav", loud / np.abs(loud).max()))
    assert data.suspected() == set()


def test_a_run_of_clipped_samples_goes_over_the_edges_of_blocks(tmp_path: Path) -> None:
    samples = np.zeros(300_000, np.float32)
    samples[65_000:200_000] = 1.0
    samples[-5:] = -1.0
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    measured = measure(tmp_path / "a.wav")
    assert measured.clipped == pytest.approx(135_005 / 300_000) and measured.clipped_at == 65_000 / RATE


def test_dc_offset(data: Data) -> None:
    data.add(text=SENTENCE, audio=data.sound("offset.wav", noise() + 0.025))
    assert data.suspected() == {"dc_offset"}
    data.rows.clear()
    data.add(text=SENTENCE, audio=data.sound("less.wav", noise() + 0.015))
    assert data.suspected() == set()


def test_a_dead_channel(data: Data) -> None:
    data.add(text=SENTENCE, audio=data.sound("dead.wav", np.stack([noise(), 0 * noise()], axis=1)))
    assert data.suspected() == {"dead_channel"}
    data.rows.clear()
    data.add(text=SENTENCE, audio=data.sound("quiet.wav", np.stack([noise(), 0.1 * noise()], axis=1)))
    assert data.suspected() == set()


def test_rates(data: Data) -> None:
    data.add(text=SENTENCE, audio=data.sound("odd.wav", noise(rate=15999), rate=15999))
    assert data.suspected() == {"unusual_rate"}
    data.rows.clear()
    data.add(text=SENTENCE, sr=8000)
    assert data.suspected() == {"wrong_rate"}
    data.rows.clear()
    data.add(text=SENTENCE, sr=RATE)
    assert data.suspected() == set()


def test_a_recording_unlike_all_others(data: Data) -> None:
    for number in range(19):
        data.add(text=f"{SENTENCE} {number}")
    data.add(text=f"{SENTENCE} once more", audio=data.sound("other.wav", noise(rate=8000), rate=8000))
    assert data.suspected() == {"mixed_rates"}
    data.add(text=f"{SENTENCE} again", audio=data.sound("another.wav", noise(rate=8000, seed=5), rate=8000))
    assert data.suspected() == set()


def test_lengths(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    data.add(text="", audio=data.sound("short.wav", noise(0.09)))
    assert data.suspected() == {"too_short"}
    data.rows.clear()
    data.add(text="", audio=data.sound("longer.wav", noise(0.11)))
    assert data.suspected() == set()
    monkeypatch.setattr(thresholds, "LONGEST_S", 0.1)
    assert data.suspected() == {"too_long"}


def test_duplicates(data: Data) -> None:
    sound = (noise() * 32767).astype(np.int16)
    data.add(text=SENTENCE, audio=data.sound("one.wav", sound))
    data.add(text=SENTENCE.title(), audio=data.sound("two.flac", sound))
    assert data.suspected() == {"duplicate_audio"}
    data.rows[1]["text"] = "something else altogether, really"  # type: ignore[index]
    report = data.check()
    assert [suspicion.check.name for suspicion in report.suspicions] == ["contradiction"]
    assert "something else altogether" in report.suspicions[0].seen
    data.rows.pop()
    data.add(text=f"{SENTENCE} again", audio=data.sound("three.wav", sound + 30))
    assert data.suspected() == set()


def test_repeated_texts(data: Data) -> None:
    data.add(text=SENTENCE, speaker="a")
    data.add(text=SENTENCE.upper() + "!", speaker="a")
    assert data.suspected() == {"repeated_text"}
    data.rows[1]["speaker"] = "b"  # type: ignore[index]
    data.add(text="thank you so", speaker="a")
    data.add(text="thank you so", speaker="a")
    assert data.suspected() == set()


def test_ids_rows_and_files(data: Data) -> None:
    data.add(text=SENTENCE, id="a")
    data.add(text=f"{SENTENCE} two", id="a")
    assert data.suspected() == {"duplicate_id"}
    data.rows.pop()
    data.add(text=f"{SENTENCE} two", audio="nowhere.wav")
    assert data.suspected() == {"missing_file"}
    (data.folder / "broken.wav").write_bytes(b"RIFF and nothing else")
    data.rows[1] = {"id": "b", "audio": "broken.wav", "speaker": "p", "text": f"{SENTENCE} two"}
    assert data.suspected() == {"undecodable"}
    data.rows[1] = '{"id": "b", '
    assert data.suspected() == {"unusable_row"}
    data.rows[1] = {"id": "b", "speaker": "p", "text": "no sound"}
    assert data.suspected() == {"unusable_row"}
    data.rows[1] = {"id": "b", "audio": "s0.wav", "speaker": "p", "text": 5}
    assert "bad_reference" in data.suspected()


def test_references_within_the_sound(data: Data) -> None:
    data.add(turns=[{"start": 0.0, "end": 3.4, "speaker": "a"}])
    assert data.suspected("diarization") == set()
    data.rows[0]["turns"][0]["end"] = 3.6  # type: ignore[index]
    assert data.suspected("diarization") == {"bad_reference"}
    del data.rows[0]["turns"]  # type: ignore[union-attr]
    assert data.suspected("diarization") == {"no_reference"}


def test_characters_a_second_in_small_data(data: Data) -> None:
    data.add(text=SENTENCE * 3, audio=data.sound("cut.wav", noise(3)))
    data.add(text="the quick brown fox", audio=data.sound("long.wav", noise(20)))
    report = data.check()
    assert {(suspicion.sample, suspicion.check.name) for suspicion in report.suspicions} == {
        ("s0", "too_fast"),
        ("s1", "too_slow"),
    }
    data.rows.clear()
    data.add(text=SENTENCE * 2, audio=data.sound("fits.wav", noise(3, seed=5)))
    data.add(text="yes", audio=data.sound("short.wav", noise(20, seed=6)))
    assert data.suspected() == set()


def test_characters_a_second_among_others(data: Data) -> None:
    for number in range(24):
        data.add(text=f"{SENTENCE} {number}", audio=data.sound(f"t{number}.wav", noise(2.5 + number / 20, seed=100 + number)))
    assert data.suspected() == set()
    data.add(text=f"{SENTENCE} odd", audio=data.sound("slow.wav", noise(2.45 * 2.4, seed=200)))
    assert data.suspected() == set()
    data.add(text=f"{SENTENCE} odder", audio=data.sound("slower.wav", noise(3 * 3.1, seed=201)))
    data.add(text=f"{SENTENCE} fast", audio=data.sound("fast.wav", noise(1.0, seed=202)))
    assert data.suspected() == {"too_slow", "too_fast"}


def test_characters_of_chinese_are_counted_by_their_own_measure(data: Data) -> None:
    data.add(text="今天天气很好我们去公园", language="zh")
    assert data.suspected() == set()
    data.add(text="今天天气很好我们去公园" * 5, language="zh")
    assert data.suspected() == {"too_fast"}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Ann", "ann", {"spellings"}),
        ("spk_01", "spk-1", {"similar_names"}),
        ("ann", "anne", set()),
        ("spk1", "spk11", set()),
        ("01", "1", set()),
    ],
)
def test_names(data: Data, one: str, other: str, expected: set[str]) -> None:
    data.add(text=SENTENCE, speaker=one)
    data.add(text=f"{SENTENCE} two", speaker=one)
    data.add(text=f"{SENTENCE} three", speaker=other)
    assert data.suspected() == expected


def test_groups(data: Data) -> None:
    data.add(text=SENTENCE, speaker="a")
    data.add(text=f"{SENTENCE} two", speaker="b")
    assert data.suspected() == {"single_groups"}
    data.add(text=f"{SENTENCE} three", speaker="b")
    assert data.suspected() == set()


def test_speakers_in_two_parts(data: Data) -> None:
    data.add(text=SENTENCE, speaker="a", split="train")
    data.add(text=f"{SENTENCE} two", speaker="a", split="test")
    assert data.suspected() == {"in_two_parts"}
    data.rows[1]["split"] = "train"  # type: ignore[index]
    assert data.suspected() == set()


def test_speakers_with_one_recording(data: Data) -> None:
    for speaker in ("a", "a", "b"):
        data.add(speaker=speaker)
    assert data.suspected("speaker_embed") == {"one_recording"}
    data.rows.pop()
    assert data.suspected("speaker_embed") == set()


def test_trials(data: Data) -> None:
    one, two, three = (data.sound(name) for name in ("one.wav", "two.wav", "three.wav"))
    data.add(audio=one, audio_b=two, same=True)
    data.add(audio=one, audio_b=three, same=False)
    assert data.suspected("speaker_verify") == set()
    data.add(audio=two, audio_b=one, same=True)
    assert data.suspected("speaker_verify") == {"repeated_trial"}
    data.rows[2]["audio"] = one  # type: ignore[index]
    assert data.suspected("speaker_verify") == {"same_trial"}


def test_a_file_is_decoded_once_and_in_blocks(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    from model_lab.datasets import checking

    decoded: list[Path] = []
    original: Callable[[Path], Any] = checking.measure
    monkeypatch.setattr(checking, "measure", lambda path: (decoded.append(path), original(path))[1])
    data.add(text=SENTENCE, audio=data.sound("one.wav"))
    data.add(text=SENTENCE, audio="one.wav")
    data.check()
    assert [path.name for path in decoded] == ["one.wav"]
