"""A witness between the PBX and the bridge: it passes TCP connections on, and notes what the PBX sent when."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Passed:
    """One fork's connection."""

    arrivals_ns: list[int] = field(default_factory=list)
    sent: int = 0
    """Bytes from the PBX."""
    ended_ns: int = 0


@asynccontextmanager
async def relaying(port: int, bridge_port: int) -> AsyncIterator[list[Passed]]:
    """Listen on loopback and pass on to the bridge; where nobody listens there, the PBX's connection is ended."""
    kept: list[Passed] = []
    tasks: set[asyncio.Task[None]] = set()

    async def serve(pbx_reads: asyncio.StreamReader, pbx_writes: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        one = Passed()
        kept.append(one)
        try:
            reads, writes = await asyncio.open_connection("127.0.0.1", bridge_port)
            await asyncio.wait(
                [
                    asyncio.ensure_future(_there(pbx_reads, writes, one)),
                    asyncio.ensure_future(_back(reads, pbx_writes)),
                ],
                return_when=asyncio.FIRST_COMPLETED,
            )
            writes.close()
        except ConnectionError:
            pass
        finally:
            one.ended_ns = time.time_ns()
            pbx_writes.close()
            tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    try:
        yield kept
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()


async def _there(reads: asyncio.StreamReader, writes: asyncio.StreamWriter, one: Passed) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reads.read(1 << 16):
            one.arrivals_ns.append(time.time_ns())
            one.sent += len(data)
            writes.write(data)


async def _back(reads: asyncio.StreamReader, writes: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reads.read(1 << 16):
            writes.write(data)
