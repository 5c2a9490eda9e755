"""Between rows of the catalog and values: dates as integers, spans as JSON, filters as conditions."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any, Protocol

from rag.types import Article, ArticleInfo, Chunk, Filters, Span


class Row(Protocol):
    """What is needed of a row: its columns by name."""

    def __getitem__(self, name: str, /) -> Any: ...


def day_number(value: date | None) -> int | None:
    """A date as an integer such as 20240202."""
    return value.year * 10000 + value.month * 100 + value.day if value else None


def day(value: int | None) -> date | None:
    """The date of an integer such as 20240202."""
    return date(value // 10000, value // 100 % 100, value % 100) if value else None


def publisher_key(publisher: str | None) -> str:
    """What publishers are compared by: letter case and outer white space do not matter."""
    return (publisher or "").strip().casefold()


def conditions(filters: Filters) -> tuple[str, dict[str, Any]]:
    """A condition on table `version` named `v`, and the values of its parameters."""
    conditions = ["TRUE"]
    values: dict[str, Any] = {}
    if filters.publisher is not None:
        conditions.append("publisher_key(v.publisher) = :publisher")
        values["publisher"] = publisher_key(filters.publisher)
    if filters.after is not None:
        conditions.append("v.published >= :after")
        values["after"] = day_number(filters.after)
    if filters.before is not None:
        conditions.append("v.published <= :before")
        values["before"] = day_number(filters.before)
    return " AND ".join(conditions), values


def article_of(row: Row) -> Article:
    """The article of a row of `version` with the `key` of `article`."""
    return Article(
        id=row["article_id"],
        version=row["version"],
        key=row["key"],
        text=row["text"],
        title=row["title"],
        publisher=row["publisher"],
        author=row["author"],
        published=day(row["published"]),
        published_from=row["published_from"],
        confidence=row["confidence"],
        url=row["url"],
        source=row["source"],
        language=row["language"],
        boilerplate=tuple(Span(*pair) for pair in json.loads(row["boilerplate"])),
        added=datetime.fromisoformat(row["added"]),
    )


def version_values(article: Article) -> dict[str, Any]:
    """The values of the row of `version` that `article` becomes."""
    return {
        "article_id": article.id,
        "version": article.version,
        "text": article.text,
        "title": article.title,
        "publisher": article.publisher,
        "author": article.author,
        "published": day_number(article.published),
        "published_from": article.published_from,
        "confidence": article.confidence,
        "url": article.url,
        "source": article.source,
        "language": article.language,
        "boilerplate": json.dumps(article.boilerplate),
        "added": (article.added or datetime.now(UTC)).isoformat(timespec="seconds"),
    }


def info_of(row: Row) -> ArticleInfo:
    """The line of a listing of a row of `version` with its counts."""
    names = [name for name in ArticleInfo.__dataclass_fields__ if name not in ("id", "published", "added")]
    return ArticleInfo(
        id=row["article_id"],
        published=day(row["published"]),
        added=datetime.fromisoformat(row["added"]),
        **{name: row[name] for name in names},
    )


def chunk_of(row: Row, article: Article) -> Chunk:
    """The chunk of a row of `chunk`, its text taken from its article."""
    return Chunk(
        article_id=row["article_id"],
        version=row["version"],
        number=row["number"],
        start=row["start"],
        end=row["end"],
        text=article.text[row["start"] : row["end"]],
        sentences=tuple(Span(*pair) for pair in json.loads(row["sentences"])),
    )
