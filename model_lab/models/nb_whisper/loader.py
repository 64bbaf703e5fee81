"""NB-Whisper, Whisper finetuned on Norwegian, through transformers."""

from model_lab.loader_utils.whisper_hub import load as load
