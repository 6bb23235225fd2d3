"""The section [metrics]."""

import pytest
from pydantic import ValidationError

from ari_bridge.run.metrics_section import MetricsSection


def test_figures_stay_on_the_machine_unless_said_otherwise() -> None:
    """Law: they are on, on loopback, and not at the port of the phones' server."""
    section = MetricsSection()
    assert section.url == "http://127.0.0.1:8490/metrics"


def test_they_can_be_switched_off() -> None:
    """Law: port 0 means that nobody listens."""
    assert MetricsSection(port=0).url == ""


@pytest.mark.parametrize("given", [{"host": "10.0.0.1"}, {"tls_cert": "/etc/a.pem"}, {"tls_key": "/etc/a.key"}])
def test_off_loopback_needs_tls(given: dict[str, str]) -> None:
    """Law: nothing is told in clear to a network, and half a certificate is none."""
    with pytest.raises(ValidationError, match="tls_cert and tls_key"):
        MetricsSection(**given)  # type: ignore[arg-type]


def test_an_address_with_tls_is_named_as_it_is_read() -> None:
    """Law: what doctor prints can be copied."""
    section = MetricsSection(host="fd00::1", tls_cert="/etc/a.pem", tls_key="/etc/a.key")  # type: ignore[arg-type]
    assert section.url == "https://[fd00::1]:8490/metrics"
