"""Whisper, asked for nothing but the language."""

from checkpoints.whisper_multilingual import build as build
