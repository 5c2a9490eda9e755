"""How answers, summaries and hits look: pure functions from values to paragraphs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from rag.showing import ABSTENTIONS
from rag.showing import byline as byline
from rag.surfaces.emphasis import emphasis
from rag.surfaces.layout import BLANK, Paragraph, Piece, Style, one_line, paragraph
from rag.types import (
    Answer,
    Citation,
    Conflict,
    Hit,
    Span,
    Statement,
    Summary,
    Verification,
    Withheld,
)

Place = Callable[[Citation], str | None]
"""Where a cited article came from, when it has no URL: the path of a file, say."""

_HIT_ROWS = 3


def reply(value: Answer | Summary, place: Place) -> Iterator[Paragraph]:
    """An answer or a summary: what is said, then the numbered sources with their exact words."""
    asked = value.question if isinstance(value, Answer) else value.subject
    if value.status == "answered":
        yield _said(value.statements)
        for check in dict.fromkeys(s.check for s in value.statements if s.support == "partial" and s.check):
            yield paragraph(Piece(f"Partly confirmed: {one_line(check)}.", "quiet"))
    else:
        yield paragraph(Piece(ABSTENTIONS[value.reason or "not_stated"], "title"))
    if value.conflicts:
        yield from _conflicts(value.conflicts)
    if value.citations:
        yield BLANK
        yield from _sources(value.citations, asked, place, numbered=True)
    if value.withheld:
        yield from _withheld(value.withheld)
    if value.nearest:
        yield BLANK
        yield paragraph("Closest passages:")
        yield BLANK
        yield from _sources(value.nearest, asked, place, numbered=False)
    if value.engine == "generative":
        yield BLANK
        author = f"Written by {one_line(value.model or 'a language model')} from the articles above."
        yield paragraph(Piece(author, "quiet"))


def verification(value: Verification, place: Place) -> Iterator[Paragraph]:
    """Each sentence with its verdict and the check that decided, then the passages."""
    for statement in value.statements:
        style: Style = "warning" if statement.support == "unsupported" else "title"
        markers = [Piece(f" [{number}]", "marker") for number in statement.citations]
        yield paragraph(Piece(statement.support, style), Piece(f"  {one_line(statement.text)}"), *markers, hanging=2)
        yield paragraph(Piece(one_line(statement.check), "quiet"), indent=2)
    if value.citations:
        yield BLANK
        said = " ".join(statement.text for statement in value.statements)
        yield from _sources(value.citations, said, place, numbered=True)


def _said(statements: Sequence[Statement]) -> Paragraph:
    """The reply's text as one paragraph: the same words and markers as its `text`."""
    pieces: list[Piece] = []
    for statement in statements:
        if pieces:
            pieces.append(Piece(" "))
        pieces.append(Piece(" ".join(statement.text.split())))
        pieces += [piece for number in statement.citations for piece in (Piece(" "), Piece(f"[{number}]", "marker"))]
        if statement.support == "partial":
            pieces.append(Piece(" (partly confirmed)", "warning"))
    return Paragraph(tuple(pieces))


def _conflicts(conflicts: Iterable[Conflict]) -> Iterator[Paragraph]:
    for conflict in conflicts:
        yield BLANK
        about = one_line(conflict.about)
        on = f": {about}" if about.endswith("?") else f" on {about}:"
        yield paragraph(Piece("The articles disagree", "warning"), on)
        for value in conflict.values:
            markers = [Piece(f" [{number}]", "marker") for number in value.citations]
            yield paragraph(one_line(value.value), *markers, indent=4, hanging=2)


def _withheld(withheld: Iterable[Withheld]) -> Iterator[Paragraph]:
    yield BLANK
    yield paragraph(Piece("Withheld", "warning"), ", because the articles do not bear it out:")
    for statement in withheld:
        yield paragraph(one_line(statement.text), indent=4)
        yield paragraph(Piece(one_line(statement.check), "quiet"), indent=6)


def _sources(citations: Sequence[Citation], asked: str, place: Place, *, numbered: bool) -> Iterator[Paragraph]:
    """Each citation: its article, its exact words, and where they stand. An article is described once."""
    described: dict[tuple[str, str], int] = {}
    before: tuple[str, str] | None = None
    for citation in citations:
        article = (citation.article_id, citation.version)
        if before and before != article:
            yield BLANK
        marker = Piece(f"[{citation.number}] ", "marker") if numbered else Piece("- ")
        indent = len(marker.text)
        span = f"characters {citation.start}–{citation.end}"
        if article in described:
            number = described[article]
            same = f"the same article as [{number}]" if numbered else "the same article"
            if article != before and not numbered:
                same = f"again {one_line(citation.title)}"
            before = article
            yield paragraph(marker, Piece(f"{same}, {span}", "quiet"), hanging=indent)
            yield paragraph(*_quoted(citation.quote, asked), indent=indent)
            continue
        before = article
        described[article] = citation.number
        yield paragraph(marker, *_heading(citation), hanging=indent)
        yield paragraph(*_quoted(citation.quote, asked), indent=indent)
        yield paragraph(Piece(f"article {citation.article_id}, {span}", "quiet"), indent=indent)
        if origin := citation.url or place(citation):
            # Left unwrapped, so that it can be copied and clicked.
            yield paragraph(Piece(one_line(origin), "quiet"), indent=indent, wrap=False)


def _heading(citation: Citation) -> list[Piece]:
    by = byline(citation.publisher, citation.published, citation.published_from)
    return [Piece(one_line(citation.title), "title"), Piece(f" — {by}")]


def _quoted(quote: str, asked: str) -> list[Piece]:
    """The article's own words, those that matter in bold."""
    return _marked(quote, emphasis(asked, quote))


def _marked(text: str, spans: Iterable[Span]) -> list[Piece]:
    pieces, at = [], 0
    for span in spans:
        pieces += [Piece(text[at : span.start]), Piece(text[span.start : span.end], "strong")]
        at = span.end
    return [piece for piece in (*pieces, Piece(text[at:])) if piece.text]


def hits(query: str, found: Sequence[Hit], *, in_full: bool) -> Iterator[Paragraph]:
    """The passages that a search found: whole chunks, or a few lines around what was sought."""
    for number, hit in enumerate(found):
        if number:
            yield BLANK
        article = hit.article
        by = byline(article.publisher, article.published, article.published_from)
        score = Piece(f"{hit.score:.2f}  ", "marker")
        yield paragraph(score, Piece(one_line(article.title), "title"), Piece(f" — {by}"), hanging=6)
        if in_full:
            yield paragraph(*_quoted(hit.chunk.text, query), indent=6)
        else:
            yield paragraph(*_excerpt(hit, query), indent=6, rows=_HIT_ROWS)
        where = f"article {article.id}, characters {hit.chunk.start}–{hit.chunk.end}"
        yield paragraph(Piece(where, "quiet"), indent=6)


def _excerpt(hit: Hit, query: str) -> list[Piece]:
    """The hit's text from the sentence on that holds most of what was sought."""
    text = hit.article.text

    def weight(span: Span) -> int:
        return sum(part.end - part.start for part in emphasis(query, text[span.start : span.end]))

    start = max(hit.chunk.sentences, key=weight, default=hit.context).start
    excerpt = " ".join(text[start : hit.context.end].split())
    lead = [Piece("… ", "quiet")] if start > hit.context.start else []
    return [*lead, *_quoted(excerpt, query)]
