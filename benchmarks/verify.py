"""How fast a ledger is proven, and in how much memory.

Makes a ledger of N records in the product's own format, proves its chain as `ouidire ledger verify` does, and compares
with a floor measured in the same run: a bare SELECT of the same rows and a bare SHA-256 over the same bytes. Then the
seals of some answers are opened, which is the other half of the proof for one who has the keyring.
"""

from __future__ import annotations

import asyncio
import resource
import secrets
import sqlite3
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent import sealed_rows
from consent.chain import GENESIS, PERSON, PUBLIC, canonical, public_commitment, row_hash, sign
from consent.database import Database
from consent.keyring import Record
from consent.seals import new_secret
from consent.tables import MIGRATIONS
from consent.verification import verify, verify_chain

RECORDS: Final = 1_000_000
ANSWERS: Final = 10_000
PUBLIC_EVERY: Final = 1_000
SIGNED_EVERY: Final = 10_000
AT: Final = "2026-03-01T12:00:00.000Z"
_ROWS: Final = "SELECT seq, kind, body, commitment, previous, hash FROM ledger ORDER BY seq"


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured. Memory is the process's peak: before, and what proving the chain added to it."""

    records: int
    chain_s: float
    floor_s: float
    memory_before_mib: float
    memory_added_mib: float
    answers: int
    answers_s: float

    def lines(self) -> Iterator[str]:
        """For a person."""
        yield f"chain of {self.records:,} records proven in {self.chain_s:.2f} s: {self.records / self.chain_s:,.0f}/s"
        yield f"floor (SELECT and SHA-256 of the same bytes) {self.floor_s:.2f} s: {self.chain_s / self.floor_s:.2f} x"
        yield f"peak memory {self.memory_before_mib:.0f} MiB before, {self.memory_added_mib:+.1f} MiB by proving"
        yield (
            f"chain and seals of {self.answers:,} answers opened in {self.answers_s:.2f} s:"
            f" {self.answers / self.answers_s:,.0f}/s"
        )


def measure(folder: Path, records: int, answers: int) -> Result:
    """Make the files in `folder`, prove them, and take the time."""
    chain, sealed = folder / "chain.sqlite", folder / "sealed.sqlite"
    for file in (chain, sealed):
        asyncio.run(_make(file))
    _fill(chain, records)
    kept = _fill_sealed(sealed, answers)
    before = _peak_mib()
    with closing(sqlite3.connect(chain)) as connection:
        chain_s = _timed(lambda: verify_chain(connection))
        added = _peak_mib() - before
        floor_s = _timed(lambda: _floor(connection))
    with closing(sqlite3.connect(sealed)) as connection:
        answers_s = _timed(lambda: verify(connection, kept))
    return Result(records, chain_s, floor_s, before, added, answers, answers_s)


async def _make(file: Path) -> None:
    await (await Database.open(file, [MIGRATIONS])).close()


def _timed(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def _floor(connection: sqlite3.Connection) -> None:
    for seq, kind, body, commitment, previous, _ in connection.execute(_ROWS):
        sha256(f"{seq}\n{kind}\n{commitment}\n{previous}".encode()).digest()
        if body:
            sha256(body.encode()).digest()


def _fill(file: Path, records: int) -> None:
    key = Ed25519PrivateKey.generate()
    points: list[tuple[int, str]] = []
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executemany("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?)", _rows(records, points))
        signed = [sign(seq, head, AT, key) for seq, head in points]
        values = [(one.seq, one.hash, one.at, one.key, one.signature) for one in signed]
        connection.executemany("INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?)", values)


def _rows(records: int, points: list[tuple[int, str]]) -> Iterator[tuple[int, str, str, str, str, str]]:
    """Answers of persons, and here and there a record in clear; `points` takes the heads that are signed."""
    previous = GENESIS
    for seq in range(1, records + 1):
        is_public = seq % PUBLIC_EVERY == 0
        body = canonical({"what": "settings", "at": AT, "n": seq}) if is_public else ""
        commitment = public_commitment(body) if is_public else secrets.token_hex(32)
        kind = PUBLIC if is_public else PERSON
        digest = row_hash(seq, kind, commitment, previous)
        yield seq, kind, body, commitment, previous, digest
        previous = digest
        if seq % SIGNED_EVERY == 0:
            points.append((seq, digest))
        if seq % 100_000 == 0:
            print(f"  {seq:,} records written", file=sys.stderr)


def _fill_sealed(file: Path, answers: int) -> list[Record]:
    """Calls of four answers each, sealed as the product seals them."""
    kept = []
    with closing(sqlite3.connect(file)) as connection, connection:
        for _ in range(answers // 4):
            days = {"opened_on": "2026-03-01", "derived_goes_on": "2026-03-31", "goes_on": "2027-03-01"}
            rest = {"kind": "call", "number_tag": "", "held_until": "", "ended": True, "closed": True}
            record = Record(secrets.token_hex(16), new_secret(), None, **days, **rest)  # type: ignore[arg-type]
            kept.append(record)
            for answer in ("asked", "granted", "withdrawn", "expired"):
                fields = {"at": AT, "answer": answer, "call_id": record.record_id, "notice_id": "ab" * 8}
                sealed_rows.append(connection, record, fields)
    return kept


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(words: list[str] | None = None) -> int:
    """Measure and print."""
    parser = ArgumentParser(prog="python -m benchmarks.verify", description=__doc__.partition("\n")[0])
    parser.add_argument("--records", type=int, default=RECORDS, help=f"length of the chain (default {RECORDS:,})")
    parser.add_argument("--answers", type=int, default=ANSWERS, help=f"answers to open (default {ANSWERS:,})")
    parser.add_argument(
        "--folder", type=Path, help="where the files are made for the time of the run (default: a temporary folder)"
    )
    arguments = parser.parse_args(words)
    if arguments.records < 1 or arguments.answers < 4:
        parser.error("at least 1 record and 4 answers")
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        for line in measure(Path(folder), arguments.records, arguments.answers).lines():
            print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
