"""The dialogue on a real Asterisk: every key in every state, silence and hang-up, all calls at the same time."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from consent.dialogue import Dialogue
from consent.states import KEY_TIMEOUT_S, KEYS, MAX_TURNS, PROMPTS, TWO_KEYS_S, Answer, Event, State
from dialplan.render import CONTEXTS
from tests.dialplan.live.conftest import SETTINGS, SHORT_S, Site, until_answered
from tests.lab.phone import Call, Phone

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

ALL_KEYS = "1234567890*#"
PLAYED_S = {state: SHORT_S[PROMPTS[state]] for state in (
    State.ANNOUNCING, State.REPEATING, State.EXPLAINING, State.REMINDING,
)}  # fmt: skip
AWAITED = (State.ASKING, State.ASKING_AGAIN)
KEY_S = 0.12
"""From the moment at which a test presses to that at which Asterisk knows it: the key itself, and a tick."""
PRESS_S = 0.8
"""How long after the begin of a state that awaits a key a caller presses."""
MIDDLE_S = 0.45
"""How long after the begin of a prompt."""
BETWEEN_CALLERS_S = 0.1
LANGUAGES = [notice.language for notice in SETTINGS.notices]


@dataclass(slots=True)
class Plan:
    """What one caller does: keys at a time after the answer (two keys: at once), and at the end hangs up."""

    name: str
    dialogue: Dialogue = field(default_factory=lambda: Dialogue(LANGUAGES))
    presses: list[tuple[float, str]] = field(default_factory=list)
    recorded: list[tuple[str, str]] = field(default_factory=lambda: [("asked", "notice")])
    began_s: float = 0.0
    """When the state began in which it stands."""

    def press(self, keys: str, after_s: float | None = None) -> "Plan":
        """Press in the state that it is in, where keys count or not; two keys are pressed at once."""
        state = self.dialogue.state
        at_s = self.began_s + (after_s or (PRESS_S if state in AWAITED else MIDDLE_S))
        self.presses.append((at_s, keys))
        if state in AWAITED:
            only_one = keys[0] != "1" or len(keys) == 1
            pause_s = TWO_KEYS_S if keys[0] == "1" and only_one else 0
            self._feed(KEYS.get(keys[0], Event.OTHER_KEY) if only_one else Event.OTHER_KEY, at_s + KEY_S + pause_s)
        return self

    def play(self) -> "Plan":
        """Wait for the end of the prompt that plays."""
        self._feed(Event.PROMPT_ENDED, self.began_s + PLAYED_S[self.dialogue.state])
        return self

    def silent(self) -> "Plan":
        """Do nothing any more."""
        while self.dialogue.state in PLAYED_S:
            self.play()
        if self.dialogue.state in AWAITED:
            self._feed(Event.SILENCE, self.began_s + KEY_TIMEOUT_S)
        return self

    def leave(self) -> "Plan":
        """Hang up here."""
        after_s = PRESS_S if self.dialogue.state in AWAITED else MIDDLE_S
        self._feed(Event.HANGUP, self.began_s + after_s)
        return self

    def _feed(self, event: Event, at_s: float) -> None:
        step = self.dialogue.feed(event)
        self.began_s = at_s
        if step.answer:
            self.recorded.append((step.answer, str(step.why)))

    async def carry_out(self, call: Call, started_s: float) -> None:
        """Do it, and hang up a moment after the end."""
        loop = asyncio.get_running_loop()
        for at_s, keys in self.presses:
            await asyncio.sleep(started_s + at_s - loop.time())
            await call.press(keys, gap_s=0.04)
        hung_up = self.recorded[-1][1] == "hangup"
        await asyncio.sleep(started_s + self.began_s + (0 if hung_up else 0.6) - loop.time())
        await call.hang_up()


def reached(state: State, name: str) -> Plan:
    """A caller who has come to a state in the shortest way."""
    plan = Plan(f"{state} {name}")
    if state is State.ANNOUNCING:
        return plan
    plan.play()
    if state in (State.REMINDING, State.ASKING_AGAIN):
        plan.press("5")
    elif state in (State.REPEATING, State.EXPLAINING):
        plan.press("*")
    if state in (State.ASKING_AGAIN, State.EXPLAINING):
        plan.play()
    assert plan.dialogue.state is state
    return plan


def plans() -> Iterator[Plan]:
    """Everybody who calls."""
    for state in (*PLAYED_S, *AWAITED):
        for key in ALL_KEYS:
            yield reached(state, key).press(key).silent()
        yield reached(state, "hangs up").leave()
    for state in AWAITED:
        yield reached(state, "silence").silent()
        for keys in ("12", "11", "13", "1*", "1#", "10", "21", "31", "51", "#1"):
            yield reached(state, f"{keys} at once").press(keys).silent()
        slow = reached(state, "1, and a 2 after a pause").press("1")
        slow.presses.append((slow.began_s + MIDDLE_S / 2, "2"))
        yield slow
    yield from endless()


def endless() -> Iterator[Plan]:
    """Callers who go round and round."""
    for keys in ("3", "*", "53", "5*", "3*"):
        for last in ("1", keys[0]):
            plan = reached(State.ASKING, f"{keys} for ever, then {last}")
            for turn in range(MAX_TURNS):
                plan.press(keys[turn % len(keys)])
                while plan.dialogue.state in PLAYED_S:
                    plan.play()
            yield plan.press(last).silent()


async def test_every_key_in_every_state(site: Site) -> None:
    """Law: the PBX records of each caller what the table says, in the language that was spoken last; a key pressed
    while a prompt plays changes nothing, two at once are no yes, and nobody goes round for ever.
    """
    every = list(plans())
    phones = [await site.caller(f"06{at:08}") for at in range(len(every))]
    await asyncio.gather(*(one(at, plan, phones[at]) for at, plan in enumerate(every)))
    await asyncio.sleep(0.5)
    journal, asked = await site.journal(), site.ari.asked()
    wrong, granted = [], set()
    for plan, phone in zip(every, phones, strict=True):
        call = asked[phone.number]
        kept = [(answer, journal[answer, call].split("|")) for answer in Answer if (answer, call) in journal]
        found = [(str(answer), fields[0]) for answer, fields in kept]
        if (found, kept[-1][1][2]) != (plan.recorded, plan.dialogue.language):
            wrong.append(f"{plan.name}: {found} in {kept[-1][1][2]}, not {plan.recorded} in {plan.dialogue.language}")
        if ("granted", call) in journal:
            granted.add(plan.name)
    print(f"\nwalked: {len(every)} callers, {sum(len(plan.presses) for plan in every)} presses, {len(granted)} yes")
    assert wrong == []
    assert all(name.rpartition(" ")[2] in ("1", "pause") for name in granted)
    for phone in phones:
        await phone.close()


async def one(place: int, plan: Plan, phone: Phone) -> None:
    """Let one caller call, a moment after the one before."""
    await asyncio.sleep(place * BETWEEN_CALLERS_S)
    call = await until_answered(await phone.dial("51001"))
    await plan.carry_out(call, asyncio.get_running_loop().time())


@pytest.mark.parametrize("way", ["rfc4733", "info", "tones"])
async def test_keys_come_in_every_usual_way(site: Site, way: str) -> None:
    """Law: by RFC 4733, SIP INFO and as sound, a yes is a yes, a no a no, and two keys at once are neither."""
    numbers = {keys: f"0655{at:06}" for at, keys in enumerate(("1", "2", "12"))}
    phones = {keys: await site.caller(number) for keys, number in numbers.items()}
    calls = {}
    for keys, phone in phones.items():
        key_type = None if way == "tones" else 101
        calls[keys] = await until_answered(await phone.dial("51001", key_type))
    ids = {keys: await site.unique_id(number) for keys, number in numbers.items()}
    await asyncio.sleep(SHORT_S["notice"] + 0.5)
    for keys, call in calls.items():
        press = {"rfc4733": call.press, "info": call.press_by_info, "tones": call.press_by_tones}[way]
        await press(keys)
    await asyncio.sleep(1.0)
    journal = await site.journal()
    assert ("granted", ids["1"]) in journal
    assert journal["refused", ids["2"]].startswith("key|")
    assert not {("granted", ids["12"]), ("refused", ids["12"])} & set(journal)
    for call in calls.values():
        await call.hang_up()
    for phone in phones.values():
        await phone.close()


async def test_it_speaks_the_language_of_the_channel_and_names_its_notice(site: Site) -> None:
    """Law: a French channel hears the French notice, and the answer carries its id."""
    phone = await site.caller("0711111111")
    call = await until_answered(await phone.dial("201"))
    unique_id = await site.unique_id("0711111111")
    await asyncio.sleep(0.5)
    await call.hang_up()
    await asyncio.sleep(0.5)
    french = SETTINGS.notices[1]
    assert (await site.journal())["refused", unique_id].startswith(f"hangup|{french.notice_id}|fr")
    events = [one for one in site.ari.user_events("OuidireAnswer") if one["Call"] == unique_id]
    assert [(one["Answer"], one["Why"], one["Notice"], one["Language"]) for one in events] == [
        ("asked", "notice", french.notice_id, "fr"),
        ("refused", "hangup", french.notice_id, "fr"),
    ]
    await phone.close()


async def test_asterisk_has_nothing_to_complain_of(site: Site) -> None:
    """Law: no warning and no error comes from our dialplan, and all of it is loaded."""
    assert site.complaints() == []
    for context in CONTEXTS:
        assert f"[ Context '{context}'" in await site.pbx.cli(f"dialplan show {context}")
