"""`ouidire ledger`: prove the chain of records, take a signed checkpoint elsewhere, read what is public."""

from __future__ import annotations

import asyncio
import json
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ari_bridge.cli.command import Command, Exit
from ari_bridge.run import settings as all_settings
from consent.errors import InvalidValue

if TYPE_CHECKING:
    from consent.chain import Checkpoint
    from consent.ledger import Ledger

Work = Callable[["Ledger", Namespace], Awaitable[None]]
MAX_CHECKPOINT_BYTES: Final = 10_000


def _add_arguments(parser: ArgumentParser) -> None:
    kinds = parser.add_subparsers(title="what to do", metavar="WHAT", required=True, dest="what")
    verify = kinds.add_parser("verify", help="prove every record, checkpoint, notice and seal")
    verify.add_argument(
        "--against",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a checkpoint that was kept elsewhere; may be given more than once",
    )
    checkpoint = kinds.add_parser("checkpoint", help="sign the head of the chain now")
    checkpoint.add_argument("--to", type=Path, metavar="FILE", help="write it there, for somebody else to keep")
    show = kinds.add_parser("show", help="the public records, one JSON object a line")
    for one in (verify, checkpoint, show):
        one.add_argument("--settings", type=Path, default=SUPPRESS, metavar="FILE", help="the settings file")


def run(arguments: Namespace) -> Exit:
    """One of them. Raises SettingsError; LedgerBroken, which names the first record that is wrong; OuidireError."""
    asyncio.run(_work(arguments))
    return Exit.OK


async def _work(arguments: Namespace) -> None:
    from ari_bridge.run.records import open_beside

    settings = all_settings.load(arguments.settings)
    async with open_beside(settings.database.path, settings.keys.folder) as ledger:
        await _WORK[arguments.what](ledger, arguments)


async def _verify(ledger: Ledger, arguments: Namespace) -> None:
    from consent.chain import Checkpoint
    from consent.verification import verify

    against = [_kept(file) for file in arguments.against]
    beside_the_keys = ledger.keys.kept_checkpoint()
    kept = [*against, Checkpoint.from_json(beside_the_keys)] if beside_the_keys else against
    records = await ledger.keyring.all()
    found = await ledger.database.read(lambda c: verify(c, records, kept))
    print(
        f"{found.rows} records hold, {found.persons} of them about persons; a call takes four, whatever was answered:"
    )
    print(f"  {found.opened} can be opened and are what was committed to")
    print(f"  {found.persons - found.opened} are erased, by certificates for {found.certified}")
    print(f"{found.checkpoints} checkpoints of its own hold{_elsewhere(against)}.")


def _elsewhere(against: Sequence[Checkpoint]) -> str:
    return (
        f", and {len(against)} kept elsewhere" if against else "; with --against FILE one kept elsewhere is tried too"
    )


async def _checkpoint(ledger: Ledger, arguments: Namespace) -> None:
    made = await ledger.checkpoint()
    if arguments.to is None:
        print(made.to_json(), end="")
        return
    try:
        arguments.to.write_text(made.to_json(), encoding="utf-8")
    except OSError as error:
        raise InvalidValue(f"{arguments.to} cannot be written: {error.strerror}") from error
    print(f"{made.seq} records are signed in {arguments.to}: give it to somebody who cannot write here.")


async def _show(ledger: Ledger, arguments: Namespace) -> None:
    for note in await ledger.notes():
        print(json.dumps(note, ensure_ascii=False))


_WORK: Final[dict[str, Work]] = {"verify": _verify, "checkpoint": _checkpoint, "show": _show}


def _kept(file: Path) -> Checkpoint:
    from consent.chain import Checkpoint

    try:
        with file.open(encoding="utf-8") as opened:
            return Checkpoint.from_json(opened.read(MAX_CHECKPOINT_BYTES))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidValue(f"{file} cannot be read as a checkpoint: {error}") from error


COMMAND = Command(
    "ledger",
    "The chain of records: verify it, sign it, show what is public in it.",
    (
        ("ouidire ledger verify", "1 and the number of the first record that is wrong, if one is"),
        ("ouidire ledger checkpoint --to council.json", "for the works council or the DPO to keep"),
        ("ouidire ledger verify --against council.json", "catches a rewrite by somebody who holds the key, too"),
        ("ouidire ledger show", "settings, deletions, holds: what staff may read"),
    ),
    _add_arguments,
    run,
)
