"""A quote to the exact span of the article that it stands in, however it was typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.types import Span

_QUOTES = frozenset("\"'`´‘’‚‛“”„‟‹›«»＂＇′″")
_DASHES = frozenset("-‐‑‒–—―−－")
_SOFT = frozenset(".,;:…-|*#")
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


@lru_cache(maxsize=64)
def _fold(text: str) -> _Folded:
    """Split `text` into words, numbers and marks, each folded; quotation marks are left out."""
    folded = text.translate(_FORMS)
    at: Sequence[int] = range(len(text))
    if len(folded) != len(text):
        at = [place for place, character in enumerate(text) for _ in _FORMS[ord(character)]]
    tokens: list[str] = []
    spans: list[Span] = []
    for found in _TOKEN.finditer(folded.translate(_KINDS)):
        start, end = found.span()
        match found.group()[0]:
            case ".":
                tokens.append("…" if end - start > 1 else ".")
            case "-":
                tokens.append("-")
            case _:
                tokens.append(folded[start:end])
        spans.append(Span(at[start], at[end - 1] + 1))
    return _Folded(tokens, spans)


class _Forms(dict[int, str]):
    """Each character in its folded form, which is one character or more."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if character in _QUOTES:
            form = "'"
        elif character in _DASHES:
            form = "-"
        elif character < "\x80":
            form = character.lower()
        else:
            form = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
        return self.setdefault(code, form)


class _Kinds(dict[int, str]):
    """What a folded character is to `_TOKEN`: itself, or a letter for its kind."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if _UNSPACED.match(character):
            kind = "u"
        elif character.isdigit():
            kind = "d"
        elif character.isalnum() or unicodedata.combining(character) or character == "_":
            kind = "w"
        elif character in " '.,:-":
            kind = character
        else:
            kind = "s" if character.isspace() else "x"
        return self.setdefault(code, kind)


_FORMS, _KINDS = _Forms(), _Kinds()
# A word or number; full stops, from the second on with single spaces between them; dashes; any other mark.
_TOKEN = re.compile(r"u|[wd](?:[wd]|'(?=[wdu])|(?<=d)[.,:](?=d))*|\.(?:\.| \.)*|-+|[^s ']")
