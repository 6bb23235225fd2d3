"""The rendered dialogue, run against `consent.dialogue`: whatever callers press, both say the same."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.dialogue import Dialogue
from consent.states import KEYS, MAX_TURNS, STOP_KEYS, Answer, Event, State, Why
from dialplan.choices import NoticeLine, RenderSettings
from dialplan.freeswitch import dialogue
from dialplan.freeswitch.choices import FreeSwitchSettings
from dialplan.freeswitch.lines import NUMBERS
from dialplan.freeswitch.render import DIALPLAN, REFERENCE, STOP, files_of
from dialplan.render import CONTEST_KEYS
from dialplan.steps import RECORDED
from tests.dialplan.freeswitch.walker import MAX_STACKS, Pressed, Walker, attributes

FOLDER = Path("/etc/freeswitch")
LANGUAGES = ("en", "fr", "de-CH")
NOTICES = tuple(NoticeLine(language, f"{at:016x}") for at, language in enumerate(LANGUAGES))
[YES] = [key for key, event in KEYS.items() if event is Event.YES]
TRUNK = {"sofia_profile_name": "trunk"}
ONE_KEY = st.sampled_from("0123456789*#")


def text_of(*, mentions_recording: bool = False) -> str:
    """The context as it is rendered."""
    asked = RenderSettings(NOTICES, mentions_recording=mentions_recording)
    return files_of(FreeSwitchSettings(asked, "a" * 16), FOLDER)[DIALPLAN]


PLAIN, RECORDING = text_of(), text_of(mentions_recording=True)


class Ended(NamedTuple):
    """What came of a dialogue."""

    answers: list[tuple[str, str]]
    language: str
    played: list[str]


def walked(text: str, presses: Sequence[Pressed], unplayed: int | None = None) -> tuple[Ended, Walker]:
    """What the rendered context does."""
    walker = Walker(text, presses, unplayed, dict(TRUNK))
    walker.walk()
    return Ended(walker.answers, walker.variables["ouidire_language"], walker.played), walker


def told(presses: Sequence[Pressed], unplayed: int | None, notice: Sequence[str]) -> Ended:
    """What the table says, for the same caller."""
    one, left = Dialogue(LANGUAGES), iter(presses)
    ended = Ended([(Answer.ASKED, Why.NOTICE)], "", [])
    while True:
        for prompt in notice if one.prompt == notice[0] else filter(None, [one.prompt]):
            ended.played.append(f"{one.language}/{prompt}")
            if len(ended.played) - 1 == unplayed:
                return ended._replace(answers=[*ended.answers, (Answer.REFUSED, Why.NOTICE)], language=one.language)
        event = Event.PROMPT_ENDED if one.prompt else _event(next(left, Pressed()))
        step = one.feed(event)
        if step.answer is not None:
            ended.answers.append((step.answer, str(step.why)))
            if step.why is Why.KEY and one.prompt:
                ended.played.append(f"{one.language}/{one.prompt}")
            return ended._replace(language=one.language)


def _event(pressed: Pressed) -> Event:
    if not pressed.key:
        return Event.SILENCE
    event = KEYS.get(pressed.key, Event.OTHER_KEY)
    return Event.OTHER_KEY if event is Event.YES and pressed.second else event


FIRST, SECOND = st.sampled_from(["", *"**3333335678*#12"]), st.sampled_from(["", "", "", *"12*"])
presses_of = st.lists(st.builds(Pressed, FIRST, SECOND, st.text("12*", max_size=2)), max_size=MAX_TURNS + 2)


@settings(max_examples=300, deadline=None)
@given(presses_of, st.none() | st.integers(0, 20), st.booleans())
def test_both_say_the_same(presses: list[Pressed], unplayed: int | None, mentions_recording: bool) -> None:
    """Law: for any keys, at once or too early, any prompt that fails and both notices: the same answers and reasons,
    the same prompts in the same languages, in the same order, as the table.
    """
    text, notice = (RECORDING, ("notice", RECORDED)) if mentions_recording else (PLAIN, ("notice",))
    wanted = told(presses, unplayed, notice)
    got, walker = walked(text, presses, unplayed)
    assert got == wanted
    assert walker.told == got.answers
    assert walker.variables["ouidire_consent"] == got.answers[-1][0]
    assert (Answer.GRANTED, Why.KEY) not in got.answers or presses[-1:] != []


@given(presses_of)
@settings(max_examples=100, deadline=None)
def test_a_dialogue_always_ends_with_an_answer(presses: list[Pressed]) -> None:
    """Law: the rounds suffice for whatever is pressed, and extensions never lie deeper than FreeSWITCH allows."""
    got, walker = walked(RECORDING, presses)
    assert len(got.answers) == 2
    assert walker.variables["ouidire_state"] == dialogue.OVER
    assert walker.deepest < MAX_STACKS / 4


@pytest.mark.parametrize("keys", list(product("*3", "*3", "*3", ["*", "5"])), ids="".join)
@pytest.mark.parametrize("last", [Pressed(YES), Pressed("*"), Pressed(YES, "2"), Pressed("5")], ids=str)
def test_the_longest_dialogues_fit(keys: tuple[str, ...], last: Pressed) -> None:
    """Law: with every turn taken, each as long as a turn can be, the last key still gets its answer."""
    presses = [*[Pressed("*")] * (MAX_TURNS - len(keys)), *map(Pressed, keys), last]
    got, walker = walked(RECORDING, presses)
    assert got == told(presses, None, ("notice", RECORDED))
    assert walker.variables["ouidire_state"] == dialogue.OVER


@given(st.lists(st.builds(Pressed, st.sampled_from("023456789*#"), ONE_KEY, st.text("1", max_size=2)), max_size=9))
@settings(max_examples=100, deadline=None)
def test_without_the_key_of_a_yes_nothing_is_granted(presses: list[Pressed]) -> None:
    """Law: only a 1 that is pressed alone, once a whole notice was heard, grants; early ones never count."""
    got, _ = walked(PLAIN, presses)
    assert Answer.GRANTED not in [answer for answer, _ in got.answers]


def test_a_yes_is_heard_after_the_notice_alone() -> None:
    """Law: a 1 pressed while the notice plays is thrown away; the same key after it is a yes."""
    assert walked(PLAIN, [Pressed("", early="1")])[0].answers[-1] == ("refused", "silence")
    assert walked(PLAIN, [Pressed(YES, early="2")])[0].answers[-1] == ("granted", "key")


def test_too_many_turns_end_it() -> None:
    """Law: MAX_TURNS turns may be taken; one more is a no."""
    other = next(key for key, event in KEYS.items() if event is Event.OTHER_LANGUAGE)
    assert walked(PLAIN, [*[Pressed(other)] * MAX_TURNS, Pressed(YES)])[0].answers[-1] == ("granted", "key")
    last = walked(PLAIN, [Pressed(other)] * (MAX_TURNS + 1))[0]
    assert last.answers[-1] == ("refused", "wrong_keys")
    assert last.language == last.played[-1].partition("/")[0]


def test_the_languages_follow_each_other_in_a_ring() -> None:
    """Law: each language is heard in its turn, then the first again; its own notice is what is recorded."""
    got, walker = walked(PLAIN, [Pressed("3")] * 3)
    assert [one.partition("/")[0] for one in got.played] == [*LANGUAGES, LANGUAGES[0]]
    assert walker.variables["ouidire_notice"] == NOTICES[0].notice_id


@pytest.mark.parametrize(
    ("said", "spoken"),
    [
        *(("en", "en"), ("FR", "fr"), ("fr-CA", "fr"), ("fr_BE", "fr")),
        *(("de-ch", "de-CH"), ("de", "en"), ("", "en"), ("frx", "en")),
    ],
)
def test_a_caller_is_asked_in_the_language_of_the_channel(said: str, spoken: str) -> None:
    """Law: the language itself, else its wider one, else the first; case and sign do not matter."""
    walker = Walker(PLAIN, variables=TRUNK | {"default_language": said})
    walker.walk()
    assert walker.played[0] == f"{spoken}/notice"


@pytest.mark.parametrize("file", [0, 1, 2, 3])
def test_a_prompt_that_was_not_played_is_a_no(file: int) -> None:
    """Law: what could not be heard is no consent, in the first turn and in every later one; and it ends there."""
    got, walker = walked(RECORDING, [Pressed("*"), Pressed(YES)], file)
    assert got.answers[-1] == ("refused", "notice")
    assert len(got.played) == file + 1
    assert not [data for name, data in walker.done if name == "bind_digit_action"]


def test_a_call_is_asked_once() -> None:
    """Law: a transfer that comes by the dialplan again asks nobody again, and changes no answer."""
    _, walker = walked(PLAIN, [Pressed("2")])
    before = (list(walker.answers), dict(walker.variables))
    walker.walk()
    assert (walker.answers, walker.variables) == before


def test_each_leg_knows_its_call_before_anything_is_played() -> None:
    """Law: the variable of the call goes to the legs that are dialled, and consent stands on the caller's alone."""
    _, walker = walked(PLAIN, [Pressed(YES)])
    names = [name for name, _ in walker.done]
    exported = [data for name, data in walker.done if name == "export"]
    assert exported == [f"nolocal:ouidire_call={walker.variables['uuid']}"]
    assert names.index("export") < names.index("playback")
    assert ("set", "ouidire_consent=asked") in walker.done[: names.index("playback")]


def test_a_yes_is_journalled_before_it_opens_anything() -> None:
    """Law: the journal first, then the variable that the gate reads, then the event; stop keys before the thanks."""
    _, walker = walked(PLAIN, [Pressed(YES)])
    opened = walker.done.index(("set", "ouidire_consent=granted"))
    assert walker.done[opened - 1][0] == "db"
    assert walker.done[opened - 1][1].startswith("insert/ouidire/granted-")
    assert walker.done[opened + 1][0] == "event"
    after = [name for name, _ in walker.done[opened:]]
    assert after.index("bind_digit_action") < after.index("playback")
    assert ("lua", f"{FOLDER}/{REFERENCE}") in walker.done


def test_what_the_bridge_stopped_stays_stopped() -> None:
    """Law: a stop that comes while the caller is asked is not undone by the yes that follows."""
    walker = Walker(PLAIN, [Pressed(YES)], variables=dict(TRUNK), stops_at=1)
    walker.walk()
    assert walker.answers == [("asked", "notice")]
    assert walker.variables["ouidire_consent"] == "refused"
    ran = [data for name, data in walker.done if name in ("bind_digit_action", "lua")]
    assert ran == [f"{FOLDER}/{NUMBERS}"]  # which comes before the question


def test_stop_keys_are_bound_for_both_after_a_yes_alone() -> None:
    """Law: the stop keys of both legs run our script with the call's own uuid, and only where there is what to stop."""
    _, walker = walked(PLAIN, [Pressed(YES)])
    bound = [data for name, data in walker.done if name == "bind_digit_action"]
    script = f"api:lua,{FOLDER}/{STOP}"
    assert bound[0] == f"ouidire,{STOP_KEYS},{script} {walker.variables['uuid']} caller star9,self,self"
    assert bound[1] == f"ouidire,{STOP_KEYS},{script} {walker.variables['uuid']} agent star9,peer,peer"
    assert [data.split(",")[-1] for data in bound] == ["self", "peer", "self", "peer", "peer"]
    assert bound[-1].startswith(f"ouidire,{CONTEST_KEYS},api:luarun,")
    realms = [data for name, data in walker.done if name == "digit_action_set_realm"]
    assert realms == ["ouidire", "ouidire,peer"]
    for presses in ([Pressed("2")], [], [Pressed("5"), Pressed("5")]):
        assert not [name for name, _ in walked(PLAIN, presses)[1].done if name == "bind_digit_action"]


def test_only_who_pressed_a_no_is_told_so() -> None:
    """Law: silence and wrong keys go to the agent at once; after a yes there is more to hear than after a no."""
    assert walked(PLAIN, [Pressed("2")])[0].played == ["en/notice", "en/no"]
    assert walked(PLAIN, [])[0].played == ["en/notice"]
    assert walked(PLAIN, [Pressed(YES)])[0].played == ["en/notice", "en/yes"]


def test_no_prompt_of_the_notice_can_be_cut_short() -> None:
    """Law: every prompt before the answer plays with no key that ends it."""
    _, walker = walked(RECORDING, [Pressed("*"), Pressed("5"), Pressed(YES)])
    terminators = ""
    for name, data in walker.done:
        if name == "set" and data.startswith("playback_terminators="):
            terminators = data.partition("=")[2]
        if name == "playback" and not data.endswith("/yes.wav"):
            assert terminators == "none", data


def test_every_extension_that_is_named_is_there() -> None:
    """Law: each state that an action names has an extension, but for the end, which has none."""
    walker = Walker(PLAIN)
    for data in attributes(PLAIN, "set"):
        name, _, state = data.partition("=")
        if name == "ouidire_state" and "${" not in state and state != dialogue.OVER:
            assert f"ouidire_{state}" in walker.names(), state


def test_the_states_are_those_of_the_table() -> None:
    """Law: whatever the table plays or awaits before an answer has an extension of its name."""
    names = set(Walker(PLAIN).names())
    asked = [State.ANNOUNCING, State.ASKING, State.REPEATING, State.EXPLAINING, State.REMINDING, State.ASKING_AGAIN]
    assert {f"ouidire_{state}" for state in asked} <= names


def test_rounds_are_left_out_once_it_is_over() -> None:
    """Law: a short dialogue costs few looks into the dialplan."""
    _, walker = walked(PLAIN, [Pressed("2")])
    assert walker.runs <= 2 * dialogue.STATES_A_ROUND + dialogue.ROUNDS


def test_another_configuration_folder_is_another_place(chosen: FreeSwitchSettings) -> None:
    """Law: prompts and scripts lie where the install was told to put them, and nowhere else."""
    text = files_of(replace(chosen), Path("/opt/fs/conf"))[DIALPLAN]
    assert "/etc/freeswitch" not in text
    assert all(data.startswith("/opt/fs/conf/ouidire/") for data in attributes(text, "playback"))
