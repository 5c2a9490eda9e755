"""Which of the passages that were found fit a question best: a weighted sum of what speaks for each.

The traits are in [0, 1] over the candidates of one question, higher for better. Their weights are fitted by
`evals/ranking.py`, which reports what they reach on articles that they were not fitted on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path

from rag.text.words import stem, stem_weights, words
from rag.types import Article, Chunk

FOUND = ("meaning", "words", "sentence_meaning")
"""How near the passage is in meaning, its BM25 score, and how near its nearest sentence is, where that is known."""

READ = ("sentence_words", "passage_words", "pairs")
"""Known once the passage is read: the share of the question's words, by their weight, that its best sentence holds,
that it holds with its title, and of the neighbouring pairs of them that it has within `_NEAR` words."""

_NEAR = 3


@dataclass(frozen=True)
class Sought:
    """What a question looks for: its content words in order, and in how many of how many chunks each stands."""

    terms: Sequence[str]
    frequencies: Mapping[str, int]
    chunks: int

    @cached_property
    def weights(self) -> dict[str, float]:
        return stem_weights(self.terms, self.frequencies, self.chunks)

    @cached_property
    def total(self) -> float:
        return sum(self.weights.values()) or 1.0

    @cached_property
    def pairs(self) -> dict[tuple[str, str], float]:
        """Words that stand side by side in the question, function words aside, each pair with its weight."""
        stems = [stem(term) for term in self.terms]
        return {(one, other): self.weights[one] + self.weights[other] for one, other in pairwise(stems) if one != other}


def spread(scores: Mapping[str, float], *, of_none: float | None = None) -> dict[str, float]:
    """The scores brought to [0, 1] over the candidates; the least is `of_none` where that is given."""
    low = min(scores.values(), default=0.0) if of_none is None else of_none
    width = max(scores.values(), default=0.0) - low or 1.0
    return {key: (value - low) / width for key, value in scores.items()}


def read(sought: Sought, article: Article, chunk: Chunk) -> dict[str, float]:
    """The traits `READ` of a passage."""
    sentences = [[stem(word) for word in words(article.text[start:end])] for start, end in chunk.sentences]
    held = [frozenset(sentence) & sought.weights.keys() for sentence in sentences]
    title = {stem(word) for word in words(article.title)} & sought.weights.keys()
    whole = frozenset().union(title, *held)
    return {
        "sentence_words": max((_weight(sought, stems) for stems in held), default=0.0),
        "passage_words": _weight(sought, whole),
        "pairs": _pairs(sought, [word for sentence in sentences for word in sentence]),
    }


def _weight(sought: Sought, stems: frozenset[str]) -> float:
    return sum(sought.weights[word] for word in stems) / sought.total


def _pairs(sought: Sought, stems: Sequence[str]) -> float:
    if not sought.pairs:
        return 1.0
    places: dict[str, list[int]] = {}
    for place, word in enumerate(stems):
        if word in sought.weights:
            places.setdefault(word, []).append(place)
    near = sum(
        weight
        for (one, other), weight in sought.pairs.items()
        if any(0 < after - before <= _NEAR for before in places.get(one, ()) for after in places.get(other, ()))
    )
    return near / sum(sought.pairs.values())


@cache
def weights(known: frozenset[str]) -> dict[str, float]:
    """The weight of each trait where of `FOUND` these are known; their sum is 1."""
    fitted = json.loads((Path(__file__).parent / "fitted.json").read_text(encoding="utf-8"))
    chosen = fitted["with_sentences" if "sentence_meaning" in known else "without_sentences"]
    found = {name: value for name, value in chosen.items() if name in known or name in READ}
    return {name: value / sum(found.values()) for name, value in found.items()}
