"""NB-Whisper: Whisper with other weights."""

from checkpoints.whisper_multilingual import OPTIONS as OPTIONS
from checkpoints.whisper_multilingual import build as build
