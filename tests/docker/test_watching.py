"""What is shipped for who watches the service: every name in it is one that the service tells."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from analysis.emotion.score import Reason
from ari_bridge.run.metrics_section import MetricsSection
from tests.fakes.watched import families, series
from tests.house.places import ROOT

DOCKER = ROOT / "docker"
DOCUMENT = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
OF_PROCESS: Final = {
    "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_max_fds",
    "ouidire_engine_process_cpu_seconds_total", "ouidire_engine_process_resident_memory_bytes",
}  # fmt: skip
NOT_DRAWN: Final[set[str]] = set()
"""Metrics of ours that the dashboard leaves out, each for a reason that stands here: none so far."""
NAME: Final = re.compile(r"\b(?:ouidire|process)_[a-z_]+")


def dashboard() -> dict[str, Any]:
    """The dashboard file."""
    return dict(json.loads((DOCKER / "grafana" / "ouidire.json").read_text(encoding="utf-8")))


def targets() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each expression of the dashboard with the title of its panel."""
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target


def alerts() -> list[dict[str, Any]]:
    """The rules of the alerts file."""
    groups = yaml.safe_load((DOCKER / "prometheus-alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def names(expression: str) -> set[str]:
    """The metrics that an expression reads."""
    return set(NAME.findall(expression))


def labels(expression: str) -> set[str]:
    """The labels that an expression picks or groups by."""
    picked = set(re.findall(r"[{,]\s*(\w+)\s*(?:=|!=|=~|!~)\s*\"", expression))
    grouped = re.findall(r"\b(?:by|ignoring|on|without|group_left|group_right)\s*\(([^)]*)\)", expression)
    return picked | {label.strip() for group in grouped for label in group.split(",") if label.strip()}


def test_the_document_names_every_metric() -> None:
    """Law: docs/metrics.md holds each metric with its kind, label and help, word for word, and no other."""
    rows = [
        f"| `{name}` | {kind} | {f'`{label}`' if label else ''} | {text} |"
        for name, (kind, label, text) in families().items()
    ]
    assert [line for line in DOCUMENT.splitlines() if line.startswith("| `ouidire_")] == rows


def test_the_document_names_every_value_of_the_labels() -> None:
    """Law: whoever writes an alert finds the words to pick by."""
    assert f"| reason of abstentions | {', '.join(Reason)} |" in DOCUMENT


def test_the_dashboard_draws_what_is_told() -> None:
    """Law: each expression reads metrics that the service tells, by labels that they have."""
    known = {label for _, label, _ in families().values()} | {"instance", "job", "le"}
    for title, target in targets():
        expression = target["expr"]
        assert names(expression), title
        assert names(expression) <= series() | OF_PROCESS, title
        assert labels(expression) <= known, title
        assert expression.count("(") == expression.count(")"), title
        assert expression.count("{") == expression.count("}"), title


def test_every_metric_is_drawn() -> None:
    """Law: what we count somebody sees, or it is said why not."""
    drawn = {name for _, target in targets() for name in names(target["expr"])}
    undrawn = {name for name in families() if not {name, f"{name}_bucket"} & drawn}
    assert undrawn == NOT_DRAWN
    assert drawn >= OF_PROCESS


def test_the_dashboard_finds_its_data_anywhere() -> None:
    """Law: no data source, host or user of ours is in it: who imports it chooses the source at the top."""
    board = dashboard()
    variables = {one["name"]: one for one in board["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert variables["datasource"]["query"] == "prometheus"
    assert board["schemaVersion"] >= 39
    assert board["id"] is None
    for panel in board["panels"]:
        if panel["type"] != "row":
            sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
            assert {source["uid"] for source in sources} == {"${datasource}"}


def test_panels_neither_overlap_nor_share_an_id() -> None:
    """Law: each panel has its own place on the board of 24 columns."""
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {(place["x"] + column, place["y"] + row) for column in range(place["w"]) for row in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert max(column for column, _ in cells) < 24
        taken |= cells


def test_counters_are_never_drawn_bare() -> None:
    """Law: a count since the start says nothing: it is read as a rate or an increase."""
    counters = {name for name, (kind, _, _) in families().items() if kind == "counter"}
    for expression in [target["expr"] for _, target in targets()] + [rule["expr"] for rule in alerts()]:
        for name in names(expression):
            if name in counters or name.endswith(("_bucket", "_sum", "process_cpu_seconds_total")):
                uses = len(re.findall(rf"\b{name}\b", expression))
                assert len(re.findall(rf"(?:rate|increase)\({name}\b", expression)) == uses, expression


def test_alerts_read_what_is_told_and_say_what_to_do() -> None:
    """Law: each alert reads metrics of ours, has a sentence and a way on, and a severity."""
    found = alerts()
    assert len({rule["alert"] for rule in found}) == len(found)
    for rule in found:
        assert names(rule["expr"]) <= series(), rule["alert"]
        assert names(rule["expr"]) or 'up{job="ouidire"}' in rule["expr"]
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert set(rule["annotations"]) == {"summary", "description"}
        assert re.fullmatch(r"Ouidire[A-Za-z]+", rule["alert"])
        assert re.fullmatch(r"\d+[sm]", rule.get("for", "0s"))


def test_what_must_not_go_unseen_has_an_alert() -> None:
    """Law: a bridge that is away, is not ready, loses packets or is late is told to somebody."""
    read = {name for rule in alerts() for name in names(rule["expr"])}
    assert {
        "ouidire_ready", "ouidire_engine_ready", "ouidire_packets_lost_total", "ouidire_verdict_age_seconds_bucket",
        "ouidire_store_writable",
    } <= read  # fmt: skip
    assert any("up{" in rule["expr"] for rule in alerts())


def test_the_scrape_finds_the_listener() -> None:
    """Law: the scrape asks where the service listens by default, under the job that the alerts look for."""
    scrape = yaml.safe_load((DOCKER / "prometheus.yml").read_text(encoding="utf-8"))
    (job,) = scrape["scrape_configs"]
    section = MetricsSection()
    assert job["job_name"] == "ouidire"
    assert job.get("metrics_path", "/metrics") == "/metrics"
    assert job["static_configs"] == [{"targets": [f"{section.host}:{section.port}"]}]
    assert scrape["rule_files"] == ["prometheus-alerts.yml"]
