"""A recording through all stages: every answer asked once, kept through kills, and asked again when its question changes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import filelock
import numpy as np
import psutil
import pytest

import model_lab
from model_lab import audio
from model_lab.cancellation import Cancelled, CancelToken
from model_lab.errors import BadAudio, BadConfig, NotRunnable, StoreError, WorkerFailed
from model_lab.pipelines import conversation, stages
from model_lab.pipelines import recipe as recipes
from model_lab.pipelines.conversation import Conversation, SpokenWord, StageRecord
from model_lab.pipelines.run import KnownReference, pipeline
from model_lab.provision import preflight
from model_lab.types import Audio, Segment, Turn
from tests.conftest import SHARED, MakeModel, forget
from tests.pipelines.conftest import BODIES, STAGES, Talk, recipe_file


def _calls(calls: Path) -> Counter[str]:
    found = Counter(calls.read_text().split() if calls.exists() else [])
    calls.unlink(missing_ok=True)
    return found


def _as_spoken(found: Conversation, talk: Talk) -> None:
    """Everything is as the recording has it."""
    assert [(round(part.start, 1), round(part.end, 1)) for part in found.speech] == [
        (round(turn.start, 1), round(turn.end, 1)) for turn in talk.turns
    ]
    assert [word.text.lower().strip(".") for word in found.words] == [turn.speaker for turn in talk.turns]
    assert all(abs(word.start - turn.start) < 0.02 for word, turn in zip(found.words, talk.turns, strict=True))
    names = {"low": "speaker_1", "high": "speaker_2"}
    assert [word.speaker for word in found.words] == [names[turn.speaker] for turn in talk.turns]
    assert " ".join(said.text for said in found.utterances) == " ".join(word.text for word in found.words)


def test_a_recording_becomes_a_conversation(talk: Talk, recipe: Path, tmp_path: Path) -> None:
    found = pipeline(talk.path, recipe, out=tmp_path / "out")
    _as_spoken(found, talk)
    assert {(entity.text, entity.label, entity.speaker) for entity in found.entities} == {("High", "PERSON", "speaker_2")}
    assert [entity.start for entity in found.entities] == [word.start for word in found.words if word.text == "High."]
    assert found.summary is not None
    assert (found.summary.overall, found.summary.per_speaker) == ("Low.", {"speaker_1": "Low.", "speaker_2": "High."})
    assert [record.stage for record in found.stages] == ["decode", "vad", "asr", "diarization", "linking", "ner", "summary"]
    assert found.source.file == "talk.wav" and found.duration == pytest.approx(talk.duration)
    assert conversation.read(tmp_path / "out") == found
    assert (tmp_path / "out" / found.sound).is_file()


def test_what_is_answered_is_not_asked_again(talk: Talk, recipe: Path, calls: Path, tmp_path: Path) -> None:
    first = pipeline(talk.path, recipe, out=tmp_path / "out")
    asked = _calls(calls)
    assert set(asked) == {"ears", "scribe", "teller", "throat", "namer", "gist"}
    again = pipeline(talk.path, recipe, out=tmp_path / "out")
    assert not _calls(calls)
    assert all(record.from_cache == record.chunks for record in again.stages)
    assert again.model_copy(update={"stages": ()}) == first.model_copy(update={"stages": ()})

    changed = pipeline(talk.path, recipe, use={"ner": "titler"}, out=tmp_path / "out")
    assert set(_calls(calls)) == {"titler"}
    assert {entity.label for entity in changed.entities} == {"TITLE"}
    assert changed.words == first.words


def test_a_changed_model_is_asked_again(talk: Talk, recipe: Path, calls: Path, extension: Path, tmp_path: Path) -> None:
    pipeline(talk.path, recipe, out=tmp_path / "out")
    _calls(calls)
    loader = extension / "models" / "scribe" / "loader.py"
    loader.write_text(loader.read_text().replace("title() + '.'", "upper() + '.'"))
    forget()
    found = pipeline(talk.path, recipe, out=tmp_path / "out")
    assert set(_calls(calls)) == {"scribe", "namer", "gist"}
    assert {word.text for word in found.words} == {"LOW.", "HIGH."}


def test_enhanced_sound_is_what_later_stages_hear(talk: Talk, recipe: Path, calls: Path, tmp_path: Path) -> None:
    enhanced = recipe_file(tmp_path / "enhanced.yaml", {"enhance": {"model": "echo", "chunk_s": 10, "overlap_s": 2}} | STAGES)
    found = pipeline(talk.path, enhanced, out=tmp_path / "out")
    _as_spoken(found, talk)
    assert found.sound.startswith("enhance-")
    before, after = (audio.read(tmp_path / "out" / name).samples for name in ("recording.wav", found.sound))
    np.testing.assert_allclose(after, before, atol=1e-6)
    assert not list((tmp_path / "out/stages/enhance").glob("artifacts/*"))
    _calls(calls)
    pipeline(talk.path, enhanced, out=tmp_path / "out")
    assert not _calls(calls)


def test_the_voice_is_taken_out_of_the_mixture(talk: Talk, recipe: Path, make_model: MakeModel, tmp_path: Path) -> None:
    make_model("saw", "return {'music': Audio(0 * audio.samples, audio.sample_rate), 'voice': audio.mono()}", "separate")
    stage = {"model": "saw", "chunk_s": 10, "overlap_s": 2}
    parted = recipe_file(tmp_path / "parted.yaml", {"separate": stage | {"stems": ["vocals", "voice"]}} | STAGES)
    found = pipeline(talk.path, parted, out=tmp_path / "out")
    _as_spoken(found, talk)
    assert found.sound.startswith("separate-")
    wrong = recipe_file(tmp_path / "wrong.yaml", {"separate": stage | {"stems": ["vocals"]}} | STAGES)
    with pytest.raises(BadConfig, match="saw returns the stems music, voice, but the recipe uses vocals"):
        pipeline(talk.path, wrong, out=tmp_path / "out")


def test_words_without_times_share_the_speech_they_were_heard_in(talk: Talk, recipe: Path, tmp_path: Path) -> None:
    found = pipeline(talk.path, recipe, use={"asr": "slate"}, out=tmp_path / "out")
    assert not any(word.timed for word in found.words)
    assert "slate gave no word times" in found.notes[0]
    assert [word.text for word in found.words] == [f"{turn.speaker.title()}." for turn in talk.turns]
    assert all(abs(word.start - turn.start) < 1.0 for word, turn in zip(found.words, talk.turns, strict=True))


def test_a_memo_has_no_speakers(talk: Talk, band: None, tmp_path: Path) -> None:
    memo = recipe_file(tmp_path / "memo.yaml", {"asr": STAGES["asr"]})
    found = pipeline(talk.path, memo, out=tmp_path / "out")
    assert [word.text for word in found.words] == [f"{turn.speaker.title()}." for turn in talk.turns]
    assert (found.speakers, found.turns, found.speech, found.summary) == ((), (), (), None)


def test_a_long_text_is_summed_up_in_sections(
    talk: Talk, recipe: Path, calls: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pipeline(talk.path, recipe, out=tmp_path / "out")
    assert _calls(calls)["gist"] == 3
    monkeypatch.setattr(stages, "_SECTION_WORDS", 4)
    found = pipeline(talk.path, recipe, out=tmp_path / "out")
    assert found.summary is not None and found.summary.overall == "Low."
    assert [record.stage for record in found.stages][-2:] == ["summary", "summary_of_summaries"]
    assert found.stages[-1].chunks == 3
    assert set(_calls(calls)) == {"gist"}


def test_silence_is_said_to_be_silence(recipe: Path, tmp_path: Path, calls: Path) -> None:
    audio.write(tmp_path / "silence.wav", Audio(np.zeros(320000, np.float32), 16000))
    found = pipeline(tmp_path / "silence.wav", recipe, out=tmp_path / "out")
    assert found.notes == ("ears found no speech in 20.0 s of audio.",)
    assert (found.words, found.turns, found.entities) == ((), (), ())
    assert found.summary is not None and found.summary.overall == ""
    assert set(_calls(calls)) == {"ears", "teller"}
    assert conversation.read(tmp_path / "out") == found


def test_what_is_known_is_not_asked_for(talk: Talk, recipe: Path, calls: Path, tmp_path: Path) -> None:
    known = KnownReference(
        speech=(Segment(0.5, 1.5),), words=(SpokenWord(text="Low.", start=0.5, end=1.5),), turns=(Turn(0.0, 2.0, "Ada"),)
    )
    found = pipeline(talk.path, recipe, out=tmp_path / "out", reference=known)
    assert set(_calls(calls)) == {"namer", "gist"}
    assert (found.speech, found.turns) == (known.speech, known.turns)
    assert [(word.text, word.speaker) for word in found.words] == [("Low.", "Ada")]
    assert not (tmp_path / "out/conversation.json").exists()


def test_it_is_there_for_programs(talk: Talk, band: None, tmp_path: Path) -> None:
    listening = recipe_file(tmp_path / "listening.yaml", {"vad": STAGES["vad"]})
    first = model_lab.pipeline(talk.path, listening, out=tmp_path / "out")
    assert len(first.speech) == len(talk.turns)
    assert model_lab.pipeline(str(talk.path), listening, out=tmp_path / "out").speech == first.speech


class _Notes:
    """A watcher that writes down what it is told."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, int, int]] = []

    def progress(self, what: str, done: int, total: int) -> None:
        self.heard.append((what, done, total))

    def loading(self, what: str) -> None:
        self.heard.append((what, 0, -1))

    def ended(self, record: StageRecord) -> None:
        self.heard.append((record.stage, -1, -1))


def test_progress_is_told_by_stage(talk: Talk, recipe: Path, tmp_path: Path) -> None:
    watch = _Notes()
    pipeline(talk.path, recipe, out=tmp_path / "out", watch=watch)
    told = [(done, total) for what, done, total in watch.heard if what == "vad (ears)" and total > 0]
    assert told == [(done, 4) for done in range(5)]
    assert ("vad", -1, -1) in watch.heard


def test_it_is_cancelled_where_it_is_and_goes_on_there(talk: Talk, recipe: Path, calls: Path, tmp_path: Path) -> None:
    token = CancelToken()

    class Impatient(_Notes):
        def progress(self, what: str, done: int, total: int) -> None:
            if what == "asr (scribe)" and done == 2:
                token.cancel()

    with pytest.raises(Cancelled):
        pipeline(talk.path, recipe, out=tmp_path / "out", watch=Impatient(), cancel=token)
    _until(lambda: not _workers())
    before = _calls(calls)
    assert before["scribe"] == 2 and not (tmp_path / "out/conversation.json").exists()
    with pytest.raises(Cancelled):
        pipeline(talk.path, recipe, out=tmp_path / "out", cancel=token)
    _as_spoken(pipeline(talk.path, recipe, out=tmp_path / "out"), talk)
    assert _calls(calls)["scribe"] == 2  # of four


def test_a_worker_at_work_is_killed_at_once(talk: Talk, recipe: Path, make_model: MakeModel, calls: Path, tmp_path: Path) -> None:
    make_model("slow", f"open({str(calls)!r}, 'a').write('slow\\n')\ntime.sleep(600)")
    token, ended = CancelToken(), list[BaseException]()

    def run() -> None:
        try:
            pipeline(talk.path, recipe, use={"asr": "slow"}, out=tmp_path / "out", cancel=token)
        except Cancelled as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    _until(lambda: calls.exists() and "slow" in calls.read_text())
    token.cancel()
    thread.join(60)
    assert ended and not _workers()


def test_a_recording_longer_than_is_taken_is_refused_while_it_is_decoded(talk: Talk, recipe: Path, tmp_path: Path) -> None:
    with pytest.raises(BadAudio, match=r"lasts more than 0\.01 minutes; at most 0\.01 are taken here"):
        pipeline(talk.path, recipe, out=tmp_path / "out", longest_s=0.6)


def test_what_is_no_recording_leaves_no_folder(recipe: Path, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("hello")
    with pytest.raises(BadAudio, match="is not audio"):
        pipeline(tmp_path / "text.wav", recipe, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_worker_that_dies_is_replaced_once(talk: Talk, recipe: Path, make_model: MakeModel, tmp_path: Path) -> None:
    flag = tmp_path / "died"
    die = f"if count == 2 and not os.path.exists({str(flag)!r}): open({str(flag)!r}, 'w'); os.abort()\n"
    make_model("fragile", die + BODIES["scribe"][1])
    found = pipeline(talk.path, recipe, use={"asr": "fragile"}, out=tmp_path / "out")
    _as_spoken(found, talk)
    assert flag.exists()


def test_a_failure_names_stage_model_and_chunk(
    talk: Talk, recipe: Path, make_model: MakeModel, calls: Path, tmp_path: Path
) -> None:
    make_model(
        "mortal",
        f"open({str(calls)!r}, 'a').write('mortal\\n')\nif open({str(calls)!r}).read().count('mortal') > 1: os.abort()\n"
        + BODIES["scribe"][1],
    )
    make_model("picky", "raise ValueError('not this')")
    with pytest.raises(
        WorkerFailed, match=r"asr \(picky\), chunk 1 of 4 \(0\.3-.* s\): ValueError: not this; what was answered is kept"
    ):
        pipeline(talk.path, recipe, use={"asr": "picky"}, out=tmp_path / "out")
    with pytest.raises(WorkerFailed, match=r"asr \(mortal\), chunk 2 of 4 .*SIGABRT"):
        pipeline(talk.path, recipe, use={"asr": "mortal"}, out=tmp_path / "out")
    assert _calls(calls)["mortal"] == 3
    assert not _workers()


def test_a_kill_loses_one_chunk_at_most(talk: Talk, recipe: Path, make_model: MakeModel, calls: Path, tmp_path: Path) -> None:
    slow = f"open({str(calls)!r}, 'a').write('slow\\n')\nif count > 2: time.sleep(0.3 if os.path.exists({str(tmp_path / 'go')!r}) else 60)\n"
    make_model("slow", slow + BODIES["scribe"][1])
    host = _in_a_process(talk, recipe, tmp_path)
    _until(lambda: calls.exists() and calls.read_text().count("slow") == 3)
    host.send_signal(signal.SIGKILL)
    host.wait()
    _until(lambda: not _workers())
    (tmp_path / "go").touch()
    _calls(calls)
    found = pipeline(talk.path, recipe, use={"asr": "slow"}, out=tmp_path / "out")
    _as_spoken(found, talk)
    after = _calls(calls)
    assert after["slow"] == 2
    assert "ears" not in after


def test_an_interruption_leaves_no_worker(talk: Talk, recipe: Path, make_model: MakeModel, calls: Path, tmp_path: Path) -> None:
    make_model("slow", f"open({str(calls)!r}, 'a').write('slow\\n')\ntime.sleep(60)")
    host = _in_a_process(talk, recipe, tmp_path)
    _until(lambda: calls.exists() and "slow" in calls.read_text())
    host.send_signal(signal.SIGINT)
    assert host.wait(timeout=120) == 130
    _until(lambda: not _workers())


def test_two_at_once_in_one_folder_are_refused(talk: Talk, recipe: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with filelock.FileLock(tmp_path / "out/.lock"), pytest.raises(StoreError, match="is being written by another pipeline"):
        pipeline(talk.path, recipe, out=tmp_path / "out")


def test_a_folder_holds_one_recording(talk: Talk, band: None, tmp_path: Path) -> None:
    listening = recipe_file(tmp_path / "listening.yaml", {"vad": STAGES["vad"]})
    pipeline(talk.path, listening, out=tmp_path / "out")
    audio.write(tmp_path / "other.wav", Audio(np.zeros(16000, np.float32), 16000))
    with pytest.raises(StoreError, match=r"holds talk\.wav, another recording; choose another folder with --out"):
        pipeline(tmp_path / "other.wav", listening, out=tmp_path / "out")


def test_a_model_that_cannot_run_is_told_before_anything_is_done(
    talk: Talk, recipe: Path, make_model: MakeModel, tmp_path: Path
) -> None:
    make_model("giant", "return Transcript('')", memory_gb=1e6)
    with pytest.raises(NotRunnable, match="giant cannot run: it needs about"):
        pipeline(talk.path, recipe, use={"asr": "giant"}, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_stage_may_run_elsewhere(talk: Talk, band: None, tmp_path: Path) -> None:
    elsewhere = recipe_file(tmp_path / "cuda.yaml", {"vad": STAGES["vad"] | {"device": "cuda"}})
    with pytest.raises(NotRunnable, match="ears cannot run: it runs on cpu, not on cuda"):
        pipeline(talk.path, elsewhere, out=tmp_path / "out")
    here = recipe_file(tmp_path / "cpu.yaml", {"vad": STAGES["vad"] | {"device": "cpu"}})
    assert pipeline(talk.path, here, device="cuda", out=tmp_path / "out").stages[-1].device == "cpu"


@pytest.mark.slow
def test_a_real_conversation(tmp_path: Path) -> None:
    """Two readers of LibriSpeech in turn, by the packaged recipe."""
    source = SHARED / "diarization/audio/conv_libri_1.flac"
    if not source.exists():
        pytest.skip("the shared pack is not here")
    for _, _, stage in recipes.recipe("meeting").asked():
        if not (verdict := preflight.verdict(stage.card)).runnable:
            pytest.skip(str(verdict))
    found = pipeline(source, out=tmp_path / "out")
    assert len(found.speakers) == 2
    assert "supposed" in found.text and "accusing people" in found.text
    assert any(entity.label == "PERSON" for entity in found.entities)


def _in_a_process(talk: Talk, recipe: Path, tmp_path: Path) -> subprocess.Popen[bytes]:
    """The command as a user runs it: a process begun in the background, as a test run may be, is deaf to Ctrl-C."""
    words = [
        "model-lab",
        "pipeline",
        str(talk.path),
        "--recipe",
        str(recipe),
        "--use",
        "asr=slow",
        "--out",
        str(tmp_path / "out"),
    ]
    return subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); sys.argv = {words!r}; from model_lab.cli import main; main()",
        ]
    )


def _workers() -> list[psutil.Process]:
    """Workers of this test: they carry its extension folder in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            ours = process.environ().get("MODEL_LAB_EXTENSIONS") == os.environ["MODEL_LAB_EXTENSIONS"]
            if ours and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def _until(true: object) -> None:
    assert callable(true)
    for _ in range(600):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("it never came to that")
