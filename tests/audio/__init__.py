"""Mirrors model_lab.audio."""
