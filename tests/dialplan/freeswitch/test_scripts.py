"""The gate and the stop keys as Lua runs them, in a FreeSWITCH of a few lines: what they would have it do, in order."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from dialplan.freeswitch.choices import FreeSwitchSettings
from dialplan.freeswitch.lines import SCRIPTS
from dialplan.freeswitch.render import GATE, REFERENCE, STOP, files_of
from tests.dialplan.freeswitch.lua import Lua, LuaError

FOLDER = Path("/etc/freeswitch")
CALL, LEG, OTHER = (f"{digit * 8}-1111-4222-8333-444455556666" for digit in "abc")
TARGET = "0f" * 16
FREESWITCH = """
local ran, values, hash, change = {}, {}, {}, {}
%s
local function answer(command)
  ran[#ran + 1] = command
  local leg, name, value = command:match("^uuid_setvar (%%S+) (%%S+) ?(.*)$")
  if leg then values[leg .. " " .. name] = value return "+OK" end
  local key = command:match("^uuid_getvar (.*)$")
  if key then
    local found = values[key] or "_undef_"
    if change[key] then values[key], change[key] = change[key], nil end
    return found
  end
  local where = command:match("^hash insert/(.*)/[^/]*$")
  if where then hash[where] = command:match("([^/]*)$") return "+OK" end
  where = command:match("^hash delete/(.*)$")
  if where then hash[where] = nil return "+OK" end
  where = command:match("^hash select/(.*)$")
  if where then return hash[where] or "" end
  if command == "hash_dump db" then
    local lines = {}
    for at, found in pairs(hash) do lines[#lines + 1] = "D/" .. at:gsub("/", "_") .. "/" .. found end
    return table.concat(lines, "\\n")
  end
  if command == "create_uuid" then return "dddddddd-1111-4222-8333-444455556666" end
  if said and said[command] then return said[command] end
  if command == "strepoch" then return "1790000000" end
  return "+OK"
end
freeswitch = {
  consoleLog = function() end,
  msleep = function() end,
  API = function() return { executeString = function(_, command) return answer(command) end } end,
  Event = function(name, subclass)
    local fields = {}
    return {
      addHeader = function(_, key, value) fields[key] = value end,
      addBody = function(_, text) fields["Ouidire-More"] = text end,
      fire = function()
        local more = fields["Ouidire-Did"] or fields["Ouidire-Answer"]
        ran[#ran + 1] = "event " .. subclass .. " " .. more .. " " .. (fields["Ouidire-More"] or "")
      end,
    }
  end,
}
event = { getHeader = function(_, name) return headers[name] end }
local chunk = function()
%s
end
chunk()
return table.concat(ran, "\\n")
"""


@pytest.fixture
def lua() -> Iterator[Lua]:
    """A Lua."""
    try:
        made = Lua()
    except LookupError as error:
        pytest.skip(f"{error}: FreeSWITCH's own Lua reads the scripts in tests/live/freeswitch")
    yield made
    made.close()


def ran(lua: Lua, script: str, prelude: str) -> list[str]:
    """Every command and event of one run."""
    return lua.run(FREESWITCH % (prelude, script)).split("\n")


def asked(do: str, **fields: str) -> str:
    """The headers of the bridge's event."""
    headers = {"Ouidire-Do": do, "Ouidire-Ask": "1", **{f"Ouidire-{name}": value for name, value in fields.items()}}
    return (
        "headers = {" + ", ".join(f"[{json.dumps(name)}] = {json.dumps(text)}" for name, text in headers.items()) + "}"
    )


def channels(values: Mapping[str, str]) -> str:
    """The variables of channels, by "uuid name"."""
    return "\n".join(f"values[{json.dumps(key)}] = {json.dumps(text)}" for key, text in values.items())


GRANTED = {f"{CALL} ouidire_consent": "granted", f"{CALL} signal_bond": LEG, f"{LEG} signal_bond": CALL}
FORK = asked("fork", Call=CALL, Leg=LEG, Target=TARGET)


def opened(commands: list[str]) -> list[str]:
    """The commands that let a voice out."""
    return [one for one in commands if " start ws://" in one or "originate" in one]


@pytest.mark.parametrize("name", [GATE, STOP, REFERENCE, *SCRIPTS])
def test_lua_reads_each_script(lua: Lua, chosen: FreeSwitchSettings, name: str) -> None:
    """Law: what is rendered is Lua; a broken script would be found."""
    lua.read(files_of(chosen, FOLDER)[name])
    with pytest.raises(LuaError):
        lua.read("if then")


def test_a_granted_leg_is_opened(lua: Lua, chosen: FreeSwitchSettings) -> None:
    """Law: listed, consent read, lease taken, opened towards the bridge alone, consent read again, told; the token
    stands in a header and in no address, and is taken off the channel again.
    """
    commands = ran(lua, files_of(chosen, FOLDER)[GATE], f"{channels(GRANTED)}\n{FORK}")
    listed = commands.index(f"hash insert/ouidire-fork-{CALL}/{LEG}/1")
    [start] = opened(commands)
    assert start == f"uuid_audio_stream {LEG} start ws://127.0.0.1:8099/fork mono 16k"
    reads = [at for at, one in enumerate(commands) if one == f"uuid_getvar {CALL} ouidire_consent"]
    lease = next(at for at, one in enumerate(commands) if one.startswith("sched_api +8 "))
    assert listed < reads[0] < lease < commands.index(start) < reads[-1]
    assert commands[-1] == "event ouidire::told forked "
    assert f"uuid_setvar {LEG} STREAM_EXTRA_HEADERS" in commands[commands.index(start) :]
    assert TARGET not in start


def test_phones_are_told_with_their_own_names(lua: Lua, chosen: FreeSwitchSettings) -> None:
    """Law: every registration of every profile, a line each, as FreeSWITCH escapes it; nothing a phone says of itself
    makes one of another.
    """
    listed = "<profiles>\n<profile>\n<name>internal</name>\n</profile>\n<gateway>\n<name>isp</name>\n</gateway>\n"
    hostile = "x&lt;/agent&gt;&lt;user&gt;1002@x"
    registered = "".join(
        f"    <registration>\n        <call-id>{call}</call-id>\n        <user>{user}@pbx</user>\n"
        f"        <agent>{agent}</agent>\n    </registration>\n"
        for user, call, agent in (("1001", "<user>1002@x", "Yealink SIP-T46S 66.86.0.15"), ("1003", "y", hostile))
    )
    said = {"sofia xmlstatus": listed, "sofia xmlstatus profile internal reg": registered}
    values = ", ".join(f"[{json.dumps(name)}] = {json.dumps(text)}" for name, text in said.items())
    told = ran(lua, files_of(chosen, FOLDER)[GATE], f"said = {{{values}}}\n{asked('phones')}")
    assert told[-2:] == ["event ouidire::told found 1001 Yealink SIP-T46S 66.86.0.15", f"1003 {hostile}"]


def test_names_of_calls_are_told_once(lua: Lua, chosen: FreeSwitchSettings) -> None:
    """Law: every profile and gateway, no alias, and a profile that speaks TLS too no second time."""
    rows = [("profile", "ext.1"), ("profile", "ext.1"), ("alias", "10.0.0.1"), ("gateway", "isp-a"), ("profile", "int")]
    listed = "".join(f"<{kind}>\n<name>{name}</name>\n<type>{kind}</type>\n</{kind}>\n" for kind, name in rows)
    told = ran(
        lua, files_of(chosen, FOLDER)[GATE], f'said = {{["sofia xmlstatus"] = {json.dumps(listed)}}}\n{asked("trunks")}'
    )
    assert told[-3:] == ["event ouidire::told found profile ext.1", "profile int", "gateway isp-a"]


@pytest.mark.parametrize("consent", ["asked", "refused", "withdrawn", "objected", "", "Granted", "granted2", "_undef_"])
def test_no_other_consent_opens_anything(lua: Lua, chosen: FreeSwitchSettings, consent: str) -> None:
    """Law: "granted" alone; else the list is as it was, nothing was opened, and it is said."""
    values = GRANTED | {f"{CALL} ouidire_consent": consent}
    commands = ran(lua, files_of(chosen, FOLDER)[GATE], f"{channels(values)}\n{FORK}")
    assert not opened(commands)
    assert f"hash delete/ouidire-fork-{CALL}/{LEG}" in commands
    assert commands[-1].startswith("event ouidire::told denied consent is ")


def test_a_stop_that_comes_meanwhile_ends_it(lua: Lua, chosen: FreeSwitchSettings) -> None:
    """Law: a consent that changes while the stream is opened is read after it, and the stream ends again."""
    change = f'change["{CALL} ouidire_consent"] = "withdrawn"'
    commands = ran(lua, files_of(chosen, FOLDER)[GATE], f"{channels(GRANTED)}\n{change}\n{FORK}")
    [start] = opened(commands)
    assert f"uuid_audio_stream {LEG} stop" in commands[commands.index(start) :]
    assert commands[-1] == "event ouidire::told denied stopped meanwhile"


def test_a_leg_of_another_conversation_is_refused(lua: Lua, chosen: FreeSwitchSettings) -> None:
    """Law: a yes opens who talks with the caller now, and nobody else."""
    fork = asked("fork", Call=CALL, Leg=OTHER, Target=TARGET)
    commands = ran(lua, files_of(chosen, FOLDER)[GATE], f"{channels(GRANTED)}\n{fork}")
    assert not opened(commands)
    assert commands[-1] == "event ouidire::told denied not in this conversation"


@pytest.mark.parametrize("target", ["", "0f" * 15, "0f" * 17, "0f" * 15 + "0g", TARGET + " x", "../" + "0" * 29])
def test_only_a_token_is_a_target(lua: Lua, chosen: FreeSwitchSettings, target: str) -> None:
    """Law: of what the bridge names 32 hexadecimal digits pass, which lead nowhere but to the bridge."""
    fork = asked("fork", Call=CALL, Leg=LEG, Target=target)
    commands = ran(lua, files_of(chosen, FOLDER)[GATE], f"{channels(GRANTED)}\n{fork}")
    assert commands == ["event ouidire::told denied not a target"]


@pytest.mark.parametrize(
    ("do", "call", "leg"),
    [
        *(("nothing", CALL, LEG), ("", CALL, LEG), ("fork", "x", LEG)),
        *(("fork", CALL, "x; y"), ("stop", "", ""), ("end", "a b", "")),
    ],
)
def test_what_is_not_understood_does_nothing(
    lua: Lua, chosen: FreeSwitchSettings, do: str, call: str, leg: str
) -> None:
    """Law: no command runs with a word that is no UUID; doctor's question is one of these."""
    commands = ran(lua, files_of(chosen, FOLDER)[GATE], asked(do, Call=call, Leg=leg, Target=TARGET))
    assert commands == ["event ouidire::told denied not understood"]


STOPPED = [
    ("caller", "granted", "withdrawn"), ("caller", "asked", "refused"), ("caller", "objected", "withdrawn"),
    ("agent", "granted", "objected"), ("agent", "asked", "refused"),
]  # fmt: skip


def pressed(who: str) -> str:
    """The words that the stop keys give their script."""
    return f'argv = {{"{CALL}", "{who}", "star9"}}\nhash["ouidire-fork-{CALL}/{LEG}"] = "1"'


@pytest.mark.parametrize(("who", "was", "answer"), STOPPED)
def test_stop_keys_mark_then_end_then_tell(
    lua: Lua, chosen: FreeSwitchSettings, who: str, was: str, answer: str
) -> None:
    """Law: the mark first, then every voice of the call, then journal and event."""
    values = GRANTED | {f"{CALL} ouidire_consent": was}
    commands = ran(lua, files_of(chosen, FOLDER)[STOP], f"{channels(values)}\n{pressed(who)}")
    begins = (
        f"uuid_setvar {CALL} ouidire_consent {answer}",
        f"bgapi uuid_audio_stream {LEG} stop",
        f"db insert/ouidire/{answer}-{CALL}/1790000000|star9|",
        f"event ouidire::consent {answer}",
    )
    order = [next(at for at, one in enumerate(commands) if one.startswith(begin)) for begin in begins]
    assert order == sorted(order)


@pytest.mark.parametrize("was", ["refused", "withdrawn", "", "expired"])
@pytest.mark.parametrize("who", ["caller", "agent"])
def test_a_no_stays_a_no(lua: Lua, chosen: FreeSwitchSettings, who: str, was: str) -> None:
    """Law: after a refusal or a withdrawal the stop keys change nothing and journal nothing."""
    values = GRANTED | {f"{CALL} ouidire_consent": was}
    commands = ran(lua, files_of(chosen, FOLDER)[STOP], f"{channels(values)}\n{pressed(who)}")
    assert commands == [f"uuid_getvar {CALL} ouidire_consent"]


def test_a_lease_that_is_over_ends_that_voice_alone(lua: Lua, chosen: FreeSwitchSettings) -> None:
    """Law: the leg whose lease was not renewed falls silent; consent and the other leg stay as they are."""
    prelude = f'argv = {{"lease", "{LEG}"}}\n' + "".join(
        f'hash["ouidire-fork-{CALL}/{leg}"] = "1"\n' for leg in (LEG, CALL)
    )
    commands = ran(lua, files_of(chosen, FOLDER)[STOP], prelude)
    assert f"bgapi uuid_audio_stream {LEG} stop" in commands
    assert not [one for one in commands if f"{CALL} stop" in one or "setvar" in one or "db insert" in one]
