"""Connects to the store and gives transactions; every database error becomes `StoreError` here alone.

SQLite in WAL mode is written by several processes (serve, schedule, commands). Every writing
transaction begins with BEGIN IMMEDIATE, because upgrading a read lock fails at once whatever the
timeout, and waits up to 30 s for its turn; writers keep theirs short. SQLite alone would look every
100 ms whether it is free, and between the slices of an import it is free for less: whoever unsubscribed
meanwhile waited for seconds.

A store is one file as long as it is open: where another one takes its place meanwhile, every transaction
fails from then on, for one half of a run in each file would be lost to both.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from newsletter.errors import StoreError

Transaction = sa.Connection
"""What the functions of this room take: an open transaction of `Store.read` or `Store.write`."""

BREATH = 0.02
"""Seconds between the transactions of whoever has many: an unsubscribe gets in."""

_BUSY_TIMEOUT_SECONDS = 30
_LOOK_SECONDS = 0.004
_WRITE = "BEGIN IMMEDIATE"
_OLDEST_SQLITE = (3, 35)  # RETURNING


class Store:
    """One open store. Threads may share it; each `with` has a connection of its own."""

    def __init__(self, engine: sa.Engine, path: Path) -> None:
        self.engine = engine
        self.path = path
        self._identity: tuple[int, int] | None = None
        """Device and inode of the file that the first connection opened."""
        self._idle: list[sa.Connection] = []
        """One at most, for the next transaction: to fetch it from the engine takes half as long as a short
        one. The others go back there, where somebody may wait."""
        sa.event.listen(engine, "connect", self._on_connect)

    def beside(self, suffix: str) -> Path:
        """A file beside the store's own, whatever symbolic link the store is named by."""
        real = self.path.resolve()
        return real.with_name(real.name + suffix)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A consistent snapshot. Raises StoreError."""
        with self._begin("BEGIN") as tx:
            yield tx

    @contextmanager
    def write(self, *, lasting: bool = True, pragmas: Iterable[str] = ()) -> Iterator[Transaction]:
        """The only writer until the block ends; rolled back where it raises. Raises StoreError.

        What is not `lasting` survives the death of the process, but may be lost in a power cut until the
        next lasting write: it does not wait for the disk. `pragmas` are set before it begins, and stay.
        """
        with self._begin(_WRITE, lasting=lasting, pragmas=pragmas) as tx:
            yield tx

    @contextmanager
    def rehearse(self) -> Iterator[Transaction]:
        """A writing transaction that is always rolled back: what would be, without a trace."""
        with mapped_errors(self.path), self._connect() as connection, connection.begin() as transaction:
            _begin(connection, _WRITE)
            yield connection
            transaction.rollback()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()
        self.engine.dispose()

    @contextmanager
    def _begin(
        self, begin: str, *, lasting: bool = True, pragmas: Iterable[str] = ()
    ) -> Iterator[Transaction]:
        with mapped_errors(self.path), self._connect() as connection:
            for pragma in pragmas:  # some are refused within a transaction
                connection.connection.cursor().execute(pragma)
            with connection.begin():
                _begin(connection, begin, lasting=lasting)
                yield connection
            # After the commit: what was written stands where it belongs.
            if _identify(self.path) != self._identity:
                self._leave(connection.connection.driver_connection)

    @contextmanager
    def _connect(self) -> Iterator[sa.Connection]:
        try:
            connection = self._idle.pop()
        except IndexError:  # every other one is in use
            connection = self.engine.connect()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if self._idle:
            connection.close()
        else:
            self._idle.append(connection)

    def _on_connect(self, connection: Any, _record: Any) -> None:
        self._identity = self._identity or _identify(self.path)
        if _identify(self.path) != self._identity:
            connection.close()  # it is of the other file, and has read nothing yet
            raise self._replaced()
        # The driver would begin transactions by its own rules; `_begin` does it by ours.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    def _leave(self, connection: Any) -> None:
        # The log lies where the file lay. What is in it goes into its own file now: whoever opens the other
        # one would have it played into that.
        with contextlib.suppress(sqlite3.Error):
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raise self._replaced()

    def _replaced(self) -> StoreError:
        if not self.path.exists():
            return StoreError(f"the store {self.path} is gone", fix="put it back, or restore a backup")
        fix = "see which of the two is the right one, and start again"
        return StoreError(f"another file took the place of the store {self.path}", fix=fix)


def connect_store(url: str) -> Store:
    """Connects to `sqlite:///FILE`, made on first use; its tables are left as they are.

    Raises StoreError: no such folder.
    """
    path = Path(url.removeprefix("sqlite:///"))
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        fix = "use a Python with SQLite 3.35 or later"
        raise StoreError(f"SQLite {sqlite3.sqlite_version} is too old", fix=fix)
    if not path.parent.is_dir():
        raise StoreError(f"the folder of the store is missing: {path.parent}", fix=f"mkdir -p {path.parent}")
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),  # as it stands: ?, # and % are letters of a name
        connect_args={"timeout": _BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
    )
    return Store(engine, path)


def _identify(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _begin(connection: sa.Connection, begin: str, *, lasting: bool = True) -> None:
    # FULL: what is committed survives a power cut. NORMAL: in the write-ahead log, it is never torn.
    raw: Any = connection.connection.driver_connection
    raw.execute(f"PRAGMA synchronous = {'FULL' if lasting else 'NORMAL'}")
    if begin == _WRITE:
        _take_turn(raw)
    else:
        raw.execute(begin)


def _take_turn(raw: Any) -> None:
    """Begins to write as soon as nobody else does."""
    deadline = time.monotonic() + _BUSY_TIMEOUT_SECONDS
    raw.execute("PRAGMA busy_timeout = 0")
    try:
        while time.monotonic() < deadline:
            try:
                raw.execute(_WRITE)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
                time.sleep(_LOOK_SECONDS)
            else:
                return
        raw.execute(_WRITE)  # fails as the last one did
    finally:
        raw.execute(f"PRAGMA busy_timeout = {int(_BUSY_TIMEOUT_SECONDS * 1000)}")


_MEANINGS = (
    (
        "database is locked",
        "the store {path} is busy",
        "another program holds it; try again when that is done",
    ),
    ("database or disk is full", "the disk of {path} is full", "make room and run again: nothing was lost"),
    (
        "readonly database",
        "the store {path} cannot be written",
        "give this user the right to write it and its folder",
    ),
    ("unable to open database", "the store {path} cannot be opened", "check its folder and the rights on it"),
    (
        "file is not a database",
        "{path} is not a store",
        "check [store] url; newsletter store restore puts a backup in its place",
    ),
    ("malformed", "the store {path} is damaged", "newsletter store restore puts a backup in its place"),
    ("disk i/o error", "the disk of {path} fails", "check the disk; a backup may be restored elsewhere"),
)


@contextmanager
def mapped_errors(path: Path) -> Iterator[None]:
    """Database errors inside the block become StoreError, with the fix where the cause is known."""
    try:
        yield
    except (exc.DBAPIError, sqlite3.Error) as error:
        text = str(error.orig if isinstance(error, exc.DBAPIError) else error)
        for sign, message, fix in _MEANINGS:
            if sign in text.lower():
                raise StoreError(message.format(path=path), fix=fix) from error
        raise StoreError(f"the store {path} failed: {text}") from error
