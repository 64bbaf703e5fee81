"""Metrics: what a metric is, for those who write one; the families of metrics are modules of their own."""

from model_lab.metrics._base import Components, Judge, Metric, mean_of, pool, rate, ratio, share

__all__ = ["Components", "Judge", "Metric", "mean_of", "pool", "rate", "ratio", "share"]
