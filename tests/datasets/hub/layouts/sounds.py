"""Sounds, scenes and music of one class, or of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.datasets.hub.layouts._tables import AUDIO, BOOL, FLOAT64, INT64, STRING, Layout, Row, audio, list_of, numbered, shards

ESC = (
    *("dog", "rooster", "pig", "cow", "frog", "cat", "hen", "insects", "sheep", "crow", "rain", "sea_waves", "crackling_fire"),
    *("crickets", "chirping_birds", "water_drops", "wind", "pouring_water", "toilet_flush", "thunderstorm", "crying_baby"),
    *("sneezing", "clapping", "breathing", "coughing", "footsteps", "laughing", "brushing_teeth", "snoring", "drinking_sipping"),
    *("door_wood_knock", "mouse_click", "keyboard_typing", "door_wood_creaks", "can_opening", "washing_machine"),
    *("vacuum_cleaner", "clock_alarm", "clock_tick", "glass_breaking", "helicopter", "chainsaw", "siren", "car_horn", "engine"),
    *("train", "church_bells", "airplane", "fireworks", "hand_saw"),
)
URBAN = (
    *("air_conditioner", "car_horn", "children_playing", "dog_bark", "drilling", "engine_idling", "gun_shot", "jackhammer"),
    *("siren", "street_music"),
)
KAGGLE = (
    *("Acoustic_guitar", "Applause", "Bark", "Bass_drum", "Burping_or_eructation", "Bus", "Cello", "Chime", "Clarinet"),
    *("Computer_keyboard", "Cough", "Cowbell", "Double_bass", "Drawer_open_or_close", "Electric_piano", "Fart"),
    *("Finger_snapping", "Fireworks", "Flute", "Glockenspiel", "Gong", "Gunshot_or_gunfire", "Harmonica", "Hi-hat"),
    *("Keys_jangling", "Knock", "Laughter", "Meow", "Microwave_oven", "Oboe", "Saxophone", "Scissors", "Shatter", "Snare_drum"),
    *("Squeak", "Tambourine", "Tearing", "Telephone", "Trumpet", "Violin_or_fiddle", "Writing"),
)
GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
FAMILIES = ("bass", "brass", "flute", "guitar", "keyboard", "mallet", "organ", "reed", "string", "vocal")
SCENES = (
    *("airport", "bus", "metro", "metro_station", "park", "public_square", "shopping_mall", "street_pedestrian"),
    *("street_traffic", "tram"),
)
VOCAL = ("Cough", "Laughter", "Sigh", "Sneeze", "Sniff", "Throat clearing")


def _esc50() -> dict[str, bytes]:
    columns = {
        "filename": STRING,
        "fold": INT64,
        "target": INT64,
        "category": STRING,
        "esc10": BOOL,
        "src_file": INT64,
        "take": STRING,
        "audio": AUDIO,
    }
    rows: list[Row] = [
        {
            "filename": f"{1 + number % 5}-{100032 + number}-A-{number}.wav",
            "fold": 1 + number % 5,
            "target": number,
            "category": name,
            "esc10": name == "dog",
            "src_file": 100032 + number // 2,
            "take": "A",
            "audio": audio(number, None, "OGG", 44100, 0.1),
        }
        for number, name in enumerate(ESC)
    ]
    return shards(numbered("data/train"), columns, rows, rate=None, rows_per_group=5)


def _urbansound() -> dict[str, bytes]:
    columns = {
        "audio": AUDIO,
        "slice_file_name": STRING,
        "fsID": INT64,
        "start": FLOAT64,
        "end": FLOAT64,
        "salience": INT64,
        "fold": INT64,
        "classID": INT64,
        "class": STRING,
    }
    rows: list[Row] = [
        {
            "audio": audio(number, f"{7061 + number}-6-0-0.wav", "WAV", (8000, 16000, 44100, 96000)[number % 4], 0.1),
            "slice_file_name": f"{7061 + number}-6-0-0.wav",
            "fsID": 7061 + number,
            "start": 0.0,
            "end": 4.0,
            "salience": 1,
            "fold": 1 + number % 10,
            "classID": number % 10,
            "class": URBAN[number % 10],
        }
        for number in range(20)
    ]
    return shards(numbered("data/train", 4), columns, rows, rate=None)


def _labelled(column: str, names: Sequence[str], paths: Sequence[str], rate: int, **more: Any) -> dict[str, bytes]:
    """A sound and a class as text; ``more``: column -> (type, function of the row's number)."""
    columns = {"audio": AUDIO, column: STRING, **{name: kind for name, (kind, _) in more.items()}}
    rows = [
        {
            "audio": audio(number, None, "FLAC", rate, 0.1),
            column: name,
            **{other: make(number) for other, (_, make) in more.items()},
        }
        for number, name in enumerate(names)
    ]
    return shards(paths, columns, rows, rate=rate)


def _fsd50k() -> dict[str, bytes]:
    """Several classes in one text, from the most special to the widest."""
    labels = (
        "Electric_guitar,Guitar,Plucked_string_instrument,Musical_instrument,Music",
        "Bird_vocalization_and_bird_call_and_bird_song,Bird,Wild_animals,Animal",
        "Human_voice",
        "Crash_cymbal,Cymbal,Percussion,Musical_instrument,Music",
        "Accelerating_and_revving_and_vroom,Engine",
        "Water_tap_and_faucet,Sink_(filling_or_washing),Water,Domestic_sounds_and_home_sounds",
    )
    return _labelled("labels", labels, numbered("data/test"), 44100)


def _audioset() -> dict[str, bytes]:
    clips = (
        (["/m/09x0r", "/m/04rlf"], ["Speech", "Music"]),
        (["/m/0bt9lr", "/m/05tny_"], ["Dog", "Bark"]),
        (["/m/05zppz"], ["Male speech, man speaking"]),
        (["/m/07pp_mv"], ["Alarm"]),
    )
    columns = {"video_id": STRING, "audio": AUDIO, "labels": list_of(STRING), "human_labels": list_of(STRING)}
    rows: list[Row] = [
        {
            "video_id": f"--4gqARaE{number}J",
            "audio": audio(number, None, "FLAC", 48000, 0.1),
            "labels": labels,
            "human_labels": names,
        }
        for number, (labels, names) in enumerate(clips)
    ]
    return shards(numbered("data/test"), columns, rows, rate=None)


def _gtzan() -> dict[str, bytes]:
    rows: list[Row] = [
        {"file": f"{name}.00000.wav", "audio": audio(number, f"{name}.00000.wav", "WAV", 32000, 0.1), "genre": number}
        for number, name in enumerate(GENRES)
    ]
    columns = {"file": STRING, "audio": AUDIO, "genre": INT64}
    return shards(numbered("data/train", 3), columns, rows, classes={"genre": GENRES}, rate=32000)


def _nsynth() -> dict[str, bytes]:
    return _labelled(
        "instrument_family_str",
        FAMILIES,
        numbered("data/test"),
        16000,
        instrument_str=(STRING, lambda number: f"{FAMILIES[number]}_electronic_{number:03d}"),
        instrument_source_str=(STRING, lambda number: "electronic"),
        note_str=(STRING, lambda number: f"{FAMILIES[number]}_electronic_{number:03d}-060-100"),
    )


def _vocalsound() -> dict[str, bytes]:
    return _labelled("answer", VOCAL * 2, numbered("data/test"), 96000)


LAYOUTS = {
    "esc50": Layout("ashraq/esc50", _esc50, "e3e2a63ffff66b9a9735524551e3818e96af03ee"),
    "urbansound8k": Layout("mteb/urbansound8K", _urbansound, "5b3867ddd7583a24871acdf6eb5494696ddd4cbc"),
    "fsdkaggle2018": Layout(
        "artist/FSDKaggle2018",
        lambda: _labelled("label", KAGGLE, numbered("data/test"), 44100),
        "f1fa466b5a226463d5b6ba1f8ecbe05f2f74262f",
    ),
    "fsd50k": Layout("mteb/fsd50k_mini", _fsd50k, "a574eeb10bb11d28eff83dd522151028d529551d"),
    "audioset_eval": Layout("mteb/audioset", _audioset, "168a7e681ee40609129535d49855c7e3e77e5efa"),
    "gtzan": Layout("sanchit-gandhi/gtzan", _gtzan, "4bd857132cb0e731bef3ec68558e7acc0a85f144"),
    "nsynth": Layout("mteb/nsynth-mini", _nsynth, "e32dfe9b65e121e64229a821fe1ff177e8962635"),
    "tau_scenes": Layout(
        "mteb/tau-acoustic-scenes-2022-mobile-mini",
        lambda: _labelled("scene_label", SCENES, numbered("data/test"), 44100),
        "d0da0ed80d22944c7a5690c4b570683d45c4dfaf",
    ),
    "vocalsound": Layout("mteb/vocalsound", _vocalsound),
}
