"""What is believed of a line and of a code: what stands on the channel, and nothing that an event says of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_bridge.pbx.freeswitch import line_events
from ari_bridge.pbx.freeswitch.esl_wire import Event
from ari_bridge.pbx.port import Contested, KeyPressed, Line, LineEntered, Paired, PromptEnded
from dialplan.freeswitch import lines
from tests.ari_bridge.pbx.freeswitch.gate import CALL, LEG

PLAY = "ab" * 16


def dump(**variables: str) -> Event:
    """A channel of agent 1001 as FreeSWITCH dumps it."""
    headers = {
        "unique-id": LEG, "channel-name": "sofia/internal/1001@x", "call-direction": "inbound",
        "variable_user_name": "1001", "variable_ouidire_language": "fr", "caller-caller-id-number": "0640000001",
    }  # fmt: skip
    return Event(headers | {f"variable_{name}": text for name, text in variables.items()})


def event(did: str, more: str = "", leg: str = LEG) -> Event:
    """What a script of ours tells."""
    return Event({"ouidire-did": did, "ouidire-more": more, "ouidire-leg": leg})


def test_the_event_is_the_dialplans() -> None:
    """Law: what the scripts send and what is asked for are one name."""
    assert line_events.SUBCLASS == lines.SUBCLASS
    assert set(lines.LINES) == set(Line)


@pytest.mark.parametrize("line", Line)
def test_who_is_on_a_line_is_read_off_the_channel(line: Line) -> None:
    """Law: line, endpoint, language and number are the channel's own; the number is in no text of it."""
    found = line_events.entered(dump(ouidire_line=line))
    assert found == LineEntered(LEG, line, "0640000001", "1001", "fr")
    assert "0640000001" not in repr(found)


@pytest.mark.parametrize("line", ["", "Staff", "rights ", "x"])
def test_another_channel_is_on_no_line(line: str) -> None:
    """Law: a channel whose variable names no line of ours has entered none."""
    assert line_events.entered(dump(ouidire_line=line)) is None


@pytest.mark.parametrize(
    ("said", "number"),
    [("", ""), ("anonymous", ""), ("0000000000", ""), ("06 40-1", "06401"), ("+33 6", "+336")],
)
def test_a_number_is_digits(said: str, number: str) -> None:
    """Law: the digits are taken as the script that hashes takes them; what FreeSWITCH writes for none is none."""
    found = line_events.entered(Event({**dump(ouidire_line="rights").headers, "caller-caller-id-number": said}))
    assert found is not None
    assert found.number == number


def test_a_contest_waits_on_the_leg_itself() -> None:
    """Law: the leg must wait for an answer, and be counted to the call that is named; a caller contests nothing."""
    waiting = dump(ouidire_code="contest", ouidire_call=CALL)
    assert line_events.contested(event("contested", CALL), waiting) == Contested(CALL, LEG, "1001")
    for told, channel in (
        (event("contested", CALL), dump(ouidire_code="", ouidire_call=CALL)),
        (event("contested", CALL), dump(ouidire_code="contest")),
        (event("contested", ""), dump(ouidire_code="contest")),
        (event("contested", LEG), dump(ouidire_code="contest", ouidire_call=LEG)),
    ):
        assert line_events.contested(told, channel) is None


def test_a_code_is_what_the_channel_dialled() -> None:
    """Law: six digits that the channel itself holds, and the endpoint that is its own."""
    assert line_events.paired(dump(ouidire_code="135790")) == Paired("1001", "135790", LEG)
    assert [line_events.paired(dump(ouidire_code=code)) for code in ("", "contest", "12345", "1234567")] == [None] * 4


def test_keys_and_ends_of_prompts_are_read_strictly() -> None:
    """Law: one key of a telephone, or the end of one play, whole or not; all else is nothing."""
    pressed = line_events.told(event("key", "*"))
    assert isinstance(pressed, KeyPressed)
    assert (pressed.channel_id, pressed.key) == (LEG, "*")
    assert line_events.told(event("played", f"{PLAY},whole")) == PromptEnded(LEG, PLAY, True)
    assert line_events.told(event("played", f"{PLAY},part")) == PromptEnded(LEG, PLAY, False)
    odd = (event("key", "12"), event("key", ""), event("key", "1", "x"), event("played", PLAY), event("left", "staff"))
    assert [line_events.told(one) for one in odd] == [None] * len(odd)


@given(st.dictionaries(st.sampled_from(["ouidire-did", "ouidire-more", "ouidire-leg", "unique-id"]), st.text()))
def test_any_headers_are_survived(headers: dict[str, str]) -> None:
    """Law: whatever an event or a dump says, nothing is raised."""
    one = Event(headers)
    for read in (line_events.told, line_events.entered, line_events.paired, line_events.leg_of, line_events.did_of):
        read(one)
    line_events.contested(one, one)
