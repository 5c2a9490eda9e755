"""What is planted into the replies of a sound engine turns the gate red: end to end, on the sample articles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from evals.broken import Standing
from evals.gate import SUITES
from rag import Answer, Citation, Library, Span
from rag.evaluation.baseline import Baseline, Pinned
from rag.evaluation.gate import check, updated
from rag.evaluation.outcomes import Run, Scored
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
    said = tuple(replace(statement, text="Nobody knows.") for statement in answer.statements)
    return replace(answer, statements=said, conflicts=())


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
    return replace(suite, cases=tuple(case for case in suite.cases if case.kind == "question")[:5])


@pytest.fixture(scope="module")
def sound(few: Suite, seeds: Library) -> Run:
    return run_suite(few, seeds)


@pytest.fixture(scope="module")
def pinned(sound: Run) -> Pinned:
    """As the command pins it, with the margins that ship."""
    (pinned,) = updated(Baseline(), [sound])[0].suites
    return pinned


def held(run: Run, pinned: Pinned) -> tuple[str, ...]:
    """What the gate has against `run`."""
    breaches = check(Baseline((pinned,)), [run]).breaches
    return tuple(breach.removeprefix("seeds: ") for breach in breaches)


def certain(sound: Run, pinned: Pinned) -> Scored:
    """An item that was right and cited something, and not narrowly."""
    return next(
        item
        for item in sound.items
        if item.passed and item.id not in pinned.uncertain and item.outcome.answer and item.outcome.answer.citations
    )


def test_the_engine_as_it_is_is_green(few: Suite, seeds: Library, pinned: Pinned) -> None:
    assert held(run_suite(few, seeds), pinned) == ()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (wrong_answer, "does not say any of: "),
        (wrong_citation, "cites "),
        (inexact_quote, "quotes what does not stand there in "),
    ],
)
def test_one_planted_fault_turns_it_red(
    few: Suite, seeds: Library, sound: Run, pinned: Pinned, change: Change, fault: str
) -> None:
    right = certain(sound, pinned)
    assert right.outcome.answer is not None
    subject = Planted(seeds, right.outcome.answer.question, change)
    breaches = held(run_suite(few, subject, setup=setup_of(seeds)), pinned)
    assert [breach for breach in breaches if breach.startswith(f"{right.id} was right, and is no longer: {fault}")]


def test_a_lost_case_turns_it_red(few: Suite, seeds: Library, sound: Run, pinned: Pinned) -> None:
    lost = certain(sound, pinned)
    fewer = run_suite(replace(few, cases=tuple(case for case in few.cases if case.id != lost.case)), seeds)
    assert {"4 items were scored, and 5 are pinned", f"{lost.id} was right, and is lost"} <= set(held(fewer, pinned))
