"""Laws of the port blocks."""

from tests.lab.ports import BLOCK, take_ports


def test_two_laboratories_never_share_a_port() -> None:
    """While one block is held nobody else gets it; its parts do not overlap either."""
    one, two = take_ports(), take_ports()
    assert abs(one.base - two.base) >= BLOCK
    parts = [{one.sip, one.http, one.ami, one.trunk}, set(one.spare), {one.agent(n) for n in range(1001, 1061)}]
    parts += [set(one.forks), set(one.rtp)]
    assert len(set().union(*parts)) == sum(len(part) for part in parts)
    assert max(max(part) for part in parts) < one.base + BLOCK - 1
    one.release()
    two.release()


def test_a_block_lies_below_the_ephemeral_range() -> None:
    """Phones take their RTP ports from the kernel (32768 and up): they must never fall among the watched ones."""
    ports = take_ports()
    assert ports.base + BLOCK <= 32768
    ports.release()
