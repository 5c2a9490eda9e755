"""From what a reader found in one source to an `Article`."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from itertools import islice, takewhile

from rag.errors import SourceError
from rag.settings import Settings
from rag.sources.urls import canonical_url, host_of, is_url, names_article
from rag.text.boilerplate import find_boilerplate
from rag.text.cues import byline_author, is_byline, is_furniture
from rag.text.dates import UNKNOWN, Dated, date_in_text, date_in_url, full_date
from rag.text.language import detect
from rag.text.normalize import normalise, one_line
from rag.types import Article

_TITLE_CHARS = 300
_TITLE_LINE_CHARS = 160
_SENTENCE_TITLE_CHARS = 90
_HEAD_LINES = 10
_TELLING_WORDS = 4
# What wires put before a headline to say how often it was sent.
_WIRE_PREFIX = re.compile(r"^(?:(?:UPDATE|WRAPUP|RPT|REFILE|CORRECTED|ADVISORY|PRECIOUS)(?: ?\d+)?[-–—:] ?)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What one source says, before it is normalised; empty is unknown."""

    text: str
    title: str = ""
    publisher: str = ""
    author: str = ""
    published: Dated = UNKNOWN
    url: str = ""
    language: str = ""


def finish(
    draft: Draft, settings: Settings, *, source: str, key: str | None, stem: str = "", fetched: bool = False
) -> Article:
    """Build the article of `draft`.

    `key` names it where it has no URL of its own, `stem` is what its file is called, `fetched` says
    that `draft.url` is where it was read. Raises `SourceError` for what holds no article.
    """
    if len(draft.text) > settings.max_article_chars:
        raise SourceError(too_long(settings))
    text = normalise(draft.text)
    if not text:
        raise SourceError("holds no text")
    title = one_line(draft.title)[:_TITLE_CHARS] or _title(text, stem)
    boilerplate = find_boilerplate(text, title)
    if not _left(text, boilerplate):
        raise SourceError("holds nothing but boilerplate (credits, appeals, comments)")
    url = canonical_url(draft.url) if is_url(draft.url.strip()) else None
    named = canonical_url(url) if url and (fetched or names_article(url)) else None
    published = draft.published
    if published == UNKNOWN and url:
        published = date_in_url(url)
    if published == UNKNOWN:
        published = date_in_text(text)
    return Article.create(
        key=named or key or f"sha256:{hashlib.sha256(text.encode()).hexdigest()}",
        text=text,
        title=title,
        source=source,
        publisher=one_line(draft.publisher) or (host_of(url) if url and fetched else None) or None,
        author=one_line(draft.author) or _author(text) or None,
        published=published.published,
        published_from=published.published_from,
        confidence=published.confidence,
        url=url,
        language=_language(draft.language) or detect(text),
        boilerplate=boilerplate,
    )


def too_long(settings: Settings) -> str:
    """The reason given for a text beyond the limit."""
    return f"is longer than {settings.max_article_chars:,} characters (the limit is RAG_MAX_ARTICLE_CHARS)"


def too_large(settings: Settings) -> str:
    """The reason given for bytes beyond the limit."""
    return f"is larger than {settings.max_file_bytes:,} bytes (the limit is RAG_MAX_FILE_BYTES)"


def _left(text: str, boilerplate: tuple[tuple[int, int], ...]) -> str:
    position, kept = 0, []
    for start, end in boilerplate:
        kept.append(text[position:start])
        position = end
    return "".join([*kept, text[position:]]).strip()


def _language(code: str) -> str:
    """The two letters of a code such as ``en-GB`` or ``de_AT``."""
    match = re.match(r"([a-z]{2})(?:[-_]|$)", code.strip().lower())
    return match.group(1) if match else ""


def _title(text: str, stem: str) -> str:
    head = list(islice((line.strip() for line in text.split("\n") if line.strip()), _HEAD_LINES + 1))
    candidates = list(takewhile(lambda line: not _is_body(line), head[:_HEAD_LINES]))
    if candidates and len(head) > len(candidates):
        # A pasted page begins with its menu and its name: the title is the first line that is long enough to say
        # something and is neither furniture nor a byline. A lone short line above the text is a title as it is.
        telling = (line for line in candidates if len(line.split()) >= _TELLING_WORDS and not _is_furniture(line))
        return _WIRE_PREFIX.sub("", one_line(next(telling, candidates[0])))
    readable = one_line(re.sub(r"[-_+.]+", " ", stem))
    if _tells(readable):
        return readable[0].upper() + readable[1:]
    return _first_sentence(one_line(text[:1_000]))


def _author(text: str) -> str:
    """Whom a byline above the text names."""
    head = islice((line.strip() for line in text.split("\n") if line.strip()), _HEAD_LINES)
    return next((one_line(author) for line in head if (author := byline_author(line))), "")


def _is_body(line: str) -> bool:
    return len(line) > _TITLE_LINE_CHARS or bool(re.search(r"[.!;:,][\"”’')]*$", line))


def _is_furniture(line: str) -> bool:
    pointers = len(re.findall(r" [>›»|/·] ", line))
    return pointers > 1 or is_furniture(line) or is_byline(line) or full_date(line) is not None


def _tells(stem: str) -> bool:
    """Whether a file's name says something: at least two words, most of its characters letters."""
    words = [word for word in stem.split() if len(word) > 1 and word.isalpha()]
    letters = sum(len(word) for word in words)
    return len(words) >= 2 and letters * 2 > len(stem)


def _first_sentence(line: str) -> str:
    # "U.S." and "Lt." end no sentence: three lower-case letters or a digit before the full stop do.
    end = re.search(r"(?<=[a-z]{3}|.\d\d)[.!?][\"”’')]*(?= |$)", line)
    sentence = line[: end.end()] if end else line
    if len(sentence) <= _SENTENCE_TITLE_CHARS:
        return sentence.rstrip(".")
    return sentence[: _SENTENCE_TITLE_CHARS + 1].rsplit(" ", 1)[0].rstrip(" ,;:-–—") + "…"
