"""The page of figures that Prometheus reads."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web


class MetricsViews:
    """The view `/metrics`. `page` draws it: from an Accept header to its text and content type."""

    def __init__(self, page: Callable[[str], tuple[bytes, str]]) -> None:
        self._page = page

    def routes(self) -> list[web.RouteDef]:
        """One page."""
        return [web.get("/metrics", self.metrics)]

    async def metrics(self, request: web.Request) -> web.Response:
        """The figures as of now."""
        body, content_type = self._page(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})
