"""How listings and reports look: pure functions from values to paragraphs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from rag.surfaces.layout import BLANK, Paragraph, Piece, one_line, paragraph
from rag.surfaces.render import byline
from rag.types import AddItem, AddReport, AddStatus, Article, ArticleInfo

if TYPE_CHECKING:
    from rag.prompts import Prompt
    from rag.repair import DoctorReport
    from rag.usage import UsageRow, Used

_GAP = "  "
_WIDEST = 0.2
"""The share of a terminal's width that a column before the last may take."""
_NAMED = 5
"""A report names what it stored up to so many articles; `rag list` shows more."""


def listing(articles: Sequence[ArticleInfo], width: int | None) -> Iterator[Paragraph]:
    """One line an article and a total; titles are cut to a terminal's `width`."""
    rows = [
        [
            info.id,
            info.published.isoformat() if info.published else "undated",
            f"{info.chunks}",
            one_line(info.publisher or "-"),
            one_line(info.title),
        ]
        for info in articles
    ]
    yield from _table(["ID", "PUBLISHED", "CHUNKS", "PUBLISHER", "TITLE"], "<<><<", rows, width)
    yield BLANK
    chunks = sum(info.chunks for info in articles)
    yield paragraph(f"{counted(len(articles), 'article')}, {counted(chunks, 'chunk')}.")


def versions(articles: Sequence[Article], current: str, width: int | None) -> Iterator[Paragraph]:
    """One line a version, oldest first; the one that is searched is named so."""
    rows = [
        [
            article.version,
            f"{article.added:%Y-%m-%d %H:%M}" if article.added else "-",
            f"{len(article.text):,}",
            "current" if article.version == current else "",
            one_line(article.title),
        ]
        for article in articles
    ]
    yield from _table(["VERSION", "ADDED (UTC)", "CHARACTERS", "", "TITLE"], "<<><<", rows, width)


def prompts(found: Sequence[Prompt], width: int | None) -> Iterator[Paragraph]:
    """One line a prompt; then the files of the user's own among them."""
    rows = [[prompt.name, prompt.version, prompt.hash, one_line(prompt.description)] for prompt in found]
    yield from _table(["NAME", "VERSION", "HASH", "DESCRIPTION"], "<<<<", rows, width)
    for prompt in found:
        if prompt.override is not None:
            yield paragraph(f"{prompt.name} is your own, from {one_line(str(prompt.override))}.")


def usage(rows: Sequence[UsageRow], width: int | None) -> Iterator[Paragraph]:
    """One line a day and model, oldest first, and a total."""
    from rag.usage import total

    if not rows:
        yield paragraph("No language model has been used with this library yet.")
        return
    everything = total(rows)
    lines = [[row.day.isoformat(), *_used(row), one_line(row.model)] for row in rows]
    lines.append(["total", *_used(everything), ""])
    yield from _table(["DAY", "CALLS", "READ", "WRITTEN", "SECONDS", "USD", "MODEL"], "<>>>>>", lines, width)
    yield BLANK
    yield paragraph("READ and WRITTEN are tokens.")
    if everything.cached:
        yield paragraph(f"{counted(everything.cached, 'answer')} came from the cache, without a call.")
    if calls := everything.unpriced_calls:
        yield paragraph(
            f"The price of {counted(calls, 'call')} is not known: set RAG_LLM_PRICE to dollars per million tokens"
            " read and written, such as 0.25/2."
        )


def _used(used: Used) -> list[str]:
    """The cells of what was used; a plus after the money where that of some calls is not known."""
    usd = f"{used.known_usd:,.4f}"
    if used.unpriced_calls:
        usd = f"{usd}+" if used.known_usd else "unknown"
    numbers = (used.calls, used.input_tokens, used.output_tokens, round(used.seconds))
    return [*(f"{number:,}" for number in numbers), usd]


def _table(head: Sequence[str], sides: str, rows: Sequence[Sequence[str]], width: int | None) -> Iterator[Paragraph]:
    """Aligned columns. Where `width` is given, the last one is cut to it, and long ones before it too."""
    from rich.cells import cell_len

    table = [list(head), *map(list, rows)]
    if width is not None:
        for row in table:
            row[:-1] = [_cut(cell, max(12, int(width * _WIDEST))) for cell in row[:-1]]
    columns = [max(cell_len(row[column]) for row in table) for column in range(len(head) - 1)]
    used = sum(columns) + len(_GAP) * len(columns)
    for number, row in enumerate(table):
        cells = [
            " " * (columns[at] - cell_len(cell)) + cell if side == ">" else cell + " " * (columns[at] - cell_len(cell))
            for at, (cell, side) in enumerate(zip(row[:-1], sides, strict=False))
        ]
        last = row[-1] if width is None else _cut(row[-1], max(12, width - used))
        yield paragraph(Piece(_GAP.join([*cells, last]), "quiet" if number == 0 else "plain"), wrap=False)


def _cut(text: str, columns: int) -> str:
    from rich.cells import cell_len, set_cell_size

    return text if cell_len(text) <= columns else set_cell_size(text, columns - 1).rstrip() + "…"


def article_text(article: Article) -> Iterator[Paragraph]:
    """An article as it is cited: its text, with what is never cited (boilerplate) set back."""
    yield paragraph(Piece(one_line(article.title), "title"))
    by = byline(article.publisher, article.published, article.published_from)
    yield paragraph(by + (f", by {one_line(article.author)}" if article.author else ""))
    yield paragraph(Piece(f"article {article.id}, version {article.version}", "quiet"))
    yield paragraph(Piece(one_line(article.url or article.source), "quiet"))
    yield BLANK
    pieces, at = [], 0
    for span in article.boilerplate:
        pieces += [Piece(article.text[at : span.start]), Piece(article.text[span.start : span.end], "quiet")]
        at = span.end
    yield paragraph(*pieces, article.text[at:])


def report(value: AddReport, nothing: str) -> Iterator[Paragraph]:
    """What adding did; `nothing` is said where there was nothing to do."""
    names: tuple[AddStatus, ...] = ("added", "updated", "unchanged", "skipped", "failed")
    counts = [f"{name} {count:,}" for name in names if (count := value.count(name))]
    if not counts:
        yield paragraph(nothing)
        return
    line = ", ".join(counts)
    yield paragraph(f"{line[0].upper()}{line[1:]}.")
    stored = [item for item in value.items if item.status in ("added", "updated")]
    if len(stored) <= _NAMED:
        yield from (_stored(item) for item in stored)


def _stored(item: AddItem) -> Paragraph:
    chunks = f" ({counted(item.chunks, 'chunk')})"
    return paragraph(
        f"{item.article_id}{_GAP}", one_line(item.title or item.source), Piece(chunks, "quiet"), indent=2, hanging=14
    )


def doctor(value: DoctorReport) -> Iterator[Paragraph]:
    """What the doctor found, and whether it was mended."""
    did = "mended" if value.mended else "not mended: run `rag doctor` without --check"
    yield paragraph(f"{counted(value.articles, 'article')}, {counted(value.chunks, 'chunk')}.")
    if value.missing:
        yield _finding(f"{counted(value.missing, 'vector')} missing ({did})", value.mended)
    if value.surplus:
        yield _finding(f"{counted(value.surplus, 'vector')} too many ({did})", value.mended)
    for chunk in value.inexact:
        yield _finding(f"chunk {chunk} does not fit its article; remove the article and add it again", False)
    for fault in value.damage:
        yield _finding(one_line(fault), False)
    if value.damage:
        yield paragraph("The catalog itself is damaged: restore a copy of the folder, or add the articles anew.")
    elif not (value.missing or value.surplus or value.inexact):
        yield paragraph("Nothing is wrong.")


def _finding(text: str, mended: bool) -> Paragraph:
    style: Literal["plain", "warning"] = "plain" if mended else "warning"
    return paragraph(Piece(text, style), indent=2, hanging=2)


def counted(number: int, noun: str) -> str:
    """A number with its noun: ``1 chunk``, ``2,000 chunks``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
