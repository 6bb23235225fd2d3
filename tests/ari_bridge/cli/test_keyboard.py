"""Keys, one by one, from a pipe and from a terminal."""

import asyncio
import os
import pty
import termios
from contextlib import closing

from ari_bridge.cli.keyboard import END, Keyboard


async def test_keys_come_one_by_one_and_then_the_end() -> None:
    """Law: line ends are no keys, and the end of the input is told."""
    reader, writer = os.pipe()
    keyboard = Keyboard(reader)
    os.write(writer, b"1\n*9")
    os.close(writer)
    keyboard.start()
    assert [await keyboard.key() for _ in range(4)] == ["1", "*", "9", END]


async def test_no_key_is_silence() -> None:
    """Law: a wait without a key ends with None."""
    reader, writer = os.pipe()
    keyboard = Keyboard(reader)
    keyboard.start()
    assert await keyboard.key(0.01) is None
    os.close(writer)


async def test_a_terminal_needs_no_enter_and_gets_its_mode_back() -> None:
    """Law: a key counts when it is pressed; afterwards the terminal is as it was; what was typed before is dropped."""
    outside, inside = pty.openpty()
    before = termios.tcgetattr(inside)
    os.write(outside, b"1")
    await asyncio.sleep(0.05)
    with closing(Keyboard(inside)) as keyboard:
        keyboard.start()
        assert await keyboard.key(0.1) is None
        os.write(outside, b"2")
        assert await keyboard.key(2.0) == "2"
    assert termios.tcgetattr(inside) == before
    os.close(outside)
