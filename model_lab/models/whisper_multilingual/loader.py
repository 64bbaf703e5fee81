"""OpenAI's multilingual Whisper through transformers."""

from model_lab.loader_utils.whisper_hub import load as load
