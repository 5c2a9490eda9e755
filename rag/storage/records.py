"""What is recorded beside the articles: answers to give again, what models used, and saved chats.

None of it can be found by a search, so no write here takes the library's writing lock or moves
its generation: each is one short transaction of the catalog. What was said from an article goes
when the article is removed, and every cached answer with it, by a trigger of the schema (`schema.py`).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Literal

from rag.errors import StorageError
from rag.storage.chats import SavedChats, drawn_on
from rag.storage.rows import Row, day, day_number
from rag.types import Filters, Usage, encodable
from rag.usage import UsageRow

if TYPE_CHECKING:
    from rag.storage.catalog import Catalog

Kind = Literal["ask", "summarize", "about"]
"""What was asked for: the answer to a question, a summary of an article, or one about a topic."""

KEPT_ANSWERS = 1000
KEPT_DAYS = 30
"""Cached answers go when they are older than that, or when there are more than `KEPT_ANSWERS` newer ones."""

_SUMMED = ("calls", "input_tokens", "output_tokens", "known_usd", "unpriced_calls", "seconds", "cached")
_MOST = 10**12
"""More tokens, dollars or seconds than any day has: what a server says beyond that would overflow the sums."""


def cache_key(
    *,
    kind: Kind,
    question: str,
    filters: Filters,
    sentences: int | None,
    generation: int,
    embedder: str,
    model: str | None,
    prompts: Iterable[str],
    settings: Mapping[str, str | int | float | bool | None],
) -> str:
    """What a cached answer is found by: all that decides what the answer says, and the version of rag.

    `question` is the article's id for ``summarize``. `generation` is the catalog's, read before the
    search. `prompts` are the hashes of all that are in use, in any order; `settings` are those that matter.
    """
    wanted = [
        _version(),
        kind,
        question,
        [filters.publisher, *(value and value.isoformat() for value in (filters.after, filters.before))],
        sentences,
        generation,
        embedder,
        model,
        sorted(prompts),
        dict(settings),
    ]
    return hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()


class Records:
    """The records of one library; safe between threads and processes.

    On a read-only library, and where the disk is full, nothing is cached and no usage is noted:
    neither is worth an answer, nor the wait until the disk has it. Saving a chat is, and raises `StorageError`.
    """

    def __init__(self, catalog: Catalog, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._catalog = catalog
        self._now = now

    # Answers to give again -----------------------------------------------------------------

    def cached(self, key: str) -> Mapping[str, Any] | None:
        """The answer cached under `key` over this state of the library, `None` where there is none or it is damaged."""
        # As bytes: SQLite raises for text that is not UTF-8.
        rows = self._catalog.execute(
            "SELECT CAST(answer AS BLOB) AS answer FROM cached_answer WHERE key = ? AND made >= ?"
            " AND generation = (SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'generation')",
            (key, self._oldest()),
        )
        try:
            answer = json.loads(rows[0]["answer"]) if rows else None
        except (ValueError, RecursionError):
            return None
        return answer if isinstance(answer, dict) else None

    def cache(self, key: str, answer: Mapping[str, Any], articles: Iterable[str] = ()) -> None:
        """Keep an answer, which draws on `articles` and on those that it names itself.

        One that draws on an article that has been removed meanwhile is not kept.
        """
        plain, sources = json.dumps(answer), drawn_on(answer, articles)
        if self._catalog.read_only:
            return
        run = self._catalog.execute
        with suppress(StorageError), self._catalog.passing():
            generation = self._catalog.generation
            run(
                "DELETE FROM cached_answer WHERE key = ? OR generation <> ? OR made < ?",
                (key, generation, self._oldest()),
            )
            if self._catalog.missing(sources):
                return
            run("INSERT INTO cached_answer VALUES (?, ?, ?, ?)", (key, generation, self._seconds(), plain))
            run(
                "DELETE FROM cached_answer WHERE key IN"
                " (SELECT key FROM cached_answer ORDER BY made DESC, rowid DESC LIMIT -1 OFFSET ?)",
                (KEPT_ANSWERS,),
            )

    # What models used ----------------------------------------------------------------------

    def note_usage(self, when: date, model: str, calls: int, usage: Usage, seconds: float, *, cached: int = 0) -> None:
        """Add to what `model` used on a day: the sums of `calls` calls, or answers given again from the cache."""
        cost = usage.cost_usd if usage.cost_usd is not None and math.isfinite(usage.cost_usd) else None
        if self._catalog.read_only:
            return
        with suppress(StorageError), self._catalog.passing():
            self._catalog.execute(
                "INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (day, model) DO UPDATE SET"
                " calls = calls + excluded.calls, input_tokens = input_tokens + excluded.input_tokens,"
                " output_tokens = output_tokens + excluded.output_tokens, known_usd = known_usd + excluded.known_usd,"
                " unpriced_calls = unpriced_calls + excluded.unpriced_calls, seconds = seconds + excluded.seconds,"
                " cached = cached + excluded.cached",
                (
                    day_number(when),
                    encodable(model),
                    calls,
                    _bounded(usage.input_tokens),
                    _bounded(usage.output_tokens),
                    float(_bounded(cost or 0.0)),
                    calls if cost is None else 0,
                    float(_bounded(seconds)),
                    cached,
                ),
            )

    def usage(self) -> list[UsageRow]:
        """What each model used on each day, oldest first. Removing articles changes nothing here."""
        rows = self._catalog.execute("SELECT * FROM usage ORDER BY day, model")
        return [
            UsageRow(day=self._date(row), model=row["model"], **{name: row[name] for name in _SUMMED}) for row in rows
        ]

    # Saved chats ---------------------------------------------------------------------------

    @property
    def saved_chats(self) -> SavedChats:
        """The saved chats of this library."""
        return SavedChats(self._catalog, self._now)

    def _date(self, row: Row) -> date:
        try:
            if found := day(row["day"]):
                return found
        except ValueError:
            pass
        raise StorageError(f"{self._catalog.file}: the record of what models used is damaged (day {row['day']})")

    def _seconds(self) -> int:
        return int(self._now().timestamp())

    def _oldest(self) -> int:
        return int((self._now() - timedelta(days=KEPT_DAYS)).timestamp())


def _bounded(number: float) -> float:
    return min(max(number, 0), _MOST)


@lru_cache(maxsize=1)
def _version() -> str:
    try:
        return version("rag")
    except PackageNotFoundError:  # a checkout that is on the path and not installed
        return "unknown"
