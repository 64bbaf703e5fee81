"""Descriptions of sounds and music."""

from __future__ import annotations

from tests.datasets.hub.layouts._tables import AUDIO, BOOL, FLOAT64, INT64, STRING, Layout, Row, audio, configs, numbered, shards

CAPTIONS = (
    "A dog barks at a passing car",
    "Heavy rain falls on a tin roof",
    "Somebody plays a slow tune on a piano",
    "Waves break on a beach while gulls cry",
    "A train rolls slowly over a long bridge",
    "Children laugh and shout in a small yard",
)


def _clotho() -> dict[str, bytes]:
    """All captions of a clip in one text, with full stops between them."""
    rows: list[Row] = [
        {
            "index": f"clip_{number}",
            "audio": audio(number, None, "WAV", 48000, 0.1),
            "text": f"{caption}. {caption} once more. {caption} in the distance.",
        }
        for number, caption in enumerate(CAPTIONS)
    ]
    return shards(numbered("data/test", 5), {"index": STRING, "audio": AUDIO, "text": STRING}, rows, rate=48000)


def _audiocaps() -> dict[str, bytes]:
    """A row a caption: those of a clip are one after the other, over the ends of row groups and of files; a video has two clips."""
    clips = [("xyz0", 10), ("xyz0", 40), ("abc1", 0), ("def2", 30), ("ghi3", 30), ("jkl4", 5)]
    rows: list[Row] = [
        {
            "audiocap_id": 100 * number + turn,
            "youtube_id": video,
            "start_time": start,
            "audio_length": 10.0,
            "audio": audio(number, f"{video}.wav", "WAV", 16000, 0.1),
            "caption": f"{CAPTIONS[number]}, take {turn}",
        }
        for number, (video, start) in enumerate(clips)
        for turn in range(5 if number else 4)
    ]
    columns = {
        "audiocap_id": INT64,
        "youtube_id": STRING,
        "start_time": INT64,
        "audio_length": FLOAT64,
        "audio": AUDIO,
        "caption": STRING,
    }
    return shards(numbered("data/test", 3), columns, rows, rate=None, rows_per_group=3)


def _song_describer() -> dict[str, bytes]:
    """Two descriptions of the first track; the sound's column is called path; the last row is not in the valid subset."""
    tracks = (1004034, 1004034, 1007274, 1012000, 1013457, 1020000)
    rows: list[Row] = [
        {
            "caption_id": number,
            "track_id": track,
            "caption": CAPTIONS[number],
            "is_valid_subset": number != 5,
            "familiarity": 0,
            "artist_id": track // 100,
            "album_id": track // 10,
            "path": audio(number if number != 1 else 0, f"{track}.2min.mp3", "MP3", 44100, 0.3),
            "duration": 120.0,
            "__index_level_0__": number,
        }
        for number, track in enumerate(tracks)
    ]
    columns = {
        "caption_id": INT64,
        "track_id": INT64,
        "caption": STRING,
        "is_valid_subset": BOOL,
        "familiarity": INT64,
        "artist_id": INT64,
        "album_id": INT64,
        "path": AUDIO,
        "duration": FLOAT64,
        "__index_level_0__": INT64,
    }
    return shards(numbered("data/train"), columns, rows, rate=None)


def _musiccaps() -> dict[str, bytes]:
    """Sounds, texts and their pairs in three tables, as mteb's retrieval tasks have them."""
    texts: list[Row] = [{"id": f"d{number}", "modality": "text", "text": caption} for number, caption in enumerate(CAPTIONS)]
    sounds: list[Row] = [{"id": f"q{number}", "modality": "audio", "audio": audio(number)} for number in range(len(CAPTIONS))]
    pairs: list[Row] = [{"query-id": f"q{number}", "corpus-id": f"d{number}", "score": 1} for number in range(len(CAPTIONS))]
    return {
        **shards("corpus/test-00000-of-00001.parquet", {"id": STRING, "modality": STRING, "text": STRING}, texts),
        **shards("queries/test-00000-of-00001.parquet", {"id": STRING, "modality": STRING, "audio": AUDIO}, sounds),
        **shards("qrels/test-00000-of-00001.parquet", {"query-id": STRING, "corpus-id": STRING, "score": INT64}, pairs),
    }


LAYOUTS = {
    "clotho": Layout("mteb/Clotho", _clotho, "c44521cd4067f134e5f5bace4290b59ed773b451"),
    "audiocaps": Layout("OpenSound/AudioCaps", _audiocaps, "b29b3243d6ce49c2cd0d48d4b5f0701ae7969ded"),
    "song_describer": Layout("renumics/song-describer-dataset", _song_describer, "dc39062efec7515add304b98a54da2948709a808"),
    "musiccaps_prompts": Layout(
        "mteb/MusicCaps_a2t",
        _musiccaps,
        "fb2fffc9a93f729d1844dfac3f8c16386fbe226b",
        configs(corpus={"test": "corpus/test-*"}, queries={"test": "queries/test-*"}, qrels={"test": "qrels/test-*"}),
    ),
}
