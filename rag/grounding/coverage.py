"""How much of a statement its passages hold, word for word or in other forms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.grounding.alignment import Alignment, Place
from rag.grounding.dates import dates
from rag.grounding.names import is_known, known_names
from rag.grounding.people import TITLES, names
from rag.grounding.quantities import quantities
from rag.grounding.reading import read
from rag.grounding.sayings import sayings

_BOUNDS = frozenset("over nearly almost some roughly around approximately upwards least most only just".split())

Similarity = Callable[[str, Sequence[str]], Sequence[float]]
"""A text's likeness to each of several others, from -1 to 1; higher is more alike."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many content words the statement has, the share that the passages hold, and those that they do not."""

    wanted: int
    share: float
    missing: tuple[str, ...]
    in_order: bool


def cover(alignment: Alignment) -> Coverage:
    """Compare the statement's content words with those of the passages; numbers and dates are judged elsewhere."""
    claim = alignment.claim
    judged = {index for item in dates(claim) for index in range(item.start, item.end)}
    judged |= {index for item in quantities(claim) for index in range(item.start, item.end)}
    known = frozenset().union(*(known_names(passage) for passage in alignment.passages))
    titles = {word.key for passage in alignment.passages for word in read(passage.metadata).words if word.content}
    spoken = {"say", "accord"}
    wanted = held = 0
    missing: list[str] = []
    for at, word in enumerate(claim.words):
        if at in judged or word.lower in _BOUNDS or not word.content or word.lower in TITLES or word.key in spoken:
            continue
        wanted += 1
        if alignment.places(word.key) or (word.capital and is_known(word.lower, known)) or word.key in titles:
            held += 1
        else:
            missing.append(word.text)
    return Coverage(wanted, held / wanted if wanted else 0.0, tuple(missing), _in_order(alignment))


def _in_order(alignment: Alignment) -> bool:
    """Whether the statement's words, as far as they are held, can be found in the passages in their own order.

    Who is said to say it may be told before or behind, and a date that is the only one may move.
    """
    claim = alignment.claim
    moved = {
        index
        for saying in sayings(claim)
        if sum(name.start in saying.speaker for name in names(claim, alignment.beside)) <= 1
        for index in (*saying.speaker, saying.verb)
    }
    if len(dates(claim)) == 1:
        moved |= {index for item in dates(claim) for index in range(item.start, item.end)}
    last: Place = (0, -1)
    for at, word in enumerate(claim.words):
        places = alignment.places(word.key)
        if not word.content or at in moved or not places:
            continue
        following = min((place for place in places if place > last), default=None)
        if following is None:
            return False
        last = following
    return True
