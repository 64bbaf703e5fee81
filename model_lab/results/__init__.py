"""Stored results of runs: schema, folders, scores and queries."""
