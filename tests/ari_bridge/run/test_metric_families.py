"""Laws of the families of metrics."""

from __future__ import annotations

from analysis.engine.histogram import Histogram
from ari_bridge.run.metric_families import counter, counters, gauge, gauges, histogram


def test_every_family_bears_our_name_its_help_and_its_values() -> None:
    """Law: what is scraped beside other services' figures is told from them, and each label's value has its figure."""
    made = (gauge("a", "A.", True), gauges("b", "B.", "l", {"x": 2}), counter("c", "C.", 3))
    made += (counters("d", "D.", "l", {"x": 4, "y": 5}),)
    assert [one.name for one in made] == ["ouidire_a", "ouidire_b", "ouidire_c", "ouidire_d"]
    assert [one.documentation for one in made] == ["A.", "B.", "C.", "D."]
    assert [[(sample.labels, sample.value) for sample in one.samples] for one in made] == [
        [({}, 1.0)],
        [({"l": "x"}, 2.0)],
        [({}, 3.0)],
        [({"l": "x"}, 4.0), ({"l": "y"}, 5.0)],
    ]


def test_buckets_hold_all_below() -> None:
    """Law: a histogram of milliseconds is told in seconds, cumulatively, and its last bucket is all of them."""
    told = Histogram(bounds=(10.0, 20.0), counts=(1, 2, 3), total=600.0)
    samples = {
        sample.labels.get("le", sample.name): sample.value for sample in histogram("h", "H.", told, 1000.0).samples
    }
    assert samples["0.01"] == 1
    assert samples["0.02"] == 3
    assert samples["+Inf"] == 6
    assert samples["ouidire_h_sum"] == 0.6
