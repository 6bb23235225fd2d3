"""Laws of bringing cards to phones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
import structlog

from ari_bridge.pbx.port import PbxRefused
from ari_bridge.screens import contesting
from ari_bridge.screens import push as push_module
from ari_bridge.screens.card import CardState
from ari_bridge.screens.challenges import Login
from ari_bridge.screens.http_phone import HttpPhone
from ari_bridge.screens.http_phones import HttpPhones
from ari_bridge.screens.push import Pusher, PushStats
from ari_bridge.screens.schedule import Phone
from ari_bridge.screens.wording import card_of
from tests.ari_bridge.screens.asterisk_arguments import notify_body
from tests.ari_bridge.screens.clock import Clock
from tests.ari_bridge.screens.web_phone import USERNAME, Asks, WebPhone

YEALINK, CISCO = Phone("1001", "yealink"), Phone("1002", "cisco")
URL = "http://192.0.2.1/p/y/SECRETSECRETSECRETSECR"
GRANTED, PAUSED, REFUSED = (
    card_of(state, language="en") for state in (CardState.GRANTED, CardState.PAUSED, CardState.REFUSED)
)


class FakePhones:
    """Phones behind a PBX that takes everything, refuses everything, or never answers."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, str, str]] = []
        self.error: Exception | None = None
        self.hangs = False
        self.second = asyncio.Event()

    async def notify(self, endpoint: str, event: str, content_type: str, content: Sequence[str]) -> None:
        """As `Phones.notify`."""
        if self.hangs:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        self.taken.append((endpoint, event, content_type, notify_body(tuple(content))))
        if len(self.taken) == 2:
            self.second.set()


async def test_each_phone_gets_the_document_of_its_family() -> None:
    """A Yealink phone gets the card itself, a Cisco phone its address, each with its family's event."""
    phones = FakePhones()
    pusher = Pusher(phones, Clock())
    pusher.show(YEALINK, URL, GRANTED)
    pusher.show(CISCO, URL, GRANTED)
    await pusher.settle()
    events = {endpoint: (event, content_type) for endpoint, event, content_type, _ in phones.taken}
    assert events == {"1001": ("Yealink-xml", "application/xml"), "1002": ("XML-Service", "text/xml")}
    bodies = {endpoint: body for endpoint, _, _, body in phones.taken}
    assert GRANTED.consent in bodies["1001"]
    assert URL in bodies["1002"]
    assert pusher.stats() == PushStats(sent=2, failed=0, superseded=0, refused=0)
    await pusher.stop()


async def test_the_newest_card_goes_when_its_time_has_come() -> None:
    """Within the interval nothing goes; at its end the newest goes by itself."""
    phones, clock = FakePhones(), Clock()
    pusher = Pusher(phones, clock)
    pusher.show(YEALINK, URL, GRANTED)
    await pusher.settle()
    pusher.show(YEALINK, URL, PAUSED)
    await pusher.settle()
    assert len(phones.taken) == 1
    clock.now_s += 5
    pusher.pump()
    await pusher.settle()
    assert PAUSED.lines[0] in phones.taken[-1][3]
    await pusher.stop()


async def test_the_timer_sends_without_being_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a real clock a waiting card goes out although nobody offers another."""
    monkeypatch.setattr("ari_bridge.screens.schedule.INTERVAL_S", 0.05)
    phones = FakePhones()
    pusher = Pusher(phones)
    pusher.show(YEALINK, URL, GRANTED)
    pusher.show(YEALINK, URL, PAUSED)
    async with asyncio.timeout(5):
        await phones.second.wait()
    await pusher.stop()


@pytest.mark.parametrize("error", [PbxRefused("no"), TimeoutError(), ConnectionResetError(), RuntimeError("bug")])
async def test_no_trouble_of_a_phone_reaches_the_caller(error: Exception) -> None:
    """Whatever goes wrong is counted and logged without the secret address, and tried once more after the interval."""
    phones, clock = FakePhones(), Clock()
    phones.error = error
    pusher = Pusher(phones, clock)
    with structlog.testing.capture_logs() as logs:
        pusher.show(YEALINK, URL, REFUSED)
        await pusher.settle()
    assert pusher.stats().failed == 1
    assert [entry["event"] for entry in logs] == ["push.failed"]
    assert "SECRET" not in str(logs)
    phones.error = None
    clock.now_s += 5
    pusher.pump()
    await pusher.settle()
    assert pusher.stats().sent == 1
    await pusher.stop()


async def test_an_unknown_family_is_a_failed_push_and_nothing_more() -> None:
    """A phone that nobody can draw for costs a count, not the call."""
    pusher = Pusher(FakePhones(), Clock())
    pusher.show(Phone("1003", "abacus"), URL, REFUSED)
    await pusher.settle()
    assert pusher.stats().failed == 1
    await pusher.stop()


async def test_a_silent_pbx_holds_up_no_other_phone_and_no_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A push without an answer ends by itself as failed; meanwhile the caller goes on."""
    monkeypatch.setattr(push_module, "TIMEOUT_S", 0.05)
    phones = FakePhones()
    phones.hangs = True
    pusher = Pusher(phones, Clock())
    pusher.show(YEALINK, URL, GRANTED)
    await asyncio.sleep(0)
    phones.hangs = False
    pusher.show(CISCO, URL, GRANTED)
    await pusher.stop()
    assert [endpoint for endpoint, *_ in phones.taken] == ["1002"]
    assert pusher.stats().failed == 1


async def test_nothing_is_sent_after_the_stop() -> None:
    """A stopped pusher is silent, whoever calls."""
    phones = FakePhones()
    pusher = Pusher(phones, Clock())
    await pusher.stop()
    pusher.show(YEALINK, URL, GRANTED)
    pusher.pump()
    await pusher.settle()
    assert phones.taken == []


async def test_a_phone_that_only_pulls_is_passed_over_and_counted() -> None:
    """A family without a documented push gets none: nothing is sent, waits, or fails, and the count says so."""
    phones = FakePhones()
    pusher = Pusher(phones, Clock())
    pusher.show(Phone("1003", "grandstream"), URL, GRANTED)
    await pusher.settle()
    assert phones.taken == []
    assert pusher.stats() == PushStats(sent=0, failed=0, superseded=0, refused=0, pull_only=1)
    await pusher.stop()


def _pages(phone: WebPhone) -> list[str]:
    return [taken.body.decode() for taken in phone.taken]


@asynccontextmanager
async def _by_http(**phones: WebPhone) -> AsyncIterator[HttpPhones]:
    direct = HttpPhones({name.strip("_"): HttpPhone(phone.origin) for name, phone in phones.items()})
    await direct.start()
    try:
        yield direct
    finally:
        await direct.stop()


async def test_http_goes_before_the_pbx_where_the_settings_name_a_way() -> None:
    """A phone with a way of its own gets its card there and no NOTIFY; another one of the family gets its NOTIFY."""
    phones = FakePhones()
    async with WebPhone() as web, _by_http(_1001=web) as direct:
        pusher = Pusher(phones, Clock(), direct=direct)
        pusher.show(YEALINK, URL, GRANTED)
        pusher.show(Phone("1009", "yealink"), URL, GRANTED)
        await pusher.settle()
        assert [endpoint for endpoint, *_ in phones.taken] == ["1009"]
        assert GRANTED.consent in _pages(web)[0]
        assert pusher.stats() == PushStats(sent=2, failed=0, superseded=0, refused=0)
        await pusher.stop()


async def test_a_family_that_only_pulls_gets_its_card_by_http() -> None:
    """A way by HTTP makes a Fanvil phone one that is pushed to; a Grandstream phone's family has none."""
    async with WebPhone() as web, _by_http(_1001=web, _1002=web) as direct:
        pusher = Pusher(FakePhones(), Clock(), direct=direct)
        pusher.show(Phone("1001", "fanvil"), URL, GRANTED)
        pusher.show(Phone("1002", "grandstream"), URL, GRANTED)
        pusher.show(Phone("1003", "fanvil"), URL, GRANTED)
        await pusher.settle()
        assert [taken.target for taken in web.taken] == ["/xmlService"]
        assert pusher.stats() == PushStats(sent=1, failed=0, superseded=0, refused=0, pull_only=2)
        await pusher.stop()


async def test_a_slow_phone_gets_the_newest_card_and_one_at_a_time() -> None:
    """While a phone takes its time nothing else goes to it; then it gets what holds now, and nothing in between."""
    async with WebPhone() as web, _by_http(_1001=web) as direct:
        web.goes_on.clear()
        pusher = Pusher(FakePhones(), Clock(), direct=direct)
        for card in (GRANTED, PAUSED, REFUSED):
            pusher.show(YEALINK, URL, card)
            await asyncio.sleep(0.02)
        assert web.most_at_once == 1
        web.goes_on.set()
        await pusher.settle()
        first, second = _pages(web)
        assert GRANTED.consent in first
        assert REFUSED.consent in second
        assert (web.most_at_once, pusher.stats().superseded) == (1, 1)
        await pusher.stop()


async def test_a_phone_that_never_answers_costs_its_time_and_one_more_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """After 3 s at most a try has failed; one more follows after the interval, and then none."""
    assert push_module.TIMEOUT_S <= 3
    monkeypatch.setattr(push_module, "TIMEOUT_S", 0.05)
    clock = Clock()
    async with WebPhone() as web, _by_http(_1001=web) as direct:
        web.goes_on.clear()
        pusher = Pusher(FakePhones(), clock, direct=direct)
        pusher.show(YEALINK, URL, REFUSED)
        for _ in range(4):
            await pusher.settle()
            clock.now_s += 5
            pusher.pump()
        assert pusher.stats().failed == 2
        assert web.most_at_once == 1
        await pusher.stop()


async def test_a_refused_password_is_a_count_and_names_no_secret() -> None:
    """A wrong password costs nothing but the card: counted, in the log without password and address."""
    async with WebPhone(Asks()) as web:
        direct = HttpPhones({"1001": HttpPhone(web.origin, Login(USERNAME, "SECRETPASSWORD"))})
        await direct.start()
        pusher = Pusher(FakePhones(), Clock(), direct=direct)
        with structlog.testing.capture_logs() as logs:
            pusher.show(YEALINK, URL, REFUSED)
            await pusher.settle()
        assert [entry["error"] for entry in logs] == ["PasswordRefused"]
        assert "SECRET" not in str(logs)
        assert (pusher.stats().failed, web.taken) == (1, [])
        await pusher.stop()
        await direct.stop()


async def test_the_log_says_what_the_phone_answered() -> None:
    """An admin sees from the log alone what to look for on the phone."""
    async with WebPhone(status=404) as web, _by_http(_1001=web) as direct:
        pusher = Pusher(FakePhones(), Clock(), direct=direct)
        with structlog.testing.capture_logs() as logs:
            pusher.show(YEALINK, URL, REFUSED)
            await pusher.settle()
        assert [entry["reason"] for entry in logs] == ["the phone answered 404"]
        await pusher.stop()


async def test_a_contested_score_leaves_the_other_agents_phone_at_once() -> None:
    """The card after a contest goes out without waiting for the interval."""
    phones, clock = FakePhones(), Clock()
    pusher = Pusher(phones, clock)
    pusher.show(YEALINK, URL, GRANTED)
    await pusher.settle()
    clock.now_s += 1
    pusher.show(YEALINK, URL, contesting.dropped(GRANTED, "en"))
    await pusher.settle()
    assert contesting.contest_words("en").dropped in phones.taken[1][3]
    await pusher.stop()
