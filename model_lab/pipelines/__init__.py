"""Pipelines from a recording to who said what when: stages with one model each, resumable, cached by chunk."""
