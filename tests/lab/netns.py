"""The current command again, in a network namespace where there is nothing but loopback.

There an ordinary user may count packets, and whatever is not on this machine cannot be reached: both are wanted.
"""

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys

from tests.lab.errors import LabError

_MARK = "OUIDIRE_LAB_WITHOUT_NETWORK"
_SIOCGIFFLAGS, _SIOCSIFFLAGS = 0x8913, 0x8914
_IFF_UP = 1
_IFREQ = struct.Struct("16sh22x")


def reexec_without_network() -> None:
    """Replace this process by the same command without a network; return at once where that has been done.

    Root keeps its rights; an ordinary user becomes root of a user namespace, which reaches no farther than this
    process's own. Raises LabError where the system does not allow it.
    """
    if os.environ.get(_MARK):
        bring_loopback_up()
        return
    command = unshare_command()
    sys.stdout.flush()
    sys.stderr.flush()
    os.environ[_MARK] = "1"
    os.execvp(command[0], [*command, *sys.orig_argv])  # noqa: S606 - no shell is wanted


def unshare_command() -> list[str]:
    """What to put before a command to run it without network. Raises LabError where the system does not allow it."""
    if shutil.which("unshare") is None:
        raise LabError("This needs the command unshare (util-linux).")
    # Mounts of its own too (-m), so that a test may fill a small disk that nobody else sees.
    command = ["unshare", "-nm", "--"] if os.geteuid() == 0 else ["unshare", "-rnm", "--"]
    tried = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        raise LabError(
            f"A network namespace of our own is not allowed here ({tried.stderr.strip()}): run as root, "
            "or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, "
            "kernel.apparmor_restrict_unprivileged_userns=0)."
        )
    return command


def without_network() -> bool:
    """True where loopback is the only interface."""
    return [name for _, name in socket.if_nameindex()] == ["lo"]


def bring_loopback_up() -> None:
    """Like `ip link set lo up`, which would need iproute2; the address 127.0.0.1/8 comes by itself (netdevice(7))."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        _, flags = _IFREQ.unpack(fcntl.ioctl(control, _SIOCGIFFLAGS, _IFREQ.pack(b"lo", 0)))
        if not flags & _IFF_UP:
            fcntl.ioctl(control, _SIOCSIFFLAGS, _IFREQ.pack(b"lo", flags | _IFF_UP))
