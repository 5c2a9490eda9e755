"""A text as the checks read it: words with their roots and places, sentence by sentence."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple, Protocol, TypeVar

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
_OPENING = re.compile(r"[“\"‘«:]| [—–-] ")
# Words that say something though they are too common to search with.
_TELLING = frozenset("first last before after most more less fewer all both every none no not never only".split())
LIGHT = (STOPWORDS - _TELLING) | frozenset("said say says according mr mrs ms one".split())


class Stretch(Protocol):
    """Something found in a text: `end` is the index of the first word behind it."""

    @property
    def end(self) -> int: ...


Found = TypeVar("Found", bound=Stretch)


class Word(NamedTuple):
    """One word: its text, its root, its place, the sentence it is of, and how it is written.

    `quoted` words stand between quotation marks; `opens` is whether a capital is owed to its place. A `capital`
    one begins with such a letter, a `number` is written in digits, and `content` says something by itself.
    """

    text: str
    lower: str
    key: str
    start: int
    end: int
    sentence: int
    quoted: bool
    opens: bool
    capital: bool
    number: bool
    content: bool


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A text and its words in order; `first` gives for each sentence the index of its first word.

    `gaps` holds what stands before each word, and what stands behind the last.
    """

    text: str
    words: tuple[Word, ...]
    first: tuple[int, ...]
    gaps: tuple[str, ...]

    def gap(self, index: int) -> str:
        """What stands between the word before and this one."""
        return self.gaps[index]

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
        first = bisect_left(self.words, span.start, key=attrgetter("start"))
        stop = bisect_right(self.words, span.end, key=attrgetter("end"))
        return range(first, stop) if first < stop else range(0)


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


def scan(
    reading: Reading, find: Callable[[Reading, int], Found | None], inside: range | None = None
) -> tuple[Found, ...]:
    """What `find` makes of the words at each place, in order; it goes on behind each find.

    With `inside`, of the whole sentences that the words at these indices are of.
    """
    if inside is None:
        inside = range(len(reading.words))
    found: list[Found] = []
    at, stop = (reading.sentence(inside.start).start, reading.sentence(inside.stop - 1).stop) if inside else (0, 0)
    while at < stop:
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
    gaps: list[str] = []
    first: list[int] = []
    mark = number = behind = 0
    for found in _WORD.finditer(text):
        start, end = found.span()
        while number + 1 < len(spans) and start >= spans[number + 1].start:
            number += 1
        while len(first) <= number:
            first.append(len(words))
        while mark < len(marks) and marks[mark].end <= start:
            mark += 1
        quoted = mark < len(marks) and marks[mark].start <= start
        before = text[behind:start]
        gaps.append(before)
        opens = first[-1] == len(words) or (before != " " and _OPENING.search(before) is not None)
        form, lower, key, capital, digits, content = _form(text[start:end])
        words.append(Word(form, lower, key, start, end, number, quoted, opens, capital, digits, content))
        behind = end
    gaps.append(text[behind:])
    while len(first) <= len(spans):
        first.append(len(words))
    return Reading(text, tuple(words), tuple(first), tuple(gaps))


@lru_cache(maxsize=65536)
def _form(written: str) -> tuple[str, str, str, bool, bool, bool]:
    """What a word is wherever it stands: its text, in lower case, its root, and three of its marks in their order."""
    form = written.replace("’", "'")
    digits = form[0].isdigit()
    lower = form if digits else form.lower().removesuffix("'s").replace(".", "")
    return form, lower, root(lower), form[0].isupper(), digits, lower not in LIGHT


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
