"""RAMDocs (Wang et al., COLM 2025): ambiguous questions whose documents give several answers, some of them false.

Wants `ramdocs/questions.jsonl`, a line for each question with `question`, `documents` (objects with `text`),
`gold_answers` and `wrong_answers` (texts); or RAMDocs' own `ramdocs/RAMDocs_test.jsonl`, whose lines have these keys.

All documents stand in one library, and each question is asked of its own, by a filter on the publisher. Which of
the answers are right cannot be seen from the documents: a reader is served when all that they say is shown, each
answer with its source.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.bench.adapting import Shelf, mean, shelved, stepped
from evals.bench.results import BenchResult, Row
from evals.bench.showing import Shown, shown_in
from evals.data import holds, rows
from evals.remembering import Remembering
from rag import Answer, Library, Settings
from rag.evaluation.metrics.answers import normalized
from rag.types import Embedder, Progress

PUBLISHED = "all documents in the prompt, Llama 3.3 70B .326 (Wang et al. 2025)"
SHOWN = "conflicting answers shown with a source"


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its documents by name, and the answers to it, right and wrong, each once."""

    name: str
    text: str
    documents: dict[str, str]
    right: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def standing(self) -> tuple[str, ...]:
        """The answers, right or wrong, that a document holds word for word."""
        every = (*self.right, *self.wrong)
        return tuple(answer for answer in every if any(holds(text, answer) for text in self.documents.values()))


@dataclass(frozen=True, slots=True)
class Seen:
    """A question, and what came of it."""

    question: Question
    answered: bool
    shown: list[Shown]

    def gives(self, item: Shown) -> list[str]:
        """The standing answers that `item` says, cited from a document that holds them."""
        documents = self.question.documents
        return [
            answer
            for answer in self.question.standing
            if holds(item.text, answer) and any(holds(documents[name], answer) for name in item.articles)
        ]

    @property
    def scores(self) -> tuple[float, float, float]:
        """Precision, recall and F1 of what is shown: what gives no standing answer is wrong, an answer counts once."""
        given = {answer for item in self.shown for answer in self.gives(item)}
        idle = sum(not self.gives(item) for item in self.shown)
        precision = len(given) / (len(given) + idle) if given else 0.0
        recall = len(given) / len(self.question.standing)
        return precision, recall, 2 * precision * recall / (precision + recall) if given else 0.0

    @property
    def told(self) -> bool:
        """Whether two standing answers or more are set against each other as a conflict."""
        told: dict[int, set[str]] = {}
        for item in self.shown:
            if item.about is not None:
                told.setdefault(item.about, set()).update(self.gives(item))
        return any(len(answers) > 1 for answers in told.values())

    @property
    def exact(self) -> bool:
        """Whether every right answer is given and no wrong one."""
        said = " ".join(item.text for item in self.shown)
        every = all(holds(said, answer) for answer in self.question.right)
        return every and not any(holds(said, answer) for answer in self.question.wrong)


def run(folder: Path, progress: Progress, embedder: Embedder | None = None) -> BenchResult:
    """Ask every question, with abstention on and off."""
    started = time.perf_counter()
    questions = [
        _question(f"q{number}", row["question"], row["documents"], row["gold_answers"], row["wrong_answers"])
        for number, row in enumerate(rows("ramdocs/questions.jsonl", folder))
    ]
    articles = [
        {"id": name, "text": text, "publisher": question.name}
        for question in questions
        for name, text in question.documents.items()
    ]
    embedder = embedder or Remembering()
    with shelved(articles, progress, embedder) as shelf:
        cautious = _asked(shelf, shelf.library, questions, "ramdocs", progress)
        with Library.open(shelf.library.directory, settings=Settings(abstain=False), embedder=embedder) as library:
            bold = _asked(shelf, library, questions, "ramdocs, abstention off", progress)
        notes = shelf.notes
    several = sum(len(question.standing) > 1 for question in questions)
    absent = sum(len(question.right) + len(question.wrong) - len(question.standing) for question in questions)
    return BenchResult(
        name="ramdocs",
        title="RAMDocs",
        rows=tuple(_rows(cautious, bold)),
        seconds=time.perf_counter() - started,
        notes=(
            f"{len(questions)} questions over {len(articles)} documents. Conflicting: the {several} questions to which "
            f"the documents give two answers or more, right or wrong; {absent} answers that no document holds word "
            "for word are left out.",
            "An answer is shown when a statement or a value of a conflict says it and cites a document that holds it. "
            "Precision is the share of what is shown that gives such an answer; mean over questions, a refused one 0.",
            "Exact match: every right answer given, no wrong one, in whole sentences; over all questions, also those "
            "whose right answers no document holds word for word, and whether or not the document cited holds them.",
            *notes,
        ),
    )


def _question(
    name: str, text: str, documents: Sequence[dict[str, str]], right: Sequence[str], wrong: Sequence[str]
) -> Question:
    held = {f"{name}-{number}": document["text"] for number, document in enumerate(documents)}
    right = _distinct(right)
    known = {normalized(answer) for answer in right}
    # A few answers are listed as both.
    wrong = [answer for answer in _distinct(wrong) if normalized(answer) not in known]
    return Question(name, text, held, tuple(right), tuple(wrong))


def _distinct(answers: Sequence[str]) -> list[str]:
    return list({normalized(answer): answer for answer in answers if normalized(answer)}.values())


def _asked(shelf: Shelf, library: Library, questions: Sequence[Question], label: str, progress: Progress) -> list[Seen]:
    seen = []
    for question in stepped(questions, label, progress):
        answer: Answer = library.ask(question.text, publisher=question.name)
        seen.append(Seen(question, answer.status == "answered", shown_in(answer, shelf.names)))
    return seen


def _rows(cautious: Sequence[Seen], bold: Sequence[Seen]) -> list[Row]:
    conflicting = [item for item in cautious if len(item.question.standing) > 1]
    off = [item for item in bold if len(item.question.standing) > 1]
    return [
        _mean(f"{SHOWN}, F1", conflicting, [item.scores[2] for item in conflicting]),
        _mean("the same, precision", conflicting, [item.scores[0] for item in conflicting]),
        _mean("the same, recall", conflicting, [item.scores[1] for item in conflicting]),
        _mean("told as a conflict, two answers or more", conflicting, [item.told for item in conflicting]),
        _mean("conflicting, refused (less is better)", conflicting, [not item.answered for item in conflicting]),
        _mean(f"abstention off: {SHOWN}, F1", off, [item.scores[2] for item in off]),
        _mean("abstention off: the same, recall", off, [item.scores[1] for item in off]),
        _mean("exact match, all questions", cautious, [item.exact for item in cautious], PUBLISHED),
        _mean("abstention off: exact match, all questions", bold, [item.exact for item in bold]),
    ]


def _mean(metric: str, seen: Sequence[Seen], values: Sequence[float], published: str = "") -> Row:
    return mean(metric, [float(value) for value in values], [item.question.name for item in seen], published)
