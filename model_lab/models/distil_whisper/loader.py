"""Distil-Whisper large-v3 through transformers."""

from model_lab.adapters.whisper_hub import load as load
