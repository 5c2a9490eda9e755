"""Cuts an article into chunks of whole sentences with exact offsets.

A chunk ends at a paragraph's end where it can, and never holds a character of boilerplate.
Its size keeps it, with its header, under the 256 tokens that the embedder reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.text.sentences import split_sentences
from rag.types import Article, Chunk, Span

MAX_CHARS = 800
"""About 180 tokens of English: room for a header within the embedder's 256."""

_CLAUSE_END = re.compile(r"[;:,—–)]\s+|\s+")
_WHOLE = re.compile(r"[^\w\s]*(?:[A-Z]|\d).*[.!?][^\w\s]*", re.DOTALL)
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
    """The sentences of `article` that may be cited, in order.

    Of one that boilerplate touches, what is left counts only where it is a sentence by itself.
    """
    found: list[Span] = []
    position = 0
    for sentence in split_sentences(article.text):
        while position < len(article.boilerplate) and article.boilerplate[position].end <= sentence.start:
            position += 1
        last = position
        while last < len(article.boilerplate) and article.boilerplate[last].start < sentence.end:
            last += 1
        touching = article.boilerplate[position:last]
        found += _left(article.text, sentence, touching) if touching else [sentence]
    return found


def _left(text: str, sentence: Span, touching: Sequence[Span]) -> Iterator[Span]:
    """The parts of `sentence` between the spans that touch it, so far as they read as sentences."""
    start = sentence.start
    for gap in (*touching, Span(sentence.end, sentence.end)):
        part = text[start : max(start, gap.start)]
        if _WHOLE.fullmatch(part.strip()):
            first = start + len(part) - len(part.lstrip())
            yield Span(first, first + len(part.strip()))
        start = gap.end


def embedded_text(article: Article, chunk: Chunk) -> str:
    """What is embedded for `chunk`: title, publisher and date, then the chunk's own words."""
    date = article.published.isoformat() if article.published else None
    header = " · ".join(part for part in (article.title, article.publisher, date) if part)
    return f"{header[:_HEADER_CHARS]}\n{chunk.text}"


def embedded_parts(article: Article, chunk: Chunk) -> tuple[str, list[Span]]:
    """What is embedded for `chunk`, and where its sentences stand in that."""
    text = embedded_text(article, chunk)
    shift = len(text) - len(chunk.text) - chunk.start
    return text, [Span(start + shift, end + shift) for start, end in chunk.sentences]


def widened(text: str, chunk: Span, neighbours: tuple[Span | None, Span | None]) -> Span:
    """`chunk` with the sentence before and after it where no paragraph ends between them."""
    before, after = neighbours
    start = before.start if before and _joined(text[before.end : chunk.start]) else chunk.start
    end = after.end if after and _joined(text[chunk.end : after.start]) else chunk.end
    return Span(start, end)


def _joined(between: str) -> bool:
    """Whether neither a paragraph's end nor boilerplate stands between two sentences."""
    return not between.strip() and "\n" not in between


def _pieces(text: str, sentence: Span) -> Iterator[Span]:
    """`sentence` itself, or where it is too long to embed, pieces of it cut between clauses or words."""
    start = sentence.start
    while sentence.end - start > MAX_CHARS:
        ends = [match.end() for match in _CLAUSE_END.finditer(text, start + MAX_CHARS // 2, start + MAX_CHARS)]
        cut = ends[-1] if ends else start + MAX_CHARS
        yield Span(start, start + len(text[start:cut].rstrip()))
        start = sentence.end - len(text[cut : sentence.end].lstrip())
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
