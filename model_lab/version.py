"""The version of Model Lab: hatch reads it when it builds the package, a run's manifest names it."""

__version__ = "0.2.0"
