"""From a recording to who said what when: stages with a model each, resumed after a kill, cached chunk by chunk."""
