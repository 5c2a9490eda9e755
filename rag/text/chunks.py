"""Cuts an article into chunks of whole sentences with exact offsets.

A chunk ends at a paragraph's end where it can, and never holds a character of boilerplate.
Its size keeps it, with its header, under the 256 tokens that the embedder reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from rag.text.sentences import split_sentences
from rag.types import Article, Chunk, Span

MAX_CHARS = 800
"""About 180 tokens of English: room for a header within the embedder's 256."""

_CLAUSE_END = re.compile(r"[;:,—–)]\s+|\s+")
_HEADER_CHARS = 160


def chunk_article(article: Article) -> list[Chunk]:
    """Cut `article` into chunks in order; together they hold every sentence that is no boilerplate."""
    pieces = [piece for sentence in usable_sentences(article) for piece in _pieces(article.text, sentence)]
    return [
        Chunk(
            article_id=article.id,
            version=article.version,
            number=number,
            start=group[0].start,
            end=group[-1].end,
            text=article.text[group[0].start : group[-1].end],
            sentences=tuple(group),
        )
        for number, group in enumerate(_groups(article, pieces))
    ]


def usable_sentences(article: Article) -> list[Span]:
    """The sentences of `article` that may be cited: those that touch no boilerplate, in order."""
    return list(_usable(split_sentences(article.text), article.boilerplate))


def embedded_text(article: Article, chunk: Chunk) -> str:
    """What is embedded for `chunk`: title, publisher and date, then the chunk's own words."""
    date = article.published.isoformat() if article.published else None
    header = " · ".join(part for part in (article.title, article.publisher, date) if part)
    return f"{header[:_HEADER_CHARS]}\n{chunk.text}"


def widened(text: str, chunk: Span, neighbours: tuple[Span | None, Span | None]) -> Span:
    """`chunk` with the sentence before and after it where no paragraph ends between them."""
    before, after = neighbours
    start = before.start if before and "\n" not in text[before.end : chunk.start] else chunk.start
    end = after.end if after and "\n" not in text[chunk.end : after.start] else chunk.end
    return Span(start, end)


def _usable(sentences: Iterable[Span], boilerplate: Sequence[Span]) -> Iterator[Span]:
    """The sentences less those that touch boilerplate; both come in order."""
    position = 0
    for sentence in sentences:
        while position < len(boilerplate) and boilerplate[position].end <= sentence.start:
            position += 1
        if position == len(boilerplate) or boilerplate[position].start >= sentence.end:
            yield sentence


def _pieces(text: str, sentence: Span) -> Iterator[Span]:
    """`sentence` itself, or where it is too long to embed, pieces of it cut between clauses or words."""
    start = sentence.start
    while sentence.end - start > MAX_CHARS:
        ends = [match.end() for match in _CLAUSE_END.finditer(text, start + MAX_CHARS // 2, start + MAX_CHARS)]
        cut = ends[-1] if ends else start + MAX_CHARS
        yield Span(start, start + len(text[start:cut].rstrip()))
        start = cut
    if start < sentence.end:
        yield Span(start, sentence.end)


def _groups(article: Article, pieces: Sequence[Span]) -> Iterator[list[Span]]:
    """Runs of sentences up to the chunk size, cut early where a paragraph ends past half of it."""
    barriers = iter([*article.boilerplate, Span(len(article.text) + 1, len(article.text) + 1)])
    barrier = next(barriers)
    group: list[Span] = []
    for piece in pieces:
        crossed = False
        while barrier.end <= piece.start:
            barrier, crossed = next(barriers), True
        if group and (crossed or _full(article.text, group, piece)):
            yield group
            group = []
        group.append(piece)
    if group:
        yield group


def _full(text: str, group: Sequence[Span], piece: Span) -> bool:
    start, end = group[0].start, group[-1].end
    if piece.end - start > MAX_CHARS:
        return True
    return end - start >= MAX_CHARS // 2 and "\n" in text[end : piece.start]
