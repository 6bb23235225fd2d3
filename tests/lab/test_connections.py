"""Laws of watching whom a process speaks with."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from tests.lab import connections


def test_the_kernels_sockets_of_a_process_are_found() -> None:
    """A listener has no peer, a connection has one, a closed socket is gone."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        here, there = (":".join(map(str, one.getsockname())) for one in (client, server))
        found = connections.sockets(os.getpid())
        assert connections.Socket("tcp", there, "") in found
        assert connections.Socket("tcp", here, there) in found
    assert not {one for one in connections.sockets(os.getpid()) if there in (one.local, one.peer)}


def test_whatever_python_asks_for_is_written_down(tmp_path: Path) -> None:
    """Connections that fail at once, datagrams and names are seen too, which the kernel's tables would not show."""
    program = (
        "import socket\n"
        "with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:\n"
        "    one.sendto(b'x', ('127.0.0.1', 9))\n"
        "    one.connect_ex(('127.0.0.2', 9))\n"
        "socket.getaddrinfo('127.0.0.3', 9)\n"
    )
    environment = os.environ | connections.environment(tmp_path)
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
    assert connections.asked(tmp_path) == [
        ("socket.sendto", ("127.0.0.1", "9")),
        ("socket.connect", ("127.0.0.2", "9")),
        ("socket.getaddrinfo", ("127.0.0.3", "9")),
    ]
