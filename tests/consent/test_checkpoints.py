"""When the head is signed."""

from consent.checkpoints import SEVERAL, sign_if_grown
from consent.ledger import Ledger
from consent.states import Answer
from consent.verification import verify_chain
from tests.conftest import Callers


async def test_each_head_is_signed_once(ledger: Ledger) -> None:
    """Law: a chain that has grown gets a signature, one that has not gets none; each holds."""
    first = await sign_if_grown(ledger)
    assert first is not None
    assert await sign_if_grown(ledger) is None
    await ledger.note("test", {})
    second = await sign_if_grown(ledger)
    assert second is not None
    assert second.seq == first.seq + 1
    assert (await ledger.database.read(verify_chain)).checkpoints == 2


async def test_nothing_is_signed_in_the_middle_of_a_single_call(callers: Callers, ledger: Ledger) -> None:
    """Law: the place that is signed tells no answer of the only caller of an hour; among several it tells nothing."""
    await sign_if_grown(ledger)
    await callers.says_yes("call-1")
    assert await sign_if_grown(ledger) is None
    for number in range(2, SEVERAL + 1):
        await callers.says_yes(f"call-{number}")
    assert await sign_if_grown(ledger) is not None


async def test_a_no_and_a_yes_take_as_many_rows(callers: Callers, ledger: Ledger) -> None:
    """Law: from one signature to the next a quiet hour's call makes the chain as long, whatever its caller answered."""
    lengths = []
    for call_id, answers in (("no", (Answer.REFUSED,)), ("yes", (Answer.GRANTED, Answer.EXPIRED))):
        before = await ledger.checkpoint()
        for answer in (Answer.ASKED, *answers):
            await ledger.record(callers.entry(call_id, answer))
        await ledger.close(call_id, lambda _: b"")
        lengths.append((await ledger.checkpoint()).seq - before.seq)
    assert lengths[0] == lengths[1]
