"""The dialogue on a real Asterisk: every key in every state, silence and hang-up, all calls at the same time."""

import asyncio
import io
import wave
from dataclasses import dataclass

import pytest

from consent.dialogue import Dialogue
from consent.states import KEY_TIMEOUT_S, PROMPTS, Answer, Event, State
from dialplan.recordings import recording
from dialplan.render import CONTEXTS
from tests.dialplan.live.conftest import SETTINGS, Site, until_answered
from tests.lab.phone import Phone

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

ALL_KEYS = "1234567890*#"
WALKED = (State.ANNOUNCING, State.ASKING, State.REMINDING, State.ASKING_AGAIN)


def length_s(prompt: str) -> float:
    with wave.open(io.BytesIO(recording("en", prompt))) as sound:
        return sound.getnframes() / sound.getframerate()


NOTICE_S, KEYS_S = length_s(PROMPTS[State.ANNOUNCING]), length_s(PROMPTS[State.REMINDING])
MIDDLE_S = {
    State.ANNOUNCING: NOTICE_S / 2,
    State.ASKING: NOTICE_S + KEY_TIMEOUT_S / 2,
    State.REMINDING: NOTICE_S + KEY_TIMEOUT_S + KEYS_S / 2,
    State.ASKING_AGAIN: NOTICE_S + KEY_TIMEOUT_S + KEYS_S + KEY_TIMEOUT_S / 2,
}
"""How long after the answer a caller who presses nothing is in the middle of a state."""
OVER_S = MIDDLE_S[State.ASKING_AGAIN] + KEY_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class Walk:
    """One caller: does nothing but one thing, in the middle of one state. Without a key it hangs up."""

    number: str
    state: State | None
    key: str | None

    def expected(self) -> list[tuple[str, str]]:
        """What consent.dialogue records of the same caller: (answer, why), the first question included."""
        dialogue, recorded = Dialogue(), [("asked", "notice")]
        done = self.state is None
        while dialogue.state in WALKED:
            if not done and dialogue.state is self.state:
                event, done = Event.HANGUP, True
                if self.key is not None:
                    answer = dialogue.feed(self.event()).answer
                    recorded += [(answer, "key")] if answer in (Answer.GRANTED,) else []
                    recorded += [(answer, self.why())] if answer is Answer.REFUSED else []
                    continue
            else:
                waits = dialogue.state in (State.ASKING, State.ASKING_AGAIN)
                event = Event.SILENCE if waits else Event.PROMPT_ENDED
            step = dialogue.feed(event)
            recorded += [(step.answer, str(step.why))] if step.answer else []
        return recorded

    def event(self) -> Event:
        return {"1": Event.YES, "2": Event.NO}.get(self.key or "", Event.OTHER_KEY)

    def why(self) -> str:
        return "key" if self.key == "2" else "wrong_keys"

    async def walk(self, site: Site, phone: Phone) -> str:
        """Call, do it, stay to the end; the call's uniqueid."""
        call = await until_answered(await phone.dial("51001"))
        started = asyncio.get_running_loop().time()
        unique_id = await site.unique_id(self.number)
        if self.state is not None:
            await asyncio.sleep(started + MIDDLE_S[self.state] - asyncio.get_running_loop().time())
            await (call.hang_up() if self.key is None else call.press(self.key))
        if self.key is not None or self.state is None:
            await asyncio.sleep(started + OVER_S - asyncio.get_running_loop().time())
            await call.hang_up()
        return unique_id


WALKS = [
    Walk(f"06{at:08}", *what)
    for at, what in enumerate(
        [(state, key) for state in WALKED for key in (*ALL_KEYS, None)] + [(None, None)]  # type: ignore[list-item]
    )
]


async def test_every_key_in_every_state(site: Site) -> None:
    """Law: the PBX records of each caller what the table says, and a key pressed while a prompt plays changes nothing.

    48 callers press one key in one state, 4 hang up in one state, one does nothing.
    """
    phones = [await site.caller(walk.number) for walk in WALKS]
    calls = await asyncio.gather(*(one.walk(site, phone) for one, phone in zip(WALKS, phones, strict=True)))
    await asyncio.sleep(0.5)
    journal = await site.journal()
    wrong = {}
    for walk, call in zip(WALKS, calls, strict=True):
        found = [(answer, journal[answer, call].split("|")[0]) for answer in Answer if (answer, call) in journal]
        if found != walk.expected():
            wrong[walk.state, walk.key] = (found, walk.expected())
    assert not wrong
    granted = {(walk.state, walk.key) for walk, call in zip(WALKS, calls, strict=True) if ("granted", call) in journal}
    assert granted == {(State.ASKING, "1"), (State.ASKING_AGAIN, "1")}
    for phone in phones:
        await phone.close()


async def test_it_speaks_the_language_of_the_channel_and_names_its_notice(site: Site) -> None:
    """Law: a French channel hears the French notice, and the answer carries its id; other features of the call stay."""
    phone = await site.caller("0711111111")
    call = await until_answered(await phone.dial("201"))
    unique_id = await site.unique_id("0711111111")
    await asyncio.sleep(1)
    await call.hang_up()
    await asyncio.sleep(0.5)
    french = SETTINGS.notices[1]
    assert (await site.journal())["refused", unique_id] == f"hangup|{french.notice_id}|fr"
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
