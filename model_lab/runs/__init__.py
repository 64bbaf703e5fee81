"""From a sprint, or one model and one dataset, to scored results in a run folder."""
