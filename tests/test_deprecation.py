"""Old names of what extensions import work with one sentence."""

from __future__ import annotations

from importlib import import_module

import pytest

OLD = [
    ("audio", "heard", "read_with_notes"),
    ("languages", "alike", "same_language"),
    ("languages", "known", "code_or_empty"),
    ("metrics.generation", "Commission", "MusicPrompt"),
    ("metrics.text", "Said", "ReferenceTranscript"),
    ("loader_utils.composing", "played", "humanize"),
    ("loader_utils.embedding", "unit", "unit_vector"),
    ("loader_utils.flite", "reader", "synthesizer"),
    ("loader_utils.input_limits", "utterance", "bounded_samples"),
    ("loader_utils.load_errors", "told", "translate"),
    ("loader_utils.lru_by_audio", "Remembered", "LruByAudio"),
    ("loader_utils.masks", "Shares", "Masks"),
    ("loader_utils.speecht5", "voice_finder", "xvector_extractor"),
    ("loader_utils.spotting", "found", "match_template"),
    ("loader_utils.spotting", "known", "spotters_for"),
    ("loader_utils.spotting", "word_of", "trim_silence"),
    ("loader_utils.streaming_resampler", "Feed", "StreamingResampler"),
    ("loader_utils.whisper_hub", "likeliest", "most_probable_language"),
    ("loader_utils.whisper_hub", "spoken_in", "language_probabilities"),
]


@pytest.mark.parametrize(("module", "old", "new"), OLD)
def test_an_old_name_is_the_new_one_with_a_warning(module: str, old: str, new: str) -> None:
    imported = import_module(f"model_lab.{module}")
    with pytest.warns(DeprecationWarning, match=rf"model_lab\.{module}\.{old} is now model_lab\.{module}\.{new}"):
        assert getattr(imported, old) is getattr(imported, new)


def test_other_names_are_missing_as_in_any_module() -> None:
    with pytest.raises(AttributeError, match=r"module 'model_lab\.audio' has no attribute 'herd'"):
        import_module("model_lab.audio").herd  # noqa: B018
