"""One document, a file's or page's bytes or a stream, as articles."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import BinaryIO, Literal
from urllib.parse import urljoin

from rag.errors import SourceError
from rag.settings import Settings
from rag.sources.decode import decode
from rag.sources.draft import Draft, finish, too_large, too_long
from rag.sources.feeds import is_feed
from rag.sources.markdown import draft_markdown
from rag.sources.plain import draft_plain, unwrap
from rag.sources.rows import read_row, rows_in
from rag.sources.urls import is_url, names_article, same_site
from rag.sources.worker import Worker
from rag.text.dates import UNKNOWN, Dated, date_in_metadata, date_in_text, parse_date
from rag.text.normalize import normalise
from rag.types import Read

Kind = Literal["text", "markdown", "html", "pdf", "json", "jsonl"]

_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|article)\b", re.IGNORECASE
)
_SNIFF_BYTES = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a document was found: `source` for people, `key` and `stem` from its path, `url` if it was fetched."""

    source: str
    key: str | None = None
    stem: str = ""
    url: str = ""
    charset: str | None = None


def sniff(data: bytes) -> Kind:
    """Tell the kind of a document by its content; what is nothing else is text."""
    head = data[:_SNIFF_BYTES]
    if head.lstrip().startswith(b"%PDF-"):
        return "pdf"
    text = head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if _HTML.match(text):
        return "html"
    if text.startswith(("{", "[")):
        first = data.lstrip(b"\xef\xbb\xbf \t\r\n").split(b"\n", 1)
        if len(first) > 1 and first[1].strip() and _is_object(first[0]):
            return "jsonl"
        return "json" if _is_json(data) else "text"
    return "markdown" if re.match(r"---[ \t]*\r?\n\w", text) else "text"


def read_document(data: bytes, kind: Kind, settings: Settings, worker: Worker, place: Place) -> Iterator[Read]:
    """Read a document of a known kind; yields at least one `Read`, never raises."""
    try:
        if is_feed(data):
            raise SourceError("is a feed: give its URL instead, so that its entries can be fetched")
        if kind == "json":
            yield from _read_json(data, settings, place)
        elif kind == "jsonl":
            yield from read_lines(iter(data.splitlines(keepends=True)), settings, place)
        else:
            yield read_draft(draft_document(data, kind, settings, worker, place), settings, place)
    except SourceError as exc:
        yield Read(source=place.source, status="failed", reason=str(exc))


def read_draft(draft: Draft, settings: Settings, place: Place) -> Read:
    """The article of `draft`, found at `place`."""
    try:
        article = finish(draft, settings, source=place.source, key=place.key, stem=place.stem, fetched=bool(place.url))
    except SourceError as exc:
        return Read(source=place.source, status="failed", reason=str(exc))
    return Read(source=place.source, status="read", article=article)


def draft_document(data: bytes, kind: Kind, settings: Settings, worker: Worker, place: Place) -> Draft:
    """Draft the one article of a text, Markdown, HTML or PDF document; raises `SourceError`."""
    if kind == "html":
        return _draft_html(data, worker, place)
    if kind == "pdf":
        return replace(_draft_pdf(worker.call("pdf", data)), url=place.url)
    text = decode(data, charset=place.charset)
    if len(text) > settings.max_article_chars:
        raise SourceError(too_long(settings))
    draft = draft_markdown(text) if kind == "markdown" else draft_plain(text)
    return replace(draft, url=place.url or draft.url)


def read_stream(stream: BinaryIO, settings: Settings, worker: Worker, *, source: str) -> Iterator[Read]:
    """Read a stream without a name: JSON Lines row by row, anything else whole."""
    place = Place(source=source)
    try:
        first = stream.readline(settings.max_file_bytes + 1)
        if _is_object(first):
            yield from read_lines(chain([first], _lines(stream, settings)), settings, place)
            return
        data = first + stream.read(max(settings.max_file_bytes + 1 - len(first), 0))
    except OSError as exc:
        yield Read(source=source, status="failed", reason=f"cannot be read ({exc.strerror or exc})")
        return
    if len(data) > settings.max_file_bytes:
        yield Read(source=source, status="failed", reason=too_large(settings))
    elif not data.strip():
        yield Read(source=source, status="failed", reason="is empty")
    else:
        yield from read_document(data, sniff(data), settings, worker, place)


def read_line_file(stream: BinaryIO, settings: Settings, place: Place) -> Iterator[Read]:
    """Read a JSON Lines file row by row; the limit on size holds for a row, not for the file."""
    yield from read_lines(_lines(stream, settings), settings, place)


def read_lines(lines: Iterator[bytes], settings: Settings, place: Place) -> Iterator[Read]:
    """Read JSON Lines; a bad line fails alone, named by its number."""
    seen: dict[str, str] = {}
    empty = True
    for number, line in enumerate(lines, start=1):
        if not line.strip(b"\xef\xbb\xbf \t\r\n"):
            continue
        empty = False
        source = f"{place.source}:{number}"
        try:
            if len(line) > settings.max_file_bytes:
                raise SourceError(too_large(settings))
            row = _parsed(decode(line))
        except SourceError as exc:
            yield Read(source=source, status="failed", reason=f"line {number} {exc}")
            continue
        yield _read_row(row, settings, source, place.key, number, f"line {number}", seen)
    if empty:
        yield Read(source=place.source, status="failed", reason="is empty")


def _lines(stream: BinaryIO, settings: Settings) -> Iterator[bytes]:
    """Lines of at most a byte more than the limit; what is beyond it in a longer one is passed over."""
    limit = settings.max_file_bytes + 1
    while line := stream.readline(limit):
        yield line
        while len(line) == limit and not line.endswith(b"\n"):
            line = stream.readline(limit)


def _read_json(data: bytes, settings: Settings, place: Place) -> Iterator[Read]:
    value = _parsed(decode(data))
    rows = rows_in(value)
    if not rows:
        raise SourceError("is an empty list")
    seen: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        if row is value:
            yield _read_row(row, settings, place.source, place.key, None, "", seen)
        else:
            source = f"{place.source}#{number}"
            yield _read_row(row, settings, source, place.key, number, f"item {number}", seen)


def _read_row(
    row: object, settings: Settings, source: str, key: str | None, number: int | None, where: str, seen: dict[str, str]
) -> Read:
    try:
        article = read_row(row, settings, source=source, place=key, number=number)
        if seen.setdefault(article.key, article.version) != article.version and not is_url(article.key):
            raise SourceError("has the id of an earlier row with another text")
    except SourceError as exc:
        return Read(source=source, status="failed", reason=f"{where} {exc}".strip())
    return Read(source=article.source, status="read", article=article)


def _draft_html(data: bytes, worker: Worker, place: Place) -> Draft:
    page = worker.call("html", data, charset=place.charset, url=place.url or None)
    canonical = _joined(place.url, page["canonical"])
    trusted = is_url(canonical) and (not place.url or (same_site(canonical, place.url) and names_article(canonical)))
    return Draft(
        text=page["text"],
        title=page["title"],
        publisher=page["publisher"],
        author=page["author"],
        published=date_in_metadata(page["published"]),
        url=canonical if trusted else place.url,
    )


def _joined(base: str, link: str) -> str:
    try:
        return urljoin(base, link) if link else ""
    except ValueError:  # it is no address
        return ""


def _draft_pdf(pdf: dict[str, str]) -> Draft:
    text = unwrap(normalise(pdf["text"]))
    published = date_in_text(text)
    created = parse_date(pdf["created"])
    if published == UNKNOWN and created:
        # When the file was made, which is not always when the article came out.
        published = Dated(created[0], "metadata", "low")
    return Draft(text=text, title=pdf["title"], author=pdf["author"], published=published)


def _parsed(text: str) -> object:
    try:
        value: object = json.loads(text.lstrip("\ufeff"))
    except RecursionError as exc:
        raise SourceError("is nested too deeply") from exc
    except ValueError as exc:
        raise SourceError(f"is not JSON ({' '.join(str(exc).split())[:100]})") from exc
    return value


def _is_object(line: bytes) -> bool:
    line = line.removeprefix(b"\xef\xbb\xbf").strip()
    return line.startswith(b"{") and line.endswith(b"}") and _is_json(line)


def _is_json(data: bytes) -> bool:
    try:
        _parsed(decode(data))
    except SourceError:
        return False
    return True
