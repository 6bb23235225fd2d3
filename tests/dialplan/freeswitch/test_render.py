"""Laws of what is rendered for FreeSWITCH: who is asked, what the bridge's user may, and what the scripts hold."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree as Tree

import pytest

from ari_bridge.pbx.freeswitch import link
from consent.states import TABLE, Event, State
from dialplan.choices import EMERGENCY, RenderSettings
from dialplan.freeswitch import lines, render
from dialplan.freeswitch.choices import FreeSwitchSettings
from dialplan.freeswitch.render import DIALPLAN, DIRECTORY, GATE, REFERENCE, STOP, files_of
from tests.dialplan.freeswitch.conftest import PASSWORD
from tests.dialplan.freeswitch.walker import UUID, Walker
from tests.house.places import ROOT

FOLDER = Path("/etc/freeswitch")
SCRIPTS = (GATE, STOP, REFERENCE, *lines.SCRIPTS)
TRUNK = {"sofia_profile_name": "trunk"}
OPENERS = ("uuid_audio_stream", "originate", "eavesdrop")


def is_asked(chosen: FreeSwitchSettings, **variables: str) -> bool:
    """Whether a caller with these variables is asked anything at all."""
    walker = Walker(files_of(chosen, FOLDER)[DIALPLAN], variables=variables)
    walker.walk()
    return bool(walker.played)


def with_asked(chosen: FreeSwitchSettings, asked: RenderSettings) -> FreeSwitchSettings:
    """The same choice, but for what Asterisk's install takes too."""
    return replace(chosen, asked=asked)


def test_every_file_is_there(chosen: FreeSwitchSettings) -> None:
    """Law: two XML files and the scripts, at the places that install knows."""
    assert set(files_of(chosen, FOLDER)) == {DIALPLAN, DIRECTORY, *SCRIPTS}


def test_each_process_renders_the_same_bytes() -> None:
    """Law: nothing rests on the order of a set: doctor compares what it renders with what install rendered."""
    text = (
        "from tests.dialplan.freeswitch.test_dialogue import PLAIN\n"
        "import hashlib\nprint(hashlib.sha256(PLAIN.encode()).hexdigest())"
    )
    made = set()
    for seed in "123":
        ran = subprocess.run(
            [sys.executable, "-c", text],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
        made.add(ran.stdout)
    assert len(made) == 1


@pytest.mark.parametrize(
    ("profile", "gateway", "asked"),
    [
        ("trunk", "", True),
        ("external", "trunk", True),
        ("external", "sip.provider-7", True),
        ("external", "sipxprovider-7", False),
        ("trunk", "another", False),
        ("internal", "", False),
        ("trunk2", "", False),
        ("", "", False),
    ],
)
def test_only_calls_of_a_trunk_are_asked(chosen: FreeSwitchSettings, profile: str, gateway: str, asked: bool) -> None:
    """Law: the gateway by which a call came, else the profile, by the whole name and the patterns of parties.trunks."""
    chosen = with_asked(chosen, replace(chosen.asked, trunks=("trunk", "sip.provider-?")))
    assert is_asked(chosen, sofia_profile_name=profile, sip_gateway=gateway) is asked


def test_staff_are_not_asked(chosen: FreeSwitchSettings) -> None:
    """Law: a telephone that said who it is belongs to staff, whatever profile it comes by."""
    assert is_asked(chosen, **TRUNK)
    assert not is_asked(chosen, **TRUNK, user_name="1001")


@pytest.mark.parametrize("variable", ["sip_req_user", "caller_id_number"])
def test_listed_numbers_are_never_asked(chosen: FreeSwitchSettings, variable: str) -> None:
    """Law: by what was dialled and by who calls; the whole number, and * and ? as in the settings."""
    chosen = with_asked(chosen, replace(chosen.asked, never_asked=("0800*", "44?", "+33.1")))
    for number, asked in (("0800123", False), ("445", False), ("4455", True), ("+33.1", False), ("+3301", True)):
        assert is_asked(chosen, **TRUNK | {variable: number}) is asked, number


def test_a_call_for_help_is_never_asked(chosen: FreeSwitchSettings) -> None:
    """Law: 112 and its like, also behind an outside line's digit, whatever the settings say."""
    for number in EMERGENCY:
        assert not is_asked(chosen, **TRUNK, sip_req_user=number)
        assert not is_asked(chosen, **TRUNK, sip_req_user=f"0{number}")
    assert is_asked(chosen, **TRUNK, sip_req_user="0612345678")
    assert is_asked(chosen, **TRUNK, sip_req_user="112112")


def test_a_leg_that_belongs_to_a_call_is_not_asked(chosen: FreeSwitchSettings) -> None:
    """Law: a call that was asked, and one that its dialplan marks, are let through."""
    assert not is_asked(chosen, **TRUNK, ouidire_call=UUID)
    assert not is_asked(chosen, **TRUNK, ouidire_unasked="true")


@pytest.mark.parametrize("percent", [1, 25, 50, 99, 100])
def test_a_quota_is_drawn_by_the_calls_own_uuid(chosen: FreeSwitchSettings, percent: int) -> None:
    """Law: of all the beginnings that a UUID can have, that many in a hundred are asked, and never none."""
    chosen = with_asked(chosen, replace(chosen.asked, quota_percent=percent))
    asked = sum(is_asked(chosen, **TRUNK, uuid=f"{first:02x}{UUID[2:]}") for first in range(256))
    assert asked == percent * 256 // 100 > 0


def test_the_bridges_user_may_only_look(chosen: FreeSwitchSettings) -> None:
    """Law: it has no right that changes a call, opens a voice or runs a command; it is no telephone."""
    listed = Tree.fromstring(files_of(chosen, FOLDER)[DIRECTORY]).iter("param")
    params = {one.get("name"): one.get("value", "") for one in listed}
    apis = params["esl-allowed-api"].split()
    assert apis == list(render.APIS)
    assert not [one for one in apis if re.search(r"kill|setvar|system|audio|originate|eavesdrop|lua|bgapi|reload", one)]
    assert params["esl-allowed-log"] == "false"
    assert params["allow-empty-password"] == "false"
    assert params["esl-password"] == PASSWORD
    assert re.fullmatch("[0-9a-f]{64}", params["password"])


def test_the_bridge_asks_for_no_more_than_it_may_hear() -> None:
    """Law: what the link subscribes to is what its user is allowed; one event more and FreeSWITCH gives it none."""
    assert (link.EVENTS, link.SUBCLASSES, link.ASK) == (render.EVENTS, render.SUBCLASSES, render.HOOK_EVENT)


def test_the_hook_runs_the_gate() -> None:
    """Law: the line for lua.conf.xml hooks the event that the bridge sends to the file that install writes."""
    made = Tree.fromstring(render.hook(FOLDER))
    assert made.attrib == {"event": "CUSTOM", "subclass": link.ASK, "script": f"{FOLDER}/{GATE}"}


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_place_of_a_script_is_left_open(chosen: FreeSwitchSettings, script: str) -> None:
    """Law: each place is filled; a path stands inside quotes."""
    text = files_of(chosen, FOLDER)[script]
    assert "@{" not in text
    for line in text.splitlines():
        if str(FOLDER) in line:
            assert line.partition(str(FOLDER))[0].count('"') % 2 == 1, line


@pytest.mark.parametrize("script", ["gate.lua", "stop.lua", "reference.lua"])
def test_a_script_holds_no_choice_of_its_own(script: str) -> None:
    """Law: hosts, ports, limits and paths come from the settings alone, by places that are filled."""
    text = (files("dialplan") / "freeswitch" / script).read_text(encoding="utf-8")
    code = "\n".join(line for line in text.splitlines() if not line.strip().startswith("--"))
    assert not re.findall(r"\d+\.\d+\.\d+\.\d+|/etc/|/usr/|:\d{4}", code)


def test_the_gate_alone_opens_a_voice(chosen: FreeSwitchSettings) -> None:
    """Law: of all that we give FreeSWITCH, one script starts a stream or a tap; the stop keys can only end one."""
    texts = files_of(chosen, FOLDER)
    for name in (DIALPLAN, DIRECTORY, REFERENCE):
        assert not [word for word in OPENERS if word in texts[name]], name
    assert re.findall(r"uuid_audio_stream.*?(start|stop)", texts[STOP]) == ["stop"]
    assert not [word for word in ("originate", "eavesdrop") if word in texts[STOP]]
    assert len(re.findall(r"uuid_audio_stream.* start", texts[GATE])) == 1


def test_the_gate_lists_then_reads_then_opens_then_reads_again(chosen: FreeSwitchSettings) -> None:
    """Law: in this order no stop key escapes: it changes the consent and only then reads the list."""
    body = files_of(chosen, FOLDER)[GATE].partition("function does.fork")[2].partition("\nend\n")[0]
    marks = (
        "not a target",
        "not in this conversation",
        '"full"',
        "hash insert",
        "ouidire_consent",
        "lease(leg)",
        "open.",
    )
    assert [body.index(mark) for mark in marks] == sorted(body.index(mark) for mark in marks)
    assert body.count('variable(call, "ouidire_consent")') == 2
    assert body.rindex('variable(call, "ouidire_consent")') > body.index("open.")
    stop = files_of(chosen, FOLDER)[STOP].partition("function stop")[2]
    assert stop.index("ouidire_consent") < stop.index("forks()") < stop.index("db insert")


def test_a_voice_goes_to_the_bridge_alone(chosen: FreeSwitchSettings) -> None:
    """Law: host and port are fixed at install; of a target that the bridge names only 32 hexadecimal digits pass."""
    text = files_of(replace(chosen, media_port=31080), FOLDER)[GATE]
    assert re.findall(r"ws://[^ ]*", text) == ["ws://127.0.0.1:31080/fork"]
    assert 'not target:match("^%x+$") or #target ~= 32' in text
    tap = files_of(replace(chosen, media_port=31060, transport="tap", tap_profile="external"), FOLDER)[GATE]
    assert '"sofia/external/" .. target .. "@127.0.0.1:31060 &eavesdrop("' in tap
    assert "open.tap(leg, target)" in tap
    assert "open.websocket(leg, target)" in text


def test_the_stop_keys_change_what_the_table_says(chosen: FreeSwitchSettings) -> None:
    """Law: as on Asterisk; nobody undoes a withdrawal, and after a refusal there is nothing to withdraw."""
    changes = re.findall(r'\["(\w+)-(\w+)"\] = "(\w+)"', files_of(chosen, FOLDER)[STOP])
    assert changes == [
        ("caller", "asked", "refused"),
        ("caller", "granted", "withdrawn"),
        ("caller", "objected", "withdrawn"),
        ("agent", "asked", "refused"),
        ("agent", "granted", "objected"),
    ]
    for who, was, answer in changes:
        event = Event.CALLER_STOPS if who == "caller" else Event.AGENT_STOPS
        state = State.ASKING if was == "asked" else State(was)
        assert TABLE[state][event].answer == answer


def test_what_comes_into_a_script_is_a_uuid_or_nothing(chosen: FreeSwitchSettings) -> None:
    """Law: no word from outside becomes part of a command before it is looked at as a UUID."""
    texts = files_of(chosen, FOLDER)
    last = texts[GATE].rpartition("local work")[2]
    assert "not call:match(UUID)" in last
    assert "not leg:match(UUID)" in last
    ends = texts[STOP].rpartition('if call == "lease"')[2]
    assert ends.count(":match(UUID)") == 3


def test_a_buffer_goes_where_it_came_from(chosen: FreeSwitchSettings) -> None:
    """Law: what the gate puts on a leg as a voice begins is taken away by itself, and an admin's own is left alone."""
    texts = files_of(chosen, FOLDER)
    gate, stop = texts[GATE], texts[STOP]
    put = gate.index('"uuid_jitterbuffer " .. leg .. " 20"')
    assert gate.index('variable(leg, "jitterbuffer_msec") ~= "" or profiles:find("auto%-jitterbuffer%-msec")') < put
    assert gate.index(f'"luarun {FOLDER}/{STOP} buffer " .. leg') > put
    assert 'freeswitch.msleep(100)\n  if who:match(UUID) then api:executeString("uuid_jitterbuffer "' in stop


@pytest.mark.parametrize("script", SCRIPTS)
def test_blocks_of_a_script_are_closed(chosen: FreeSwitchSettings, script: str) -> None:
    """Law: also without a Lua at hand (test_scripts.py runs them in one), as many blocks end as begin."""
    text = re.sub(r"--.*", "", files_of(chosen, FOLDER)[script])
    text = re.sub(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'", '""', text)
    opened = len(re.findall(r"\b(?:function|then|do)\b", text)) - len(re.findall(r"\belseif\b", text))
    assert opened == len(re.findall(r"\bend\b", text))
