"""Everybody that a process speaks with, seen in two ways: what its Python asks of the system (audit events, written by
a module that its interpreter loads first), and which sockets the kernel holds for it and its children (/proc).
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

_HOOK = """\
import json, os, sys
_out = os.open(os.environ["LAB_CONNECTIONS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
_WATCHED = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind", "socket.getaddrinfo"}
def _hook(event, arguments):
    if event in _WATCHED:
        address = arguments[:2] if event == "socket.getaddrinfo" else arguments[1]
        line = json.dumps([event, [str(part) for part in address] if isinstance(address, tuple) else [str(address)]])
        os.write(_out, line.encode() + b"\\n")
sys.addaudithook(_hook)
"""
_TABLES = ("tcp", "tcp6", "udp", "udp6")
_LISTENS, _UNCONNECTED = "0A", "07"


@dataclass(frozen=True, slots=True)
class Socket:
    """One socket of the kernel's tables; addresses as host:port, `peer` "" where there is none."""

    protocol: str
    local: str
    peer: str


def environment(folder: Path) -> dict[str, str]:
    """What a process must be started with, so that `asked` knows what it asked for."""
    (folder / "sitecustomize.py").write_text(_HOOK, encoding="utf-8")
    return {"PYTHONPATH": str(folder), "LAB_CONNECTIONS": str(folder / "asked.jsonl")}


def asked(folder: Path) -> list[tuple[str, tuple[str, ...]]]:
    """(audit event, address) of all that was asked for, in order."""
    lines = (folder / "asked.jsonl").read_text(encoding="utf-8").splitlines()
    return [(event, tuple(address)) for event, address in map(json.loads, lines)]


def sockets(pid: int) -> set[Socket]:
    """The internet sockets that a process and its children hold now."""
    inodes = {inode for one in _family(pid) for inode in _inodes(one)}
    found = set()
    for table in _TABLES:
        for line in Path(f"/proc/{pid}/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes:
                has_peer = fields[3] not in (_LISTENS, _UNCONNECTED)
                found.add(Socket(table, _address(fields[1]), _address(fields[2]) if has_peer else ""))
    return found


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(one for child in children for one in _family(int(child)))]


def _inodes(pid: int) -> set[str]:
    found = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(descriptor)
        except FileNotFoundError:  # closed since
            continue
        if target.startswith("socket:["):
            found.add(target[8:-1])
    return found


def _address(text: str) -> str:
    """0100007F:1F90 is 127.0.0.1:8080; IPv6 in its own words of 32 bits, each of them turned round (proc(5))."""
    host, _, port = text.partition(":")
    words = [bytes.fromhex(host[at : at + 8])[::-1] for at in range(0, len(host), 8)]
    if len(words) == 1:
        return f"{'.'.join(str(byte) for byte in words[0])}:{int(port, 16)}"
    return f"[{b''.join(words).hex(':', 2)}]:{int(port, 16)}"
