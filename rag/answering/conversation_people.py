"""Whom "he" and "she" mean in a follow-up: the person that the last turns named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rag.answering.conversation_signs import Gender
from rag.grounding.people import Name, names, people
from rag.grounding.reading import Reading, read

_MALE, _FEMALE = frozenset("mr sir lord king prince".split()), frozenset("mrs ms miss lady dame queen".split())
_PLACED = frozenset("of in at from near the to on".split())
_WHO = re.compile(r"\bwho(?:m|se)?\b|\b(?:called|named?)\b", re.IGNORECASE)
_LONGEST = 6


def person(gender: Gender, turns: Iterable[tuple[str, str]]) -> str | None:
    """The name of the person that a pronoun means; `turns` are what was asked and said, newest first.

    In a turn, whom the question names goes before whom the answer does, and there the first before the others.
    Somebody whose title is of the other gender is not meant.
    """
    genders: dict[str, Gender] = {}
    met = [found for asked, said in turns for found in _met(asked, said)]
    for reading, name in met:
        if told := _told(reading, name):
            genders.setdefault(_surname(reading, name), told)
    for reading, name in met:
        if genders.get(_surname(reading, name), gender) == gender:
            return _written(reading, name)
    return None


def _met(asked: str, said: str) -> Iterator[tuple[Reading, Name]]:
    """Who is treated as a person; where it was asked who, also names of several words."""
    for reading in (read(asked), read(said)):
        yield from ((reading, name) for name in people(reading))
    reading = read(said)
    if _WHO.search(asked):
        for name in names(reading):
            before = reading.words[name.start - 1].lower if name.start else ""
            if 1 < name.end - name.start <= _LONGEST and before not in _PLACED:
                yield reading, name


def _told(reading: Reading, name: Name) -> Gender | None:
    title = reading.words[name.start].lower
    return "m" if title in _MALE else "f" if title in _FEMALE else None


def _surname(reading: Reading, name: Name) -> str:
    return reading.words[name.end - 1].key


def _written(reading: Reading, name: Name) -> str:
    text = reading.text[reading.words[name.start].start : reading.words[name.end - 1].end]
    return re.sub(r"['’]s$", "", " ".join(text.split()))
