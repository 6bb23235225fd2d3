"""Prometheus' families of ours: every name begins with `ouidire_`."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from analysis.engine.histogram import Histogram

__all__ = ["Metric", "counter", "counters", "gauge", "gauges", "histogram"]


def gauge(name: str, text: str, value: float) -> Metric:
    """A value that rises and falls."""
    return GaugeMetricFamily(f"ouidire_{name}", text, value=float(value))


def gauges(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    """The same for each value of a label."""
    return _labelled(GaugeMetricFamily(f"ouidire_{name}", text, labels=[label]), values)


def counter(name: str, text: str, value: int) -> Metric:
    """A count that never falls."""
    return CounterMetricFamily(f"ouidire_{name}", text, value=value)


def counters(name: str, text: str, label: str, values: Mapping[str, int]) -> Metric:
    """The same for each value of a label."""
    return _labelled(CounterMetricFamily(f"ouidire_{name}", text, labels=[label]), values)


def _labelled(family: GaugeMetricFamily | CounterMetricFamily, values: Mapping[str, float]) -> Metric:
    for value, figure in values.items():
        family.add_metric([str(value)], float(figure))
    return family


def histogram(name: str, text: str, histogram: Histogram, per_unit: float = 1.0) -> Metric:
    """Prometheus' buckets hold all below; `per_unit` of the histogram's figures are one of the metric's unit."""
    buckets, below = [], 0
    for bound, count in zip((*histogram.bounds, float("inf")), histogram.counts, strict=True):
        below += count
        buckets.append(("+Inf" if bound == float("inf") else f"{bound / per_unit:g}", float(below)))
    family = HistogramMetricFamily(f"ouidire_{name}", text)
    family.add_metric([], buckets, sum_value=histogram.total / per_unit)
    return family
