"""Registered models and their variants, and the problems of unusable parts."""
