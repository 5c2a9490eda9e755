"""Whether a statement says word for word what whole sentences of its passages say, however they are typeset.

Nothing less is verified. Words that are left out can turn a sentence round from any distance ("the brother of
…", "rumours that … were untrue"), and no list of such words is ever complete.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from rag.grounding.alignment import Alignment
from rag.grounding.reading import Reading

_ARTICLES = frozenset(("a", "an", "the"))
_DIGITS = {
    word: str(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
        " seventeen eighteen nineteen twenty".split()
    )
}
_MONTHS = {
    month[:3]: month
    for month in ("january february march april may june july august september october november december".split())
} | {"sept": "september"}
_DATELINE = re.compile(
    r"\W*[A-Z][A-Z .,'’-]+(?:\([\w .]+\)\s*)?[—–-]\s+(?=\w)|\W*[A-Z][A-Z .,'’-]+, [A-Z]\w+\.? \d+ [—–-]\s+"
)
# White space, quotation marks and the dots of abbreviations are typesetting; other marks divide.
_TYPESETTING = re.compile(r"[\s\"“”„‘’'«».…]+")
_DASHES = re.compile(r"[-‐‑‒–—―]+")


class _Form(NamedTuple):
    """A sentence as it is compared: its words with what divides them, and its symbols."""

    words: tuple[tuple[str, str, bool], ...]
    symbols: frozenset[tuple[str, int]]
    asks: bool


def same_sentences(alignment: Alignment) -> bool:
    """Whether every sentence of the statement is a whole sentence of the passages.

    Typesetting, the articles "a" and "the", digits for small numbers, short names of months, and a dateline may
    differ; nothing else.
    """
    told = {form for passage in alignment.passages for form in _forms(passage.reading, passage.inside)}
    claim = alignment.claim
    mine = [form._replace(symbols=_symbols(claim.text)) for form in _forms(claim, range(len(claim.words)))]
    return bool(mine) and all(form in told for form in mine)


def _forms(reading: Reading, inside: range) -> Iterator[_Form]:
    """The sentences of which a word is inside, each as it stands and without its dateline."""
    for number in sorted({reading.words[at].sentence for at in inside}):
        words = range(reading.first[number], reading.first[number + 1])
        yield _form(reading, words)
        text = reading.text[reading.words[words.start].start : reading.words[words.stop - 1].end]
        if dateline := _DATELINE.match(text):
            begins = reading.words[words.start].start + dateline.end()
            yield _form(reading, range(next(at for at in words if reading.words[at].start >= begins), words.stop))


def _form(reading: Reading, words: range) -> _Form:
    start, end = reading.words[words.start].start, reading.words[words.stop - 1].end
    following = reading.words[words.stop].start if words.stop < len(reading.words) else len(reading.text)
    tail = reading.text[end:following]
    told: list[tuple[str, str, bool]] = []
    divided = ""
    for at in words:
        word = reading.words[at]
        divided += "" if at == words.start else _DASHES.sub("-", _TYPESETTING.sub("", reading.gap(at)))
        written = word.text.lower().replace(".", "") if not word.number else word.text.replace(",", "").rstrip(".")
        if written in _ARTICLES:
            continue
        written = _MONTHS.get(written, _DIGITS.get(written, written))
        told.append((divided, written, word.quoted))
        divided = ""
    # What touches the first and the last word is theirs: a currency, a question mark.
    touching = [re.search(r"\S*$", reading.gap(words.start)), re.match(r"\S*", tail)]
    lead, end_mark = (found.group() if found else "" for found in touching)
    return _Form(tuple(told), _symbols(lead + reading.text[start:end] + end_mark), "?" in end_mark)


def _symbols(text: str) -> frozenset[tuple[str, int]]:
    """Signs that say something and are no words, such as currencies, each with how often it stands there."""
    signs = Counter(sign for sign in text if unicodedata.category(sign).startswith("S") or sign == "%")
    return frozenset(signs.items())
