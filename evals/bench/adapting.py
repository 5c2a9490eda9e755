"""What the benchmarks share: a library of their articles for a while, and figures with their intervals."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from evals.bench.results import Row
from evals.remembering import Remembering
from rag import Answer, Library, Settings
from rag.answering.extractive import answer
from rag.evaluation.metrics.classification import balanced_accuracy
from rag.evaluation.statistics import estimate, mean_estimate
from rag.types import Embedder, Progress

T = TypeVar("T")
K = 10
"""So many articles are looked at in what search gives."""

SAME_EMBEDDER = "same embedder"
"""Stands before figures of other systems that were measured with the embedder that is bundled here."""


WRONGLY_REFUSED, REFUSED = "answerable, refused (less is better)", "unanswerable, refused"
ABSTENTION, CHANCE = "abstention, balanced accuracy", "always answering or never .50"


class Decided(NamedTuple):
    """The answers to one question by two decisions over the same evidence."""

    cautious: Answer
    """With abstention on: as `Library.ask` gives it by default."""
    bold: Answer
    """With abstention off: the best sentences there are."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A library of a benchmark's articles; `names` are the ids that the benchmark gave them, by the library's own.

    `refused` are the articles that could not be added, each with its reason.
    """

    library: Library
    names: Mapping[str, str]
    refused: tuple[str, ...]

    def found(self, question: str, k: int = K) -> list[str]:
        """The first `k` articles that a search gives, best first, each once."""
        # An article may come with several chunks; the order is the same however many are asked for.
        hits = self.library.search(question, 2 * k)
        return list(dict.fromkeys(self.names[hit.article.id] for hit in hits))[:k]

    def decided(self, question: str) -> Decided:
        """What is answered with abstention on and off, from evidence that is looked for once."""
        asked, evidence = self.library.evidence(question)
        cautious, bold = (answer(asked, evidence, self.library.article, abstain=on) for on in (True, False))
        return Decided(cautious, bold)

    def cited(self, given: Answer) -> list[list[tuple[str, str]]]:
        """For each statement, best first, the article and the words of each passage that it cites."""
        by_number = {citation.number: citation for citation in given.citations}
        return [
            [(self.names[by_number[number].article_id], by_number[number].quote) for number in statement.citations]
            for statement in given.statements
        ]

    @property
    def notes(self) -> tuple[str, ...]:
        """One line where articles could not be added; what asks for them counts as missed."""
        if not self.refused:
            return ()
        return (f"{len(self.refused)} articles could not be added: {'; '.join(sorted(set(self.refused)))}.",)


@contextmanager
def shelved(
    articles: Sequence[Mapping[str, object]], progress: Progress, embedder: Embedder | None = None
) -> Iterator[Shelf]:
    """A library of `articles`, each with an `id`, in a temporary folder, with the settings that are the default.

    `embedder` takes the place of the bundled one.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        Library.open(folder, settings=Settings(), embedder=embedder or Remembering()) as library,
    ):
        report = library.add(articles, progress=lambda _, done, __: progress("adding", done, len(articles)))
        names = {info.id: library.article(info.id).key.removeprefix("id:") for info in library.articles()}
        yield Shelf(library, names, tuple(str(item.reason) for item in report.failed))


def stepped(items: Sequence[T], label: str, progress: Progress) -> Iterator[T]:
    """The items one by one, with the progress reported."""
    for number, item in enumerate(items):
        progress(label, number, len(items))
        yield item
    progress(label, len(items), len(items))


def mean(metric: str, values: Sequence[float], clusters: Sequence[str], published: str = "") -> Row:
    """The mean of `values` with its interval; values of one cluster are not independent."""
    return Row(metric=metric, estimate=mean_estimate(values, clusters), published=published)


def decision(
    answerable: Sequence[bool], answered: Sequence[bool], clusters: Sequence[str], published: str = ""
) -> list[Row]:
    """Whether the right questions were refused: a share for either kind that is there, and balanced accuracy.

    `published` is what others refuse of what has no answer.
    """
    asked = list(zip(answerable, answered, clusters, strict=True))
    found = []
    for kind, metric, others in ((True, WRONGLY_REFUSED, ""), (False, REFUSED, published)):
        part = [(float(not said), cluster) for gold, said, cluster in asked if gold == kind]
        if part:
            found.append(mean(metric, [value for value, _ in part], [cluster for _, cluster in part], others))

    def balanced(sample: Sequence[tuple[bool, bool, str]]) -> float:
        return balanced_accuracy([gold for gold, _, _ in sample], [said for _, said, _ in sample])

    return [*found, Row(metric=ABSTENTION, estimate=estimate(asked, clusters, balanced), published=CHANCE)]
