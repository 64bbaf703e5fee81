"""Code shared by loaders, one module per kind of model, and by dataset recipes that use the same program."""

OLD_NAMES = {
    "damage": "load_errors",
    "feed": "streaming_resampler",
    "passages": "text_chunks",
    "remembered": "lru_by_audio",
    "utterance": "input_limits",
}
"""Old module name in ``model_lab.adapters``, before version 0.2 -> name here; the other modules kept their names."""
