"""Distil-Whisper large-v3 through transformers."""

from model_lab.loader_utils.whisper_hub import load as load
