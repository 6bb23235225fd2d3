"""The listener for whoever watches the service: figures, whether it lives, whether it is ready. Not the phones' one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from ari_bridge.run.metrics import Metrics, Watched
from ari_bridge.run.metrics_section import MetricsSection
from ari_bridge.web.app import make_app, open_site, server_tls
from ari_bridge.web.metrics_views import MetricsViews

log = structlog.get_logger()


async def open_metrics(section: MetricsSection, watched: Watched) -> Callable[[], Awaitable[None]]:
    """Listen as the settings say; awaiting what is returned ends it.

    An address that cannot be had is logged, and the service goes on: no call is worth less for want of its figures,
    and whoever scrapes sees at once that nobody answers.
    """
    if section.port == 0:
        return _nothing
    app = make_app([MetricsViews(Metrics(watched).page)], watched.readiness)
    try:
        runner = await open_site(app, section.host, section.port, server_tls(section.tls_cert, section.tls_key))
    except OSError as error:
        log.error("metrics.not_served", address=section.url, error=str(error))
        return _nothing
    return runner.cleanup


async def _nothing() -> None:
    """Nobody listens, nothing to end."""
