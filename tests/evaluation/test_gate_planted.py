"""What is planted into the replies of a sound engine turns the gate red: end to end, on the sample articles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from evals.broken import Standing
from evals.gate import SUITES
from rag import Answer, Citation, Library, Span
from rag.evaluation.gate import Baseline, check, updated
from rag.evaluation.outcomes import Run
from rag.evaluation.running import run_suite
from rag.evaluation.setup import setup_of
from rag.evaluation.suites import Suite, load_suite

Change = Callable[[Answer, Library], Answer]


class Planted(Standing):
    """The engine as it is, but for the answer to one question."""

    def __init__(self, library: Library, question: str, change: Change) -> None:
        super().__init__(library)
        self.question = question
        self.change = change

    def ask(self, question: str, **filters: Any) -> Answer:
        answer = self.library.ask(question, **filters)
        return self.change(answer, self.library) if question == self.question else answer


def wrong_answer(answer: Answer, _: Library) -> Answer:
    (first, *rest) = answer.statements
    return replace(answer, statements=(replace(first, text="Nobody knows."), *rest))


def wrong_citation(answer: Answer, library: Library) -> Answer:
    other = next(info for info in library.articles() if info.id not in {c.article_id for c in answer.citations})
    article = library.article(other.id)
    return replace(answer, citations=tuple(Citation.of(article, Span(0, 40), c.number) for c in answer.citations))


def inexact_quote(answer: Answer, _: Library) -> Answer:
    (first, *rest) = answer.citations
    return replace(answer, citations=(replace(first, start=first.start + 1, end=first.end + 1), *rest))


@pytest.fixture(scope="module")
def few() -> Suite:
    suite = load_suite(SUITES / "seeds")
    return replace(suite, cases=tuple(case for case in suite.cases if case.kind == "question")[:10])


@pytest.fixture(scope="module")
def sound(few: Suite, seeds: Library) -> Run:
    return run_suite(few, seeds)


def held(run: Run, sound: Run) -> tuple[str, ...]:
    """What the gate that the sound run was pinned by has against `run`, by metric."""
    (pinned,) = updated(Baseline(), [sound])[0].suites
    # Of ten items each is a tenth, and none may go unnoticed.
    strict = tuple(replace(floor, margin=0.0) for floor in pinned.floors)
    report = check(Baseline((replace(pinned, floors=strict),)), [run])
    return tuple(breach.removeprefix("seeds: ").split()[0] for breach in report.breaches)


def test_the_engine_as_it_is_is_green(few: Suite, seeds: Library, sound: Run) -> None:
    assert held(run_suite(few, seeds), sound) == ()


@pytest.mark.parametrize(
    ("change", "noticed"),
    [
        (wrong_answer, {"correct", "answer_match", "citation_recall", "unsupported"}),
        (wrong_citation, {"correct", "cited_gold", "citation_recall", "citation_precision", "unsupported"}),
        (inexact_quote, {"correct", "span_exact"}),
    ],
)
def test_one_planted_fault_turns_it_red(
    few: Suite, seeds: Library, sound: Run, change: Change, noticed: set[str]
) -> None:
    right = next(item for item in sound.items if item.passed and item.outcome.answer and item.outcome.answer.citations)
    assert right.outcome.answer is not None
    subject = Planted(seeds, right.outcome.answer.question, change)
    breaches = set(held(run_suite(few, subject, setup=setup_of(seeds)), sound))
    assert noticed <= breaches <= {*noticed, "citation_precision"}


def test_a_lost_case_turns_it_red(few: Suite, seeds: Library, sound: Run) -> None:
    fewer = run_suite(replace(few, cases=few.cases[1:]), seeds)
    assert "9" in held(fewer, sound)
