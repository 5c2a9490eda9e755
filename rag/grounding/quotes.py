"""A quote to the exact span of the article that it stands in, however it was typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from rag.types import Span

_QUOTES = frozenset("\"'`´‘’‚‛“”„‟‹›«»＂＇′″")
_DASHES = frozenset("-‐‑‒–—―−－")
_SOFT = frozenset(".,;:…-|*#")
_INSIDE_NUMBER = frozenset(".,:")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
# A token never holds a space, so tokens joined by one can be searched for as one string.
_BETWEEN = " "


@dataclass(frozen=True, slots=True)
class _Folded:
    """Tokens in their folded form, and where each stands in the text."""

    tokens: list[str]
    spans: list[Span]

    def outer(self) -> tuple[int, int]:
        """The tokens without the punctuation and ellipses at either end, as a half-open range."""
        first, last = 0, len(self.tokens)
        while first < last and self.tokens[first] in _SOFT:
            first += 1
        while last > first and self.tokens[last - 1] in _SOFT:
            last -= 1
        return first, last


def resolve(quote: str, text: str, near: Sequence[Span] = ()) -> Span | None:
    """The span of `text` that `quote` quotes, or `None` where `text` does not hold it.

    White space, quotation marks, dashes, ellipses, letter case, Unicode forms and the punctuation at
    the ends may differ; words and digits may not, and neither end may cut a word or a number. Ellipses
    at the ends are dropped; one in the middle must stand in the text, so words from two places are no
    quote. Of several places the first that overlaps the first of `near` is taken, then of the second,
    then the first of all. Time is linear in the lengths.
    """
    wanted = _fold(quote)
    first, last = wanted.outer()
    if not any(character.isalnum() for token in wanted.tokens[first:last] for character in token):
        return None
    held = _fold(text)
    spans = list(_places(wanted.tokens[first:last], held))
    if not spans:
        return None
    chosen = next((span for cited in near for span in spans if _overlap(span, cited)), spans[0])
    lead = quote[: wanted.spans[first].start]
    tail = quote[wanted.spans[last - 1].end :]
    return Span(_widened(text, chosen.start, lead, -1), _widened(text, chosen.end, tail, 1))


def _places(tokens: Sequence[str], held: _Folded) -> list[Span]:
    """Every place where `tokens` stand in a row, none overlapping the one before."""
    needle = _BETWEEN + _BETWEEN.join(tokens) + _BETWEEN
    joined = _BETWEEN + _BETWEEN.join(held.tokens) + _BETWEEN
    found: list[Span] = []
    at, number, counted = joined.find(needle), 0, 0
    while at >= 0:
        number += joined.count(_BETWEEN, counted, at)
        counted = at
        found.append(Span(held.spans[number].start, held.spans[number + len(tokens) - 1].end))
        at = joined.find(needle, at + len(needle) - 1)
    return found


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _widened(text: str, at: int, given: str, step: int) -> int:
    """Take in the marks next to the words that the quote had there as well."""
    marks = {_mark(character) for character in given}
    while True:
        here = at - 1 if step < 0 else at
        if not 0 <= here < len(text) or text[here].isspace() or _mark(text[here]) not in marks:
            return at
        marks.discard(_mark(text[here]))
        at += step


def _mark(character: str) -> str:
    return '"' if character in _QUOTES else "-" if character in _DASHES else "." if character == "…" else character


def _fold(text: str) -> _Folded:
    """Split `text` into words, numbers and marks, each folded; quotation marks are left out."""
    characters, at = _characters(text)
    tokens: list[str] = []
    spans: list[Span] = []
    position, size = 0, len(characters)
    while position < size:
        character = characters[position]
        start = position
        if _is_wordlike(character):
            position = _word_end(characters, position)
            tokens.append("".join(characters[start:position]))
        elif character == ".":
            position = _dots_end(characters, position)
            tokens.append("…" if position - start > 1 else ".")
        elif character == "-":
            while position < size and characters[position] == "-":
                position += 1
            tokens.append("-")
        else:
            position += 1
            if character.isspace() or character == "'":
                continue
            tokens.append(character)
        spans.append(Span(at[start], at[position - 1] + 1))
    return _Folded(tokens, spans)


def _characters(text: str) -> tuple[list[str], list[int]]:
    """Each character in its folded form, with the place it came from."""
    folded: list[str] = []
    at: list[int] = []
    for place, character in enumerate(text):
        if character in _QUOTES:
            form = "'"
        elif character in _DASHES:
            form = "-"
        elif character < "\x80":
            form = character.lower()
        else:
            form = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
        for part in form:
            folded.append(part)
            at.append(place)
    return folded, at


def _is_wordlike(character: str) -> bool:
    return character.isalnum() or unicodedata.combining(character) > 0 or character == "_"


def _word_end(characters: Sequence[str], position: int) -> int:
    if _UNSPACED.match(characters[position]):
        return position + 1
    size = len(characters)
    position += 1
    while position < size:
        character = characters[position]
        if _UNSPACED.match(character):
            return position
        if not _is_wordlike(character):
            before, after = characters[position - 1], characters[position + 1] if position + 1 < size else " "
            joined = character == "'" and _is_wordlike(after)
            number = character in _INSIDE_NUMBER and before.isdigit() and after.isdigit()
            if not (joined or number):
                return position
        position += 1
    return position


def _dots_end(characters: Sequence[str], position: int) -> int:
    """The end of a run of full stops, single spaces between them allowed from the third on."""
    end = position + 1
    while end < len(characters):
        if characters[end] == ".":
            end += 1
        elif characters[end] == " " and end + 1 < len(characters) and characters[end + 1] == ".":
            end += 2
        else:
            break
    return end
