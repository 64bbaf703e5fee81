"""MusicGen medium."""

from checkpoints.musicgen_architecture import build as build
