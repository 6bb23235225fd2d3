"""Laws of who guesses."""

import asyncio

from tests.lab.guesses import guessed


async def test_as_many_guesses_come_as_were_asked_for() -> None:
    """Law: a flood that does not come proves nothing: each guess is a request of its own, and none is like another."""
    asked = set[bytes]()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.add(await reader.readline())
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with guessed(port, 200, 1.0), asyncio.timeout(20):
        while len(asked) < 150:
            await asyncio.sleep(0.01)
    server.close()
    assert all(one.startswith(b"GET /p/y/") for one in asked)
