"""HTML: the article on a page and what the page says about it.

`read_html` runs in the worker's process. The text is trafilatura's, with settings that would rather
keep too much than lose a paragraph: boilerplate is marked later. Containers that name themselves
(a newsletter box, a share bar, the comments) go first, since the text alone no longer shows what they were.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from rag.errors import SourceError
from rag.sources.decode import decode
from rag.sources.metadata import read_metadata
from rag.text import cues
from rag.text.appeal import appeal

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_ENOUGH_CHARS = 60
_LAYOUT_CHARS = 400
_BOX_CHARS = 500
_BOX_ELEMENTS = 60
_MOST_OF_PAGE = 0.3
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li",
    "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr",
    "ul",
))  # fmt: skip
_NO_TEXT = frozenset((
    "head", "iframe", "noscript", "object", "script", "select", "style", "svg", "template", "textarea", "title",
))  # fmt: skip
_FURNITURE_TAGS = "//nav|//form|//button|//dialog|//template|//*[@hidden]|//*[@role='navigation' or @role='dialog']"
# Words that a container is named by; each has to be a whole word of its class or id.
_FURNITURE_WORDS = frozenset((
    "newsletter", "newsletters", "signup", "share", "sharing", "sharebar", "socials", "promo", "promos", "advert",
    "adverts", "advertisement", "ad", "ads", "adslot", "sponsor", "sponsored", "related", "recommended",
    "recommendations", "recirculation", "outbrain", "taboola", "comments", "disqus", "cookie", "cookies", "consent",
    "breadcrumb", "breadcrumbs", "paywall", "regwall", "subscribe", "subscription", "donate", "donation", "appeal",
    "byline", "bio", "tags", "taglist", "topics", "pager", "pagination", "toolbar", "credit", "credits", "trending",
    "popular", "mostread", "footer", "masthead", "disclaimer", "disclosure", "affiliate", "gdpr", "optin",
    "cta", "reprints", "playlist",
))  # fmt: skip


def read_html(data: bytes, *, max_chars: int, charset: str | None = None, url: str | None = None) -> dict[str, Any]:
    """Return the text of the article on a page, and its metadata; raises `SourceError` where there is none."""
    import lxml.html
    from lxml.etree import ParserError
    from trafilatura import bare_extraction

    html = decode(data, charset=charset, markup=True).replace("\x00", "")
    try:
        # lxml refuses text that declares an encoding of its own, which the decoding has dealt with.
        page = lxml.html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", html))
    except (ParserError, ValueError) as exc:
        raise SourceError("holds no text") from exc
    found = read_metadata(page)
    _unfold_tables(page)
    _drop_furniture(page)
    document = bare_extraction(page, url=url, favor_recall=True, include_comments=False, deduplicate=False)
    text = str(getattr(document, "text", "") or "")
    if len(text) < _ENOUGH_CHARS:
        whole = _text(next(iter(page.xpath("//article|//main")), page))
        text = max(text, whole, key=len)
    if not text.strip():
        raise SourceError("holds no article text (a page that needs JavaScript?)")
    if len(text) > max_chars:
        raise SourceError(f"is longer than {max_chars:,} characters (the limit is RAG_MAX_ARTICLE_CHARS)")
    return {"text": text, **found}


def text_of(fragment: str) -> str:
    """The text of a piece of HTML, a line for each block; raises nothing, text without markup is kept."""
    import lxml.html
    from lxml.etree import ParserError

    if "<" not in fragment and "&" not in fragment:
        return fragment
    try:
        return _text(lxml.html.document_fromstring(f"<body>{fragment}</body>"))
    except (ParserError, ValueError):
        return ""


def _text(root: HtmlElement) -> str:
    # Walks without recursion: a hostile page is nested as deeply as the parser allows.
    parts: list[str] = []
    pending: list[HtmlElement | str] = [root]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            parts.append(item)
            continue
        block = item.tag in _BLOCKS
        after = ("\n" if block else "") + re.sub(r"\s+", " ", (item.tail or "") if item is not root else "")
        pending.append(after)
        if isinstance(item.tag, str) and item.tag not in _NO_TEXT:
            parts.append("\n" if block or item.tag == "br" else "")
            pending.extend(reversed(item))
            pending.append(re.sub(r"\s+", " ", item.text or ""))
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _unfold_tables(page: HtmlElement) -> None:
    """Turn the tables that lay out a page, as old pages and e-mails do, into blocks; tables of figures stay."""
    for table in page.xpath("//table"):
        cells = table.xpath("./tr/td|./tbody/tr/td")
        if table.xpath(".//table") or any(_length(cell) > _LAYOUT_CHARS or cell.xpath("./br|.//img") for cell in cells):
            for element in [table, *table.xpath("./tr|./tbody|./tbody/tr"), *cells]:
                element.tag = "div"
    for element in page.xpath("//font"):
        element.tag = "span"


def _drop_furniture(page: HtmlElement) -> None:
    whole = _length(page)
    for element in page.xpath("//body//aside|//body//section|//body//div|//body//ul"):
        if element.getparent() is not None and _is_box(element) and _length(element) < whole * _MOST_OF_PAGE:
            element.drop_tree()
    for element in page.xpath(_FURNITURE_TAGS):
        if _length(element) < whole * _MOST_OF_PAGE:
            element.drop_tree()
    for element in page.xpath("//body//*[@class or @id]"):
        named = _names_furniture(element) and element.getparent() is not None and not element.xpath(".//h1")
        # A theme may hang such a name on the whole article ("has-comments"): what holds much of the page stays.
        if named and _length(element) < whole * _MOST_OF_PAGE:
            element.drop_tree()
    for element in page.xpath("//body//p[a]|//body//li[a]|//body//div[a][not(*[not(self::a)])]"):
        if _only_links(element) and element.getparent() is not None:
            element.drop_tree()


def _is_box(element: HtmlElement) -> bool:
    """Whether a small part of the page asks for something or points elsewhere, and states nothing besides."""
    parts = list(islice(element.iter(), _BOX_ELEMENTS + 1))
    if len(parts) > _BOX_ELEMENTS or any(part.tag in ("h1", "figure", "img", "li", "table") for part in parts):
        return False
    lines = _text(element).split("\n")
    if sum(map(len, lines)) > _BOX_CHARS or any(cues.is_news(line) or cues.is_statement(line) for line in lines):
        return False
    asks = any(part.tag in ("button", "input", "form") for part in parts)
    return asks or any(cues.is_section_heading(line) or appeal(line) >= 0 for line in lines)


def _names_furniture(element: HtmlElement) -> bool:
    name = f"{element.get('class', '')} {element.get('id', '')}"
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", name[:300]).lower()
    found = _FURNITURE_WORDS.intersection(re.split(r"[^a-z]+", words))
    return bool(found) and not re.search(r"\b(?:has|with|no|is|without)-", words)


def _only_links(element: HtmlElement) -> bool:
    """Whether a block is nothing but links and is no sentence: a pointer to another page."""
    text = " ".join(element.text_content().split())
    linked = sum(len(" ".join(link.text_content().split())) for link in element.iter("a"))
    return linked >= len(text.strip("[]()|›»>•· ")) and not re.search(r"[.!?][\"”’]?$", text)


def _length(element: HtmlElement) -> int:
    return sum(len(text.strip()) for text in element.itertext() if isinstance(text, str))
