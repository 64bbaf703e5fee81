"""Who speaks when, and whether anybody speaks."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.datasets.hub.layouts._tables import AUDIO, FLOAT64, STRING, Layout, audio, list_of, numbered, shards

TIMES = list_of(FLOAT64)


def _recordings(paths: list[str], rate: int | None = 16000, form: str = "WAV", **more: Any) -> dict[str, bytes]:
    """Three speakers: two at once for a moment, and a turn that another begins in the middle of."""
    columns = {
        "audio": AUDIO,
        "timestamps_start": TIMES,
        "timestamps_end": TIMES,
        "speakers": list_of(STRING),
        **{name: kind for name, (kind, _) in more.items()},
    }
    rows = [
        {
            "audio": audio(number, f"{number}.{form.lower()}", form, seconds=4.0),
            "timestamps_start": [0.2, 1.0, 1.5, 2.75],
            "timestamps_end": [1.25, 1.5, 2.5, 3.5 + 0.01 * number],
            "speakers": ["FEE005", "MEE006", "FEE005", "MEO007"],
            **{name: value for name, (_, value) in more.items()},
        }
        for number in range(6)
    ]
    return shards(paths, columns, rows, rate=rate)


def _ami(config: str) -> dict[str, bytes]:
    return _recordings(numbered(f"{config}/test", 3))


def _voxconverse() -> dict[str, bytes]:
    return _recordings(numbered("data/test"), rate=None)


def _argmax() -> dict[str, bytes]:
    return _recordings(numbered("data/test"), uem_timestamps=(list_of(TIMES), [[0.0, 4.0]]))


LAYOUTS = {
    "ami_ihm_diarization": Layout("diarizers-community/ami", partial(_ami, "ihm")),
    "ami_sdm_diarization": Layout("diarizers-community/ami", partial(_ami, "sdm")),
    "ami_vad": Layout("diarizers-community/ami", partial(_ami, "ihm")),
    "voxconverse": Layout("diarizers-community/voxconverse", _voxconverse),
    "voxconverse_vad": Layout("diarizers-community/voxconverse", _voxconverse),
    "callhome_en": Layout("talkbank/callhome", lambda: _recordings(numbered("eng/data")), gated=True),
    "aishell4": Layout("argmaxinc/aishell-4", _argmax),
    "alimeeting": Layout("argmaxinc/ali-meetings", _argmax),
    "icsi": Layout("argmaxinc/icsi-meetings", lambda: _recordings(numbered("data/test"))),
}
