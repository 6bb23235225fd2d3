"""The check without a container engine: what it shows of this machine to steps that run as root."""

from pathlib import Path

from tests.docker.__main__ import DEVICES, mounts


def test_nothing_of_this_machine_can_be_written_by_a_step() -> None:
    """Law: each folder that is shown inside is made read-only before a step runs; /dev holds five harmless devices."""
    commands = mounts(Path("/root-of-image"), [Path("/usr/share/wheels"), Path("/usr/share/index")])
    shown = [line.split()[2:] for line in commands if line.startswith("mount --bind ")]
    harmless = {"/root-of-image", *(f"/dev/{device}" for device in DEVICES)}
    foreign = [(source, target) for source, target in shown if source not in harmless]
    assert len(foreign) == 2
    for source, target in foreign:
        assert commands[commands.index(f"mount --bind {source} {target}") + 1] == f"mount -o remount,bind,ro {target}"
    assert not [line for line in commands if "rbind" in line]
