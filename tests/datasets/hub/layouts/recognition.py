"""Speech recognition."""

from __future__ import annotations

from functools import partial

from tests.datasets.hub.layouts._tables import (
    AUDIO,
    BOOL,
    FLOAT64,
    INT32,
    INT64,
    STRING,
    Layout,
    audio,
    configs,
    numbered,
    shards,
)

TEXTS = (
    "the boat turned slowly into the wind",
    "nobody had opened that door for years",
    "she counted the coins twice and smiled",
    "rain fell on the roof all through the night",
    "a letter came from the north in spring",
    "they walked along the river until dark",
    "his answer was short and rather cold",
    "the market opens early on a saturday",
)

LIBRISPEECH_COMMIT = "71cacbfb7e2354c4226d01e70d77d5fca3d04ba1"
FLEURS_COMMIT = "cadac46d4cd7d721f5cf8844a5b9f0f20e6fcde8"
PARLIAMENT = ("en", "de", "fr", "es", "pl", "it", "ro", "hu", "cs", "nl", "fi", "hr", "sk", "sl", "et", "lt", "en_accented")


def _librispeech(config: str) -> dict[str, bytes]:
    columns = {"file": STRING, "audio": AUDIO, "text": STRING, "speaker_id": INT64, "chapter_id": INT64, "id": STRING}
    rows = []
    for number, text in enumerate(TEXTS):
        name = f"{1089 + number // 2}-134686-{number:04d}"
        rows.append(
            {
                "file": f"{name}.flac",
                "audio": audio(number, f"{name}.flac"),
                "text": text.upper(),
                "speaker_id": 1089 + number // 2,
                "chapter_id": 134686,
                "id": name,
            }
        )
    return shards([f"{config}/test/0000.parquet", f"{config}/test/0001.parquet"], columns, rows)


def _esb(config: str, split: str, form: str) -> dict[str, bytes]:
    columns = {"audio": AUDIO, "dataset": STRING, "text": STRING, "id": STRING, "audio_length_s": FLOAT64}
    rows = [
        {
            "audio": audio(number, f"{config}.{form.lower()}", form, seconds=0.6 - 0.04 * number),
            "dataset": config,
            "text": text,
            "id": f"{1089 + number // 2}-134686-{number:04d}",
            "audio_length_s": 0.6 - 0.04 * number,
        }
        for number, text in enumerate(TEXTS)
    ]
    return shards(numbered(f"{config}/{split}"), columns, rows)


def fleurs(config: str, language: str) -> dict[str, bytes]:
    """A configuration of FLEURS, in which several people read the same sentence."""
    columns = {
        "id": INT32,
        "num_samples": INT32,
        "path": STRING,
        "audio": AUDIO,
        "transcription": STRING,
        "raw_transcription": STRING,
        "gender": INT64,
        "lang_id": INT64,
        "language": STRING,
        "lang_group_id": INT64,
    }
    classes = {
        "gender": ("male", "female", "other"),
        "lang_id": ("ar_eg", config, "zu_za"),
        "lang_group_id": ("western_european_we", "eastern_european_ee"),
    }
    rows = [
        {
            "id": 1500 + number // 2,
            "num_samples": 6400,
            "path": f"{number}.wav",
            "audio": audio(number, f"{number}.wav", "WAV"),
            "transcription": TEXTS[number // 2],
            "raw_transcription": TEXTS[number // 2].capitalize() + ".",
            "gender": number % 2,
            "lang_id": 1,
            "language": language,
            "lang_group_id": 0,
        }
        for number in range(8)
    ]
    return shards(numbered(f"{config}/test"), columns, rows, classes=classes)


def _mls(config: str) -> dict[str, bytes]:
    columns = {
        "audio": AUDIO,
        "original_path": STRING,
        "begin_time": FLOAT64,
        "end_time": FLOAT64,
        "transcript": STRING,
        "audio_duration": FLOAT64,
        "speaker_id": STRING,
        "chapter_id": STRING,
        "id": STRING,
    }
    rows = [
        {
            "audio": audio(number, f"{number}.opus", "OGG"),
            "original_path": "a_book.mp3",
            "begin_time": 10.5,
            "end_time": 10.9,
            "transcript": text,
            "audio_duration": 0.4,
            "speaker_id": str(2400 + number // 3),
            "chapter_id": "1966",
            "id": f"{2400 + number // 3}_1966_{number:06d}",
        }
        for number, text in enumerate(TEXTS)
    ]
    return shards(numbered(f"{config}/test"), columns, rows)


def _voxpopuli() -> dict[str, bytes]:
    columns = {
        "audio_id": STRING,
        "language": INT64,
        "audio": AUDIO,
        "raw_text": STRING,
        "normalized_text": STRING,
        "gender": STRING,
        "speaker_id": STRING,
        "is_gold_transcript": BOOL,
        "accent": STRING,
    }
    rows = [
        {
            "audio_id": f"20161130-0900-PLENARY-{number}-en",
            "language": 0,
            "audio": audio(number, f"{number}.wav", "WAV"),
            "raw_text": "" if number == 3 else text.capitalize() + ".",
            "normalized_text": "" if number == 3 else text,
            "gender": "female",
            "speaker_id": "None" if number > 5 else str(90 + number // 2),
            "is_gold_transcript": True,
            "accent": "None",
        }
        for number, text in enumerate(TEXTS)
    ]
    return shards(["en/test/0000.parquet", "en/test/0001.parquet"], columns, rows, classes={"language": PARLIAMENT})


def _common_voice() -> dict[str, bytes]:
    columns = {"audio": AUDIO, "sentence": STRING, "locale": STRING, "path": STRING}
    rows = [
        {
            "audio": audio(number, f"common_voice_en_{number}.mp3", "MP3", 48000),
            "sentence": text.capitalize() + ".",
            "locale": "en",
            "path": f"common_voice_en_{number}.mp3",
        }
        for number, text in enumerate(TEXTS)
    ]
    return shards(numbered("en/test"), columns, rows, rate=None)


def _npsc() -> dict[str, bytes]:
    columns = {
        "sentence_id": INT64,
        "sentence_order": INT64,
        "speaker_id": INT64,
        "meeting_date": STRING,
        "speaker_name": STRING,
        "sentence_text": STRING,
        "sentence_language_code": STRING,
        "text": STRING,
        "start_time": INT64,
        "end_time": INT64,
        "normsentence_text": STRING,
        "transsentence_text": STRING,
        "translated": INT64,
        "audio": AUDIO,
    }
    rows = [
        {
            "sentence_id": 7300 + number,
            "sentence_order": number,
            "speaker_id": 12 + number // 3,
            "meeting_date": "20170209",
            "speaker_name": "N. N.",
            "sentence_text": text,
            "sentence_language_code": "nn-NO" if number % 2 else "nb-NO",
            "text": text,
            "start_time": 1000 * number,
            "end_time": 1000 * number + 400,
            "normsentence_text": text.capitalize() + ".",
            "transsentence_text": text,
            "translated": 0,
            "audio": audio(number, f"{number}.mp3", "MP3"),
        }
        for number, text in enumerate(TEXTS)
    ]
    return shards(["16K_mp3/test/0000.parquet", "16K_mp3/test/0001.parquet"], columns, rows)


def _aishell() -> dict[str, bytes]:
    columns = {"context": AUDIO, "instruction": STRING, "answer": STRING}
    rows = [
        {"context": audio(number, None, "WAV"), "instruction": "转录这段话", "answer": "今天天气很好" * (1 + number % 3)}
        for number in range(8)
    ]
    return shards(numbered("data/test"), columns, rows)


def _esb_layout(config: str, split: str, form: str) -> Layout:
    return Layout("hf-audio/esb-datasets-test-only-sorted", partial(_esb, config, split, form))


def _fleurs_layout(config: str, language: str) -> Layout:
    return Layout(
        "mteb/fleurs",
        partial(fleurs, config, language),
        FLEURS_COMMIT,
        configs(**{config: {"train": f"{config}/train-*", "test": f"{config}/test-*"}}),
    )


LAYOUTS = {
    **{
        f"librispeech_{half}": Layout("openslr/librispeech_asr", partial(_librispeech, half), LIBRISPEECH_COMMIT)
        for half in ("clean", "other")
    },
    "esb_ami": _esb_layout("ami", "test", "WAV"),
    "esb_earnings22": _esb_layout("earnings22", "test", "WAV"),
    "esb_gigaspeech": _esb_layout("gigaspeech", "test", "WAV"),
    "esb_librispeech_clean": _esb_layout("librispeech", "test.clean", "FLAC"),
    "esb_librispeech_other": _esb_layout("librispeech", "test.other", "FLAC"),
    "esb_spgispeech": _esb_layout("spgispeech", "test", "WAV"),
    "esb_voxpopuli": _esb_layout("voxpopuli", "test", "WAV"),
    "fleurs_en": _fleurs_layout("en_us", "English"),
    "fleurs_de": _fleurs_layout("de_de", "German"),
    "fleurs_fr": _fleurs_layout("fr_fr", "French"),
    "fleurs_it": _fleurs_layout("it_it", "Italian"),
    "fleurs_es": _fleurs_layout("es_419", "Spanish"),
    "fleurs_pt": _fleurs_layout("pt_br", "Portuguese"),
    "fleurs_nb": _fleurs_layout("nb_no", "Norwegian"),
    **{
        f"mls_{code}": Layout("facebook/multilingual_librispeech", partial(_mls, config))
        for code, config in {
            "de": "german",
            "fr": "french",
            "es": "spanish",
            "it": "italian",
            "pt": "portuguese",
            "nl": "dutch",
            "pl": "polish",
        }.items()
    },
    "voxpopuli_en": Layout("facebook/voxpopuli", _voxpopuli, "refs/convert/parquet"),
    "common_voice_en": Layout("lmms-lab-audio/common_voice_15", _common_voice),
    "npsc": Layout("NbAiLab/NPSC", _npsc, "refs/convert/parquet"),
    "aishell1": Layout("AudioLLMs/aishell_1_zh_test", _aishell),
}
