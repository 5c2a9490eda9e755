"""Whether what articles say disagrees, as far as their words tell: a model's word for it is not enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from rag.text.words import STOPWORDS, stem, words

_ONE_ARTICLE = "both sides are from one article, so that no two disagree"
_OTHER_MATTERS = "the sides do not speak of the same matter"
_NO_DIFFERENCE = "the sides do not differ in what they say"
_SHARED = 3
"""Of so many content words of the shorter side the other has one."""
_TELLING = frozenset("no not nor neither one all both more most before after over under up off".split())
"""Function words that may be all that two sides differ in."""


@dataclass(frozen=True, slots=True)
class Side:
    """What is said, and the ids of the articles that say it."""

    text: str
    articles: frozenset[str]

    @property
    def content(self) -> frozenset[str]:
        """The stems of its content words, figures without the commas in them."""
        return frozenset(stem(word.replace(",", "")) for word in words(self.text) if word not in STOPWORDS)

    @property
    def telling(self) -> frozenset[str]:
        """What it may differ in from another side."""
        return self.content | (_TELLING & set(words(self.text)))

    def faces(self, other: Side) -> bool:
        """Whether the two stand in different articles."""
        return not self.articles & other.articles


def objection(sides: Sequence[Side]) -> str | None:
    """Why `sides` are not shown as a conflict, for a reader; `None` where they may be."""
    for side in sides:
        others = [other for other in sides if side.faces(other)]
        if not others:
            return _ONE_ARTICLE
        if all(side.telling == other.telling for other in others):
            return _NO_DIFFERENCE
    if all(_of_one_matter(one, other) for one, other in combinations(sides, 2)):
        return None
    return _OTHER_MATTERS


def _of_one_matter(one: Side, other: Side) -> bool:
    shared = len(one.content & other.content)
    return shared > 0 and shared * _SHARED >= min(len(one.content), len(other.content))
