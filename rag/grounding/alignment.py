"""Which place of the cited passages a word of the statement speaks of."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from rag.grounding.people import antecedents
from rag.grounding.reading import Passage, Reading, Word, read

_REACH = 12
_MOST_PLACES = 40
_RATIO, _MARGIN = 1.25, 0.2
_AS_LIKE = 0.7

_SAME_NEIGHBOURS = 3
_VERBATIM = 0.8
# What a word beyond the end of a clause still counts.
_BEYOND = 0.5
_DIVIDERS = frozenset("and but while whereas or although".split())

Place = tuple[int, int]
"""The number of a passage, and the index of a word in its article's reading."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """A statement beside the passages that it cites. Pronouns of the passages carry their antecedents' names."""

    claim: Reading
    passages: Sequence[Passage]
    index: dict[str, list[Place]] = field(default_factory=dict)
    names: dict[Place, tuple[str, ...]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    # What several checks ask for.
    _likely: dict[int, list[Place]] = field(default_factory=dict, init=False)
    _surroundings: dict[tuple[int | None, int], dict[str, float]] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, claim: Reading, passages: Sequence[Passage]) -> Alignment:
        """Index every word of the passages by its root."""
        index: dict[str, list[Place]] = defaultdict(list)
        names: dict[Place, tuple[str, ...]] = {}
        counts: Counter[str] = Counter()
        for number, passage in enumerate(passages):
            people = antecedents(passage.reading)
            for at in passage.inside:
                word = passage.reading.words[at]
                meant = people.get(at, ())
                if meant:
                    names[number, at] = meant
                for key in (word.key, *meant):
                    counts[key] += 1
                    if len(index[key]) < _MOST_PLACES:
                        index[key].append((number, at))
        return cls(claim, passages, dict(index), names, counts)

    @property
    def beside(self) -> tuple[Reading, ...]:
        """The texts by which the statement's capitals are judged: the articles and what they say of themselves."""
        return tuple(reading for passage in self.passages for reading in (passage.reading, read(passage.metadata)))

    def word(self, place: Place) -> Word:
        """The word at `place`."""
        return self.passages[place[0]].reading.words[place[1]]

    def places(self, key: str) -> list[Place]:
        """Where the passages hold this root."""
        return self.index.get(key, [])

    def closeness(self, at: int, place: Place, fence: Container[int] | None = None) -> float:
        """How much of what stands around the statement's word stands around the passage's; higher is closer.

        Of the statement only the words inside `fence` count, where one is given.
        """
        mine = self._around(None, at, fence)
        theirs = self._around(*place)
        shared = mine.keys() & theirs.keys()
        return sum(min(mine[key], theirs[key]) / math.sqrt(max(self.counts[key], 1)) for key in sorted(shared))

    def best(self, at: int, places: Iterable[Place]) -> Place | None:
        """The place whose surroundings are most like those of the statement's word."""
        return max(places, key=lambda place: self.closeness(at, place), default=None)

    def rival(
        self, at: int, own: Sequence[Place], others: Sequence[Place], fence: Container[int] | None = None
    ) -> Place | None:
        """One of `others` whose surroundings fit the statement's word clearly better than any of `own` do."""
        mine = max((self.closeness(at, place, fence) for place in own[:_MOST_PLACES]), default=0.0)
        scored = [(self.closeness(at, place, fence), place) for place in others[:_MOST_PLACES]]
        score, best = max(scored, default=(0.0, None))
        return best if score > mine * _RATIO + _MARGIN else None

    def swapped(self, one: int, ones: Sequence[Place], other: int, others: Sequence[Place]) -> bool:
        """Whether two words of the statement would fit better each in the places of the other.

        Not where one of them stands between the very words that it stands between in the passage.
        """
        if any(
            self._next_to(at, own) >= _SAME_NEIGHBOURS and self._next_to(at, own) > self._next_to(at, away)
            for at, own, away in ((one, ones, others), (other, others, ones))
        ):
            return False
        first, second = sorted((one, other))
        fences = {first: range(0, second), second: range(first + 1, len(self.claim.words))}
        straight = self._closest(one, ones, fences[one]) + self._closest(other, others, fences[other])
        turned = self._closest(one, others, fences[one]) + self._closest(other, ones, fences[other])
        return turned > straight * _RATIO + _MARGIN

    def exchanged(self, one: int, ones: Sequence[Place], other: int, others: Sequence[Place]) -> bool:
        """Whether each of two words of the statement stands between the very words that the other stands between."""
        straight = self._next_to(one, ones) + self._next_to(other, others)
        turned = self._next_to(one, others) + self._next_to(other, ones)
        return turned >= _SAME_NEIGHBOURS and turned > straight * 2

    def _next_to(self, at: int, places: Sequence[Place]) -> int:
        return max((self.neighbours(at, place) for place in places[:_MOST_PLACES]), default=0)

    def neighbours(self, at: int, place: Place) -> int:
        """How many of the two words on either side of the statement's word stand so beside the passage's."""
        reading = self.passages[place[0]].reading
        return len(_beside(self.claim, at) & _beside(reading, place[1]))

    def near_verbatim(self) -> bool:
        """Whether the passages hold nearly all of the statement's content words: it follows their wording."""
        content = [word for word in self.claim.words if word.content]
        held = sum(1 for word in content if word.key in self.index)
        return held >= _VERBATIM * len(content)

    def _closest(self, at: int, places: Sequence[Place], fence: Container[int]) -> float:
        return max((self.closeness(at, place, fence) for place in places[:_MOST_PLACES]), default=0.0)

    def likely(self, at: int) -> list[Place]:
        """The places of the statement's word that it may speak of: their surroundings are about as like as any's."""
        if at not in self._likely:
            scored = [(self.closeness(at, place), place) for place in self.places(self.claim.words[at].key)]
            best = max(scored, default=(0.0, None))[0]
            self._likely[at] = [place for score, place in scored if score >= best * _AS_LIKE]
        return self._likely[at]

    def _around(self, passage: int | None, at: int, fence: Container[int] | None = None) -> dict[str, float]:
        """The roots around a word of a passage, or of the statement, and what each counts: more when it is nearer."""
        if fence is None and (passage, at) in self._surroundings:
            return self._surroundings[passage, at]
        weights: dict[str, float] = {}
        for index, keys, weight in self._neighbourhood(passage, at):
            if fence is None or index in fence:
                for key in keys:
                    weights[key] = max(weights.get(key, 0.0), weight)
        if fence is None:
            self._surroundings[passage, at] = weights
        return weights

    def _neighbourhood(self, passage: int | None, at: int) -> Iterator[tuple[int, tuple[str, ...], float]]:
        """The words around one that say something: the index of each, its roots, and what it counts."""
        reading = self.claim if passage is None else self.passages[passage].reading
        window = reading.window(at, _REACH)
        for side in (range(at - 1, window.start - 1, -1), range(at + 1, window.stop)):
            factor = 1.0
            for index in side:
                word = reading.words[index]
                if _divides(reading, index if side.step > 0 else index + 1, word.lower):
                    factor *= _BEYOND
                keys = () if passage is None else self.names.get((passage, index), ())
                if (word.content or keys) and not word.number:
                    yield index, keys or (word.key,), factor / (1 + abs(index - at) / 3)


def _divides(reading: Reading, at: int, lower: str) -> bool:
    """Whether a clause ends between the word at `at` and the one before it, or with a small word like ``and``."""
    return lower in _DIVIDERS or (reading.gaps[at] != " " and any(mark in reading.gaps[at] for mark in ",;:—"))


def _beside(reading: Reading, at: int) -> set[tuple[bool, str]]:
    """The two words on either side, with the side; capitals and what is written with digits do not matter."""
    return {(index > at, reading.words[index].lower) for index in reading.window(at, 2) if index != at}
