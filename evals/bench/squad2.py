"""SQuAD 2.0 (Rajpurkar, Jia, Liang, ACL 2018) as a library: each paragraph an article, all in one library.

Wants `squad2/articles.jsonl`: a line for each Wikipedia article with `title` and `paragraphs`, each of these with
`context` and `qas`, each of these with `question` and `answers` (objects with `text`; none where the paragraph does
not answer); or SQuAD's own `squad2/dev-v2.0.json`, which has them under `data`. Its plausible answers to what is
not answered are no answers.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.bench.adapting import SAME_EMBEDDER, Shelf, decision, mean, shelved, stepped
from evals.bench.results import BenchResult, Row
from evals.data import Asked, squad2
from rag import Answer
from rag.evaluation.metrics.answers import exact_match, token_f1
from rag.evaluation.metrics.retrieval import hits_at, reciprocal_rank
from rag.types import Embedder, Progress

FIRST = (
    f"{SAME_EMBEDDER}: txtai .79, Haystack .74, LlamaIndex .71, LangChain ensemble .67, Chroma .64, z-scores summed .80"
)
MRR = (
    f"{SAME_EMBEDDER}: txtai .86, Haystack .83, LlamaIndex .81, LangChain ensemble .77, Chroma .74, z-scores summed .87"
)
SENTENCE = f"{SAME_EMBEDDER}, scores of passage and sentence summed: {{}}"
READERS = "given the paragraph, whole development set (Rajpurkar et al. 2018): DocQA + ELMo {}, people {}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What one question came to: articles found, which statements hold the answer, and what was said at all."""

    asked: Asked
    found: list[str]
    bold: list[bool]
    cautious: list[bool]
    answered: bool
    said: str

    @property
    def accepted(self) -> list[str]:
        """The gold answers as SQuAD writes them; none where there is none."""
        return [way[0] for way in self.asked.accept]


def run(folder: Path, progress: Progress, embedder: Embedder | None = None) -> BenchResult:
    """Is the right paragraph found, the right sentence said, the unanswerable refused?"""
    started = time.perf_counter()
    articles, questions = squad2(folder)
    with shelved(articles, progress, embedder) as shelf:
        seen = [_seen(shelf, item) for item in stepped(questions, "squad2", progress)]
        notes = shelf.notes
    refused = decision([item.asked.answerable for item in seen], [item.answered for item in seen], _clusters(seen))
    pages = len({item.group for item in questions})
    return BenchResult(
        name="squad2",
        title="SQuAD 2.0",
        rows=(*_retrieval(seen), *_sentences(seen), *refused, *_as_squad(seen)),
        seconds=time.perf_counter() - started,
        notes=(
            f"{len(articles)} paragraphs of {pages} Wikipedia articles in one library; intervals are over these "
            f"{pages} articles.",
            "A statement holds the answer where a sentence that it cites is of the right paragraph and has the words "
            "of a gold answer. The weights that rank sentences were fitted on this set among others.",
            "Exact match and F1 are of the first statement, as SQuAD defines them. Ours are whole sentences, not the "
            "shortest words that answer, and are found among all paragraphs: low by their nature.",
            *notes,
        ),
    )


def _seen(shelf: Shelf, item: Asked) -> Seen:
    cautious, bold = shelf.decided(item.question)
    statements = cautious.statements
    return Seen(
        asked=item,
        found=shelf.found(item.question) if item.answerable else [],
        bold=_holding(shelf, item, bold),
        cautious=_holding(shelf, item, cautious),
        answered=cautious.status == "answered",
        said=statements[0].text if statements else "",
    )


def _holding(shelf: Shelf, item: Asked, given: Answer) -> list[bool]:
    """For each statement, whether one of the passages that it cites holds the answer where it stands."""
    return [
        any(name == item.article and item.answered_by(quote) for name, quote in passages)
        for passages in shelf.cited(given)
    ]


def _clusters(seen: Sequence[Seen]) -> list[str]:
    return [item.asked.group for item in seen]


def _retrieval(seen: Sequence[Seen]) -> tuple[Row, ...]:
    part = [item for item in seen if item.asked.answerable]
    first = [hits_at(item.found, {item.asked.article}, 1) for item in part]
    reciprocal = [reciprocal_rank(item.found, {item.asked.article}, 10) for item in part]
    return (
        mean("right paragraph first", first, _clusters(part), FIRST),
        mean("MRR@10", reciprocal, _clusters(part), MRR),
    )


def _sentences(seen: Sequence[Seen]) -> tuple[Row, ...]:
    part = [item for item in seen if item.asked.answerable]
    where = _clusters(part)
    return (
        mean(
            "abstention off: the first statement's citation holds the answer",
            [float(item.bold[:1] == [True]) for item in part],
            where,
            SENTENCE.format(".71"),
        ),
        mean(
            "abstention off: that of one of at most three does",
            [float(any(item.bold)) for item in part],
            where,
            SENTENCE.format(".855"),
        ),
        mean("abstention on: the first's does", [float(item.cautious[:1] == [True]) for item in part], where),
        mean("abstention on: one of at most three's does", [float(any(item.cautious)) for item in part], where),
    )


def _as_squad(seen: Sequence[Seen]) -> tuple[Row, ...]:
    exact = [exact_match(item.said, item.accepted) for item in seen]
    f1 = [token_f1(item.said, item.accepted) for item in seen]
    answerable = [item for item in seen if item.asked.answerable]
    return (
        mean("exact match, all questions", exact, _clusters(seen), READERS.format(".651", ".863")),
        mean("token F1, all questions", f1, _clusters(seen), READERS.format(".676", ".890")),
        mean(
            "token F1, answerable questions",
            [token_f1(item.said, item.accepted) for item in answerable],
            _clusters(answerable),
        ),
    )
