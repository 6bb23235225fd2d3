"""When the head is signed."""

from consent.checkpoints import sign_if_grown
from consent.ledger import Ledger
from consent.verification import verify_chain


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
