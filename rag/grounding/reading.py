"""A text as the checks read it: words with their roots and places, sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeVar

from rag.grounding.morphology import root
from rag.text.sentences import split_sentences
from rag.text.words import STOPWORDS
from rag.types import Article, Span

_WORD = re.compile(
    r"\d+(?:[.,:]\d+)*"
    r"|(?:[^\W\d_]\.){2,}"
    r"|[^\W\d_]+(?:['’][^\W\d_]+)*(?:-(?=[A-Z])[^\W\d_]+(?:['’][^\W\d_]+)*)*"
)
# A capital behind one of these is owed to it, or may be.
_OPENING = ("“", '"', "‘", "«", ":", " — ", " – ", " - ")
# Words that say something though they are too common to search with.
_TELLING = frozenset("first last before after most more less fewer all both every none no not never only".split())
LIGHT = (STOPWORDS - _TELLING) | frozenset("said say says according mr mrs ms one".split())


class Stretch(Protocol):
    """Something found in a text: `end` is the index of the first word behind it."""

    @property
    def end(self) -> int: ...


Found = TypeVar("Found", bound=Stretch)


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its text, its root, its place, the sentence it is of, and how it is written.

    `quoted` words stand between quotation marks; `opens` is whether a capital is owed to its place.
    """

    text: str
    lower: str
    key: str
    start: int
    end: int
    sentence: int
    quoted: bool
    opens: bool

    @property
    def capital(self) -> bool:
        """Whether it begins with a capital letter."""
        return self.text[0].isupper()

    @property
    def number(self) -> bool:
        """Whether it is written in digits."""
        return self.text[0].isdigit()

    @property
    def content(self) -> bool:
        """Whether it says something by itself."""
        return self.lower not in LIGHT


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A text and its words in order; `first` gives for each sentence the index of its first word."""

    text: str
    words: tuple[Word, ...]
    first: tuple[int, ...]

    def gap(self, index: int) -> str:
        """What stands between the word before and this one."""
        start = self.words[index - 1].end if index else 0
        end = self.words[index].start if index < len(self.words) else len(self.text)
        return self.text[start:end]

    def sentence(self, index: int) -> range:
        """The indices of the words of the sentence that the word at `index` is of."""
        number = self.words[index].sentence
        return range(self.first[number], self.first[number + 1])

    def window(self, index: int, reach: int) -> range:
        """The indices at most `reach` words away in the same sentence."""
        inside = self.sentence(index)
        return range(max(inside.start, index - reach), min(inside.stop, index + reach + 1))

    def within(self, span: Span) -> range:
        """The indices of the words that lie in `span`."""
        inside = [number for number, word in enumerate(self.words) if word.start >= span.start and word.end <= span.end]
        return range(inside[0], inside[-1] + 1) if inside else range(0)


@dataclass(frozen=True, slots=True)
class Passage:
    """A cited span with the article around it, read: `inside` are the indices of the span's words."""

    article: Article
    reading: Reading
    inside: range

    @property
    def words(self) -> tuple[Word, ...]:
        """The words of the span."""
        return self.reading.words[self.inside.start : self.inside.stop]

    @property
    def metadata(self) -> str:
        """What the article says of itself: title, publisher, author."""
        return "\n".join(filter(None, (self.article.title, self.article.publisher, self.article.author)))


def scan(reading: Reading, find: Callable[[Reading, int], Found | None]) -> tuple[Found, ...]:
    """What `find` makes of the words at each place, in order; it goes on behind each find."""
    found: list[Found] = []
    at = 0
    while at < len(reading.words):
        made = find(reading, at)
        if made is None:
            at += 1
        else:
            found.append(made)
            at = made.end
    return tuple(found)


def passages(evidence: Sequence[tuple[Article, Span]]) -> list[Passage]:
    """The spans as the checks read them; those that hold no word are left out."""
    made = []
    for article, span in evidence:
        reading = read(article.text)
        inside = reading.within(span)
        if inside:
            made.append(Passage(article, reading, inside))
    return made


def read(text: str) -> Reading:
    """Read `text`; linear in its length, and remembered for a while."""
    return _read_short(text) if len(text) <= _SHORT else _read_long(text)


def _read(text: str) -> Reading:
    spans = split_sentences(text)
    marks = _quoted_spans(text)
    words: list[Word] = []
    first: list[int] = []
    mark = number = 0
    for found in _WORD.finditer(text):
        start, end = found.span()
        while number + 1 < len(spans) and start >= spans[number + 1].start:
            number += 1
        while len(first) <= number:
            first.append(len(words))
        while mark < len(marks) and marks[mark].end <= start:
            mark += 1
        written = found.group().replace("’", "'")
        lower = written.lower().removesuffix("'s").replace(".", "") if not written[0].isdigit() else written
        quoted = mark < len(marks) and marks[mark].start <= start
        before = text[words[-1].end : start] if words else ""
        opens = first[-1] == len(words) or any(mark in before for mark in _OPENING)
        words.append(Word(written, lower, root(lower), start, end, number, quoted, opens))
    while len(first) <= len(spans):
        first.append(len(words))
    return Reading(text, tuple(words), tuple(first))


# An answer is checked against some ten articles with their metadata; a long one takes megabytes as it is read.
_SHORT = 50_000
_read_short = lru_cache(maxsize=128)(_read)
_read_long = lru_cache(maxsize=4)(_read)


def _quoted_spans(text: str) -> list[Span]:
    """What stands between a double quotation mark and the next, at most a paragraph."""
    found: list[Span] = []
    opened: int | None = None
    for mark in re.finditer(r"[“”\"«»]|\n", text):
        character = mark.group()
        if character == "\n" or character in "“«":
            opened = None if character == "\n" else mark.end()
        elif opened is None:
            opened = mark.end() if character == '"' else None
        else:
            found.append(Span(opened, mark.start()))
            opened = None
    return found
