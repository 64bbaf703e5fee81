"""Spoken words and emotions: one class to a clip."""

from __future__ import annotations

from tests.datasets.hub.layouts._tables import AUDIO, FLOAT32, INT64, STRING, Layout, audio, numbered, shards

WORDS = (
    *("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go", "zero", "one", "two", "three", "four", "five"),
    *("six", "seven", "eight", "nine", "bed", "bird", "cat", "dog", "happy", "house", "marvin", "sheila", "tree", "wow"),
    *("backward", "forward", "follow", "learn", "visual", "_silence_"),
)
VOTES = ("angry", "sad", "disgust", "fear", "neutral", "happy")


def _ten_words() -> dict[str, bytes]:
    """Numbers without names: they stand in the program that reads them."""
    rows = [{"audio": audio(number, f"{number}.wav", "WAV"), "label": number % 10} for number in range(12)]
    return shards(numbered("data/test"), {"audio": AUDIO, "label": INT64}, rows)


def _all_words() -> dict[str, bytes]:
    rows = [{"audio": audio(number, f"{number}.wav", "WAV", seconds=0.2), "label": number % 36} for number in range(40)]
    return shards(numbered("data/test"), {"audio": AUDIO, "label": INT64}, rows, classes={"label": WORDS}, rows_per_group=4)


def _ravdess() -> dict[str, bytes]:
    rows = [{"audio": audio(number, f"{number}.wav", "WAV", 48000), "labels": number % 8} for number in range(16)]
    return shards(numbered("data/train"), {"audio": AUDIO, "labels": INT64}, rows, rate=48000)


def _crema_d() -> dict[str, bytes]:
    measures = ("speaking_rate", "pitch_mean", "pitch_std", "rms", "relative_db")
    columns = {
        "file": STRING,
        "audio": AUDIO,
        **dict.fromkeys(VOTES, FLOAT32),
        "gender": STRING,
        "transcription": STRING,
        "major_emotion": STRING,
        **dict.fromkeys(measures, FLOAT32),
    }
    rows = []
    for number in range(12):
        name, emotion = f"{1001 + number // 3}_DFA_XX.wav", VOTES[number % 6]
        votes = {vote: 0.9 if vote == emotion else 0.02 for vote in VOTES}
        rows.append(
            {
                "file": name,
                "audio": audio(number, name, "WAV"),
                **votes,
                "gender": "female",
                "transcription": "Don't forget a jacket.",
                "major_emotion": emotion,
                **dict.fromkeys(measures, 1.0),
            }
        )
    return shards(numbered("data/train"), columns, rows, rate=None)


def _emodb() -> dict[str, bytes]:
    """One file; columns beyond sound and emotion are not known."""
    names = ("anger", "boredom", "disgust", "fear", "happiness", "sadness", "neutral")
    columns = {"age": FLOAT32, "gender": STRING, "emotion": INT64, "audio": AUDIO}
    rows = [
        {"age": 30.0, "gender": "male", "emotion": number % 7, "audio": audio(number, f"{number}.wav", "WAV")}
        for number in range(14)
    ]
    path = "data/train-00000-of-00001-cf0d4b1ae18136ff.parquet"
    return shards(path, columns, rows, classes={"emotion": names}, rows_per_group=3)


LAYOUTS = {
    "speech_commands_10": Layout("mteb/SpeechCommandsZeroshotv0.02", _ten_words, "d5491b288ab76356a5f3cbc634f1dc38e23da2b8"),
    "speech_commands": Layout("mteb/speech-commands-mini", _all_words, "3ac713aa0829eeadda73182f38bbbd788d21254b"),
    "ravdess": Layout("mteb/RavdessZeroshot", _ravdess, "9ab83d763c01b2dec59d79a6dcb44691d2fb80ee"),
    "crema_d": Layout("AbstractTTS/CREMA-D", _crema_d),
    "emodb": Layout("renumics/emodb", _emodb),
}
