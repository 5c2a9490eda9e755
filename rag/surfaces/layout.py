"""Paragraphs of styled text, laid out plain for a pipe or wrapped and in colour for a terminal.

Articles are hostile data. Text reaches a `Paragraph` as it is and is cleaned here, in the one
place where it is written out; it is never read as markup.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TextIO

from rag.showing import clean
from rag.showing import one_line as one_line

if TYPE_CHECKING:
    from rich.text import Text

Style = Literal["plain", "strong", "title", "marker", "quiet", "warning"]

PROSE_COLUMNS = 100
"""Lines longer than this are hard to read, however wide the terminal is."""

_LOOKS: dict[Style, str] = {
    "plain": "",
    "strong": "bold",
    "title": "bold",
    "marker": "cyan",
    "quiet": "dim",
    "warning": "yellow",
}


class Piece(NamedTuple):
    """A run of text in one style."""

    text: str
    style: Style = "plain"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text that belongs together; empty, it is a blank line.

    `indent` is in columns, `hanging` is what the lines after the first have on top of it. In a
    terminal the text is wrapped, unless `wrap` is off, and cut after `rows` lines, unless that is 0.
    """

    pieces: tuple[Piece, ...] = ()
    indent: int = 0
    hanging: int = 0
    wrap: bool = True
    rows: int = 0


def paragraph(*pieces: str | Piece, indent: int = 0, hanging: int = 0, wrap: bool = True, rows: int = 0) -> Paragraph:
    """A `Paragraph` of `pieces`, of which bare strings are plain."""
    styled = tuple(Piece(piece) if isinstance(piece, str) else piece for piece in pieces)
    return Paragraph(styled, indent, hanging, wrap, rows)


BLANK = Paragraph()


def plain(paragraphs: Iterable[Paragraph]) -> str:
    """Lay out without colour or wrapping: what a pipe and a file get."""
    lines: list[str] = []
    for each in paragraphs:
        text = clean("".join(piece.text for piece in each.pieces))
        for number, line in enumerate(text.split("\n")):
            indent = each.indent + (each.hanging if number else 0)
            lines.append((" " * indent + line).rstrip())
    return "".join(f"{line}\n" for line in lines)


def terminal(paragraphs: Iterable[Paragraph], file: TextIO, width: int) -> None:
    """Write to a terminal of `width` columns. `NO_COLOR` leaves bold and dim."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=file, width=width, force_terminal=True, markup=False, highlight=False, emoji=False)
    for each in paragraphs:
        text = Text.assemble(*((clean(piece.text), _LOOKS[piece.style]) for piece in each.pieces))
        columns = max(20, min(width, PROSE_COLUMNS) - each.indent - each.hanging)
        lines = list(text.wrap(console, columns)) if each.wrap else text.split("\n", allow_blank=True)
        if each.rows and len(lines) > each.rows:
            lines = lines[: each.rows]
            _end_with_dots(lines[-1], columns)
        for number, line in enumerate(lines or [Text()]):
            line.rstrip()
            margin = " " * (each.indent + (each.hanging if number else 0))
            console.print(Text(margin) + line if line.plain else "", soft_wrap=True)


def _end_with_dots(line: Text, columns: int) -> None:
    """Put “…” after the last whole word of `line` that leaves room for it."""
    if line.cell_len > columns - 2:
        line.truncate(columns - 2)
        line.right_crop(len(line) - max(0, line.plain.rfind(" ")))
    line.rstrip()
    line.append(" …")
