"""Somebody who guesses the addresses of cards, in a process of their own, each guess on a connection of its own."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_PROGRAM = """
import asyncio, sys
port, rate, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
async def guess(number):
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /p/y/%022d HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n" % number)
        await asyncio.sleep(2)
        writer.close()
    except OSError:
        pass
async def flood():
    start, guesses = asyncio.get_running_loop().time(), []
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, start + number / rate - asyncio.get_running_loop().time()))
        guesses.append(asyncio.create_task(guess(number)))
    await asyncio.gather(*guesses)
asyncio.run(flood())
"""


@asynccontextmanager
async def guessed(port: int, per_s: int, for_s: float) -> AsyncIterator[None]:
    """While the context is open so many wrong addresses a second are asked for on loopback, for at most that long."""
    words = (str(port), str(per_s), str(for_s))
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _PROGRAM, *words)
    try:
        yield
    finally:
        process.kill()
        await process.wait()
