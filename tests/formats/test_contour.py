from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.errors import BadManifest
from model_lab.formats.contour import read, write
from model_lab.types import PitchTrack

TIMES, F0 = [0.0, 0.01, 0.02], [100.0, 0.0, 120.5]


@pytest.mark.parametrize(
    "text",
    [
        "0.0,100\n0.01,0\n0.02,120.5\n",
        "\ufeff0.0,100\n0.01,0\n0.02,120.5\n",
        "0.0,100\r\n0.01,nan\r\n0.02,120.5",
        "time,f0\n0.0, 100\n0.01, NaN\n0.02, 120.5\n",
        "\ufefftime\tfrequency\tconfidence\n0\t100\t0.9\n1e-2\t0\t0.1\n2e-2\t120.5\t0.9\n",
        "0.000e+00 1.000e+02\n1.000e-02 0.000e+00\n2.000e-02 1.205e+02\n",
        "# time f0\n0 100\n\n.01 0\n.02 120.5\n",
        "0;100\n0.01;0\n0.02;120.5\n",
    ],
)
def test_no_line_is_lost(tmp_path: Path, text: str) -> None:
    (tmp_path / "f0").write_text(text, "utf-8")
    assert read(tmp_path / "f0") == (TIMES, F0)


def test_what_numpy_saves(tmp_path: Path) -> None:
    np.savetxt(tmp_path / "f0", np.column_stack([TIMES, F0]), header="time f0")
    assert read(tmp_path / "f0") == (TIMES, F0)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "has no line of time,f0"),
        ("time,f0\n", "has no line of time,f0"),
        ("time,f0\nagain,f0\n0,1\n", "f0:2: 'again f0' is not a line"),
        ("0,100\n0.01\n", "f0:2: '0.01' is not a line"),
        ("0,100\n0.01,--undefined--\n", "f0:2: '0.01 --undefined--' is not a line"),
        ("0,01;100,5\n", "has no line of time,f0"),
        ("0,100\n0.01,-5\n", "f0:2: -5 Hz at 0.01 s"),
        ("0,100\n0.01,inf\n", "f0:2: inf Hz at 0.01 s"),
        ("nan,100\n", "f0:1: 100 Hz at nan s"),
        ("-1,100\n", "f0:1: 100 Hz at -1 s"),
    ],
)
def test_what_is_no_contour_is_named(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "f0").write_text(text)
    with pytest.raises(BadManifest, match=problem):
        read(tmp_path / "f0")


@given(st.lists(st.tuples(st.floats(20, 2000), st.floats(0, 1)), min_size=1, max_size=20))
def test_a_track_comes_back(frames: list[tuple[float, float]]) -> None:
    f0_hz, voiced = (np.array(column, np.float32) for column in zip(*frames, strict=True))
    times = np.arange(len(frames), dtype=np.float32) / 100
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f0.csv"
        path.write_text(write(PitchTrack(times, f0_hz, voiced)))
        read_times, read_f0 = read(path)
    np.testing.assert_allclose(read_times, times, atol=1e-6)
    np.testing.assert_allclose(read_f0, np.where(voiced >= 0.5, f0_hz, 0), atol=1e-3)
