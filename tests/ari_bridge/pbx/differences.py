"""Write docs/pbx-differences.md out of the table in the code: `python -m tests.ari_bridge.pbx.differences`."""

from collections.abc import Iterator
from typing import Final

from ari_bridge.pbx.capabilities import CAPABILITIES
from tests.house.places import ROOT

DOCUMENT: Final = ROOT / "docs" / "pbx-differences.md"
_HEAD: Final = """\
# Asterisk and FreeSWITCH

What each PBX can do for us. This page is made from `ari_bridge/pbx/capabilities.py` by
`python -m tests.ari_bridge.pbx.differences`; a test compares them. How to install: [Asterisk](first-call.md),
[FreeSWITCH](freeswitch.md). FreeSWITCH's column was tried on 1.11.2.
"""


def text() -> str:
    """The document as it must be."""
    return "\n".join((_HEAD, *_tables()))


def _tables() -> Iterator[str]:
    for heading, rows in CAPABILITIES.items():
        yield f"## {heading}\n\n| what | Asterisk | FreeSWITCH |\n|---|---|---|"
        yield "".join(f"| {row.what} | {row.asterisk} | {row.freeswitch} |\n" for row in rows)


if __name__ == "__main__":
    DOCUMENT.write_text(text(), encoding="utf-8")
    print(DOCUMENT)
