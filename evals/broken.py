"""Engines that are wrong on purpose, each in one way: an evaluation that does not notice them measures nothing.

    python -m evals.broken

Each stands in for a `Library`, and leaves alone what it does not break. Run as a program, it puts their figures on the
suite of the sample articles beside those of the engine as it is.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evals.gate import KEPT, SUITES
from rag import Answer, Citation, Hit, Library, Settings, Span, Summary
from rag.answering.extractive import answer
from rag.evaluation.catalogue import METRICS
from rag.evaluation.gate import MARGIN
from rag.evaluation.keeping import library_folder
from rag.evaluation.outcomes import Run
from rag.evaluation.running import run_suite
from rag.evaluation.setup import Setup
from rag.evaluation.suites import Suite, fill, load_suite
from rag.models.embeddings import BUNDLED_NAME
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

    def broken(self, given: Answer) -> Answer:
        """What becomes of an answer of a conversation."""
        return given

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

    def broken(self, given: Answer) -> Answer:
        """Each citation goes to a sentence drawn from all that could be cited."""
        return replace(given, citations=tuple(self._elsewhere(cited) for cited in given.citations))

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

    def broken(self, given: Answer) -> Answer:
        """Nothing is left but the nearest passages."""
        nearest = given.nearest or given.citations
        return Answer(question=given.question, status="abstained", reason="not_stated", nearest=nearest)


class ShuffledPassages(Standing):
    """Finds passages in no order, and answers from evidence in no order: what it says is the articles', and beside
    the point."""

    def ask(self, question: str, **filters: Any) -> Answer:
        """As `Library.ask`, from the same evidence in no order; with filters it is left as it is."""
        if any(value is not None for value in filters.values()):
            return self.library.ask(question, **filters)
        asked, evidence = self.library.evidence(question)
        if not evidence:
            return self.library.ask(question)
        shuffled = self.random.sample(evidence, len(evidence))
        return answer(asked, shuffled, self.library.article, abstain=self.library.settings.abstain)

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


NOTICED: Mapping[str, frozenset[str]] = {
    "random-citations": frozenset({"cited_gold", "citation_recall", "citation_precision", "unsupported"}),
    "never-answers": frozenset({"answer_match", "cited_gold", "over_refusal"}),
    "always-answers": frozenset({"false_answer"}),
    "shuffled-passages": frozenset({"answer_match", "cited_gold", "hits_at_4", "mrr_at_10", "ndcg_at_10"}),
}
"""The metrics that must become worse with each of them."""

MAY_NOTICE: Mapping[str, frozenset[str]] = {"shuffled-passages": frozenset({"over_refusal", "citation_precision"})}
"""Those that may become worse besides: whether to answer hangs on the best evidence among other signs, and of the
sentences said instead some stand in two articles, where either citation would do. No other of `WATCHED` may."""

WATCHED = (
    "answer_match",
    "cited_gold",
    "citation_recall",
    "citation_precision",
    "span_exact",
    "unsupported",
    "over_refusal",
    "false_answer",
    "hits_at_4",
    "mrr_at_10",
    "ndcg_at_10",
)


def runs(suite: Suite, library: Library) -> dict[str, Run]:
    """The suite with the engine as it is, under ``sound``, and with each broken one."""
    found = {"sound": run_suite(suite, library)}
    for name, kind in BROKEN.items():
        found[name] = run_suite(suite, kind(library), setup=Setup())
    settings = replace(library.settings, abstain=False)
    with Library.open(library.directory, settings=settings) as eager:
        found["always-answers"] = run_suite(suite, eager)
    return found


def main() -> None:
    """Print the figures of each, those that became worse with a mark."""
    suite = load_suite(SUITES / "seeds")
    place = library_folder(KEPT / suite.name, BUNDLED_NAME)
    with Library.open(place, settings=Settings()) as library:
        fill(library, suite)
        found = runs(suite, library)
    print(f"{'':<20}" + "".join(f"{name:>19}" for name in found))
    for metric in WATCHED:
        sound = found["sound"].metrics[metric].value
        cells = []
        for run in found.values():
            measured = run.metrics.get(metric)
            worse = measured is not None and fell(metric, sound, measured.value)
            cells.append(f"{'–' if measured is None else f'{measured.value:.3f}'}{' worse' if worse else ''}")
        print(f"{metric:<20}" + "".join(f"{cell:>19}" for cell in cells))


def fell(metric: str, before: float, after: float) -> bool:
    """Whether a figure became visibly worse: by more than the margin that the gate allows."""
    change = after - before
    return (change if METRICS[metric].better == "lower" else -change) > MARGIN


if __name__ == "__main__":
    main()
