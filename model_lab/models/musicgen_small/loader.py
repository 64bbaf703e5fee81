"""MusicGen small through transformers."""

from model_lab.loader_utils.musicgen import load as load
