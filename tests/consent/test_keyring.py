"""Laws of the keyring: it finds what somebody names, tells nothing by itself, and what it forgets is noise."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from consent.errors import NothingKept
from consent.keyring import Keyring, Record
from consent.retention import Retention

DAY = date(2050, 1, 10)


async def opened(keyring: Keyring, mac: str = "mac-1", tag: str = "") -> Record:
    """A record of that day."""
    return await keyring.open(mac, "call", tag, Retention(30), DAY)


async def closed(keyring: Keyring, mac: str = "mac-1") -> Record:
    """A record to which nothing is to come."""
    await keyring.close((await opened(keyring, mac)).record_id)
    found = await keyring.of(mac)
    assert found is not None
    return found


async def test_a_call_has_one_record(keyring: Keyring) -> None:
    """Opening twice finds the same secrets; a tag that came later is added, never replaced; each is counted once."""
    first = await opened(keyring)
    again = await opened(keyring, tag="1-aa")
    third = await opened(keyring, tag="2-bb")
    assert (again.record_id, again.secret, again.number_tag) == (first.record_id, first.secret, "1-aa")
    assert third.number_tag == "1-aa"
    assert await keyring.opened() == 1
    assert (first.opened_on, first.derived_goes_on, first.goes_on) == ("2050-01-10", "2050-02-09", "2051-01-10")


async def test_no_secret_is_in_a_repr(keyring: Keyring) -> None:
    """What a log could show of a record opens nothing."""
    record = await opened(keyring, tag="1-aa")
    assert record.derived is not None
    for secret in (record.secret, record.derived):
        assert repr(secret) not in repr(record)
    assert "1-aa" not in repr(record)


async def test_a_reference_is_given_once_and_to_one(keyring: Keyring) -> None:
    """Neither a second one for a call, nor one for two calls."""
    first, second = await opened(keyring, "mac-1"), await opened(keyring, "mac-2")
    assert await keyring.give_reference(first.record_id, "ref-1")
    assert not await keyring.give_reference(first.record_id, "ref-2")
    assert not await keyring.give_reference(second.record_id, "ref-1")
    found = await keyring.of_reference("ref-1")
    assert found is not None
    assert found.record_id == first.record_id
    assert (await keyring.referenced_on(DAY), await keyring.referenced_on(date(2050, 1, 11))) == (1, 0)


async def test_what_is_due_is_over_and_free(keyring: Keyring) -> None:
    """Numbers on their day, the record on its own; nothing that is in progress, nothing that is held."""
    await opened(keyring, "in progress")
    record, held = await closed(keyring, "over"), await closed(keyring, "held")
    await keyring.hold(held.record_id, date(2051, 2, 1))
    assert await keyring.due(date(2050, 2, 8)) == ([], [])
    assert await keyring.due(date(2050, 2, 9)) == ([record], [])
    derived, whole = await keyring.due(date(2051, 1, 10))
    assert (derived, whole) == ([record], [record])
    assert [one.record_id for one in await keyring.holds_over(date(2051, 2, 1))] == [held.record_id]
    assert len((await keyring.due(date(2051, 2, 1)))[1]) == 2


async def test_a_record_can_go_earlier_as_a_whole(keyring: Keyring) -> None:
    """Whoever asks for erasure during the call is not made to wait for the record's own day."""
    record = await closed(keyring)
    await keyring.bring_forward(record.record_id, DAY)
    assert [one.record_id for one in (await keyring.due(DAY))[1]] == [record.record_id]


async def test_a_new_secret_for_what_is_put_right(keyring: Keyring) -> None:
    """The old one opens nothing any more; without one there is nothing to put right."""
    record = await closed(keyring)
    renewed = await keyring.renew_derived(record)
    assert renewed.derived not in (None, record.derived)
    assert await keyring.of("mac-1") == renewed
    with pytest.raises(NothingKept):
        await keyring.renew_derived(record)
    assert await keyring.forget_derived([record.record_id]) == 1
    with pytest.raises(NothingKept):
        await keyring.renew_derived(renewed)


async def test_what_is_forgotten_is_in_no_byte(keyring: Keyring) -> None:
    """Neither the file nor its log holds a secret that was deleted; how many were ever opened is still known."""
    record = await closed(keyring)
    assert await keyring.forget([record.record_id]) == 1
    assert await keyring.of("mac-1") is None
    assert record.derived is not None
    folder = keyring._database.path.parent
    for file in folder.glob(f"{keyring._database.path.name}*"):
        assert record.secret not in file.read_bytes()
        assert record.derived not in file.read_bytes()
    assert await keyring.opened() == 1


async def test_what_is_buried_is_over_for_good(keyring: Keyring) -> None:
    """Of a record whose seals are lost there remains that it is over: no reference finds it, no secret is the same."""
    record = await opened(keyring, tag="1-aa")
    await keyring.give_reference(record.record_id, "ref-1")
    await keyring.bury([record.record_id], date(2050, 1, 12))
    buried = await opened(keyring)
    assert (buried.kind, buried.derived, buried.number_tag, buried.goes_on) == ("gone", None, "", "2050-01-12")
    assert buried.ended
    assert buried.closed
    assert buried.secret != record.secret
    assert await keyring.of_reference("ref-1") is None


async def test_a_day_that_was_seen_stays_seen(keyring: Keyring) -> None:
    """A clock that is set back is not believed; a count is only ever skipped forward."""
    assert await keyring.today(DAY) == DAY
    assert await keyring.today(date(2049, 1, 1)) == DAY
    await keyring.skip_to(7)
    await keyring.skip_to(3)
    assert await keyring.opened() == 7


async def test_what_waits_for_the_keyring_is_counted(keyring: Keyring) -> None:
    """Law: an admin sees what waits for the second file as for the first: while it does, no answer is recorded."""
    asked = asyncio.ensure_future(keyring.of("a mac of nobody"))
    await asyncio.sleep(0)
    assert keyring.waiting == 1
    assert await asked is None
    assert keyring.waiting == 0
