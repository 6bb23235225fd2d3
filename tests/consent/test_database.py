"""The one file."""

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from contextlib import closing
from pathlib import Path

import pytest

from consent.database import Database
from consent.errors import DatabaseUnavailable
from consent.tables import MIGRATIONS


async def test_a_second_bridge_is_refused(database: Database) -> None:
    """Law: one writer owns the file; two bridges on one file would fork the chain."""
    with pytest.raises(DatabaseUnavailable, match="another bridge"):
        await Database.open(database.path, [MIGRATIONS])


async def test_the_file_is_private(database: Database) -> None:
    """Law: a curious colleague cannot read the file."""
    assert stat.S_IMODE(database.path.stat().st_mode) == 0o600


async def test_a_file_put_back_with_open_modes_is_closed(tmp_path: Path) -> None:
    """Law: a backup that was put back readable for all does not stay so."""
    path = tmp_path / "back.sqlite"
    path.touch()
    path.chmod(0o644)
    database = await Database.open(path, [MIGRATIONS])
    await database.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_failed_change_leaves_nothing(database: Database) -> None:
    """Law: one transaction a write; half a change is never kept."""

    def half(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE half (x)")
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        await database.write(half)
    assert not await database.read(lambda c: c.execute("SELECT 1 FROM sqlite_master WHERE name='half'").fetchall())


async def test_a_reader_cannot_write(database: Database) -> None:
    """Law: what reads for screens and tables can change nothing."""
    with pytest.raises(DatabaseUnavailable, match="readonly"):
        await database.read(lambda c: c.execute("CREATE TABLE x (y)"))


async def test_a_foreign_lock_is_said(database: Database) -> None:
    """Law: a locked file stops the write with a sentence, after the busy timeout, and the next write works."""
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable, match="locked"):
        await database.write(lambda c: c.execute("CREATE TABLE x (y)"))
    other.execute("ROLLBACK")
    other.close()
    await database.write(lambda c: c.execute("CREATE TABLE x (y)"))


async def test_a_full_disk_is_said_and_loses_nothing(database: Database) -> None:
    """Law: nothing committed is lost when the disk is full (here: SQLite's own page limit)."""
    await database.write(lambda c: c.execute("CREATE TABLE x (y)"))
    await database.write(lambda c: c.execute("INSERT INTO x VALUES ('kept')"))
    pages = await database.read(lambda c: c.execute("PRAGMA page_count").fetchone()[0])
    writer = database._connection(database._writer)
    await database._run(database._writer, lambda: writer.execute(f"PRAGMA max_page_count={pages}").fetchall())
    with pytest.raises(DatabaseUnavailable, match="full"):
        await database.write(lambda c: c.execute("INSERT INTO x VALUES (zeroblob(1000000))"))
    assert await database.read(lambda c: c.execute("SELECT y FROM x").fetchall()) == [("kept",)]


async def test_no_database_is_said(tmp_path: Path) -> None:
    """Law: a file that is no database is refused with its name, not overwritten."""
    path = tmp_path / "notes.txt"
    path.write_text("my notes " * 200)
    with pytest.raises(DatabaseUnavailable, match=r"notes\.txt"):
        await Database.open(path, [MIGRATIONS])
    assert path.read_text().startswith("my notes")
    with pytest.raises(DatabaseUnavailable):
        await Database.open(tmp_path / "missing" / "x.sqlite", [MIGRATIONS])


async def test_after_close_writes_are_refused(tmp_path: Path) -> None:
    """Law: nothing is written behind a closed door."""
    database = await Database.open(tmp_path / "x.sqlite", [MIGRATIONS])
    await database.close()
    with pytest.raises(DatabaseUnavailable):
        await database.write(lambda c: c.execute("SELECT 1"))


async def test_what_was_committed_survives_a_kill(tmp_path: Path) -> None:
    """Law: nothing committed is lost when the bridge is killed."""
    path = tmp_path / "killed.sqlite"
    program = textwrap.dedent(f"""
        import asyncio, os, pathlib, signal
        from consent.database import Database
        from consent.tables import MIGRATIONS
        async def main():
            database = await Database.open(pathlib.Path({str(path)!r}), [MIGRATIONS])
            await database.write(lambda c: c.execute("CREATE TABLE x (y)"))
            await database.write(lambda c: c.execute("INSERT INTO x VALUES (1)"))
            os.kill(os.getpid(), signal.SIGKILL)
        asyncio.run(main())
    """)
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", program], check=False)
    assert done.returncode == -9
    again = await Database.open(path, [MIGRATIONS])
    assert await again.read(lambda c: c.execute("SELECT y FROM x").fetchall()) == [(1,)]
    assert await again.read(lambda c: c.execute("PRAGMA integrity_check").fetchall()) == [("ok",)]
    await again.close()


async def test_who_opens_beside_writes_on_the_same_file(tmp_path: Path) -> None:
    """Law: no lock stands in the way of who opens beside, writes of both are seen by both, and nothing is migrated."""
    path = tmp_path / "x.sqlite"
    served = await Database.open(path, [MIGRATIONS])
    beside = await Database.beside(path)
    await served.write(lambda c: c.execute("CREATE TABLE x (y)"))
    await beside.write(lambda c: c.execute("INSERT INTO x VALUES (1)"))
    assert await served.read(lambda c: c.execute("SELECT y FROM x").fetchall()) == [(1,)]
    await beside.erase(lambda c: c.execute("DELETE FROM x"))
    assert await served.read(lambda c: c.execute("SELECT y FROM x").fetchall()) == []
    await beside.close()
    await served.close()


async def test_nothing_is_made_by_opening_beside(tmp_path: Path) -> None:
    """Law: a file that is not there, or is no database, is said; looking makes nothing."""
    with pytest.raises(DatabaseUnavailable, match="has `ouidire serve` ever run"):
        await Database.beside(tmp_path / "absent.sqlite")
    (tmp_path / "notes.txt").write_text("my notes " * 200)
    with pytest.raises(DatabaseUnavailable, match=r"notes\.txt"):
        await Database.beside(tmp_path / "notes.txt")
    assert os.listdir(tmp_path) == ["notes.txt"]


async def test_a_reader_sees_one_moment(database: Database) -> None:
    """Law: what is read in one query fits together, whatever is written meanwhile: no seal is missed as it moves."""
    await database.write(lambda c: c.execute("CREATE TABLE x (y)"))

    def twice(connection: sqlite3.Connection) -> list[int]:
        counts = []
        for _ in range(2):
            counts.append(connection.execute("SELECT count(*) FROM x").fetchone()[0])
            with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
                other.execute("INSERT INTO x VALUES (1)")
        return counts

    assert await database.read(twice) == [0, 0]
    assert await database.read(lambda c: c.execute("SELECT count(*) FROM x").fetchone()) == (2,)


async def test_what_is_erased_is_in_no_byte(database: Database) -> None:
    """Law: neither in the file nor in its log, and where a reader holds the log, as soon as it lets go."""
    await database.write(lambda c: c.execute("CREATE TABLE x (y)"))
    await database.write(lambda c: c.execute("INSERT INTO x VALUES ('a-word-of-a-person')"))
    reader = sqlite3.connect(database.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM x").fetchall()
    await database.erase(lambda c: c.execute("DELETE FROM x"))
    reader.close()
    await database.fold()
    files = await asyncio.to_thread(lambda: [part.read_bytes() for part in database.path.parent.glob("*.sqlite*")])
    assert not any(b"a-word-of-a-person" in one for one in files)


async def test_what_waits_for_the_file_is_counted(database: Database) -> None:
    """Law: an admin sees changes pile up before the disk, and none once they are done, failed ones too."""
    held = threading.Event()
    waiting = [asyncio.ensure_future(database.write(lambda _: held.wait(5))) for _ in range(3)]
    failing = asyncio.ensure_future(database.write(lambda c: c.execute("no SQL")))
    await asyncio.sleep(0)
    assert database.waiting == 4
    held.set()
    await asyncio.gather(*waiting)
    with pytest.raises(DatabaseUnavailable):
        await failing
    assert database.waiting == 0
