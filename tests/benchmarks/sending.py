"""A sender of the benchmarks, for a moment."""

import asyncio
import subprocess
import sys

from benchmarks.receiving import Receiver


async def heard_of_five(receiver: Receiver, sender: str) -> int:
    """How much a receiver takes of what five forks send within a fifth of a second, 20 ms each."""
    places = await receiver.open(5)
    command = [sys.executable, "-m", sender, "0.2", *map(str, places)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as sending:  # noqa: ASYNC220 - a fifth of a second
        while sending.poll() is None:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)
    await receiver.close()
    return receiver.packets
