"""Notes that become sound: a score that any MIDI player reads, and fluidsynth playing it alike each time."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import mido
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.errors import ContractBroken, ModelLabError, NotRunnable
from model_lab.loader_utils import fluidsynth
from model_lab.loader_utils.fluidsynth import RATE, Part, Strike, playable, render

SOUNDFONT = Path("/usr/share/sounds/sf2/TimGM6mb.sf2")
needs_program = pytest.mark.skipif(
    not (shutil.which("fluidsynth") and SOUNDFONT.is_file()), reason="needs fluidsynth and timgm6mb-soundfont"
)
strikes = st.lists(
    st.builds(
        lambda onset, length, key: Strike(onset, onset + length, key, 80),
        st.floats(0, 5),
        st.floats(0.02, 2),
        st.integers(60, 63),
    ),
    max_size=30,
)


@given(strikes)
def test_no_key_is_struck_while_it_is_down(found: list[Strike]) -> None:
    free: dict[int, float] = {}
    for strike in playable(found):
        assert strike.offset > strike.onset >= free.get(strike.key, 0.0)
        assert strike.onset == round(strike.onset, 3)
        free[strike.key] = strike.offset


@given(strikes)
def test_playing_what_can_be_played_changes_nothing(found: list[Strike]) -> None:
    assert playable(playable(found)) == playable(found)


def test_a_strike_sounds_in_equal_temperament() -> None:
    note = Strike(0.5, 1.0, 57, 127).note
    assert (note.onset, note.offset, note.pitch_hz, note.velocity) == (0.5, 1.0, 220.0, 1.0)


def test_a_score_holds_the_notes_as_given(tmp_path: Path) -> None:
    lead = playable([Strike(0.25, 0.75, 60, 90), Strike(0.75, 1.0, 60, 50)])
    fluidsynth._write_score([Part(None, lead), Part(73, lead, pan=1.0)], tmp_path / "score.mid")
    score = mido.MidiFile(tmp_path / "score.mid")
    at, heard = 0.0, []
    for message in score:
        at += message.time
        if message.type in ("note_on", "program_change", "control_change"):
            heard.append((round(at, 6), message.channel, message.type, message.bytes()[1:]))
    assert [(at, channel) for at, channel, kind, _ in heard if kind == "note_on"] == [(0.25, 9), (0.25, 0), (0.75, 9), (0.75, 0)]
    assert (0.0, 0, "program_change", [73]) in heard and (0.0, 0, "control_change", [10, 127]) in heard
    assert score.length == pytest.approx(1.0)


def test_a_score_has_fifteen_pitched_parts_at_most(tmp_path: Path) -> None:
    fluidsynth._write_score([Part(0, ())] * 15 + [Part(None, ())], tmp_path / "score.mid")
    with pytest.raises(ContractBroken, match="more than 15 pitched parts"):
        fluidsynth._write_score([Part(0, ())] * 16, tmp_path / "score.mid")


def test_without_the_program_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fluidsynth.shutil, "which", lambda name: None)
    with pytest.raises(NotRunnable, match="apt-get install fluidsynth"):
        render([], SOUNDFONT, 1.0)


@pytest.mark.system
@needs_program
@pytest.mark.parametrize("reverb", [False, True])
def test_the_same_notes_sound_the_same_to_the_bit(reverb: bool) -> None:
    tune = playable([Strike(0.2 * number, 0.2 * number + 0.15, 60 + number, 80) for number in range(8)])
    parts = [Part(0, tune), Part(None, tune), Part(40, tune)]
    sums = {hashlib.sha256(render(parts, SOUNDFONT, 2.0, reverb).samples.tobytes()).hexdigest() for _ in range(2)}
    assert len(sums) == 1


@pytest.mark.system
@needs_program
def test_sound_begins_where_the_note_does() -> None:
    times = [0.3, 0.777, 1.5]
    sound = render([Part(115, playable([Strike(at, at + 0.1, 72, 100) for at in times]))], SOUNDFONT, 2.5)
    assert sound.samples.shape == (2, round(2.5 * RATE)) and np.abs(sound.samples).max() == pytest.approx(0.7)
    level = np.abs(sound.mono().samples)
    for at in times:
        around = level[round((at - 0.05) * RATE) : round((at + 0.05) * RATE)]
        begins = np.argmax(around > 0.1 * around.max()) / RATE - 0.05
        assert 0 <= begins < 0.01


@pytest.mark.system
@needs_program
def test_nothing_to_play_is_silence_and_a_broken_soundfont_is_not(tmp_path: Path) -> None:
    assert not render([Part(0, ())], SOUNDFONT, 0.5).samples.any()
    (tmp_path / "broken.sf2").write_text("no soundfont")
    with pytest.raises(ModelLabError, match=r"no audio .*broken.sf2 is a soundfont"):
        render([Part(0, (Strike(0.1, 0.4, 60, 80),))], tmp_path / "broken.sf2", 0.5)
