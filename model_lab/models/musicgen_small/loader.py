"""MusicGen small through transformers."""

from model_lab.adapters.musicgen import load as load
