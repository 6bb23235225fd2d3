"""The line on which a caller stops, hears and erases what is kept: its script.

The caller's own number is enough to stop, never to hear: numbers can be forged, and a stop too many harms nobody. So
nobody is told either whether anything was there to stop.
Hearing and erasing need the reference that was said after the yes. A withheld number leaves the reference alone.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from consent.line import Event, Rows, Script, Step
from consent.reference import LENGTH


class State(StrEnum):
    """Where a call on the line stands."""

    BEGUN = "begun"
    MENU = "menu"
    STOPPING = "stopping"
    STOPPED = "stopped"
    QUIETING = "quieting"
    """The PBX is told never to ask this number again; it says so itself."""
    ENTERING = "entering"
    LOOKING = "looking"
    UNKNOWN = "unknown"
    LATER = "later"
    KEPT = "kept"
    MEASURED = "measured"
    ERASING = "erasing"
    ERASED = "erased"
    NOTHING_KEPT = "nothing_kept"
    UNAVAILABLE = "unavailable"
    GOODBYE = "goodbye"
    LEFT = "left"
    """The dialplan has the caller again."""
    OVER = "over"


class Effect(StrEnum):
    """What the line has others do."""

    STOP_NUMBER = "stop_number"
    """DONE, whether there was anything or not: a number can be forged; STRANGER: the number is withheld."""
    QUIET = "quiet"
    """DONE; STRANGER."""
    LOOK_UP = "look_up"
    """KNOWN; WRONG: nobody was given it, or all of that call is erased; TOO_OFTEN: nobody may guess on for now."""
    ERASE = "erase"
    """DONE; NOTHING: it went in the meantime."""
    HANG_UP = "hang_up"


_ROWS: Final = Rows(State.OVER, Effect.HANG_UP, State.UNAVAILABLE, State.GOODBYE)

TABLE: Final[dict[State, dict[Event, Step[State, Effect]]]] = {
    State.BEGUN: _ROWS.working({Event.BEGIN: Step(State.MENU), Event.STRANGER: Step(State.ENTERING)}),
    State.MENU: _ROWS.choosing(
        State.MENU,
        {
            Event.KEY_1: Step(State.STOPPING, Effect.STOP_NUMBER),
            Event.KEY_2: Step(State.ENTERING),
            Event.KEY_3: Step(State.QUIETING, Effect.QUIET),
        },
    ),
    State.STOPPING: _ROWS.working({Event.DONE: Step(State.STOPPED), Event.STRANGER: Step(State.ENTERING)}),
    State.STOPPED: _ROWS.saying(State.MENU),
    State.QUIETING: _ROWS.working({Event.DONE: Step(State.LEFT), Event.STRANGER: Step(State.ENTERING)}),
    State.ENTERING: _ROWS.choosing(
        State.ENTERING,
        {
            Event.ENTERED: Step(State.LOOKING, Effect.LOOK_UP),
            Event.INCOMPLETE: Step(State.UNKNOWN),
            Event.AGAIN: Step(State.ENTERING),
            Event.BACK: Step(State.MENU),
        },
    ),
    State.LOOKING: _ROWS.working(
        {
            Event.KNOWN: Step(State.KEPT),
            Event.WRONG: Step(State.UNKNOWN),
            Event.TOO_OFTEN: Step(State.LATER),
        }
    ),
    State.UNKNOWN: _ROWS.saying(State.ENTERING),
    State.LATER: _ROWS.saying(State.GOODBYE),
    State.KEPT: _ROWS.choosing(
        State.KEPT, {Event.KEY_1: Step(State.MEASURED), Event.KEY_2: Step(State.ERASING, Effect.ERASE)}
    ),
    State.MEASURED: _ROWS.saying(State.KEPT),
    State.ERASING: _ROWS.working({Event.DONE: Step(State.ERASED), Event.NOTHING: Step(State.NOTHING_KEPT)}),
    State.ERASED: _ROWS.saying(State.GOODBYE),
    State.NOTHING_KEPT: _ROWS.saying(State.MENU),
    State.UNAVAILABLE: _ROWS.ending(),
    State.GOODBYE: _ROWS.ending(),
    State.LEFT: _ROWS.ended(),
    State.OVER: _ROWS.ended(),
}
"""Every (state, event) pair. KEPT, and with it hearing and erasing, is reached through LOOKING alone."""

SCRIPT: Final[Script[State, Effect]] = Script(
    begins=State.BEGUN,
    ends=frozenset({State.LEFT, State.OVER}),
    table=TABLE,
    prompts={
        State.MENU: ("rights_menu",),
        State.STOPPED: ("rights_stopped",),
        State.ENTERING: ("rights_enter",),
        State.UNKNOWN: ("rights_unknown",),
        State.LATER: ("rights_later",),
        State.KEPT: ("rights_kept",),
        State.MEASURED: ("{count}", "rights_measured", "{until}"),
        State.ERASED: ("rights_erased",),
        State.NOTHING_KEPT: ("rights_nothing",),
        State.UNAVAILABLE: ("unavailable",),
        State.GOODBYE: ("goodbye",),
    },
    menus=frozenset({State.MENU, State.KEPT}),
    # One digit too many of a reference must not erase.
    heard_out=frozenset({State.KEPT}),
    lengths={State.ENTERING: LENGTH},
)
