"""What some parts of `ouidire model` need beyond a bridge."""

from collections.abc import Iterator
from contextlib import contextmanager

from consent.errors import OuidireError


class ExtraMissing(OuidireError):
    """An optional package is not installed; the message says how to install it."""


@contextmanager
def needs_reports() -> Iterator[None]:
    """Say how to install what reports need where it is not there. Raises ExtraMissing."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ExtraMissing(f"this needs {error.name}: pip install 'ouidire[reports]'") from error
