"""What the service writes to standard error: one event a line, `noun.past`, as JSON or for eyes.

Hostile values (a caller's name with line breaks or terminal codes) stay inside their quotes in both forms, and no
password and no phone's token is ever written.
"""

import logging
import sys
from typing import Final, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from ari_bridge.run.sections import LogSection

SECRET_KEYS: Final = frozenset({"password", "secret", "token", "authorization"})
QUIET: Final = {
    "panoramisk": logging.WARNING,  # below that it writes each AMI action, the login's password among them
    "aiohttp.access": logging.WARNING,  # its lines hold the phones' tokens
}
LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure(section: LogSection, stream: TextIO | None = None) -> None:
    """Send structlog's and the libraries' events to `stream` (standard error) in the form that the settings ask for."""
    level = LEVELS[section.level]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(section),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(max(level, least))


def hide_secrets(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Replace the value of each key that names a secret."""
    for key in SECRET_KEYS & event.keys():
        event[key] = "hidden"
    return event


def for_eyes(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """An error in one line instead of a screenful, and no control codes in a library's message."""
    found = event.pop("exc_info", None)
    error = sys.exc_info()[1] if found is True else found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event["error"] = f"{type(error).__name__}: {error}"
    event["event"] = "".join(one if one.isprintable() else repr(one)[1:-1] for one in str(event["event"]))
    return event


def _renderers(section: LogSection) -> list[Processor]:
    if section.format == "console":
        return [for_eyes, structlog.dev.ConsoleRenderer(colors=False, pad_event_to=24, repr_native_str=True)]
    # Without the frames' local variables: they may hold passwords and a voice's samples.
    frames = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [structlog.processors.ExceptionRenderer(frames), structlog.processors.JSONRenderer()]
