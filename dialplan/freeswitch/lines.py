"""Our own lines and the agents' codes on FreeSWITCH: extensions of our context that an admin's dialplan runs, and keys.

Nobody else is on a line, so that a script may hold the call: it tells the bridge by events, and does what the bridge
wishes by the gate. Where the bridge is away the person hears so.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from consent.line import KEY_TIMEOUT_S
from dialplan.freeswitch.dialogue import CONTEXT, Extension, run
from dialplan.render import CONTEST_AGAIN_S, CONTEST_KEYS, LINE_S, PAIRING_DIGITS, TOLD_WAITS

LINE: Final = "ouidire/line.lua"
CODE: Final = "ouidire/code.lua"
CONTEST: Final = "ouidire/contest.lua"
NUMBERS: Final = "ouidire/numbers.lua"
"""It holds the keys for numbers."""
SCRIPTS: Final = (LINE, CODE, CONTEST, NUMBERS)
"""Below FreeSWITCH's configuration."""
LINES: Final = ("rights", "staff")
"""As the port names them."""
SUBCLASS: Final = "ouidire::line"
"""The event by which all of this is told."""
FIRST_S: Final = 3
"""A bridge that is there begins to speak within a quarter of a second."""
IDLE_S: Final = 3 * round(KEY_TIMEOUT_S)
"""A bridge that is there says something more, or hangs up, when no key came for so long."""
UNAVAILABLE: Final = "unavailable"
ASK: Final = "ask"
_LINE_ENDS: Final = ("hangup", "")


def numbered(asking: Extension, folder: str) -> Iterator[Extension]:
    """The one extension that the admin's dialplan runs, in two: the caller's number comes first, since it may forbid
    the rest. Its conditions are looked at before, and again after it.
    """
    numbers = ("lua", f"{folder}/{NUMBERS}")
    yield Extension(asking.name, (numbers, run(f"ouidire_{ASK}")), asking.conditions)
    yield asking._replace(name=ASK)


def extensions(folder: str) -> Iterator[Extension]:
    """What an admin runs. `folder` is FreeSWITCH's configuration."""
    language = run("ouidire_in_${default_language}")
    for line in LINES:
        yield Extension(line, (language, ("answer", ""), ("lua", f"{folder}/{LINE} {line}"), _LINE_ENDS))
    yield Extension("quiet", (("lua", f"{folder}/{NUMBERS} quiet"), _LINE_ENDS))
    # No list of calls tells who opened a page, and when.
    unlisted = ("set", "process_cdr=false")
    code = ("lua", f"{folder}/{CODE} $1")
    yield Extension(f"pair_([0-9]{{{PAIRING_DIGITS}}})", (unlisted, language, ("answer", ""), code, _LINE_ENDS))


def contest_key(folder: str) -> tuple[str, str]:
    """The action that binds the keys of a contest to the agent's leg of the caller's call: the other party's alone.

    In a thread of its own, since it waits for the bridge: else the voice of whoever pressed would wait too.
    """
    return ("bind_digit_action", f"{CONTEXT},{CONTEST_KEYS},api:luarun,{folder}/{CONTEST} ${{uuid}},peer,peer")


def values(sounds: str, number_keys: Sequence[tuple[str, str]] = ()) -> Mapping[str, Mapping[str, object]]:
    """What is filled into each script, by its path. `number_keys` are the inner and the outer one, the newest first."""
    keys = "\n".join(f'  {{ inner = "{inner}", outer = "{outer}" }},' for inner, outer in number_keys)
    return {
        LINE: {
            "sounds": sounds,
            "context": CONTEXT,
            "line_s": LINE_S,
            "first_s": FIRST_S,
            "idle_s": IDLE_S,
            "unavailable": UNAVAILABLE,
        },
        NUMBERS: {"sounds": sounds, "keys": keys},
        CODE: {"sounds": sounds, "told_waits": TOLD_WAITS, "unavailable": UNAVAILABLE},
        CONTEST: {
            "sounds": sounds,
            "told_waits": TOLD_WAITS,
            "again_s": CONTEST_AGAIN_S,
            "contest_again": "contest_again",
            "contest_failed": "contest_failed",
        },
    }
