"""RSS and Atom: the entries of a feed. Parsing runs in the worker's process."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin

from rag.errors import SourceError

_FEED = re.compile(rb"<(?:\w+:)?(?:rss|feed|RDF)[\s>]")
_HEAD_BYTES = 2_048


def is_feed(data: bytes) -> bool:
    """Whether `data` looks like RSS or Atom, whatever it was called."""
    head = data[:_HEAD_BYTES]
    for byte_order in ("utf-16-le", "utf-16-be"):
        if head[:2] in (b"\xff\xfe", b"\xfe\xff") and b"<\x00" in head + b"\x00":
            head = head.decode(byte_order, "ignore").encode() if _FEED.search(head) is None else head
    return bool(_FEED.search(head)) and not re.search(rb"<html[\s>]", head, re.IGNORECASE)


def read_feed(data: bytes, *, max_chars: int, url: str | None = None) -> dict[str, Any]:
    """Return the feed's title and its entries: link, title, author, date and, where it is whole, their text."""
    import feedparser

    from rag.sources.markup import text_of

    parsed = feedparser.parse(data, sanitize_html=False)
    if not parsed.entries and parsed.bozo and not parsed.get("version"):
        raise SourceError("is a broken feed")
    entries = []
    for entry in parsed.entries:
        content = next((part.get("value", "") for part in entry.get("content", ())), "") or entry.get("summary", "")
        link = str(entry.get("link") or "")
        entries.append(
            {
                "link": urljoin(url, link) if url and link else link,
                "id": str(entry.get("id") or ""),
                "title": text_of(str(entry.get("title") or "")),
                "author": str(entry.get("author") or ""),
                "published": str(entry.get("published") or ""),
                "text": text_of(str(content))[: max_chars + 1],
            }
        )
    return {"title": str(parsed.feed.get("title") or ""), "entries": entries}
