"""CLAP-NQ (Rosenthal et al., TACL 2025): long answers from one passage, and questions that it does not answer.

Wants `clapnq/answerable.jsonl` and `clapnq/unanswerable.jsonl`, a line for each question with `id`, `question`,
`passages` (of which the first is taken: `title`, `text`), `answerable` and `answers` (texts, any one is right); or
CLAP-NQ's own `clapnq/annotated_data/dev/clapnq_dev_answerable.jsonl` and `clapnq_dev_unanswerable.jsonl`, in which
`question` is called `input`, and `answers` are the `answer` of each `output`.
All passages are in one library, each an article; the question is asked of all of them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.bench.adapting import Shelf, decision, mean, shelved, stepped
from evals.bench.results import BenchResult, Row
from evals.data import Asked, clapnq
from rag import Answer
from rag.evaluation.metrics.retrieval import hits_at
from rag.evaluation.metrics.summaries import rouge
from rag.types import Embedder, Progress

GIVEN = "given the passage, whole development set: GPT-4 {}, CLAPnq-T5-lg (trained on its training set) {}"
SEARCHED = "passages found by all-MiniLM-L6-v2 in its whole corpus, CLAPnq-T5-lg {}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What one question came to: its passage's place, what was said, and from which passage the first statement is."""

    asked: Asked
    found: list[str]
    answer: Answer
    source: str | None

    @property
    def said(self) -> str:
        """The statements without their markers; empty where the question was refused."""
        return " ".join(statement.text for statement in self.answer.statements)

    @property
    def answered(self) -> bool:
        return self.answer.status == "answered"


def run(folder: Path, progress: Progress, embedder: Embedder | None = None) -> BenchResult:
    """Is an answer like the one that people wrote, and is the unanswerable refused?"""
    started = time.perf_counter()
    articles, questions = clapnq(folder)
    with shelved(articles, progress, embedder) as shelf:
        seen = [_seen(shelf, item) for item in stepped(questions, "clapnq", progress)]
        notes = shelf.notes
    return BenchResult(
        name="clapnq",
        title="CLAP-NQ",
        rows=(*_decision(seen), *_answers([item for item in seen if item.asked.answerable])),
        seconds=time.perf_counter() - started,
        notes=(
            f"{len(articles)} passages in one library; an unanswerable question may be answered by another's passage, "
            "which counts as wrong. The weights of the decision were fitted on this set among others.",
            "ROUGE-L is F1 to the nearest of the answers that people wrote, 0 for a refusal; the published one is by "
            "another implementation (KILT's). Published figures are of Rosenthal et al., tables 5 and 6.",
            *notes,
        ),
    )


def _seen(shelf: Shelf, item: Asked) -> Seen:
    given = shelf.library.ask(item.question)
    sources = [passages[0][0] for passages in shelf.cited(given)]
    return Seen(item, shelf.found(item.question), given, sources[0] if sources else None)


def _decision(seen: Sequence[Seen]) -> list[Row]:
    published = f"{GIVEN.format('.180', '.892')}; {SEARCHED.format('.498')}"
    answerable, answered = [item.asked.answerable for item in seen], [item.answered for item in seen]
    return decision(answerable, answered, [item.asked.group for item in seen], published)


def _answers(seen: Sequence[Seen]) -> list[Row]:
    answered = [item for item in seen if item.answered]
    nearest = {item.asked.group: max(rouge(item.said, way[0]).rl for way in item.asked.accept) for item in seen}
    published = f"{GIVEN.format('.359', '.572')}; {SEARCHED.format('.366')}"
    lengths = f"{GIVEN.format('759', '318')}; {SEARCHED.format('300')}; people 272"
    found = [
        _share("its passage found first", [(item, hits_at(item.found, {item.asked.article}, 1)) for item in seen]),
        _share("ROUGE-L, answerable", [(item, nearest[item.asked.group]) for item in seen], published),
    ]
    if answered:
        found += [
            _share("ROUGE-L, of these the answered", [(item, nearest[item.asked.group]) for item in answered]),
            _share("length of an answer, characters", [(item, len(item.said)) for item in answered], lengths),
            _share(
                "first statement from its own passage",
                [(item, item.source == item.asked.article) for item in answered],
            ),
        ]
    return found


def _share(metric: str, pairs: Sequence[tuple[Seen, float]], published: str = "") -> Row:
    return mean(metric, [float(value) for _, value in pairs], [item.asked.group for item, _ in pairs], published)
