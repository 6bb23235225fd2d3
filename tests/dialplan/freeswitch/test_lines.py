"""Our lines and codes as the dialplan runs them, and their scripts as Lua does, in a FreeSWITCH of a few lines."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from ari_bridge.pbx.port import Line
from consent.keys import NumberKey
from dialplan import recordings
from dialplan.freeswitch import lines
from dialplan.freeswitch.choices import FreeSwitchSettings
from dialplan.freeswitch.render import DIALPLAN, GATE, files_of
from tests.dialplan.freeswitch.lua import Lua
from tests.dialplan.freeswitch.test_scripts import CALL, FOLDER, LEG, asked, channels, lua, ran
from tests.dialplan.freeswitch.walker import Walker

__all__ = ["lua"]
PLAY = "0f" * 16
SESSION = """
local wishes, plays = {%s}, {%s}
local said = {}
session = {
  get_uuid = function() return "LEG" end,
  ready = function() return #plays > 0 or #wishes > 0 end,
  setVariable = function(_, name, value)
    values["LEG " .. name] = value
    if value == "" and name == "ouidire_wish" then table.remove(wishes, 1) end
    ran[#ran + 1] = "set " .. name .. "=" .. value
  end,
  getVariable = function(_, name)
    if name == "ouidire_wish" then return wishes[1] or "" end
    return values["LEG " .. name] or (name == "ouidire_language" and "en") or ""
  end,
  streamFile = function(_, file) ran[#ran + 1] = "play " .. file return table.remove(plays, 1) or 0 end,
  setInputCallback = function(_, name) ran[#ran + 1] = "keys" end,
  unsetInputCallback = function() end,
  sleep = function() if #wishes == 0 then table.remove(plays, 1) end end,
  execute = function(_, name, data) ran[#ran + 1] = name .. " " .. data end,
}
"""
RIGHTS_OF_LINE = {f"{LEG} ouidire_line": "staff"}


def test_each_line_of_the_port_can_be_dialled(chosen: FreeSwitchSettings) -> None:
    """Law: in its language, answered, held by the line's own script, and hung up after it."""
    for line in Line:
        walker = Walker(files_of(chosen, FOLDER)[DIALPLAN], variables={"default_language": "fr"})
        walker.walk(f"ouidire_{line}")
        assert [name for name, _ in walker.done][-3:] == ["answer", "lua", "hangup"]
        assert walker.done[-2] == ("lua", f"{FOLDER}/{lines.LINE} {line}")
        assert not walker.answers


def test_a_code_has_six_digits_and_stands_in_no_list_of_calls(chosen: FreeSwitchSettings) -> None:
    """Law: six digits and no other number reach the code's script, and no call record is written of it."""
    text = files_of(chosen, FOLDER)[DIALPLAN]
    found = Walker(text, variables={"default_language": "en"})
    found.walk("ouidire_pair_135790")
    assert ("set", "process_cdr=false") in found.done
    assert next(data for name, data in found.done if name == "lua").startswith(f"{FOLDER}/{lines.CODE} ")
    for number in ("12345", "1234567", "12345a"):
        other = Walker(text, variables={"default_language": "en"})
        other.walk(f"ouidire_pair_{number}")
        assert not other.done


def test_the_contest_is_the_agents_and_waits_beside_the_call(chosen: FreeSwitchSettings) -> None:
    """Law: *7 is bound to the other party alone, and its script runs in a thread of its own."""
    application, data = lines.contest_key(str(FOLDER))
    assert application == "bind_digit_action"
    assert data.endswith(",peer,peer")
    assert ",*7,api:luarun," in data
    assert data.replace("&", "&amp;") in files_of(chosen, FOLDER)[DIALPLAN]


def test_every_prompt_that_a_script_names_is_recorded() -> None:
    """Law: what is said where the bridge is away, or first of all, is among the prompts of each language."""
    said = {text for one in lines.values("x").values() for text in one.values() if isinstance(text, str)}
    named = {text for text in said if text not in ("x", "ouidire", "")}
    assert named <= set(recordings.NAMES)


def line(lua: Lua, chosen: FreeSwitchSettings, wishes: Sequence[str], plays: Sequence[int]) -> list[str]:
    """What the line's script does with these wishes, where each file plays (1) or not (0)."""
    session = SESSION % (", ".join(map(json.dumps, wishes)), ", ".join(map(str, plays)))
    prelude = f'{session.replace("LEG", LEG)}\nargv = {{"staff"}}\ntable.insert(wishes, 1, "")'
    return ran(lua, files_of(chosen, FOLDER)[lines.LINE], prelude)


def test_the_line_plays_what_is_wished_and_says_so(lua: Lua, chosen: FreeSwitchSettings) -> None:
    """Law: entered is told once the channel says so itself; each prompt in the channel's language, in order, then its
    end; a file that cannot be played is told as not whole.
    """
    done = line(lua, chosen, [f"{PLAY},staff_pin,1"], [1, 1, 1])
    assert done.index("set ouidire_line=staff") < next(at for at, one in enumerate(done) if "entered" in one)
    played = [one.rpartition("/")[2] for one in done if one.startswith("play ")]
    assert played == ["staff_pin.wav", "1.wav"]
    assert f"event ouidire::line played {PLAY},whole" in done
    assert f"event ouidire::line played {PLAY},part" in line(lua, chosen, [f"{PLAY},staff_pin,1"], [1, 0, 1])


def test_the_line_lets_go_where_it_is_told(lua: Lua, chosen: FreeSwitchSettings) -> None:
    """Law: the caller goes to an extension of ours, after the channel has left the line."""
    done = line(lua, chosen, ["leave,quiet"], [])
    assert done[-1] == "execute_extension ouidire_quiet XML ouidire"
    assert done.index("set ouidire_line=") < len(done) - 1


WISHES: Mapping[str, Mapping[str, str]] = {
    "play": {"Play": PLAY, "Prompts": "staff_pin,1"},
    "quiet": {"Play": PLAY},
    "leave": {"Where": "quiet"},
    "hangup": {},
}


@pytest.mark.parametrize("do", WISHES)
def test_the_gate_does_it_on_a_line_alone(lua: Lua, chosen: FreeSwitchSettings, do: str) -> None:
    """Law: to a channel whose own variable names no line nothing is played, nor is it sent away or ended."""
    script = files_of(chosen, FOLDER)[GATE]
    on_line = {f"{CALL} ouidire_line": "staff", f"{CALL} ouidire_wish": f"{PLAY},staff_pin"}
    done = ran(lua, script, f"{channels(on_line)}\n{asked(do, Call=CALL, **WISHES[do])}")
    assert [one for one in done if one.startswith(("uuid_setvar", "uuid_kill", "uuid_break"))]
    elsewhere = ran(lua, script, f"{channels({})}\n{asked(do, Call=CALL, **WISHES[do])}")
    assert [one for one in elsewhere if not one.startswith("uuid_getvar")] == [
        "event ouidire::told denied no such channel on a line of ours"
    ]


@pytest.mark.parametrize(
    ("do", "odd"),
    [
        ("play", {"Play": PLAY, "Prompts": "../x"}), ("play", {"Play": "x y", "Prompts": "staff_pin"}),
        ("play", {"Play": PLAY, "Prompts": ""}), ("leave", {"Where": "x y"}), ("leave", {"Where": "granted"}),
        ("answer", {"Prompt": "x;y"}), ("answer", {"Prompt": "pair_done"}),
    ],
)  # fmt: skip
def test_the_gate_takes_names_alone(lua: Lua, chosen: FreeSwitchSettings, do: str, odd: Mapping[str, str]) -> None:
    """Law: what is no name of ours is denied, and so is an answer for which nobody waits."""
    on_line = channels({f"{CALL} ouidire_line": "staff"})
    done = ran(lua, files_of(chosen, FOLDER)[GATE], f"{on_line}\n{asked(do, Call=CALL, **odd)}")
    assert done[-1].startswith("event ouidire::told denied")
    assert not [one for one in done if one.startswith(("uuid_setvar", "uuid_kill"))]


def test_an_answer_goes_to_who_waits(lua: Lua, chosen: FreeSwitchSettings) -> None:
    """Law: a channel that dialled a code or contested is told the name of a prompt."""
    waiting = channels({f"{CALL} ouidire_code": "135790"})
    done = ran(lua, files_of(chosen, FOLDER)[GATE], f"{waiting}\n{asked('answer', Call=CALL, Prompt='pair_done')}")
    assert f"uuid_setvar {CALL} ouidire_told pair_done" in done


CONTESTING = {f"{CALL} signal_bond": LEG, f"{CALL} ouidire_language": "en"}


def contest(lua: Lua, chosen: FreeSwitchSettings, values: Mapping[str, str]) -> list[str]:
    """What *7 does."""
    prelude = f'{channels(CONTESTING | values)}\nargv = {{"{CALL}"}}'
    return ran(lua, files_of(chosen, FOLDER)[lines.CONTEST], prelude)


def whispered(done: Sequence[str]) -> list[str]:
    """The prompts that were mixed in, by name; for the agent alone."""
    found = [one for one in done if one.startswith("uuid_displace")]
    assert all(one.startswith(f"uuid_displace {LEG} start ") and one.endswith(" 0 mux") for one in found)
    return [one.split("/")[-1].partition(".")[0] for one in found]


def test_the_first_press_only_asks(lua: Lua, chosen: FreeSwitchSettings) -> None:
    """Law: nothing is told to the bridge by one press, nor by a second one that comes too late."""
    for values in ({}, {f"{LEG} ouidire_contest_at": "1789999984"}):
        done = contest(lua, chosen, values)
        assert whispered(done) == ["contest_again"]
        assert not [one for one in done if one.startswith("event")]


def test_the_second_press_contests(lua: Lua, chosen: FreeSwitchSettings) -> None:
    """Law: within the time the bridge is told of the call; where it says nothing the agent hears that it failed; and
    the next press is a first one again.
    """
    done = contest(lua, chosen, {f"{LEG} ouidire_contest_at": "1789999985"})
    assert f"event ouidire::line contested {CALL}" in done
    assert whispered(done) == ["contest_failed"]
    assert f"uuid_setvar {LEG} ouidire_contest_at " in done
    assert done.index(f"uuid_setvar {LEG} ouidire_code contest") < done.index(f"event ouidire::line contested {CALL}")


ASKED_BY = {"sofia_profile_name": "trunk", "default_language": "en"}
KEYS = NumberKey("ab" * 32, "cd" * 32), NumberKey("ef" * 32, "01" * 32)
NUMBER = "+33640000001"
QUIET = [key.quiet(NUMBER) for key in KEYS]
ASKER = """
session = {
  get_uuid = function() return "LEG" end,
  getVariable = function(_, name) return values["LEG " .. name] end,
  setVariable = function(_, name, value) ran[#ran + 1] = "set " .. name .. "=" .. value end,
  streamFile = function(_, file) ran[#ran + 1] = "play " .. file end,
}
local kept = {KEPT}
local before = answer
answer = function(command)
  local hash = command:match("^db exists/ouidire%-quiet/(.*)$")
  if hash then return kept[hash] and "true" or "false" end
  hash = command:match("^db insert/ouidire%-quiet/(.*)/")
  if hash then kept[hash] = true end
  return before(command)
end
"""


def numbered(
    lua: Lua, chosen: FreeSwitchSettings, number: str, kept: Sequence[str] = (), keys: int = 2, word: str = ""
) -> list[str]:
    """What the script of numbers does for a caller, where these hashes wished not to be asked."""
    pairs = tuple((key.inner, key.outer) for key in KEYS[:keys])
    site = replace(chosen, asked=replace(chosen.asked, number_keys=pairs))
    is_kept = "{" + ", ".join(f'["{one}"] = true' for one in kept) + "}"
    prelude = ASKER.replace("LEG", LEG).replace("{KEPT}", is_kept)
    # What answers is known to Lua only below the prelude: the script itself begins with it.
    script = f"{prelude}\n{files_of(site, FOLDER)[lines.NUMBERS]}"
    return ran(lua, script, f'{channels({f"{LEG} caller_id_number": number})}\nargv = {{"{word}"}}')


@pytest.mark.parametrize("number", [NUMBER, "0640000001", "1", "9" * 20])
def test_lua_hashes_as_the_bridge_does(lua: Lua, chosen: FreeSwitchSettings, number: str) -> None:
    """Law: the tag of a number is what `consent.keys` makes of the same nonce; the number itself is written nowhere."""
    done = numbered(lua, chosen, number)
    tag = next(one for one in done if one.startswith("set ouidire_tag=")).partition("=")[2]
    assert tag == KEYS[0].tag(tag.partition("-")[0], number)
    assert re.fullmatch(r"[0-9]{1,20}-[0-9a-f]{40}", tag)
    assert number == "1" or not [one for one in done if number in one]


@pytest.mark.parametrize("number", ["", "0000000000", "anonymous"])
def test_a_withheld_number_has_no_tag_and_is_asked(lua: Lua, chosen: FreeSwitchSettings, number: str) -> None:
    """Law: nothing stands for no number."""
    assert numbered(lua, chosen, number) == [""]


def test_who_wished_not_to_be_asked_is_not(lua: Lua, chosen: FreeSwitchSettings) -> None:
    """Law: by the key of today, or by the one before it, under which it is found no more afterwards."""
    assert "set ouidire_unasked=true" in numbered(lua, chosen, NUMBER, QUIET[:1])
    renewed = numbered(lua, chosen, NUMBER, QUIET[1:])
    assert "set ouidire_unasked=true" in renewed
    inserted = renewed.index(f"db insert/ouidire-quiet/{QUIET[0]}/1790000000")
    assert inserted < renewed.index(f"db delete/ouidire-quiet/{QUIET[1]}")
    assert "set ouidire_unasked=true" not in numbered(lua, chosen, "0640000002", QUIET)


def test_without_keys_nobody_is_asked(lua: Lua, chosen: FreeSwitchSettings) -> None:
    """Law: what could not be found again by its number is not begun."""
    assert numbered(lua, chosen, NUMBER, keys=0) == ["set ouidire_unasked=true"]


def test_never_again_is_kept_before_it_is_said(lua: Lua, chosen: FreeSwitchSettings) -> None:
    """Law: the hash alone is kept, then it is said; whoever has no number hears that it cannot be done."""
    done = numbered(lua, chosen, NUMBER, word="quiet")
    assert done.index(f"db insert/ouidire-quiet/{QUIET[0]}/1790000000") < next(
        at for at, one in enumerate(done) if one.endswith("/rights_quiet.wav")
    )
    for number, keys in (("", 2), (NUMBER, 0)):
        [said] = [one for one in numbered(lua, chosen, number, keys=keys, word="quiet") if one.startswith("play")]
        assert said.endswith("/unavailable.wav")


def test_the_number_comes_before_the_question(chosen: FreeSwitchSettings) -> None:
    """Law: the script of numbers runs for who is about to be asked, and where it forbids the question none is put."""
    text = files_of(chosen, FOLDER)[DIALPLAN]
    asked_one = Walker(text, variables=dict(ASKED_BY))
    asked_one.walk()
    assert asked_one.done[0] == ("lua", f"{FOLDER}/{lines.NUMBERS}")
    assert asked_one.played
    forbids = 'application="set" data="ouidire_unasked=true"'
    quiet = Walker(
        text.replace(f'application="lua" data="{FOLDER}/{lines.NUMBERS}"', forbids), variables=dict(ASKED_BY)
    )
    quiet.walk()
    assert not quiet.played
    assert not quiet.answers
