"""The line on which staff hear the notice to staff, acknowledge it, and take that back: its script.

The PIN says who presses the keys, the endpoint whose leg it is. No way to acknowledge leads past the notice: it is
heard to its end, in this call or before an acknowledgement of the same notice.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from consent.line import Event, Rows, Script, Step

PIN_DIGITS: Final = 6


class State(StrEnum):
    """Where a call on the line stands."""

    BEGUN = "begun"
    PIN = "pin"
    CHECKING = "checking"
    WRONG = "wrong"
    LOCKED = "locked"
    NOTICE = "notice"
    MENU = "menu"
    ACKNOWLEDGING = "acknowledging"
    ACKNOWLEDGED = "acknowledged"
    WITHDRAWING = "withdrawing"
    WITHDRAWN = "withdrawn"
    READING = "reading"
    RECEIPT = "receipt"
    NONE = "none"
    """There is no acknowledgement to read or to take back."""
    GATHERING = "gathering"
    SITE = "site"
    NO_SITE = "no_site"
    UNAVAILABLE = "unavailable"
    GOODBYE = "goodbye"
    OVER = "over"


class Effect(StrEnum):
    """What the line has others do."""

    CHECK_PIN = "check_pin"
    """KNOWN: right, and the notice of today is acknowledged; DONE: right, and it is not; WRONG; TOO_OFTEN."""
    ACKNOWLEDGE = "acknowledge"
    """DONE."""
    WITHDRAW = "withdraw"
    """DONE; NOTHING was acknowledged."""
    READ_RECEIPT = "read_receipt"
    """DONE; NOTHING was acknowledged."""
    GATHER_FACTS = "gather_facts"
    """DONE; NOTHING is on record."""
    HANG_UP = "hang_up"


_ROWS: Final = Rows(State.OVER, Effect.HANG_UP, State.UNAVAILABLE, State.GOODBYE)

TABLE: Final[dict[State, dict[Event, Step[State, Effect]]]] = {
    State.BEGUN: _ROWS.working({Event.BEGIN: Step(State.PIN), Event.STRANGER: Step(State.UNAVAILABLE)}),
    State.PIN: _ROWS.choosing(
        State.PIN,
        {
            Event.ENTERED: Step(State.CHECKING, Effect.CHECK_PIN),
            Event.INCOMPLETE: Step(State.WRONG),
            Event.AGAIN: Step(State.PIN),
            Event.TOO_OFTEN: Step(State.LOCKED),
        },
    ),
    State.CHECKING: _ROWS.working(
        {
            Event.KNOWN: Step(State.MENU),
            Event.DONE: Step(State.NOTICE),
            Event.WRONG: Step(State.WRONG),
            Event.TOO_OFTEN: Step(State.LOCKED),
        }
    ),
    State.WRONG: _ROWS.saying(State.PIN),
    State.LOCKED: _ROWS.ending(),
    State.NOTICE: _ROWS.saying(State.MENU),
    State.MENU: _ROWS.choosing(
        State.MENU,
        {
            Event.KEY_1: Step(State.ACKNOWLEDGING, Effect.ACKNOWLEDGE),
            Event.KEY_2: Step(State.WITHDRAWING, Effect.WITHDRAW),
            Event.KEY_3: Step(State.READING, Effect.READ_RECEIPT),
            Event.KEY_4: Step(State.NOTICE),
            Event.KEY_5: Step(State.GATHERING, Effect.GATHER_FACTS),
        },
    ),
    State.ACKNOWLEDGING: _ROWS.working({Event.DONE: Step(State.ACKNOWLEDGED)}),
    State.ACKNOWLEDGED: _ROWS.saying(State.MENU),
    State.WITHDRAWING: _ROWS.working({Event.DONE: Step(State.WITHDRAWN), Event.NOTHING: Step(State.NONE)}),
    State.WITHDRAWN: _ROWS.saying(State.MENU),
    State.READING: _ROWS.working({Event.DONE: Step(State.RECEIPT), Event.NOTHING: Step(State.NONE)}),
    State.RECEIPT: _ROWS.saying(State.MENU),
    State.NONE: _ROWS.saying(State.MENU),
    State.GATHERING: _ROWS.working({Event.DONE: Step(State.SITE), Event.NOTHING: Step(State.NO_SITE)}),
    State.SITE: _ROWS.saying(State.MENU),
    State.NO_SITE: _ROWS.saying(State.MENU),
    State.UNAVAILABLE: _ROWS.ending(),
    State.GOODBYE: _ROWS.ending(),
    State.OVER: _ROWS.ended(),
}
"""Every (state, event) pair. MENU is reached through a right PIN alone."""

SCRIPT: Final[Script[State, Effect]] = Script(
    begins=State.BEGUN,
    ends=frozenset({State.OVER}),
    table=TABLE,
    prompts={
        State.PIN: ("staff_pin",),
        State.WRONG: ("staff_wrong",),
        State.LOCKED: ("staff_wrong", "goodbye"),
        State.NOTICE: ("staff_notice",),
        State.MENU: ("staff_menu",),
        State.ACKNOWLEDGED: ("staff_acknowledged",),
        State.WITHDRAWN: ("staff_withdrawn",),
        State.RECEIPT: ("staff_receipt", "{acknowledged}"),
        State.NONE: ("staff_none",),
        State.SITE: ("{site}",),
        State.NO_SITE: ("staff_site_none",),
        State.UNAVAILABLE: ("unavailable",),
        State.GOODBYE: ("goodbye",),
    },
    menus=frozenset({State.MENU}),
    heard_out=frozenset(),
    lengths={State.PIN: PIN_DIGITS},
)
