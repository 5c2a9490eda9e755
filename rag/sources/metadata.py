"""What a page says about its article in its head. Runs in the worker's process."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_DATE_NAMES = (
    "article:published_time", "og:article:published_time", "datepublished", "date", "pubdate", "publishdate",
    "publish-date", "publication_date", "dc.date", "dc.date.issued", "dcterms.created", "dcterms.issued",
    "dcterms.date", "sailthru.date", "parsely-pub-date", "cxenseparse:recs:publishtime", "article.published",
    "citation_publication_date", "citation_date", "originalpublicationdate", "timestamp", "published_time", "published",
)  # fmt: skip
_AUTHOR_NAMES = (
    "author", "article:author", "dc.creator", "parsely-author", "sailthru.author", "byl", "citation_author",
)  # fmt: skip
_SITE_NAMES = ("og:site_name", "application-name", "dc.publisher", "citation_journal_title", "publisher")
_TITLE_NAMES = ("og:title", "twitter:title", "dc.title", "parsely-title", "citation_title")
_ARTICLE_TYPES = re.compile(r"Article|BlogPosting|Report|Review|LiveBlog|WebPage", re.IGNORECASE)
_MOST_NODES = 2_000


def read_metadata(page: HtmlElement) -> dict[str, Any]:
    """Return title, publisher, author, published (as written), date_source and canonical; empty is unknown.

    What the page states comes first; trafilatura's reading of the body fills title, author and site.
    Its date is not used: it may be a guess.
    """
    from trafilatura import extract_metadata

    named = _named(page)
    linked = _linked(page)
    guessed = extract_metadata(page, date_config={"max_date": "1990-01-01"})
    heading = next((" ".join(h1.text_content().split()) for h1 in page.iter("h1")), "")
    author = _first(linked.get("author"), *(named.get(name) for name in _AUTHOR_NAMES))
    author = author or str(guessed.author or "").replace("; ", ", ")
    return {
        "title": _title(
            _first(linked.get("headline"), *(named.get(name) for name in _TITLE_NAMES)),
            heading,
            str(guessed.title or ""),
        ),
        "publisher": _first(linked.get("publisher"), *(named.get(name) for name in _SITE_NAMES), guessed.sitename),
        "author": re.sub(r"^by:?\s+", "", author, flags=re.IGNORECASE),
        "published": _first(linked.get("datePublished"), *(named.get(name) for name in _DATE_NAMES), *_times(page)),
        "canonical": _first(*page.xpath("//link[@rel='canonical']/@href"), named.get("og:url")),
    }


def _title(stated: str, heading: str, guessed: str) -> str:
    # A stated title with the site's name hung on is better read off the heading it begins with.
    if heading and (stated.startswith(heading) or not stated):
        return heading
    return stated or guessed


def _first(*values: object) -> str:
    for value in values:
        text = " ".join(str(value or "").split())
        if text and not re.match(r"https?://(?:www\.)?(?:facebook|twitter|x)\.com/", text):
            return text
    return ""


def _named(page: HtmlElement) -> dict[str, str]:
    found: dict[str, str] = {}
    for meta in page.iter("meta"):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").strip().lower()
        content = (meta.get("content") or "").strip()
        if name and content:
            found.setdefault(name, content)
    return found


def _times(page: HtmlElement) -> Iterator[str]:
    """Dates of time elements that say that they are the article's, or that stand in its head, not in its text."""
    for element in page.xpath("//*[@itemprop='datePublished'] | //time[@pubdate]"):
        yield element.get("datetime") or element.get("content") or element.text_content()
    for element in page.xpath("(//article|//main|//body)[1]//time[@datetime][not(ancestor::p)]")[:1]:
        yield element.get("datetime")


def _linked(page: HtmlElement) -> dict[str, str]:
    """The fields of the first article among the page's JSON-LD."""
    for script in page.xpath("//script[@type='application/ld+json']"):
        try:
            nodes = list(_nodes(json.loads(script.text or "")))
        except (ValueError, RecursionError):
            continue
        nodes.sort(key=lambda node: "WebPage" in str(node.get("@type")))
        for node in nodes:
            if _ARTICLE_TYPES.search(str(node.get("@type"))) and ("headline" in node or "datePublished" in node):
                return {
                    "headline": _name(node.get("headline")),
                    "datePublished": _name(node.get("datePublished")),
                    "author": _name(node.get("author")),
                    "publisher": _name(node.get("publisher")),
                }
    return {}


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    pending = [value]
    for _ in range(_MOST_NODES):
        if not pending:
            return
        item = pending.pop(0)
        if isinstance(item, dict):
            yield item
            pending.extend(inner for inner in item.values() if isinstance(inner, dict | list))
        elif isinstance(item, list):
            pending.extend(item)


def _name(value: Any) -> str:
    if isinstance(value, dict):
        return _name(value.get("name"))
    if isinstance(value, list):
        return ", ".join(name for part in value[:20] if not isinstance(part, list) and (name := _name(part)))
    return value if isinstance(value, str) else ""
