from __future__ import annotations

from pathlib import Path

import pytest

from model_lab.errors import UnknownName
from model_lab.runs import selection


def test_offline_nothing_is_fetched_and_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path))
    monkeypatch.setattr("model_lab.downloads.subprocess.Popen", lambda *words, **named: pytest.fail("touched the network"))
    failed = selection.fetch(["faster_whisper", "asterisk_en", "tones"], lambda *progress: None, offline=True)
    assert set(failed) == {"faster_whisper", "asterisk_en"}


def test_an_unknown_name_is_an_error_with_the_nearest_one() -> None:
    with pytest.raises(UnknownName, match=r"no model, dataset or sprint 'tonez' \(did you mean 'tones'\?\)"):
        selection.fetch(["tonez"], lambda *progress: None)
