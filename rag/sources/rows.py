"""One row of a news dump, a mapping from field names to JSON values, as an article."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import get_args

from rag.errors import SourceError
from rag.settings import Settings
from rag.sources.draft import Draft, finish, too_long
from rag.text.dates import UNKNOWN, Dated, date_in_metadata
from rag.text.normalize import normalise
from rag.types import Article, Confidence, PublishedFrom, Span

TITLE = ("title", "headline", "webtitle", "name", "heading", "subject")
TEXT = (
    "text", "body", "content", "article", "articlebody", "bodytext", "fulltext", "maintext", "storytext", "document",
    "story", "contenttext", "contenthtml", "html", "description", "summary", "abstract",
)  # fmt: skip
PUBLISHER = (
    "publisher", "source", "site", "outlet", "sitename", "publication", "newspaper", "sourcename", "domain",
)  # fmt: skip
AUTHOR = ("author", "authors", "byline", "creator", "writer", "by")
PUBLISHED = (
    "published", "date", "publishdate", "publishedat", "datepublished", "pubdate", "publicationdate", "datepublish",
    "webpublicationdate", "publisheddate", "firstpublished", "created", "createdat", "createdutc", "timestamp",
)  # fmt: skip
URL = ("url", "link", "canonicalurl", "weburl", "canonical", "permalink", "sourceurl")
ID = ("id", "guid", "_id", "uuid", "articleid", "docid")
LANGUAGE = ("language", "lang")

_HTML = re.compile(r"<(?:p|br|div|span|a|h[1-6]|ul|li|strong|em|b|i|img|figure|blockquote)\b[^<>]*>", re.IGNORECASE)
_LIST_NAMES = ("articles", "items", "data", "results")


def rows_in(value: object) -> list[object]:
    """The rows of a JSON document: a list, an object that holds one under a usual name, or the object itself."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        held = {str(name).lower(): inner for name, inner in value.items()}
        for name in _LIST_NAMES:
            inner = held.get(name)
            if isinstance(inner, list) and any(isinstance(row, dict) for row in inner):
                return inner
    return [value]


def read_row(row: object, settings: Settings, *, source: str, place: str | None, number: int | None) -> Article:
    """Build the article of one row.

    `place` names the file that holds it (``None`` for a caller's row), `number` the row within it.
    Raises `SourceError` where the row holds no article.
    """
    if not isinstance(row, Mapping):
        raise SourceError("is not an object with named fields")
    exported = _exported(row, settings)
    if exported:
        return exported
    fields = {_plain_name(str(name)): value for name, value in row.items()}
    named = _identity(fields)
    if place is None:
        key = f"id:{named}" if named else None
    else:
        key = f"{place}#{named or number}" if named or number else place
    return finish(draft_fields(fields), settings, source=source, key=key)


def called(row: Mapping[str, object]) -> str:
    """What to call a row when speaking of it: its URL, else its id; empty where it has neither."""
    fields = {_plain_name(str(name)): value for name, value in row.items()}
    return first_name(fields, URL) or _identity(fields)


def draft_fields(fields: Mapping[str, object]) -> Draft:
    """Draft an article from fields whose names are in lower case, without ``_``, ``-`` and spaces."""
    body = next((text for name in TEXT if (text := _text(fields.get(name)))), "")
    if not body.strip():
        if meant := next((name for name in TEXT if name in fields), None):
            raise SourceError(f"its field {meant} is empty or holds no text")
        given = ", ".join(list(fields)[:8]) or "none"
        raise SourceError(f"has no text field (looked for text, body, content and the like; its fields: {given})")
    if len(_HTML.findall(body[:20_000])) >= 2 or re.match(r"\s*<(?:p|div|!doctype|html)\b", body, re.IGNORECASE):
        from rag.sources.markup import text_of

        body = text_of(body)
    dates = (date_in_metadata(fields.get(name)) for name in PUBLISHED)
    published = next((found for found in dates if found != UNKNOWN), UNKNOWN)
    return Draft(
        text=body,
        title=first_name(fields, TITLE),
        publisher=first_name(fields, PUBLISHER),
        author=first_name(fields, AUTHOR),
        published=published,
        url=first_name(fields, URL),
        language=first_name(fields, LANGUAGE),
    )


def first_name(fields: Mapping[str, object], names: Iterable[str]) -> str:
    """The first of the fields that is filled: a string, or the names in a list or an object."""
    return next((found for name in names if (found := _name(fields.get(name)))), "")


def _plain_name(name: str) -> str:
    return name if name == "_id" else re.sub(r"[-_\s]", "", name).lower()


def _identity(fields: Mapping[str, object]) -> str:
    for name in ID:
        value = fields.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if found := _name(value):
            return found
    return ""


def _text(value: object) -> str:
    """A body is a string, or a list of paragraphs."""
    if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
        return "\n".join(value)
    return value if isinstance(value, str) else ""


def _name(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, Mapping):
        inner = next((value[name] for name in ("name", "title", "$oid") if isinstance(value.get(name), str)), "")
        return str(inner).strip()
    if isinstance(value, list):
        return ", ".join(name for part in value if not isinstance(part, list) and (name := _name(part)))
    return ""


def _exported(row: Mapping[str, object], settings: Settings) -> Article | None:
    """The article of a row that ``rag export`` wrote, as it was; `None` for any other row, or one edited since."""
    if not {"schema", "key", "text", "boilerplate"} <= set(row):
        return None
    key, text, title, source = (row.get(name) for name in ("key", "text", "title", "source"))
    spans = _spans(row["boilerplate"])
    if not (isinstance(key, str) and isinstance(text, str) and isinstance(title, str) and isinstance(source, str)):
        return None
    if len(text) > settings.max_article_chars:
        raise SourceError(too_long(settings))
    ends = [0, *(offset for span in spans or () for offset in span)]
    if spans is None or ends != sorted(ends) or ends[-1] > len(text) or not key or not text or normalise(text) != text:
        return None
    try:
        day = row.get("published")
        published = date.fromisoformat(str(day)) if day is not None else None
    except ValueError:
        return None
    origins: tuple[PublishedFrom, ...] = get_args(PublishedFrom)
    sureties: tuple[Confidence, ...] = get_args(Confidence)
    origin = next((name for name in origins if name == row.get("published_from")), origins[-1])
    sure = next((name for name in sureties if name == row.get("confidence")), sureties[-1])
    dated = Dated(published, origin, sure) if published else UNKNOWN
    return Article.create(
        key=key,
        text=text,
        title=title,
        source=source,
        publisher=_string(row, "publisher"),
        author=_string(row, "author"),
        published=dated.published,
        published_from=dated.published_from,
        confidence=dated.confidence,
        url=_string(row, "url"),
        language=_string(row, "language") or "en",
        boilerplate=spans,
    )


def _string(row: Mapping[str, object], name: str) -> str | None:
    value = row.get(name)
    return value if isinstance(value, str) else None


def _spans(value: object) -> tuple[Span, ...] | None:
    if not isinstance(value, list | tuple):
        return None
    spans: list[Span] = []
    for pair in value:
        if not isinstance(pair, list | tuple) or len(pair) != 2 or any(type(offset) is not int for offset in pair):
            return None
        spans.append(Span(*pair))
    return tuple(spans)
