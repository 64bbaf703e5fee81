"""NB-Whisper, Whisper finetuned on Norwegian, through transformers."""

from model_lab.adapters.whisper_hub import load as load
