"""Passages to train on: a sentence with its neighbours, packed as the shipped reader packs them."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from evals.reader.data import Example
from rag.text.words import STOPWORDS, words
from rag.types import Passage

Reading = tuple[str, Passage, tuple[bool, ...]]
"""A question, a passage, and of each of its sentences whether it answers."""

_CHARS = (240, 560)
"""A passage's length is drawn between these two: about 60 to 130 tokens."""


@dataclass(frozen=True)
class Shares:
    """How often a question gets a passage besides its own, and is changed."""

    elsewhere: float = 0.2
    stranger: float = 0.1
    untitled: float = 0.25
    unmarked: float = 0.15


class Sampler:
    """Draws an epoch of readings; each time other passages about the same sentences.

    `hard` are sentences that were taken for answers, wrongly: each is read besides, and beside it, where
    its question has an answer, the answer.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        seed: int,
        shares: Shares | None = None,
        hard: Sequence[tuple[Example, int]] = (),
    ) -> None:
        self._examples = examples
        self._hard = hard
        self._shares = shares or Shares()
        self._random = random.Random(seed)
        self._articles = {example.article: example for example in examples}
        self._index: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for name, example in self._articles.items():
            for number, sentence in enumerate(example.sentences):
                for word in set(words(sentence)) - STOPWORDS:
                    self._index[word].append((name, number))

    def epoch(self) -> list[Reading]:
        """One passage of each question's sentence, and now and then one that surely does not answer."""
        readings = [reading for example in self._examples for reading in self._of(example)]
        for example, wrong in self._hard:
            right = [self._random.choice(sorted(example.answers))] if example.answers else []
            readings += [self._reading(example, example, number) for number in (wrong, *right)]
        self._random.shuffle(readings)
        return readings

    def _of(self, example: Example) -> list[Reading]:
        draw, everything = self._random, range(len(example.sentences))
        own = draw.choice(sorted(example.answers) or example.near or everything)
        found = [self._reading(example, example, own)]
        if draw.random() < self._shares.elsewhere:
            other = self._reading(example, example, draw.choice(everything))
            found += [other] if not any(other[2]) else []
        if draw.random() < self._shares.stranger and (place := self._stranger(example)):
            found.append(self._reading(example, self._articles[place[0]], place[1]))
        return found

    def _reading(self, asked: Example, read: Example, at: int) -> Reading:
        draw, shares = self._random, self._shares
        first, last = self._window(read.sentences, at)
        labels = tuple(read is asked and number in asked.answers for number in range(first, last + 1))
        question = asked.question.rstrip("?") if draw.random() < shares.unmarked else asked.question
        title = "" if draw.random() < shares.untitled else read.title
        return question, Passage(title, read.sentences[first : last + 1]), labels

    def _window(self, sentences: Sequence[str], at: int) -> tuple[int, int]:
        room = self._random.randint(*_CHARS) - len(sentences[at])
        first = last = at
        while True:
            sides = [side for side in (first - 1, last + 1) if 0 <= side < len(sentences)]
            sides = [side for side in sides if len(sentences[side]) <= room]
            if not sides:
                return first, last
            side = self._random.choice(sides)
            room -= len(sentences[side])
            first, last = min(first, side), max(last, side)

    def _stranger(self, example: Example) -> tuple[str, int] | None:
        """A sentence that shares the question's rare words, of an article of another kind, which cannot answer."""
        shared: dict[tuple[str, int], float] = defaultdict(float)
        for word in set(words(example.question)) - STOPWORDS:
            places = self._index[word]
            if 0 < len(places) < 400:
                for place in places:
                    if _kind(place[0]) != _kind(example.article):
                        shared[place] += 1 / len(places) ** 0.5
        return self._random.choice(sorted(shared, key=lambda place: -shared[place])[:3]) if shared else None


def _kind(article: str) -> str:
    return article.split("/")[0] if "/" in article else "invented"
