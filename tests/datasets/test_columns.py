from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model_lab.capabilities import capability
from model_lab.datasets import manifest
from model_lab.errors import BadManifest
from tests.datasets.test_manifest import tone, write

AUDIO = {"audio": "a.wav"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    tone(tmp_path / "a.wav", 1.0)
    tone(tmp_path / "b.wav", 1.0)
    return tmp_path


@pytest.mark.parametrize(
    ("asked", "row", "meant"),
    [
        ("asr", {"transcript": "x"}, "'transcript' is not known; call it 'text'"),
        ("asr", {"sentence": "x"}, "'sentence' is not known; call it 'text'"),
        ("asr", {"Text": "x"}, "'Text' is not known; call it 'text'"),
        ("asr", {"texts": "x"}, "'texts' is not known; call it 'text'"),
        ("asr", {"text": "x", "lang": "de"}, "'lang' is not known; call it 'language'"),
        ("asr", {"text": "x", "langauge": "de"}, "'langauge' is not known; call it 'language'"),
        ("asr", {"text": "x", "speaker_id": "7"}, "'speaker_id' is not known; call it 'speaker'"),
        ("tempo", {"beats": [0, 0.5], "bpm": 100}, "'bpm' is not known; call it 'tempo_bpm'"),
        ("emotion", {"emotion": "sad", "classes": {}}, "'emotion' is not known; call it 'label'"),
        ("classify", {"category": "dog", "classes": {}}, "'category' is not known; call it 'label'"),
        ("vad", {"speech_segments": []}, "'speech_segments' is not known; call it 'speech'"),
        ("diarization", {"segments": []}, "'segments' is not known; call it 'turns'"),
        ("speaker_embed", {"spk": "ann"}, "'spk' is not known; call it 'speaker'"),
        ("speaker_verify", {"audio_b": "b.wav", "target": True}, "'target' is not known; call it 'same'"),
        ("langid", {"label": "en", "languages": ["en"]}, "'label' is not known; call it 'language'"),
        ("asr", {"text": "x", "start": 0.2, "end": 0.5}, "'start' selects a part of the sound"),
        ("asr", {"text": "x", "offset": 0.2}, "'offset' selects a part of the sound"),
    ],
)
def test_a_column_under_another_name_stops_everything(data: Path, asked: str, row: dict[str, Any], meant: str) -> None:
    complete = {column: value for column, value in row.items() if column == "audio_b"}
    path = write(data, AUDIO | complete, {"id": "2"} | AUDIO | row)
    with pytest.raises(BadManifest) as refused:
        manifest.read(path, capability(asked))
    assert f"my.jsonl:2: column {meant}" in str(refused.value)


@pytest.mark.parametrize("name", ["audio_filepath", "wav", "path", "file"])
def test_a_sound_under_another_name_is_told_what_to_call_it(data: Path, name: str) -> None:
    with pytest.raises(BadManifest, match=f"column '{name}' is not known; call it 'audio'"):
        manifest.read(write(data, {name: "a.wav", "text": "x"}), capability("asr"))


@pytest.mark.parametrize(
    ("asked", "row"),
    [
        ("asr", {"text": "x", "session": 4, "device": "phone", "snr": 3, "n_speakers": 2, "num_speakers": 2}),
        ("asr", {"text": "x", "raw_text": "X.", "sentence": "x", "language": "en", "languages": ["en"]}),
        ("asr", {"text": "x", "group": "g", "speaker_id": "7"}),
        ("asr", {"text": "x", "speech": [[0, 1]], "turns": [], "label": "dog", "same": True}),
        ("classify", {"label": "dog", "classes": {"dog": ["Dog"]}, "category": "animal", "labels": ["dog"]}),
        ("ner", {"text": "x", "entities": [], "start": 3, "end": 4}),
    ],
)
def test_columns_that_take_no_other_columns_place_are_no_matter(data: Path, asked: str, row: dict[str, Any]) -> None:
    (sample,) = manifest.read(write(data, AUDIO | row), capability(asked))
    assert sample.reference() is not None and manifest.check([sample]) == 0


def test_who_speaks_is_no_question_where_a_card_says_what_the_clusters_are(data: Path) -> None:
    path = write(data, AUDIO | {"text": "x", "speakers": ["ann", "bob"]})
    assert manifest.read(path, capability("asr"), described=True)[0].clusters == "given"
    with pytest.raises(BadManifest, match="'speakers' is not known; call it 'speaker'"):
        manifest.read(path, capability("asr"))


@pytest.mark.parametrize(
    ("asked", "row", "meant"),
    [
        ("enhance", {"noisy": "a.wav", "clean": "b.wav"}, "'noisy' is not known; call it 'audio'"),
        ("separate", {"mixture": "a.wav", "stems": {}}, "'mixture' is not known; call it 'audio'"),
        ("voice_clone", {"id": "1", "text": "x", "ref_audio": "a.wav"}, "'ref_audio' is not known; call it 'voice'"),
    ],
)
def test_an_input_under_the_name_that_others_give_it(data: Path, asked: str, row: dict[str, Any], meant: str) -> None:
    with pytest.raises(BadManifest, match=meant):
        manifest.read(write(data, row), capability(asked))


@pytest.mark.parametrize(
    ("asked", "row", "absent"),
    [
        ("classify", {"label": "dog"}, "column 'label' is there and 'classes' is not; add classes: {class: "),
        ("langid", {"language": "en"}, "column 'language' is there and 'languages' is not; add languages: "),
        (
            "asr_stream",
            {"text": "yes"},
            "column 'text' is there and 'speech_start' is not; add speech_start: where speech begins",
        ),
        ("pitch", {"f0_hz": [110.5]}, "column 'f0_hz' needs 'times'; add times: "),
        ("diarization", {"turns": [], "rttm": "a.rttm"}, "columns 'rttm' and 'turns' are both there; expected one of them"),
        (
            "pitch",
            {"f0_hz": [110.5], "times": [0], "f0": "a.f0"},
            "columns 'f0' and 'f0_hz' are both there; expected one of them",
        ),
    ],
)
def test_a_truth_is_there_once_and_whole(data: Path, asked: str, row: dict[str, Any], absent: str) -> None:
    (sample,) = manifest.read(write(data, AUDIO | row), capability(asked))
    with pytest.raises(BadManifest) as refused:
        manifest.check([sample])
    assert absent in str(refused.value)


def test_what_nothing_knows_is_listed(data: Path) -> None:
    rows = [AUDIO | {"text": "x", "session": 4, "speech": []}, {"audio": "b.wav", "text": "y", "device": "phone", "session": 5}]
    assert manifest.unused(manifest.read(write(data, *rows), capability("asr"))) == ("session", "device")


def test_no_truth_at_all_beside_columns_that_nothing_knows_is_a_mistake(data: Path) -> None:
    rows = [AUDIO | {"sentence2": "x"}, {"audio": "b.wav", "sentence2": "y"}]
    samples = manifest.read(write(data, *rows), capability("asr"))
    with pytest.raises(BadManifest, match=r"my.jsonl: no row has a reference: expected text; found sentence2"):
        manifest.check(samples)
    assert manifest.check(manifest.read(write(data, AUDIO, {"audio": "b.wav"}), capability("asr"))) == 2
    assert manifest.check(manifest.read(write(data, AUDIO | {"text": "x"}, rows[1]), capability("asr"))) == 1


@pytest.mark.parametrize(
    ("asked", "row"),
    [
        ("vad", {"speech": [[0, 500]]}),
        ("diarization", {"turns": [{"start": 0, "end": 500, "speaker": "A"}]}),
        ("diarization", {"turns": [], "uem": [[0, 500]]}),
        ("kws", {"keywords": {"yes": []}, "spoken": [["yes", 0, 500]]}),
        ("asr_stream", {"text": "yes", "speech_start": 0, "speech_end": 500}),
        ("music_transcription", {"notes": [[0, 500, 440.0]]}),
        ("pitch", {"times": [0, 500], "f0_hz": [110.5, 111]}),
        ("tempo", {"beats": [0, 250, 500], "tempo_bpm": 120}),
    ],
)
def test_times_behind_the_end_of_the_sound_are_no_seconds(data: Path, asked: str, row: dict[str, Any]) -> None:
    (sample,) = manifest.read(write(data, AUDIO | row), capability(asked))
    with pytest.raises(
        BadManifest, match=r"my.jsonl:1: the reference ends at 500 s and a.wav lasts 1.000 s; .*\(these look like milliseconds\)"
    ):
        sample.reference()
    in_samples = json.dumps(AUDIO | row).replace("500", "16000").replace("250", "8000")
    (sample,) = manifest.read(write(data, in_samples), capability(asked))
    with pytest.raises(BadManifest, match=r"ends at 16000 s .*\(these look like sample numbers\)"):
        sample.reference()
    (sample,) = manifest.read(write(data, json.dumps(AUDIO | row).replace("500", "1.4").replace("250", "0.7")), capability(asked))
    assert sample.reference() is not None


def test_words_behind_the_end_of_the_sound_are_refused(data: Path) -> None:
    (sample,) = manifest.read(write(data, AUDIO | {"text": "yes", "words": [["yes", 0, 500]]}), capability("alignment"))
    with pytest.raises(BadManifest, match=r"0 <= start < end <= 1.000 s"):
        sample.reference()


def test_times_of_a_sound_that_is_gone_are_taken_as_they_were(data: Path) -> None:
    (sample,) = manifest.read(write(data, AUDIO | {"turns": [{"start": 0, "end": 1, "speaker": "A"}]}), capability("diarization"))
    (data / "a.wav").unlink()
    assert len(sample.reference().turns) == 1


def test_a_duration_that_is_not_the_sounds_is_refused(data: Path) -> None:
    samples = manifest.read(write(data, AUDIO | {"text": "x", "duration": 10}), capability("asr"))
    with pytest.raises(
        BadManifest, match=r"my.jsonl:1: column 'duration' is 10 and a.wav lasts 1.000 s; correct it or leave it out"
    ):
        manifest.check(samples)
    assert manifest.check(manifest.read(write(data, AUDIO | {"text": "x", "duration": 1.05}), capability("asr"))) == 0


@pytest.mark.parametrize(
    ("row", "group", "clusters"),
    [
        ({"group": "g", "speaker": "ann"}, "g", "given"),
        ({"speaker": "ann"}, "ann", "speaker"),
        ({}, "a--b", "unknown"),
    ],
)
def test_a_sample_knows_where_its_cluster_comes_from(data: Path, row: dict[str, Any], group: str, clusters: str) -> None:
    path = write(data, AUDIO | {"id": "a--b", "audio_b": "b.wav", "same": True} | row)
    (sample,) = manifest.read(path, capability("speaker_verify"))
    assert (sample.group, sample.clusters, sample.reference().group) == (group, clusters, group)
    (described,) = manifest.read(path, capability("speaker_verify"), described=True)
    assert (described.group, described.clusters) == (row.get("group", "a--b"), "given")


@pytest.mark.parametrize("column", ["speaker", "group"])
@pytest.mark.parametrize("value", [7.5, ["ann"], True, "", " ann"])
def test_a_cluster_is_named_by_a_text(data: Path, column: str, value: Any) -> None:
    with pytest.raises(BadManifest, match=f"my.jsonl:1: column '{column}' is .*; expected (text|a name)"):
        manifest.read(write(data, AUDIO | {"text": "x", column: value}), capability("asr"))


@pytest.mark.parametrize("column", ["speaker", "group"])
def test_a_cluster_may_be_named_by_a_whole_number(data: Path, column: str) -> None:
    samples = manifest.read(
        write(data, AUDIO | {"text": "x", column: 1089}, {"audio": "b.wav", "text": "x", column: "1089"}), capability("asr")
    )
    assert {sample.group for sample in samples} == {"1089"}


@pytest.mark.parametrize(
    ("asked", "column"), [("asr", "speaker"), ("embed", "label"), ("speaker_embed", "speaker"), ("asr", "group")]
)
def test_one_name_has_one_spelling_in_the_whole_manifest(data: Path, asked: str, column: str) -> None:
    path = write(data, AUDIO | {"text": "x", column: "Ann"}, {"audio": "b.wav", "text": "x", column: "ann"})
    with pytest.raises(BadManifest, match=f"my.jsonl: column '{column}' has 'Ann' and 'ann'; expected one spelling"):
        manifest.read(path, capability(asked))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"audio": "a.wav", "snr_db": NaN}', "NaN is not a number in JSON"),
        ('{"audio": "a.wav", "snr_db": -Infinity}', "-Infinity is not a number in JSON"),
        ('{"audio": "a.wav", "snr_db": 3, "snr_db": 4}', "'snr_db' is repeated"),
    ],
)
def test_what_json_does_not_have_is_refused(data: Path, line: str, problem: str) -> None:
    with pytest.raises(BadManifest, match=rf"my.jsonl:1: not usable JSON \({problem}\)"):
        manifest.read(write(data, line), capability("quality"))


def test_a_manifest_in_utf16_is_told_so(data: Path) -> None:
    (data / "my.jsonl").write_bytes(json.dumps(AUDIO).encode("utf-16"))
    with pytest.raises(BadManifest, match=r"my.jsonl:1: this line is UTF-16; save it as UTF-8"):
        manifest.read(data / "my.jsonl", capability("asr"))


def test_what_is_to_be_the_same_in_every_row_is(data: Path) -> None:
    row = AUDIO | {"label": "dog", "classes": {"dog": ["Dog"], "cat": ["Cat"]}}
    path = write(data, row, row | {"audio": "b.wav", "classes": {"dog": ["Dog"]}})
    with pytest.raises(
        BadManifest, match=r"my.jsonl:2: column 'classes' is not that of .*my.jsonl:1; expected the same in every row"
    ):
        manifest.read(path, capability("classify"))
