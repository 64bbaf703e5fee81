"""`model-lab ui` as a process of its own, with models and a sprint made for the occasion."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.conftest import write_clips, write_model

CARD = """
title: Clips
summary: Made by a test.
capability: asr
languages: [en]
licence: CC0-1.0
truth: synthetic
annotation: Written down by the test.
group: speaker
source: {kind: manifest, path: clips.jsonl}
tiers: {smoke: 8, standard: 0, full: 0}
"""
SPRINT = """
id: small
title: A small sprint
dates: {start: 2026-01-01, end: 2026-12-31}
objective: To be seen to finish.
defaults: {unassigned_agent: others}
datasets: {asr: [clips]}
agents:
  ears: {focus: hearing, include_models: [good_ears, bad_ears]}
  slow: {focus: patience, include_models: [slow_ears]}
  others: {focus: the rest, include_models: [baseline_null]}
"""
_SOON_S = 60


@dataclass(frozen=True)
class Served:
    """A server under way: where it is, its process, and the folder it works in."""

    url: str
    process: psutil.Process
    folder: Path

    def workers(self) -> list[psutil.Process]:
        """The processes that models run in."""
        return [child for child in self.process.children(recursive=True) if child.is_running()]


def write_extension(folder: Path) -> Path:
    """Models that hear well, badly, slowly and never twice; a dataset and a sprint for them. Returns the sprint's file."""
    write_model(folder, "good_ears", "return Transcript('the cat sat on the mat')")
    write_model(folder, "bad_ears", "return Transcript('the cat <b>spat</b> on mat')")
    write_model(folder, "slow_ears", "time.sleep(60)\nreturn Transcript('at last')")
    data = folder / "datasets"
    write_clips(data)
    (data / "clips.yaml").write_text(CARD)
    (folder / "small.yaml").write_text(SPRINT)
    return folder / "small.yaml"


@contextmanager
def serving(folder: Path, *words: str, variables: Mapping[str, str] = {}) -> Iterator[Served]:
    """A server at work in ``folder``; every process of it has ended afterwards."""
    port = _free_port()
    command = [sys.executable, "-c", "from model_lab.cli import main; main()", "ui", "--port", str(port), *words]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **variables}, start_new_session=True
        )
    try:
        _wait(process, port, folder)
        yield Served(f"http://127.0.0.1:{port}", psutil.Process(process.pid), folder)
    finally:
        family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        _, orphans = psutil.wait_procs(family, timeout=10)
        assert not orphans, orphans


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    until = time.monotonic() + _SOON_S
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError((folder / "server.log").read_text())
