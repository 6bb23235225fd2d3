"""Which forks FreeSWITCH's gate opened, as its own log tells: a witness that is not the bridge."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from tests.lab.gate_log import Entry

_LINE = re.compile(
    r"^(?:\S{36} )?(?P<at>[0-9-]+ [0-9:.]+) .*ouidire gate: forked (?P<leg>[0-9a-f-]{36}) of (?P<call>[0-9a-f-]{36})"
)


def entries(lines: Iterable[str]) -> Iterator[Entry]:
    """The forks, in the log's order. Each makes one connection, in the same order: its "port" is the number of that."""
    found = (match for match in map(_LINE.search, lines) if match is not None)
    for at, match in enumerate(found, start=1):
        moment = datetime.strptime(match["at"], "%Y-%m-%d %H:%M:%S.%f").astimezone()
        yield Entry(round(moment.timestamp() * 1000) * 1_000_000, at, match["call"], match["leg"])
