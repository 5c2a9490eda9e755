"""Web pages and feeds by URL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urldefrag

from rag.errors import SourceError
from rag.settings import Settings
from rag.sources.documents import Kind, Place, draft_document, read_document, read_draft, sniff
from rag.sources.draft import Draft
from rag.sources.feeds import is_feed
from rag.sources.fetch import Fetcher, Page
from rag.sources.urls import canonical_url, is_url
from rag.sources.worker import Worker
from rag.text.dates import UNKNOWN, date_in_metadata
from rag.types import Read, Validators

_KINDS: dict[str, Kind] = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/pdf": "pdf",
    "text/markdown": "markdown",
    "application/json": "json",
    "application/x-ndjson": "jsonl",
    "application/jsonl": "jsonl",
}
_SNIFFED = ("", "text/plain", "application/octet-stream", "application/xml", "text/xml")


def read_url(url: str, settings: Settings, worker: Worker, known: Callable[[str], Validators | None]) -> Iterator[Read]:
    """Read a page, or a feed and the page of each of its entries; never raises."""
    fetcher = Fetcher(settings)
    try:
        page = fetcher.fetch(urldefrag(url).url, known(url))
        if page.data is None:
            yield Read(source=url, status="not_modified", origin=url, validators=page.validators)
            return
        if not is_feed(page.data):
            yield from _read_page(page, page.data, url, settings, worker, {})
            return
        feed = worker.call("feed", page.data, url=page.url)
    except SourceError as exc:
        yield Read(source=url, status="failed", reason=str(exc), origin=url)
        return
    yield Read(source=url, status="feed", origin=url, validators=page.validators)
    seen: set[str] = set()
    for entry in feed["entries"][: settings.max_feed_entries]:
        name = canonical_url(entry["link"]) or entry["id"] or entry["title"]
        if name not in seen:
            seen.add(name)
            yield from _read_entry(entry, url, settings, worker, known, fetcher)


def _read_entry(
    entry: dict[str, Any],
    feed_url: str,
    settings: Settings,
    worker: Worker,
    known: Callable[[str], Validators | None],
    fetcher: Fetcher,
) -> Iterator[Read]:
    link = urldefrag(entry["link"]).url
    if not is_url(link):
        source = f"{feed_url}#{entry['id'] or entry['title']}"
        draft = _filled(Draft(text=entry["text"]), entry)
        yield read_draft(draft, settings, Place(source=source, key=source))
        return
    try:
        page = fetcher.fetch(link, known(link))
    except SourceError as exc:
        yield Read(source=link, status="failed", reason=str(exc), origin=link)
        return
    if page.data is None:
        yield Read(source=link, status="not_modified", origin=link, validators=page.validators)
    elif is_feed(page.data):
        yield Read(source=link, status="failed", reason="is a feed within a feed", origin=link)
    else:
        yield from _read_page(page, page.data, link, settings, worker, entry)


def _read_page(
    page: Page, data: bytes, url: str, settings: Settings, worker: Worker, entry: dict[str, Any]
) -> Iterator[Read]:
    """Read what a URL gave; `entry` is the feed's own knowledge of it, and fills gaps."""
    place = Place(source=url, key=canonical_url(page.url), url=page.url, charset=page.charset)
    try:
        if page.content_type not in _KINDS and page.content_type not in _SNIFFED:
            raise SourceError(f"is {page.content_type}, not an article")
        if not data.strip():
            raise SourceError("is empty")
        kind = _KINDS.get(page.content_type) or sniff(data)
        if kind in ("json", "jsonl"):
            for read in read_document(data, kind, settings, worker, place):
                yield replace(read, origin=url, validators=page.validators)
            return
        if page.content_type.endswith("/xml") and kind != "html":
            raise SourceError("is XML, but neither a feed nor a page")
        draft = _filled(draft_document(data, kind, settings, worker, place), entry)
        yield replace(read_draft(draft, settings, place), origin=url, validators=page.validators)
    except SourceError as exc:
        yield Read(source=url, status="failed", reason=str(exc), origin=url)


def _filled(draft: Draft, entry: dict[str, Any]) -> Draft:
    if not entry:
        return draft
    stated = date_in_metadata(entry["published"])
    return replace(
        draft,
        title=draft.title or entry["title"],
        author=draft.author or entry["author"],
        published=stated if draft.published == UNKNOWN else draft.published,
    )
