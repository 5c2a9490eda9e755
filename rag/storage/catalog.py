"""The catalog: articles, their versions, chunks and the word index, in one SQLite file.

It is what decides: a chunk that the catalog does not hold does not exist, whatever the vector
store says. `pending` names the articles whose vectors may not agree with it, from before the
vectors are touched until after; whoever finds one there without a writer at work mends it.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import cast

from rag.errors import ConfigError, NotFoundError, StorageError
from rag.storage.rows import Row, article_of, chunk_of, conditions, info_of, publisher_key, version_values
from rag.storage.schema import FORMAT, STEPS
from rag.text.words import spaced
from rag.types import Article, ArticleInfo, Chunk, Filters, Span, Validators

_CURRENT = "version v JOIN article a ON a.id = v.article_id AND a.version = v.version"
_LOG_TO_EMPTY = "log_to_empty"
"""The named value that stands from a removal until the write-ahead log has been emptied."""


class Catalog:
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

    # What the library is -------------------------------------------------------------------

    def meta(self, name: str) -> str | None:
        """A named value of the library's own, such as the embedder that made its vectors."""
        rows = self._rows("SELECT value FROM meta WHERE name = ?", (name,))
        return rows[0]["value"] if rows else None

    def set_meta(self, name: str, value: str) -> None:
        """Set a named value; within a transaction of the caller's."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    @property
    def generation(self) -> int:
        """A number that grows with every commit that changes what can be found."""
        return int(self.meta("generation") or 0)

    def bump(self) -> None:
        """Tell readers in other processes to look again; within a transaction of the caller's."""
        self._db.execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE name = 'generation'")

    # Writing: each within a transaction of the caller's ------------------------------------

    def mark_pending(self, article_ids: Iterable[str]) -> None:
        """Note that the vectors of these articles may not agree with the catalog from now on."""
        self._db.executemany("INSERT OR IGNORE INTO pending VALUES (?)", [(article_id,) for article_id in article_ids])

    def clear_pending(self, article_ids: Iterable[str]) -> None:
        """Note that they agree again."""
        self._db.executemany("DELETE FROM pending WHERE article_id = ?", [(article_id,) for article_id in article_ids])

    def put(self, article: Article, chunks: Sequence[Chunk]) -> None:
        """Make `article` the current version of its id, searchable by `chunks` alone."""
        self._drop_chunks(article.id)
        self._db.execute(
            "INSERT INTO article VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET version = excluded.version",
            (article.id, article.key, article.version),
        )
        # A version that comes back becomes the latest again, so that export keeps their order.
        self._db.execute("DELETE FROM version WHERE article_id = ? AND version = ?", (article.id, article.version))
        values = version_values(article)
        self._db.execute(
            f"INSERT INTO version ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})", tuple(values.values())
        )
        for chunk in chunks:
            cursor = self._db.execute(
                'INSERT INTO chunk (article_id, version, number, start, "end", sentences) VALUES (?, ?, ?, ?, ?, ?)',
                (chunk.article_id, chunk.version, chunk.number, chunk.start, chunk.end, json.dumps(chunk.sentences)),
            )
            self._db.execute(
                "INSERT INTO chunk_index (rowid, title, body) VALUES (?, ?, ?)",
                (cursor.lastrowid, spaced(article.title), spaced(chunk.text)),
            )

    def _drop_chunks(self, article_id: str) -> None:
        self._db.execute(
            "DELETE FROM chunk_index WHERE rowid IN (SELECT rowid FROM chunk WHERE article_id = ?)", (article_id,)
        )
        self._db.execute("DELETE FROM chunk WHERE article_id = ?", (article_id,))

    def remove(self, article_id: str) -> None:
        """Remove an article with all its versions and chunks; what URL it came from is remembered as removed.

        All cached answers, and the answers of saved chats that draw on it, go by a trigger of the schema.
        """
        self.set_meta(_LOG_TO_EMPTY, "1")
        self._db.execute("INSERT OR IGNORE INTO removed SELECT url FROM origin WHERE article_id = ?", (article_id,))
        self._drop_chunks(article_id)
        self._db.execute("DELETE FROM article WHERE id = ?", (article_id,))

    def purge_words(self) -> None:
        """Take the words of removed articles out of the index, which otherwise marks them as removed and keeps them."""
        self._db.execute("INSERT INTO chunk_index (chunk_index) VALUES ('optimize')")

    def put_origin(self, url: str, kind: str, article_id: str | None, validators: Validators) -> None:
        """Remember a URL to ask again on refresh."""
        self._db.execute("DELETE FROM removed WHERE url = ?", (url,))
        self._db.execute(
            "INSERT OR REPLACE INTO origin VALUES (?, ?, ?, ?, ?)",
            (url, kind, article_id, validators.etag, validators.last_modified),
        )

    # Reading -------------------------------------------------------------------------------

    def pending(self) -> list[str]:
        """Articles whose vectors may not agree with the catalog."""
        return [row["article_id"] for row in self._rows("SELECT article_id FROM pending ORDER BY 1")]

    def resolve(self, reference: str) -> str:
        """The id that `reference` names: an id, an unambiguous start of one, a URL or a path.

        Raises `NotFoundError` where nothing or more than one article fits.
        """
        rows = self._rows("SELECT id FROM article WHERE id = ? OR key = ?", (reference, reference))
        if not rows and reference:
            with suppress(RuntimeError):  # the home folder of somebody who is not known here
                path = str(Path(reference).expanduser().absolute())
                query = f"SELECT a.id FROM {_CURRENT} WHERE a.key = ? OR v.source = ?"
                rows = self._rows(query, (path, path))
        if not rows and len(reference) >= 4 and reference.isalnum():
            rows = self._rows("SELECT id FROM article WHERE substr(id, 1, ?) = ?", (len(reference), reference))
        if len(rows) != 1:
            what = "more than one article fits" if rows else "there is no article"
            raise NotFoundError(f"{what} {reference!r}; `rag list` shows them")
        return cast(str, rows[0]["id"])

    def current_version(self, article_id: str) -> str | None:
        """The version of `article_id` that is searched, `None` where there is no such article."""
        rows = self._rows("SELECT version FROM article WHERE id = ?", (article_id,))
        return rows[0]["version"] if rows else None

    def missing(self, article_ids: Iterable[str]) -> set[str]:
        """Those of `article_ids` that are no article here, or not any more."""
        return {article_id for article_id in article_ids if self.current_version(article_id) is None}

    def article(self, article_id: str, version: str | None = None) -> Article:
        """One version of an article, the current one by default; raises `NotFoundError`."""
        rows = self._rows(
            "SELECT v.*, a.key FROM version v JOIN article a ON a.id = v.article_id"
            " WHERE a.id = ? AND v.version = COALESCE(?, a.version)",
            (article_id, version),
        )
        if not rows:
            raise NotFoundError(f"there is no article {article_id}" + (f" in version {version}" if version else ""))
        return article_of(rows[0])

    def versions(self, article_id: str | None = None) -> Iterator[Article]:
        """Every version of one article or of all, oldest first, each read when it is asked for."""
        rows = self._rows(
            "SELECT article_id, version FROM version WHERE ? IS NULL OR article_id = ? ORDER BY sequence",
            (article_id, article_id),
        )
        for row in rows:
            yield self.article(row["article_id"], row["version"])

    def listing(self, filters: Filters = Filters()) -> list[ArticleInfo]:
        """The current articles that pass `filters`, newest first, undated ones last."""
        where, values = conditions(filters)
        rows = self._rows(
            "SELECT v.*, length(v.text) AS characters,"
            " (SELECT count(*) FROM chunk c WHERE c.article_id = a.id) AS chunks,"
            " (SELECT count(*) FROM version o WHERE o.article_id = a.id) AS versions"
            f" FROM {_CURRENT} WHERE {where} ORDER BY v.published DESC NULLS LAST, v.title, a.id",
            values,
        )
        return [info_of(row) for row in rows]

    def count(self, filters: Filters = Filters()) -> tuple[int, int]:
        """How many current articles pass `filters`, and how many chunks they have."""
        where, values = conditions(filters)
        if not filters:
            query = "SELECT (SELECT count(*) FROM article), (SELECT count(*) FROM chunk)"
        else:
            query = (
                f"SELECT count(*), coalesce(sum((SELECT count(*) FROM chunk c WHERE c.article_id = a.id)), 0)"
                f" FROM {_CURRENT} WHERE {where}"
            )
        articles, chunks = self._rows(query, values)[0]
        return articles, chunks

    def chunk_ids(self, article_id: str | None = None) -> list[str]:
        """The ids of the chunks of one article or of all: what the vector store should hold."""
        rows = self._rows(
            "SELECT article_id || ':' || version || ':' || number AS id FROM chunk WHERE ? IS NULL OR article_id = ?"
            " ORDER BY rowid",
            (article_id, article_id),
        )
        return [row["id"] for row in rows]

    def chunks(self, ids: Sequence[str]) -> dict[str, tuple[Article, Chunk]]:
        """Chunks with their articles by id; an id that is not current any more is left out."""
        wanted = [(parts[0], parts[1], int(parts[2])) for parts in (chunk_id.split(":") for chunk_id in ids)]
        # A join, since a list of triples to choose from would have every chunk looked at.
        rows = self._rows(
            "SELECT c.* FROM json_each(?) w JOIN chunk c ON c.article_id = json_extract(w.value, '$[0]')"
            " AND c.number = json_extract(w.value, '$[2]') AND c.version = json_extract(w.value, '$[1]')",
            (json.dumps(wanted),),
        )
        articles: dict[str, Article] = {}
        found: dict[str, tuple[Article, Chunk]] = {}
        for row in rows:
            article_id = row["article_id"]
            try:
                article = articles.get(article_id) or self.article(article_id, row["version"])
            except NotFoundError:  # removed by another process since the line above
                continue
            articles[article_id] = article
            chunk = chunk_of(row, article)
            found[chunk.id] = (article, chunk)
        return found

    def neighbours(self, chunk: Chunk) -> tuple[Span | None, Span | None]:
        """The sentence before and the one after `chunk` in its article."""
        rows = self._rows(
            "SELECT number, sentences FROM chunk WHERE article_id = ? AND version = ? AND number IN (?, ?)",
            (chunk.article_id, chunk.version, chunk.number - 1, chunk.number + 1),
        )
        spans = {row["number"]: [Span(*pair) for pair in json.loads(row["sentences"])] for row in rows}
        before, after = spans.get(chunk.number - 1), spans.get(chunk.number + 1)
        return (before[-1] if before else None, after[0] if after else None)

    def match(self, terms: Sequence[str], limit: int, filters: Filters = Filters()) -> dict[str, float]:
        """Chunks that hold any of `terms`, best first: chunk id → BM25 score, higher is better.

        BM25 as FTS5 computes it (Robertson and Zaragoza, 2009, with k1 = 1.2, b = 0.75), over title
        and body. Terms are words, never query syntax.
        """
        if not terms:
            return {}
        where, values = conditions(filters)
        expression = " OR ".join('"' + spaced(term).replace('"', '""') + '"' for term in terms)
        joined = f"JOIN chunk f ON f.rowid = i.rowid JOIN {_CURRENT} AND a.id = f.article_id" if filters else ""
        rows = self._rows(
            "SELECT c.article_id || ':' || c.version || ':' || c.number AS id, -found.rank AS score FROM"
            f" (SELECT i.rowid, i.rank FROM chunk_index i {joined}"
            f" WHERE chunk_index MATCH :expression AND {where} ORDER BY i.rank LIMIT :limit) found"
            " JOIN chunk c ON c.rowid = found.rowid ORDER BY score DESC, c.rowid",
            {"expression": expression, "limit": limit, **values},
        )
        return {row["id"]: row["score"] for row in rows}

    def frequencies(self, terms: Iterable[str]) -> dict[str, int]:
        """In how many chunks each term stands, in any of its forms."""
        found = {}
        for term in terms:
            expression = '"' + spaced(term).replace('"', '""') + '"'
            rows = self._rows("SELECT count(*) AS n FROM chunk_index WHERE chunk_index MATCH ?", (expression,))
            found[term] = int(rows[0]["n"])
        return found

    def origins(self) -> list[tuple[str, str, str | None]]:
        """The URLs to ask again on refresh: (url, page or feed, the article that it gave)."""
        rows = self._rows("SELECT url, kind, article_id FROM origin ORDER BY kind DESC, url")
        return [(row["url"], row["kind"], row["article_id"]) for row in rows]

    def removed(self) -> frozenset[str]:
        """The URLs whose articles were removed, and that nobody has added again since."""
        return frozenset(row["url"] for row in self._rows("SELECT url FROM removed"))

    def validators(self, url: str) -> Validators | None:
        """What the server gave with the last reading of `url`."""
        rows = self._rows("SELECT etag, last_modified FROM origin WHERE url = ?", (url,))
        return Validators(rows[0]["etag"], rows[0]["last_modified"]) if rows else None

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
