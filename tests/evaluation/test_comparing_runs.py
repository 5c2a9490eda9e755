"""What two runs of one suite differ in."""

from __future__ import annotations

import pytest

from rag import UserError
from rag.evaluation.comparing import Flip, compare
from rag.evaluation.outcomes import Run
from tests.evaluation.build_runs import item, run


def test_a_run_does_not_differ_from_itself() -> None:
    one = run(*(item(f"q{n}", cluster=f"c{n % 3}", correct=float(n % 2)) for n in range(9)))
    compared = compare(one, one)
    (correct,) = compared.differences
    assert (correct.metric, correct.difference, correct.low, correct.high, correct.p) == ("correct", 0.0, 0.0, 0.0, 1.0)
    assert correct.before == correct.after == 4 / 9
    assert (compared.flips, compared.only_before, compared.only_after) == ((), (), ())


def test_what_flipped_is_listed_the_worse_first_with_its_faults() -> None:
    before = run(
        item("q1", passed=True, correct=1.0),
        item("q2", passed=False, faults=("does not say any of: 31",), correct=0.0),
        item("gone", correct=1.0),
    )
    after = run(
        item("q1", passed=False, faults=("cites another passage",), correct=0.0),
        item("q2", passed=True, correct=1.0),
        item("new", correct=1.0),
    )
    compared = compare(before, after)
    assert compared.flips == (
        Flip("q1", False, ("cites another passage",)),
        Flip("q2", True, ("does not say any of: 31",)),
    )
    assert (compared.only_before, compared.only_after) == (("gone",), ("new",))
    assert compared.differences[0].items == 2


def test_a_fall_on_every_article_is_found_to_be_no_chance() -> None:
    names = [f"q{n}" for n in range(24)]
    before = run(*(item(name, cluster=name, correct=1.0) for name in names))
    after = run(*(item(name, cluster=name, correct=0.0) for name in names))
    (correct,) = compare(before, after).differences
    assert correct.difference == correct.low == correct.high == -1.0
    assert correct.p < 0.01


def test_a_metric_counts_only_the_items_that_have_it_in_both_runs() -> None:
    before = run(item("q1", correct=1.0, token_f1=0.5), item("q2", correct=1.0))
    after = run(item("q1", correct=1.0, token_f1=0.7), item("q2", correct=1.0, token_f1=1.0))
    found = {difference.metric: difference for difference in compare(before, after).differences}
    assert (found["token_f1"].items, found["correct"].items) == (1, 2)
    assert round(found["token_f1"].difference, 9) == 0.2


def test_abstention_is_compared_over_both_sides() -> None:
    names = range(12)

    def asked(refused: float, wrongly: int) -> Run:
        return run(
            *(item(f"a{n}", cluster=f"c{n}", over_refusal=refused) for n in names),
            *(item(f"u{n}", cluster=f"c{n}", false_answer=float(n < wrongly)) for n in names),
        )

    before = asked(1.0, 0)
    balance, *_ = compare(before, asked(0.0, 1)).differences
    assert (balance.metric, balance.items, balance.before) == ("abstention_balanced", 24, 0.5)
    assert balance.after == pytest.approx(1 - 1 / 24)
    assert balance.difference == pytest.approx(0.5 - 1 / 24)
    # Where the one that became worse is not drawn it is .5, and drawn three times .375.
    assert balance.low == pytest.approx(0.375)
    assert balance.high == pytest.approx(0.5)
    # Eleven articles changed, all for the better; of the twelfth the two outweigh each other.
    assert balance.p == 2 / 2**11
    (same,) = (found for found in compare(before, before).differences if found.metric == "abstention_balanced")
    assert (same.difference, same.low, same.high, same.p) == (0.0, 0.0, 0.0, 1.0)


def test_abstention_that_was_measured_on_one_side_is_not_compared() -> None:
    only = run(item("a", over_refusal=1.0), item("b", over_refusal=0.0))
    assert [found.metric for found in compare(only, only).differences] == ["over_refusal"]


def test_what_else_differs_is_named() -> None:
    before = run(item("q"), settings={"abstain": True}, versions={"rag": "1"}, fingerprint="a")
    after = run(item("q"), settings={"abstain": False}, versions={"rag": "2"}, fingerprint="b", model="m")
    assert compare(before, after).changed == ("articles", "model", "settings (abstain)", "versions (rag)")
    assert compare(before, before).changed == ()


def test_runs_of_two_suites_are_not_compared() -> None:
    with pytest.raises(UserError, match="a run of small cannot be compared with one of other"):
        compare(run(item("q")), run(item("q"), suite="other"))
