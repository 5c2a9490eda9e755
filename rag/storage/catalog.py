"""The catalog: articles, their versions, chunks and the word index, in one SQLite file.

It is what decides: a chunk that the catalog does not hold does not exist, whatever the vector
store says. `pending` names the articles whose vectors may not agree with it, from before the
vectors are touched until after; whoever finds one there without a writer at work mends it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import cast

from rag.errors import NotFoundError
from rag.storage.database import Database
from rag.storage.rows import article_of, chunk_of, conditions, info_of, version_values
from rag.text.words import spaced
from rag.types import Article, ArticleInfo, Chunk, Filters, Span, Validators

_CURRENT = "version v JOIN article a ON a.id = v.article_id AND a.version = v.version"


class Catalog(Database):
    """What a library holds. Safe between threads."""

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
        self.will_empty_log()
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
