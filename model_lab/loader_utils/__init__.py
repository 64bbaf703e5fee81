"""Code that several loaders share: one module for each kind of model. Loaders import it, and recipes that use the same program."""

OLD_NAMES = {
    "damage": "load_errors",
    "feed": "streaming_resampler",
    "passages": "text_chunks",
    "remembered": "lru_by_audio",
    "utterance": "input_limits",
}
"""What modules were called in ``model_lab.adapters``, before version 0.2, and are called here; the others kept their names."""
