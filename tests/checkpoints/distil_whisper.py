"""Distil-Whisper: Whisper with fewer decoder layers."""

from checkpoints.whisper_architecture import OPTIONS as OPTIONS
from checkpoints.whisper_architecture import build as build
