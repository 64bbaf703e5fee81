"""OpenAI's multilingual Whisper through transformers."""

from model_lab.adapters.whisper_hub import load as load
