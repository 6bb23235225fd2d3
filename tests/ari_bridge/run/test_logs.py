"""Logs: one event a line whatever a caller calls himself, and no secret in any of them."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from ari_bridge.run.logs import configure
from ari_bridge.run.sections import LogSection

HOSTILE = "Ann\r\n2030-01-01 [error] fork.stolen\x1b[31m\u2028\u202e"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Leave logging as it was for the tests that follow."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines_of(form: str, level: str = "debug") -> io.StringIO:
    """Configure, and where the lines go."""
    stream = io.StringIO()
    configure(LogSection.model_validate({"format": form, "level": level}), stream)
    return stream


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("source", ["ours", "library", "argument", "error"])
def test_a_hostile_name_stays_in_its_line(form: str, source: str) -> None:
    """Law: no value, from us or from a library, makes a second line or reaches the terminal as a code."""
    stream = lines_of(form)
    if source == "ours":
        structlog.get_logger().info("call.asked", name=HOSTILE)
    elif source == "library":
        logging.getLogger("aiohttp.client").warning(HOSTILE)
    elif source == "argument":
        logging.getLogger("aiohttp.client").warning("from %s", HOSTILE)
    else:
        try:
            raise ValueError(HOSTILE)
        except ValueError:
            structlog.get_logger().exception("task.failed")
    text = stream.getvalue()
    assert text.count("\n") == 1
    assert text.rstrip("\n").isprintable()


def test_json_is_json() -> None:
    """Law: each line is one JSON object with event, level and time in UTC."""
    stream = lines_of("json")
    structlog.get_logger().info("consent.granted", call_id="1.2")
    line = json.loads(stream.getvalue())
    assert (line["event"], line["level"], line["call_id"]) == ("consent.granted", "info", "1.2")
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("form", ["json", "console"])
def test_secrets_and_local_variables_are_not_written(form: str) -> None:
    """Law: neither a value named as a secret nor a local variable of a failing function is written."""
    stream = lines_of(form)
    structlog.get_logger().info("ami.opened", password="hunter2", token="hunter2")
    try:
        held = "hunter2"
        raise ValueError(len(held))
    except ValueError:
        structlog.get_logger().exception("task.failed")
    assert "hunter2" not in stream.getvalue()


def test_the_level_holds() -> None:
    """Law: below the level nothing is written, from us or from libraries."""
    stream = lines_of("json", level="warning")
    structlog.get_logger().info("call.asked")
    logging.getLogger("aiohttp.web").info("hello")
    assert stream.getvalue() == ""


def test_loud_libraries_that_know_secrets_are_quiet() -> None:
    """Law: even at debug, the libraries whose lines hold passwords or phones' tokens write warnings only."""
    stream = lines_of("json")
    logging.getLogger("panoramisk.manager").debug("Secret: x")
    logging.getLogger("aiohttp.access").info("GET /p/y/token")
    assert stream.getvalue() == ""
