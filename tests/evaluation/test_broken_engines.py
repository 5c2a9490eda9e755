"""An engine that is wrong in one way scores worse on the metrics that should notice, and on no others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from evals.broken import BROKEN, MAY_NOTICE, NOTICED, WATCHED, fell, runs
from evals.gate import SUITES
from rag import Library
from rag.evaluation.outcomes import Run
from rag.evaluation.suites import load_suite

EVERY = 6
"""Every sixth question is enough to tell, and keeps this short."""


@pytest.fixture(scope="module")
def found(seeds: Library) -> dict[str, Run]:
    suite = load_suite(SUITES / "seeds")
    questions = [case for case in suite.cases if case.kind == "question"]
    return runs(replace(suite, cases=tuple(questions[::EVERY])), seeds)


@pytest.mark.parametrize("name", [*BROKEN, "always-answers"])
def test_what_is_broken_shows_where_it_should_and_nowhere_else(found: dict[str, Run], name: str) -> None:
    sound, broken = found["sound"].metrics, found[name].metrics
    worse = {
        metric for metric in WATCHED if metric in broken and fell(metric, sound[metric].value, broken[metric].value)
    }
    assert NOTICED[name] <= worse <= NOTICED[name] | MAY_NOTICE.get(name, frozenset())


def test_each_of_them_is_right_less_often(found: dict[str, Run]) -> None:
    correct = {name: run.metrics["correct"].value for name, run in found.items()}
    assert correct["random-citations"] < correct["sound"]
    assert correct["never-answers"] < correct["sound"]
    assert correct["shuffled-passages"] < correct["sound"]


def test_the_sample_articles_are_where_the_suite_looks_for_them() -> None:
    (source,) = load_suite(SUITES / "seeds").articles
    assert source.path == Path(__file__).parent.parent.parent / "seeds"
