"""Engines that are wrong on purpose, each in one way: an evaluation that does not notice them measures nothing.

Each stands in for a `Library`, and leaves alone what it does not break.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rag import Answer, Citation, Hit, Library, Span, Summary
from rag.text.chunks import chunk_article


@dataclass
class Standing:
    """A library behind a door that can be changed: everything passes unless a subclass says otherwise."""

    library: Library
    seed: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def ask(self, question: str, **filters: Any) -> Answer:
        """As `Library.ask`."""
        return self.library.ask(question, **filters)

    def search(self, query: str, k: int = 8, **filters: Any) -> Sequence[Hit]:
        """As `Library.search`."""
        return self.library.search(query, k, **filters)

    def summarize(self, reference: str | None = None, **options: Any) -> Summary:
        """As `Library.summarize`."""
        return self.library.summarize(reference, **options)

    def chat(self) -> Any:
        """A conversation whose every turn passes through `broken`."""
        return _Talking(self.library.chat(), self.broken)

    def broken(self, answer: Answer) -> Answer:
        """What becomes of an answer of a conversation."""
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.library, name)


@dataclass
class _Talking:
    chat: Any
    broken: Callable[[Answer], Answer]

    def ask(self, question: str, **filters: Any) -> Answer:
        return self.broken(self.chat.ask(question, **filters))


class RandomCitations(Standing):
    """Says what the engine says, and cites some sentence or other of the library for it."""

    def ask(self, question: str, **filters: Any) -> Answer:
        """As `Library.ask`, cited at random."""
        return self.broken(self.library.ask(question, **filters))

    def broken(self, answer: Answer) -> Answer:
        """Each citation goes to a sentence drawn from all that could be cited."""
        return replace(answer, citations=tuple(self._elsewhere(cited) for cited in answer.citations))

    def summarize(self, reference: str | None = None, **options: Any) -> Summary:
        """As `Library.summarize`, cited at random."""
        summary = self.library.summarize(reference, **options)
        return replace(summary, citations=tuple(self._elsewhere(cited) for cited in summary.citations))

    def _elsewhere(self, cited: Citation) -> Citation:
        info = self.random.choice(self.library.articles())
        article = self.library.article(info.id)
        sentences: list[Span] = [span for chunk in chunk_article(article) for span in chunk.sentences]
        return Citation.of(article, self.random.choice(sentences), cited.number)


class NeverAnswers(Standing):
    """Abstains, whatever it is asked."""

    def ask(self, question: str, **filters: Any) -> Answer:
        """An abstention."""
        return self.broken(self.library.ask(question, **filters))

    def broken(self, answer: Answer) -> Answer:
        """Nothing is left but the nearest passages."""
        nearest = answer.nearest or answer.citations
        return Answer(question=answer.question, status="abstained", reason="not_stated", nearest=nearest)


class ShuffledPassages(Standing):
    """Finds passages in no order: its answers are sound, its search is not."""

    def search(self, query: str, k: int = 8, **filters: Any) -> Sequence[Hit]:
        """So many of a hundred passages that fit, at random."""
        found = list(self.library.search(query, 100, **filters))
        self.random.shuffle(found)
        return found[:k]


BROKEN: Mapping[str, type[Standing]] = {
    "random-citations": RandomCitations,
    "never-answers": NeverAnswers,
    "shuffled-passages": ShuffledPassages,
}
"""By name. The engine that always answers is the library with its setting `abstain` off."""
