"""SQuAD 2.0 as a library: is the right paragraph found, the right sentence said, the unanswerable refused?

    python -m evals.quality

Each of the 320 paragraphs is an article. Retrieval and answers with abstention switched off are
over the 1,440 answerable questions; with abstention on, both figures are given with the share
refused, and the unanswerable questions are asked as well.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

from evals.data import Asked, squad2
from evals.remembering import Remembering
from rag import Answer, Library, Settings

K = 10


@dataclass
class Tally:
    """Counts over questions; each is shown as a share of `asked`."""

    asked: int = 0
    first: int = 0
    any: int = 0
    refused: int = 0

    def add(self, item: Asked, answer: Answer, key: str) -> None:
        """Count one answer: does the first statement, does any one, hold the answer where it stands?"""
        by_number = {citation.number: citation for citation in answer.citations}
        found = [
            any(
                library_key(by_number[number].article_id) == key and item.answered_by(by_number[number].quote)
                for number in statement.citations
            )
            for statement in answer.statements
        ]
        self.asked += 1
        self.first += bool(found and found[0])
        self.any += any(found)
        self.refused += answer.status == "abstained"

    def __str__(self) -> str:
        shares = (value / self.asked for value in (self.first, self.any, self.refused))
        return "first statement {:.3f}, one of at most three {:.3f}, refused {:.3f}".format(*shares)


def library_key(article_id: str) -> str:
    """The key of an article of the library that is being measured."""
    return _KEYS[article_id]


_KEYS: dict[str, str] = {}


def retrieval(library: Library, asked: Sequence[Asked]) -> tuple[float, float]:
    """Share of questions whose paragraph comes first, and mean reciprocal rank among the first ten."""
    first = reciprocal = 0.0
    for item in asked:
        keys = list(dict.fromkeys(hit.article.key for hit in library.search(item.question, K)))
        rank = keys.index(f"id:{item.article}") + 1 if f"id:{item.article}" in keys else 0
        first += rank == 1
        reciprocal += 1 / rank if rank else 0.0
    return first / len(asked), reciprocal / len(asked)


def main() -> None:
    """Measure and print."""
    articles, questions = squad2()
    answerable = [item for item in questions if item.answerable]
    embedder = Remembering()
    with tempfile.TemporaryDirectory() as folder:
        with Library.open(folder, settings=Settings(), embedder=embedder) as library:
            library.add(articles)
            _KEYS.update({info.id: library.article(info.id).key for info in library.articles()})
            first, reciprocal = retrieval(library, answerable)
            print(f"right paragraph first {first:.3f}, MRR@10 {reciprocal:.3f} ({len(answerable)} questions)")
        for abstain in (False, True):
            with Library.open(folder, settings=Settings(abstain=abstain), embedder=embedder) as library:
                for name, group in (("answerable", answerable), ("unanswerable", questions)):
                    tally = Tally()
                    for item in group:
                        if item.answerable == (name == "answerable") and (abstain or item.answerable):
                            tally.add(item, library.ask(item.question), f"id:{item.article}")
                    if tally.asked:
                        print(f"abstention {'on' if abstain else 'off'}, {tally.asked} {name}: {tally}")


if __name__ == "__main__":
    main()
