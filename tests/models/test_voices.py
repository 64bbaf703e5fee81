"""Voices: the parts of their loaders that are plain arithmetic, and the models themselves where they can run."""

from __future__ import annotations

import json
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import get_window

from model_lab import audio
from model_lab.capabilities.enhance import speech_like
from model_lab.errors import ModelLabError, NotRunnable
from model_lab.loader_utils.speech_program import plain, program
from model_lab.models.voicefilter_embedder import loader as embedder
from model_lab.models.world_conversion import loader as conversion
from model_lab.types import Audio
from tests.conftest import SHARED
from tests.models.workers import loaded

SENTENCE = "The birch canoe slid on the smooth planks."
JAPANESE = "こんにちは。今日の天気は晴れです。"


def level(sound: Audio) -> float:
    return float(np.sqrt(np.mean(np.square(sound.samples))))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It’s “new” – naïve…", 'It\'s "new" - naive...\n'),
        ("  a\tb\0c", "  a\tb c\n"),
        ("a long pause…… 20 €", "a long pause...... 20\n"),
    ],
)
def test_english_is_written_in_ascii(text: str, said: str) -> None:
    assert plain("flite", text) == said


@pytest.mark.parametrize(("text", "why"), [("Жук", "cannot pronounce 'Ж'"), ("東京", "cannot pronounce"), ("?!", "nothing to")])
def test_what_english_cannot_say_is_refused(text: str, why: str) -> None:
    with pytest.raises(ModelLabError, match=why):
        plain("flite", text)


@given(st.text(st.characters(max_codepoint=0x17F), max_size=40).map("a{}".format))
def test_any_european_text_becomes_ascii_or_names_the_letter_it_stumbles_over(text: str) -> None:
    try:
        said = plain("flite", text)
    except ModelLabError:
        assert any(c.isalnum() and not c.isascii() for c in unicodedata.normalize("NFKD", text))
    else:
        assert said.isascii() and said.startswith("a") and said.endswith("\n")


def test_an_absent_program_is_named_with_its_package() -> None:
    with pytest.raises(NotRunnable, match="apt-get install nothing-speak"):
        program("model", "no-such-program", "nothing-speak")


def test_mel_bands_have_unit_area_and_rise_in_frequency() -> None:
    bands = embedder.mel_bands()
    assert bands.shape == (40, 257)
    assert np.all(np.diff(bands.argmax(axis=1)) >= 0) and bands.min() >= 0
    area = bands[20:].sum(axis=1) * 16000 / 512
    assert np.allclose(area, 1, atol=0.05)


def test_mel_bands_agree_with_librosa() -> None:
    """Frozen values of librosa.filters.mel(sr=16000, n_fft=512, n_mels=40), version 0.11.0: sums and centres of bands."""
    bands = embedder.mel_bands()
    sums, centres = bands.sum(axis=1), bands @ np.arange(257)
    assert sums[[0, 10, 20, 39]] == pytest.approx([0.031275477, 0.032724280, 0.032032959, 0.031981532], abs=1e-8)
    assert centres[[0, 10, 20, 39]] == pytest.approx([0.07482256, 0.84725258, 1.80236382, 7.60361238], abs=1e-6)
    assert np.square(bands).sum() == pytest.approx(0.006993395, abs=1e-8)


def test_features_agree_with_a_loop() -> None:
    samples = np.random.default_rng(0).standard_normal(1600).astype(np.float32)
    bands = embedder.mel_bands()
    features = embedder.log_mel(samples, bands)
    assert features.shape == (7, 40)
    for number, row in enumerate(features):
        frame = samples[160 * number : 160 * number + 512][56:456] * get_window("hamming", 400)
        power = np.abs(np.fft.rfft(np.pad(frame, 56))) ** 2
        assert row == pytest.approx(np.log10(bands @ power + 1e-10), abs=1e-3)


@pytest.mark.parametrize(("frames", "windows"), [(1, 1), (80, 1), (119, 1), (120, 2), (200, 4)])
def test_windows_overlap_by_half(frames: int, windows: int) -> None:
    features = np.arange(frames * 40, dtype=np.float32).reshape(frames, 40) + 1
    cut = embedder.in_windows(features)
    assert cut.shape == (windows, 80, 40)
    assert np.array_equal(cut[-1, 0], features[40 * (windows - 1)])
    assert frames >= 80 or not cut[0, frames:].any()


def voice(f0_hz: float, spread: float, formants: tuple[float, ...] = (600, 1500, 2600)) -> conversion.Voice:
    """200 frames, every fourth unvoiced, with humps at ``formants``."""
    f0 = f0_hz * np.exp(spread * np.sin(np.arange(200) / 9))
    f0[::4] = 0
    hertz = np.linspace(0, 8000, 513)
    log = sum(3 * np.exp(-(((hertz - centre) / 150) ** 2)) for centre in formants) - hertz / 1000
    return conversion.Voice(f0, np.tile(np.exp(log), (200, 1)))


def test_pitch_is_matched_in_mean_and_spread() -> None:
    spoken, wanted = voice(110, 0.1), voice(210, 0.2)
    f0 = conversion.matched_pitch(spoken, wanted)
    assert np.array_equal(f0 > 0, spoken.voiced)
    logs = np.log(f0[f0 > 0]), np.log(wanted.f0[wanted.voiced])
    assert [logs[0].mean(), logs[0].std()] == pytest.approx([logs[1].mean(), logs[1].std()])


@pytest.mark.parametrize("by", [0.86, 1.0, 1.12])
def test_the_length_of_the_vocal_tract_is_found_again(by: float) -> None:
    spoken = voice(110, 0.1)
    longer = conversion.stretched(spoken.mean_log_spectrum, by) + np.linspace(0, 2, 513)
    assert conversion.best_stretch(spoken.mean_log_spectrum, longer) == pytest.approx(by, abs=0.021)


def test_conversion_brings_the_mean_spectrum_to_the_wanted_one() -> None:
    spoken, wanted = voice(110, 0.1), voice(200, 0.1, (700, 1750, 3000))
    noise = np.full_like(spoken.spectrum, 0.5)
    f0, spectrum, aperiodicity = conversion.convert(spoken, noise, wanted)
    made = conversion.Voice(f0, spectrum)
    before, after = (
        np.abs(conversion.smooth(heard.mean_log_spectrum - wanted.mean_log_spectrum, 100)).mean() for heard in (spoken, made)
    )
    assert after < 0.2 * before
    assert aperiodicity.min() >= 0 and aperiodicity.max() <= 1


def test_level_follows_and_never_clips() -> None:
    quiet = Audio(np.full(100, 0.1, np.float32), 16000)
    assert level(conversion.at_level(np.sin(np.arange(1000.0)), quiet)) == pytest.approx(0.1, rel=1e-3)
    spike = np.zeros(1000)
    spike[500] = 1.0
    assert np.abs(conversion.at_level(spike, quiet).samples).max() == pytest.approx(0.99)
    assert not conversion.at_level(np.zeros(10), quiet).samples.any()


@pytest.mark.parametrize("voice", ["slt", "rms", "awb", "kal16", "kal"])
def test_every_voice_of_flite_speaks(voice: str) -> None:
    model = loaded("flite", voice=voice)
    spoken = model.tts(SENTENCE)
    assert 1.5 < spoken.duration < 5 and level(spoken) > 0.01
    assert spoken.sample_rate == (8000 if voice == "kal" else 16000)


def test_flite_names_its_voices() -> None:
    with pytest.raises(ModelLabError, match=r"no voice 'slp' \(did you mean 'slt'\?\)"):
        loaded("flite", voice="slp")


def test_festival_speaks_and_refuses_what_is_not_english() -> None:
    model = loaded("festival")
    assert 1.5 < model.tts(SENTENCE).duration < 5
    with pytest.raises(ModelLabError, match="cannot pronounce"):
        model.tts("東京")


def test_open_jtalk_speaks_japanese_only() -> None:
    model = loaded("pyopenjtalk")
    first, again = model.tts(JAPANESE), model.tts(JAPANESE)
    assert np.array_equal(first.samples, again.samples)
    assert 1.5 < first.duration < 8 and level(first) > 0.01 and np.abs(first.samples).max() <= 1
    for text in (SENTENCE, "", "々！"):
        with pytest.raises(ModelLabError, match=r"only speaks Japanese|nothing to pronounce"):
            model.tts(text)


def test_kokoro_speaks_japanese_when_told_to() -> None:
    model = loaded("kokoro", language="ja", voice="jm_kumo")
    assert 1.5 < model.tts(JAPANESE).duration < 8
    with pytest.raises(ModelLabError, match="only speaks Japanese"):
        model.tts(SENTENCE)
    with pytest.raises(ModelLabError, match="language is 'fr'"):
        loaded("kokoro", language="fr")


@pytest.mark.skipif(not SHARED.exists(), reason="the development pack is not here")
def test_conversion_moves_flite_towards_the_reference() -> None:
    rows = [json.loads(line) for line in (SHARED / "speaker_verification/manifest.jsonl").read_text("utf-8").splitlines()]
    voices = [audio.read((SHARED / "speaker_verification" / row["audio"]).resolve()).mono() for row in rows[::16]]
    plain_reader = loaded("flite_voice")
    converter = loaded("world_conversion")
    before = plain_reader.voice_clone(SENTENCE, voices[0])
    after = [converter.voice_clone(SENTENCE, voice) for voice in voices]
    assert all(abs(spoken.duration - before.duration) < 0.05 for spoken in after)
    verifier = loaded("voicefilter_embedder")
    gains = [
        verifier.speaker_verify(voice, spoken) - verifier.speaker_verify(voice, before)
        for voice, spoken in zip(voices, after, strict=True)
    ]
    assert np.mean(gains) > 0.05


def test_conversion_needs_a_voice() -> None:
    model = loaded("world_conversion")
    assert 1 < model.voice_clone(SENTENCE, speech_like()).duration < 5
    for sound, why in ((np.zeros(16000), "are voiced"), (np.zeros(160), "lasts 0.010 s")):
        with pytest.raises(ModelLabError, match=why):
            model.voice_clone(SENTENCE, Audio(sound.astype(np.float32), 16000))


@pytest.mark.skipif(not SHARED.exists(), reason="the development pack is not here")
def test_the_second_embedder_tells_voices_apart() -> None:
    folder = SHARED / "speaker_verification"
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines()]
    files = {row["id"]: (folder / row["audio"]).resolve() for row in rows}
    trials = [line.split("\t") for line in (folder / "trials.tsv").read_text("utf-8").splitlines()[1:]]
    pairs = {kind: [(files[a], files[b]) for a, b, target in trials if target == kind][:6] for kind in "10"}
    model = loaded("voicefilter_embedder")
    same, other = ([model.speaker_verify(*pair) for pair in pairs[kind]] for kind in "10")
    assert np.mean(same) > np.mean(other) + 0.3
