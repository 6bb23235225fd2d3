"""Calls to the outside as they are rendered: what the dialling leg is given, and who of the called is asked."""

from dataclasses import replace
from pathlib import Path

import pytest

from dialplan.choices import EMERGENCY
from dialplan.freeswitch import outgoing
from dialplan.freeswitch.choices import FreeSwitchSettings
from dialplan.freeswitch.render import DIALPLAN, files_of
from tests.dialplan.freeswitch.walker import UUID, Pressed, Walker

FOLDER = Path("/etc/freeswitch")
GATEWAY = {"sip_gateway_name": "trunk", "sofia_profile_name": "external", "sip_req_uri": "0612345678@192.0.2.1:5060"}


def called(chosen: FreeSwitchSettings, **variables: str) -> Walker:
    """What runs on a leg that was dialled and has answered; the person there says yes."""
    walker = Walker(files_of(chosen, FOLDER)[DIALPLAN], [Pressed("1")], variables=GATEWAY | variables)
    walker.walk("ouidire_called")
    return walker


def test_who_dials_is_asked_nothing(chosen: FreeSwitchSettings) -> None:
    """Law: the admin's line plays nothing and marks no call; it has `bridge` run our extension on who answers."""
    walker = Walker(files_of(chosen, FOLDER)[DIALPLAN])
    walker.walk("ouidire_outgoing")
    assert walker.variables["group_confirm_key"] == "exec"
    assert walker.variables["group_confirm_file"] == "execute_extension ouidire_called XML ouidire"
    assert walker.variables["ignore_early_media"] == "ring_ready"
    assert walker.variables["group_confirm_cancel_timeout"] == "true"
    assert ("export", f"nolocal:leg_timeout={outgoing.RINGS_S}") in walker.done
    assert int(walker.variables["call_timeout"]) > 10 * outgoing.RINGS_S
    assert "ouidire_call" not in walker.variables
    assert not walker.answers


def test_the_called_person_is_asked_on_the_own_leg(chosen: FreeSwitchSettings) -> None:
    """Law: the call is the called leg's, and so is the yes; who dialled learns of the call as they are joined."""
    walker = called(chosen)
    assert walker.answers == [("asked", "notice"), ("granted", "key")]
    assert (walker.variables["ouidire_call"], walker.variables["ouidire_consent"]) == (UUID, "granted")
    assert walker.done[-1] == ("bridge_export", f"ouidire_call={UUID}")


@pytest.mark.parametrize(
    "variables",
    [
        {"dialed_user": "1001"},
        {"sip_gateway_name": "another"},
        {"sip_gateway_name": ""},
        {"ouidire_call": UUID},
        {"ouidire_unasked": "true"},
    ],
    ids=str,
)
def test_others_are_not_asked(chosen: FreeSwitchSettings, variables: dict[str, str]) -> None:
    """Law: staff, whoever is behind no trunk, a call that was asked and one that its dialplan marks."""
    assert not called(chosen, **variables).played


def test_listed_numbers_and_calls_for_help_are_never_asked(chosen: FreeSwitchSettings) -> None:
    """Law: by the number that we sent out, whole, without what follows it in the address."""
    chosen = replace(chosen, asked=replace(chosen.asked, never_asked=("0800*", "*5")))
    for number in (*EMERGENCY, f"0{EMERGENCY[0]}", "0800123", "06125"):
        for rest in ("", "@192.0.2.1", ";phone-context=x@192.0.2.1:5065"):
            assert not called(chosen, sip_req_uri=number + rest).played, number + rest
    for number in ("0612345678@192.0.2.5", "112112@192.0.2.1"):
        assert called(chosen, sip_req_uri=number).played, number
