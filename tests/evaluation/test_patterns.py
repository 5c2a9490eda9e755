"""Patterns of gold that would keep a run busy for ever are stopped, and named with their case."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from rag import UserError
from rag.evaluation import patterns
from rag.evaluation.cases import Case, Expected, GoldTurn, Pattern
from rag.evaluation.gold_values import Flaw, accepted
from rag.evaluation.journal import Journal
from rag.evaluation.patterns import found, probe
from rag.evaluation.running import run_suite
from tests.evaluation.test_running import Said, suite


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "SECONDS", 1.0)


def test_a_pattern_is_searched_without_regard_to_case() -> None:
    assert found("colli(ded|sion)", ("none", "The Collision”\ud800"))
    assert not found("^sion", ("Collision",))


@pytest.mark.parametrize("regex", ["(a+)+$", "(a|a)*b", r"(\w+\s?)*!", r"x(\d+)*y|(1*)*z"])
def test_a_pattern_that_blows_up_is_refused_when_it_is_read(regex: str) -> None:
    started = time.monotonic()
    with pytest.raises(Flaw, match="answers: the regex /.*/ takes longer than 1 seconds"):
        accepted({"regex": regex}, "answers")
    assert time.monotonic() - started < 10
    assert found("b", ("abc",))  # the next search is served


@pytest.mark.parametrize("regex", [r"\bno (house|home)s?( \w+){0,2} flooded", r"(\w+ )*flooded", "[^.]*a[^.]*b"])
def test_a_pattern_that_only_looks_so_is_read(regex: str) -> None:
    probe(regex)


def test_one_that_blows_up_on_what_is_said_ends_the_run_and_names_its_case(tmp_path: Path) -> None:
    expected = Expected(answers=(Pattern("(é|é)*b"),))
    case = Case(id="slow", file="g.jsonl", line=7, turns=(GoldTurn("Who?", expected),))
    with pytest.raises(UserError, match=r"^g\.jsonl, line 7: slow: the regex /\(é\|é\)\*b/ takes longer"):
        run_suite(suite(case), Said("é" * 60), journal=Journal(tmp_path / "journal"))
    assert list(tmp_path.iterdir()) == []  # nothing was done that could be gone on from


def test_one_that_cannot_be_searched_is_told() -> None:
    with pytest.raises(TimeoutError, match="cannot be searched"):
        found("(", ("a",))
