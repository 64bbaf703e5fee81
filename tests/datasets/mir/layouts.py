"""The folder of each loader that has a card, as its authors lay it out, filled with a few sounds made here.

The file names and columns are those that the loader's code reads; the index has the libraries' form with true checksums.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import mido
import numpy as np
import soundfile

from model_lab.datasets.card import LoaderSource
from model_lab.datasets.mir import bridge, libraries

Tracks = dict[str, dict[str, str]]
"""Id -> key of the index -> path."""


def sound(seconds: float = 2.0, kind: str = "WAV", hertz: float = 220.0) -> bytes:
    rate = 22050
    tone = 0.3 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)
    buffer = io.BytesIO()
    soundfile.write(buffer, tone, rate, format=kind)
    return buffer.getvalue()


def _midi() -> bytes:
    track = mido.MidiTrack()
    for key in (60, 64):
        track += [mido.Message("note_on", note=key, velocity=80), mido.Message("note_off", note=key, time=480)]
    file, buffer = mido.MidiFile(tracks=[track]), io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def _giantsteps_key(put: Callable[[str, bytes | str], None]) -> Tracks:
    tracks = {}
    for number, key in enumerate(("D major", "Eb minor", "D major | B minor")):
        name = f"10089 Jason Sparks - Close {number}"
        put(f"audio/{name}.mp3", sound(kind="MP3"))
        put(f"keys_gs+/{name}.txt", key)
        put(f"meta/{name}.json", json.dumps({"bpm": 128, "genres": [], "sub_genres": [], "artists": [{"name": "A"}]}))
        tracks[str(number)] = {"audio": f"audio/{name}.mp3", "key": f"keys_gs+/{name}.txt", "meta": f"meta/{name}.json"}
    return tracks


def _giantsteps_tempo(put: Callable[[str, bytes | str], None]) -> Tracks:
    root, tracks = "giantsteps-tempo-dataset-0b7d47ba8cae59d3535a02e3db69e2cf6d0af5bb", {}
    for number, tempo in enumerate((128.0, 140.0)):
        times = {"time": 0.0, "duration": 2.0}
        values = [times | {"value": tempo / 2, "confidence": 0.2}, times | {"value": tempo, "confidence": 0.8}]
        genre = {"data": [{"value": "techno"}]}
        content = json.dumps({"annotations": [{"data": values}, genre]})
        paths = {f"annotation_v{v}": f"{root}/annotations_v2/jams/{number}.{v}.jams" for v in (1, 2)}
        for path in paths.values():
            put(path, content)
        tracks[str(number)] = paths | {"audio": f"audio/{number}.LOFI.mp3"}
        put(f"audio/{number}.LOFI.mp3", sound(kind="MP3"))
    return tracks


def _ballroom(put: Callable[[str, bytes | str], None]) -> Tracks:
    tracks = {}
    for name in ("Albums-Cafe_Paradiso-05", "Media-103409"):
        paths = {
            "audio": f"B_1.0/audio/ChaChaCha/{name}.wav",
            "beats": f"B_1.0/annotations/beats/{name}.beats",
            "tempo": f"B_1.0/annotations/tempo/{name}.bpm",
        }
        put(paths["audio"], sound())
        put(paths["beats"], "0.1 1\n0.6 2\n1.1 3\n1.6 4\n")
        put(paths["tempo"], "120\n")
        tracks[name] = paths
    return tracks


def _guitarset(put: Callable[[str, bytes | str], None]) -> Tracks:
    tracks = {}
    for player in ("00", "01"):
        name = f"{player}_BN1-129-Eb_comp"
        strings = [
            {
                "namespace": "note_midi",
                "annotation_metadata": {"data_source": str(number)},
                "data": [{"time": 0.1 * number, "duration": 0.5, "value": 40.0 + 5 * number}] if number else [],
            }
            for number in range(6)
        ]
        put(f"annotation/{name}.jams", json.dumps({"annotations": strings}))
        put(f"audio_mono-mic/{name}_mic.wav", sound())
        tracks[name] = {
            "jams": f"annotation/{name}.jams",
            "audio_mic": f"audio_mono-mic/{name}_mic.wav",
            "audio_mix": f"audio_mono-pickup_mix/{name}_mix.wav",
            "audio_hex": f"audio_hex-pickup_original/{name}_hex.wav",
            "audio_hex_cln": f"audio_hex-pickup_debleeded/{name}_hex_cln.wav",
        }
    return tracks


def _maestro(put: Callable[[str, bytes | str], None]) -> Tracks:
    tracks, metadata = {}, []
    for number, split in enumerate(("test", "test", "train")):
        stem = f"2018/MIDI-Unprocessed_{number}"
        put(f"{stem}.wav", sound())
        put(f"{stem}.midi", _midi())
        tracks[stem] = {"audio": f"{stem}.wav", "midi": f"{stem}.midi"}
        metadata.append({"midi_filename": f"{stem}.midi", "split": split, "canonical_title": f"Sonata {number}", "duration": 2.0})
    put("maestro-v2.0.0.json", json.dumps(metadata))
    return tracks


def _mdb_stem_synth(put: Callable[[str, bytes | str], None]) -> Tracks:
    tracks = {}
    for name in ("AClassicEducation_NightOwl_STEM_08", "Auctioneer_OurFutureFaces_STEM_01"):
        put(f"audio_stems/{name}.RESYN.wav", sound())
        put(f"annotation_stems/{name}.RESYN.csv", "".join(f"{0.01 * n:.3f},{220.0 if n > 20 else 0.0}\n" for n in range(190)))
        tracks[name] = {"audio": f"audio_stems/{name}.RESYN.wav", "f0": f"annotation_stems/{name}.RESYN.csv"}
    return tracks


def _vocadito(put: Callable[[str, bytes | str], None]) -> Tracks:
    tracks, table = {}, "track_id,singer_id,average_pitch,language\n"
    for number in (1, 2):
        paths = {
            "audio": f"Audio/vocadito_{number}.wav",
            "f0": f"Annotations/F0/vocadito_{number}_f0.csv",
            "lyrics": f"Annotations/Lyrics/vocadito_{number}_lyrics.txt",
            "notesA1": f"Annotations/Notes/vocadito_{number}_notesA1.csv",
            "notesA2": f"Annotations/Notes/vocadito_{number}_notesA2.csv",
        }
        put(paths["audio"], sound())
        put(paths["f0"], "".join(f"{0.0058 * n:.4f},{220.0 if n > 20 else 0.0}\n" for n in range(300)))
        for key in ("lyrics", "notesA1", "notesA2"):
            put(paths[key], "0.2,220.0,0.5\n1.0,247.0,0.5\n" if key != "lyrics" else "la\n")
        tracks[str(number)] = paths
        table += f"{number},S{number},57,English\n"
    put("vocadito_metadata.csv", table)
    return tracks


def _medley_solos_db(put: Callable[[str, bytes | str], None]) -> Tracks:
    tracks, table = {}, "subset,instrument,instrument_id,song_id,uuid4\n"
    for number, (subset, instrument) in enumerate((("test", "flute"), ("test", "violin"), ("training", "piano"))):
        path = f"audio/Medley-solos-DB_{subset}-{number}_{number:08d}.wav"
        put(path, sound())
        tracks[f"{number:08d}"] = {"audio": path}
        table += f"{subset},{instrument},{number},{10 + number},{number:08d}\n"
    put("annotation/Medley-solos-DB_metadata.csv", table)
    return tracks


def _tinysol(put: Callable[[str, bytes | str], None]) -> Tracks:
    tracks = {}
    table = (
        "Path,Fold,Family,Instrument (abbr.),Instrument (in full),Technique (abbr.),Technique (in full),Pitch,Pitch ID,Dynamics,"
        "Dynamics ID,Instance ID,String ID (if applicable),Needed digital retuning\n"
    )
    for number, (family, short, full) in enumerate((("Strings", "Va", "Viola"), ("Winds", "Fl", "Flute"))):
        name = f"{short}-ord-A3-mf-{number}"
        path = f"{family}/{full}/ordinario/{name}.wav"
        put(f"audio/{path}", sound())
        tracks[name] = {"audio": f"audio/{path}"}
        table += f"{path},{number},{family},{short},{full},ord,ordinario,A3,57,mf,2,{number},,FALSE\n"
    put("annotation/TinySOL_metadata.csv", table)
    return tracks


def _fsdnoisy18k(put: Callable[[str, bytes | str], None]) -> Tracks:
    tracks, table = {}, "fname,label,aso_id\n"
    for number, label in enumerate(("Acoustic_guitar", "Rain")):
        put(f"FSDnoisy18k.audio_test/{number}.wav", sound())
        tracks[str(number)] = {"audio": f"FSDnoisy18k.audio_test/{number}.wav"}
        table += f"{number}.wav,{label},/m/0\n"
    put("FSDnoisy18k.meta/test.csv", table)
    put("FSDnoisy18k.meta/train.csv", "fname,label,aso_id,manually_verified,noisy_small\n9.wav,Rain,/m/0,1,0\n")
    put("FSDnoisy18k.audio_train/9.wav", sound())
    return tracks | {"9": {"audio": "FSDnoisy18k.audio_train/9.wav"}}


LAYOUTS: dict[str, Callable[[Callable[[str, bytes | str], None]], Tracks]] = {
    "giantsteps_key": _giantsteps_key,
    "giantsteps_tempo": _giantsteps_tempo,
    "ballroom": _ballroom,
    "guitarset": _guitarset,
    "maestro": _maestro,
    "mdb_stem_synth": _mdb_stem_synth,
    "vocadito": _vocadito,
    "medley_solos_db": _medley_solos_db,
    "tinysol": _tinysol,
    "fsdnoisy18k": _fsdnoisy18k,
}
"""Loader -> what writes its folder."""


def fill(source: LoaderSource) -> Path:
    """Write the folder of a loader into the cache, index included, as if it had been downloaded."""
    home = bridge.home(source)

    def put(path: str, content: bytes | str) -> None:
        target = home / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)

    tracks = LAYOUTS[source.loader](put)
    items = {name: {key: [path, checksum(home / path)] for key, path in paths.items()} for name, paths in tracks.items()}
    index = Path(libraries.dataset(source, home).index_path)
    put(
        str(index.relative_to(home)),
        json.dumps({"version": source.version, "tracks" if source.kind == "mirdata" else "clips": items}),
    )
    return home


def checksum(path: Path) -> str:
    return hashlib.md5(path.read_bytes()).hexdigest() if path.is_file() else "0" * 32
