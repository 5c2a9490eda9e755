"""Who is what: the office or description that a statement gives a person is one that the article gives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from rag.grounding.alignment import Alignment
from rag.grounding.morphology import root
from rag.grounding.people import TITLES, Name, is_office, names, people
from rag.grounding.reading import Passage, Reading
from rag.grounding.verdict import Finding
from rag.text.words import stem

_REACH = 14


def check_offices(alignment: Alignment) -> Iterator[Finding]:
    """What the statement calls a person, by a title or beside the name, against what the article calls them."""
    claim = alignment.claim
    for name in names(claim, alignment.beside):
        called = _described(claim, name)
        if not called:
            continue
        surname = claim.words[name.end - 1]
        if not any(
            surname.lower == passage.reading.words[person.end - 1].lower
            for passage in alignment.passages
            for person in people(passage.reading)
        ):
            continue
        by_article = [
            _callings(passage.reading, surname.lower)
            for passage in alignment.passages
            if _mentions(passage, surname.lower)
        ]
        if not by_article:
            continue
        known = frozenset().union(*by_article)
        wrong = [word for word in called if not _fits(word, known)]
        if wrong and len(wrong) == len(called):
            written = claim.text[claim.words[name.start].start : claim.words[name.end - 1].end]
            # A word that the article has is somebody else's there; another may be a fair description.
            used = any(_uses(passage.reading, word) for passage in alignment.passages for word in wrong)
            yield Finding(f"the article does not call {written} “{wrong[0]}”", hard=used or _is_title(wrong))


def _uses(reading: Reading, word: str) -> bool:
    return any(stem(other.lower) == stem(word) for other in reading.words)


def _is_title(words: Sequence[str]) -> bool:
    return any(word in TITLES for word in words)


def _mentions(passage: Passage, surname: str) -> bool:
    return any(word.lower == surname for word in passage.reading.words)


def _described(reading: Reading, name: Name) -> list[str]:
    """The words for an office in the name's own titles, just before it, or between the commas behind it."""
    found = [
        reading.words[index].lower
        for index in range(name.start, name.end - 1)
        if reading.words[index].lower in TITLES or is_office(reading.words[index].lower)
    ]
    found = [word for word in found if word not in ("mr", "mrs", "ms", "miss", "st")]
    before = name.start - 1
    if before >= reading.sentence(name.start).start and is_office(reading.words[before].lower):
        gap = reading.gap(name.start)
        if gap == " " or re.fullmatch(r",\s", gap):
            found.append(reading.words[before].lower)
    if name.end < len(reading.words) and reading.gap(name.end).startswith(","):
        found.extend(_apposed(reading, name.end))
    return found


def _apposed(reading: Reading, start: int) -> list[str]:
    sentence = reading.sentence(start) if start < len(reading.words) else range(0)
    if start not in sentence or (reading.words[start].lower not in (
        "a", "an", "the", "its", "their", "his", "her", "who", "head", "chief", "then", "former", "president",
    ) and not reading.words[start].number and not is_office(reading.words[start].lower)):  # fmt: skip
        return []
    found = []
    for index in range(start, min(start + 9, sentence.stop)):
        if index > start and re.search(r"[,;.]\s", reading.gap(index)) and not reading.words[start].number:
            break
        word = reading.words[index]
        if word.lower in ("who", "which", "that") and index > start:
            break
        if (is_office(word.lower) and not word.capital) or word.lower in ("head", "chief", "chair"):
            found.append(word.lower)
    return found


@lru_cache(maxsize=512)
def _callings(reading: Reading, surname: str) -> frozenset[str]:
    """The roots of all words near a mention of the person, by name or by pronoun, in the whole article."""
    found: set[str] = set()
    for name in names(reading):
        if reading.words[name.end - 1].lower != surname:
            continue
        sentence = reading.sentence(name.start)
        before = range(max(sentence.start, name.start - 7), name.start)
        found |= {_plain(reading.words[index].lower) for index in _unbroken(reading, before, name.start)}
        found |= {_plain(reading.words[index].lower) for index in range(name.start, name.end)}
        after = range(name.end, min(sentence.stop, name.end + _REACH))
        found |= {_plain(reading.words[index].lower) for index in after}
    return frozenset(found)


def _unbroken(reading: Reading, inside: range, before: int) -> Sequence[int]:
    """The indices of `inside` from the last that another name stands at: what is said of that one is not of this."""
    kept: list[int] = []
    for index in reversed(inside):
        if reading.words[index].capital and "," in reading.gap(index + 1) and index + 1 < before:
            break
        kept.append(index)
    return kept


def _plain(word: str) -> str:
    return root(TITLES.get(word, word))


def _fits(word: str, known: frozenset[str]) -> bool:
    return _plain(word) in known or root(word) in known
