"""`python -m tests.demo`: set up, play the five calls, measure, say what was found."""

import asyncio
import errno
import os
import shutil
import signal
import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import numpy as np

from consent.keys import CHECKPOINT, KEYRING
from tests.demo import acts, evidence, options, picture, summary
from tests.demo.call_report import CallReport
from tests.demo.performance import CallName, Performance
from tests.demo.places import Place, asterisk_place, switch_place
from tests.demo.report import Report
from tests.demo.stage import DATABASE, Progress, Stage, open_stage
from tests.lab import installation
from tests.lab.errors import LabError
from tests.lab.freeswitch import NONE_INSTALLED, find_freeswitch
from tests.lab.installation import Installation
from tests.lab.netns import reexec_without_network, without_network
from tests.lab.recorder import Recording
from tests.lab.service import LEASE_S
from tests.papers import keys_folder

REPORT_NAME = "demo-report.json"
DRAIN_LIMIT_S = 10.0
_OURS = (
    "*.svg", "packets.bin*", "bridge.log", REPORT_NAME, f"{DATABASE}*",
    *(f"{keys_folder(DATABASE.parent)}/{name}" for name in ("*.key", f"{KEYRING}*", CHECKPOINT)),
)  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """The command line; its exit code. What is wrong is one sentence, never a traceback."""
    chosen = options.parser().parse_args(arguments)
    try:
        found = _found(chosen)
        reexec_without_network()
        report = asyncio.run(_demo(chosen, found))
    except LabError as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(_sentence(error))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return _failed("Stopped before its end; everything that was started has been ended.")
    return 1 if report.broken() else 0


def _found(chosen: Namespace) -> Installation | Path:
    """What is to be run. Raises LabError: it cannot be had."""
    if chosen.pbx == "asterisk":
        return installation.find(options.suite(chosen), say=_say)
    program = find_freeswitch()
    if program is None:
        raise LabError(NONE_INSTALLED)
    return program


def _place(found: Installation | Path, folder: Path, out: Path) -> AbstractAsyncContextManager[Place]:
    return switch_place(found, folder) if isinstance(found, Path) else asterisk_place(found, folder, out)


async def _demo(chosen: Namespace, found: Installation | Path) -> Report:
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _myself().cancel)
    out: Path = chosen.out
    folder = out / "pbx"
    _clear(out)
    folder.mkdir(mode=0o700, parents=True)
    progress = Progress(_say)
    try:
        async with _place(found, folder, out) as place:
            report = await _measured(place, out, folder, progress)
    finally:
        if not chosen.keep:
            shutil.rmtree(folder, ignore_errors=True)
    pictures = [picture.write(call, out) for call in report.calls]
    report.write(out / REPORT_NAME)
    if out == options.DEFAULT_OUT:
        shutil.copyfile(out / REPORT_NAME, REPORT_NAME)
    for line in summary.lines(report, pictures, out / REPORT_NAME):
        _say(line)
    return report


async def _measured(place: Place, out: Path, folder: Path, progress: Progress) -> Report:
    async with open_stage(place, out, folder, progress) as stage:
        performances = [await _played(stage, number, act) for number, act in enumerate(acts.ACTS, start=1)]
        channels_left = await place.channels()
        progress("the bridge is started again, to see it take up what it missed")
        await stage.service.start()
        drained = await _drained(stage, performances[-1])
        await stage.service.stop()
        recording, gate = await place.witnessed(), place.gate()
        calls = tuple(
            CallReport(call, _evidence(stage, call), packets, gate, LEASE_S)
            for call, packets in zip(performances, windows(recording, performances), strict=True)
        )
        return Report(
            pbx=place.kind,
            pbx_version=place.version,
            pbx_origin=place.origin,
            clock=place.clock,
            calls=calls,
            lease_s=LEASE_S,
            ports=place.ports.forks,
            packets_before=int((recording.packets["time_ns"] < performances[0].started_ns).sum()),
            recorder_dropped=recording.dropped,
            loopback_only=without_network(),
            ledger=evidence.ledger_state(stage.kept),
            drained=drained,
            channels_left=channels_left,
            database=stage.service.database,
            duration_s=progress.elapsed_s,
        )


async def _played(stage: Stage, number: int, act: acts.Act) -> Performance:
    stage.say(f"call {number} of {len(acts.ACTS)}: {act.name}")
    return await acts.play(stage, act)


def windows(recording: Recording, performances: Sequence[Performance]) -> "list[np.ndarray]":
    """The packets of each call: from its dialling to that of the next, so that none after the first is left out."""
    starts_ns = [call.started_ns for call in performances]
    times_ns = recording.packets["time_ns"]
    ends_ns = [*starts_ns[1:], 1 << 62]
    return [
        recording.packets[(times_ns >= start_ns) & (times_ns < end_ns)]
        for start_ns, end_ns in zip(starts_ns, ends_ns, strict=True)
    ]


def _evidence(stage: Stage, call: Performance) -> evidence.Evidence | None:
    return evidence.call_between(stage.kept, call.started_ns, call.hung_up_ns)


async def _drained(stage: Stage, killed: Performance) -> bool:
    """Whether the bridge, back again, writes down that the call in which it was killed has ended, and seals it."""
    assert killed.name is CallName.KILLED
    deadline_s = time.monotonic() + DRAIN_LIMIT_S
    while time.monotonic() < deadline_s:
        kept = _evidence(stage, killed)
        has_ended = kept is not None and any(one.answer == "expired" for one in kept.answers)
        if has_ended and not stage.kept.calls_in_clear():
            return True
        await asyncio.sleep(0.2)
    return False


def _clear(out: Path) -> None:
    """Remove what an earlier run left, and nothing else."""
    for pattern in _OURS:
        for file in out.glob(pattern):
            file.unlink()
    if (out / "pbx" / "ouidire.toml").is_file():
        shutil.rmtree(out / "pbx")


def _myself() -> "asyncio.Task[Report]":
    task = asyncio.current_task()
    assert task is not None
    return task


def _sentence(error: OSError) -> str:
    where = f" ({error.filename})" if error.filename else ""
    if error.errno == errno.ENOSPC:
        return f"The disk is full{where}; free some space, or name another folder with --out."
    return f"{error.strerror or error}{where}."


def _failed(sentence: str) -> int:
    print(f"demo: {sentence}", file=sys.stderr)
    return 1


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    if os.environ.get("PYTHONUNBUFFERED") is None:
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.exit(main(sys.argv[1:]))
