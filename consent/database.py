"""The one SQLite file and its one writer thread. Everything that the product keeps goes through here.

A single writer and WAL end "database is locked" (mem0#7196, go-sqlite3#1203); a lock file keeps a second bridge off
the same file. Every write is one transaction with `synchronous=FULL`: what was committed survives a power cut.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

import sqlite_utils
from sqlite_utils import Migrations

from consent.errors import DatabaseUnavailable

T = TypeVar("T")

BUSY_TIMEOUT_MS: Final = 2_000
"""How long a foreign reader or writer (an admin's shell, a backup) may hold us up before analysis stops."""

_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",  # what is erased is overwritten in the file
    "PRAGMA trusted_schema=OFF",
)


class Database:
    """An open file. Make one with `Database.open`; close it with `close`.

    `write` and `read` run a function on a connection, off the event loop, in the order of the calls.
    """

    def __init__(self, path: Path, lock_fd: int) -> None:
        self.path = path
        self.trouble = ""
        """Why the last change could not be written, "" since one could."""
        self.waiting = 0
        """Changes and questions that were handed in and are not done yet."""
        self._lock_fd = lock_fd
        self._is_in_log = False
        self._writer = ThreadPoolExecutor(1, "ouidire-writer")
        self._reader = ThreadPoolExecutor(1, "ouidire-reader")
        self._connections: dict[ThreadPoolExecutor, sqlite3.Connection] = {}

    @classmethod
    async def open(cls, path: Path, migrations: Sequence[Migrations]) -> Database:
        """Open or make the file (mode 0600) and bring its schema up to date.

        Raises:
            DatabaseUnavailable: it cannot be written, is no database, or another bridge has it open.
        """
        database = cls(path, _take_lock(path))
        try:
            await database._run(database._writer, lambda: database._set_up(migrations))
        except BaseException:
            await database.close()
            raise
        return database

    @classmethod
    async def beside(cls, path: Path) -> Database:
        """Open a file that is there, beside the bridge that may have it open: no lock, and its schema stays as it is.

        Raises:
            DatabaseUnavailable: there is no such file, or it cannot be read.
        """
        _check_there(path)
        database = cls(path, -1)
        try:
            await database.read(lambda c: c.execute("SELECT count(*) FROM sqlite_schema").fetchone())
        except BaseException:
            await database.close()
            raise
        return database

    async def write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Run `change` in one transaction of the writer's thread and return what it returns once it is committed.

        Raises:
            DatabaseUnavailable: nothing was written (locked, disk full, read-only, closed).
            sqlite3.IntegrityError: the schema refused the change, nothing was written.
        """
        try:
            result = await self._run(self._writer, lambda: self._transact(change))
        except DatabaseUnavailable as error:
            self.trouble = str(error)
            raise
        self.trouble = ""
        return result

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run `query` on a connection that cannot write, and that sees one moment. Raises DatabaseUnavailable."""
        return await self._run(self._reader, lambda: self._look(query))

    async def erase(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Run a change that deletes, as `write` does, and leave nothing of what it deleted in file or log.

        The rows are zeroed in the file (secure_delete), but the write-ahead log holds them until it is folded back. A
        reader that holds it now delays that to the next erasure, or to `fold`.
        """
        result = await self.write(change)
        self._is_in_log = True
        await self.fold()
        return result

    async def fold(self) -> None:
        """Fold the log back if it may still hold something that was erased."""
        if self._is_in_log:
            self._is_in_log = await self._run(self._reader, self._fold_now)

    async def close(self) -> None:
        """Finish what was submitted, fold the WAL back into the file and let go of it."""
        loop = asyncio.get_running_loop()
        for pool in (self._reader, self._writer):
            connection = self._connections.pop(pool, None)
            if connection is not None:
                await loop.run_in_executor(pool, connection.close)
            pool.shutdown(wait=True)
        if self._lock_fd >= 0:
            os.close(self._lock_fd)
            self._lock_fd = -1

    async def _run(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        self.waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, work)
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            raise DatabaseUnavailable(f"{self.path}: {error}") from error
        except RuntimeError as error:  # the pool was shut down
            raise DatabaseUnavailable(f"{self.path}: closed") from error
        finally:
            self.waiting -= 1

    def _set_up(self, migrations: Sequence[Migrations]) -> None:
        tables = sqlite_utils.Database(self._connection(self._writer))
        for migration in migrations:
            migration.apply(tables)

    def _transact(self, change: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._connection(self._writer)
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = change(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result

    def _look(self, query: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._connection(self._reader)
        connection.execute("BEGIN")
        try:
            return query(connection)
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _fold_now(self) -> bool:
        busy = self._connection(self._reader).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        return bool(busy)

    def _connection(self, pool: ThreadPoolExecutor) -> sqlite3.Connection:
        if pool not in self._connections:
            connection = sqlite3.connect(
                self.path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None, check_same_thread=False
            )
            for pragma in _PRAGMAS:
                connection.execute(pragma)
            if pool is self._reader:
                connection.execute("PRAGMA query_only=ON")
            self._connections[pool] = connection
        return self._connections[pool]


def _check_there(path: Path) -> None:
    try:
        is_there = path.is_file()
    except PermissionError:
        raise DatabaseUnavailable(f"{path} cannot be read by this user: be root, or the service's") from None
    if not is_there:
        raise DatabaseUnavailable(f"there is no file at {path}: has `ouidire serve` ever run with these settings?")


def _open_or_make(path: Path) -> int:
    is_new = not path.exists()
    fd = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    if is_new and os.geteuid() == 0:  # made by root at the command line: the service must be able to use it
        owner = path.parent.stat()
        os.fchown(fd, owner.st_uid, owner.st_gid)
    return fd


def _take_lock(path: Path) -> int:
    """Make the file with mode 0600 before SQLite does, and lock its neighbour `<name>.lock` for this process.

    A file that is there and open to others (a backup put back) is closed to them again.
    """
    try:
        os.close(_open_or_make(path))
        path.chmod(0o600)
        lock_fd = _open_or_make(path.with_name(path.name + ".lock"))
    except OSError as error:
        raise DatabaseUnavailable(f"{path}: {error.strerror}") from error
    try:
        fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock_fd)
        raise DatabaseUnavailable(f"{path}: another bridge has it open") from error
    return lock_fd
