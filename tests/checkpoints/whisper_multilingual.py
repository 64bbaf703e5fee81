"""Whisper up to medium hears 80 mel bins."""

from functools import partial

from checkpoints import whisper_architecture
from checkpoints.whisper_architecture import OPTIONS as OPTIONS

build = partial(whisper_architecture.build, mels=80)
