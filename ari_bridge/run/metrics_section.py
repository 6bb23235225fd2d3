"""The section [metrics] of the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from ari_bridge.run.sections import Section, Word, need_tls

MaybePort = Annotated[int, Field(ge=0, le=65535)]


class MetricsSection(Section):
    """The figures of the running service, for Prometheus, and whether it lives and is ready."""

    host: Word = Field(
        default="127.0.0.1", description="IP address to listen on; anything but loopback needs tls_cert and tls_key."
    )
    # Neither a number of Prometheus' own list of exporters nor one that Asterisk's samples use.
    port: MaybePort = Field(default=8490, description="TCP port to listen on; 0 for none at all.")
    tls_cert: Path | None = Field(default=None, description="PEM file with the certificate chain.")
    tls_key: Path | None = Field(default=None, description="PEM file with the private key.")

    @model_validator(mode="after")
    def _tls_off_loopback(self) -> Self:
        need_tls(self.host, self.tls_cert, self.tls_key)
        return self

    @property
    def url(self) -> str:
        """Where the figures are, as whoever reads them on this machine finds them; "" where nobody listens."""
        scheme = "http" if self.tls_cert is None else "https"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}/metrics" if self.port else ""
