"""The SQLite file of a library: its connection, transactions, format, and write-ahead log.

One file, one connection, one schema (`schema.py`); what its tables mean is the catalog's.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from rag.errors import ConfigError, StorageError
from rag.storage.rows import Row, publisher_key
from rag.storage.schema import FORMAT, STEPS

_LOG_TO_EMPTY = "log_to_empty"
"""The named value that stands from a removal until the write-ahead log has been emptied."""


class Database:
    """The SQLite side of a library. One connection, guarded by a lock; safe between threads."""

    def __init__(self, file: Path) -> None:
        """Open or create `file`; raises `ConfigError` for a newer format, `StorageError` otherwise."""
        self.file = file
        self.read_only = False
        self._lock = threading.RLock()
        with _translated(file):
            self._db = self._connect()
        self._db.row_factory = sqlite3.Row
        self._db.create_function("publisher_key", 1, publisher_key, deterministic=True)
        try:
            with _translated(file):
                self._prepare()
        except BaseException:
            self._db.close()
            raise

    def _connect(self) -> sqlite3.Connection:
        try:
            db = sqlite3.connect(self.file, check_same_thread=False, isolation_level=None, timeout=30)
            db.execute("PRAGMA journal_mode = WAL")
            # A write lock is the only sure test: root may write where the mode bits forbid it.
            db.execute("BEGIN IMMEDIATE")
            db.execute("ROLLBACK")
        except sqlite3.OperationalError as exc:
            if (
                exc.sqlite_errorcode not in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
                and (exc.sqlite_errorcode & 0xFF) != sqlite3.SQLITE_READONLY
            ):
                raise
            if not self.file.exists():
                raise
            self.read_only = True
            # Nobody can write there, so nothing changes under the reader.
            db = sqlite3.connect(f"{self.file.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
            db.isolation_level = None
        return db

    def _prepare(self) -> None:
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.execute("PRAGMA synchronous = FULL")
        # What is removed is gone from the file too, not only from its tables.
        self._db.execute("PRAGMA secure_delete = ON")
        found = self._db.execute("PRAGMA user_version").fetchone()[0]
        if found > FORMAT:
            raise ConfigError(
                f"the library in {self.file.parent} has format {found}, and this version of rag reads up to {FORMAT}: "
                "upgrade rag (pip install --upgrade rag)"
            )
        if found == FORMAT:
            return
        if self.read_only:
            raise StorageError(f"the library in {self.file.parent} has an older format and is read-only")
        with self.transaction():
            for step in STEPS[self._db.execute("PRAGMA user_version").fetchone()[0] :]:
                for statement in _statements(step):
                    self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {FORMAT}")

    def close(self) -> None:
        """Close the connection; the catalog cannot be used after that."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; held off other threads of this process until it is over."""
        with self._lock, _translated(self.file):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk has rolled it back already
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def passing(self) -> Iterator[None]:
        """A transaction that does not wait for the disk: whole after a kill, perhaps lost if the power fails."""
        with self._lock:
            self._rows("PRAGMA synchronous = NORMAL")
            try:
                with self.transaction():
                    yield
            finally:
                self._rows("PRAGMA synchronous = FULL")

    def _rows(self, query: str, values: Sequence[object] | Mapping[str, object] = ()) -> list[sqlite3.Row]:
        with self._lock, _translated(self.file):
            return self._db.execute(query, values).fetchall()

    def execute(self, statement: str, values: Sequence[object] = ()) -> Sequence[Row]:
        """The rows that one statement gives, for `Records`; a write is within a transaction of the caller's."""
        return self._rows(statement, values)

    def meta(self, name: str) -> str | None:
        """A named value of the library's own, such as the embedder that made its vectors."""
        rows = self._rows("SELECT value FROM meta WHERE name = ?", (name,))
        return rows[0]["value"] if rows else None

    def set_meta(self, name: str, value: str) -> None:
        """Set a named value; within a transaction of the caller's."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def will_empty_log(self) -> None:
        """Note that the write-ahead log holds what is to be gone; within a transaction of the caller's."""
        self.set_meta(_LOG_TO_EMPTY, "1")

    @property
    def log_to_empty(self) -> bool:
        """Whether the write-ahead log may still hold pages as they were before a removal."""
        return self.meta(_LOG_TO_EMPTY) is not None

    def empty_log(self, seconds: float) -> bool:
        """Empty the write-ahead log if a removal has left words in it; tells whether none are left there.

        Waits so long for readers at work. Where they stay, or the disk takes no more, `log_to_empty` stays too.
        The library's writing lock is held: another's removal in between would otherwise be forgotten.
        """
        if not self.log_to_empty:
            return True
        try:
            # On a connection of its own, so that no other thread waits for this one.
            with closing(sqlite3.connect(self.file, timeout=seconds)) as db:
                busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                with self.transaction():
                    self._db.execute("DELETE FROM meta WHERE name = ?", (_LOG_TO_EMPTY,))
            return not busy
        except (sqlite3.OperationalError, StorageError):  # such as a full disk, on which one may still read
            return False

    def damage(self) -> list[str]:
        """What SQLite and the word index say of themselves; empty when both are whole."""
        with self._lock:
            try:
                found = [row[0] for row in self._db.execute("PRAGMA quick_check") if row[0] != "ok"]
                self._db.execute("INSERT INTO chunk_index (chunk_index) VALUES ('integrity-check')")
                rows = self._db.execute(
                    "SELECT (SELECT count(*) FROM chunk), (SELECT count(*) FROM chunk_index), (SELECT count(*)"
                    " FROM chunk c JOIN article a ON a.id = c.article_id AND a.version = c.version)"
                ).fetchone()
            except sqlite3.DatabaseError as exc:
                return [str(exc)]
            return found if len(set(rows)) == 1 else [*found, "chunks and word index do not agree"]


def _statements(script: str) -> Iterator[str]:
    """The statements of `script` one by one: `executescript` would commit the transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextmanager
def _translated(file: Path) -> Iterator[None]:
    """SQLite's errors as ours, each with what to do next."""
    try:
        yield
    except sqlite3.DatabaseError as exc:
        code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
        advice = {
            sqlite3.SQLITE_FULL: "the disk is full; free some space and run the command again",
            sqlite3.SQLITE_READONLY: "the library is read-only here",
            sqlite3.SQLITE_CANTOPEN: "the file cannot be opened; check that the folder exists and is yours",
            sqlite3.SQLITE_NOTADB: "the file is not a catalog; restore it from a copy",
            sqlite3.SQLITE_CORRUPT: "the file is damaged; restore it from a copy, or add the articles to a new library",
            sqlite3.SQLITE_BUSY: "another process is writing; try again",
        }.get(code, str(exc))
        raise StorageError(f"{file}: {advice}") from exc
