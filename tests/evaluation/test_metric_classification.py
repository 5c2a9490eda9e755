"""Classification metrics are those of scikit-learn."""

from __future__ import annotations

import warnings
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, f1_score, precision_recall_fscore_support

from rag.errors import UserError
from rag.evaluation.metrics.classification import balanced_accuracy, macro_f1, precision_recall_f1

PAIRS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30)


def drawn(random: Random) -> tuple[list[bool], list[bool]]:
    """What is right and what is said; some have a class that is rare, or is not there at all."""
    share, right = random.choice([0.0, 0.05, 0.3, 0.5, 1.0]), random.random()
    gold = [random.random() < share for _ in range(random.randint(1, 60))]
    return gold, [value == (random.random() < right) for value in gold]


def test_they_agree_with_scikit_learn() -> None:
    for seed in range(300):
        gold, said = drawn(Random(seed))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "y_pred contains classes not in y_true", UserWarning)
            warnings.filterwarnings("ignore", "A single label was found", UserWarning)
            balanced = balanced_accuracy_score(gold, said)
        assert balanced_accuracy(gold, said) == pytest.approx(balanced)
        assert macro_f1(gold, said) == pytest.approx(f1_score(gold, said, average="macro", zero_division=0))
        theirs = precision_recall_fscore_support(gold, said, average="binary", pos_label=True, zero_division=0)
        assert precision_recall_f1(gold, said) == pytest.approx(theirs[:3])


def test_by_hand() -> None:
    gold = [True, True, True, False]
    said = [True, True, False, True]
    assert balanced_accuracy(gold, said) == (2 / 3 + 0) / 2
    assert precision_recall_f1(gold, said) == (2 / 3, 2 / 3, 2 / 3)
    assert macro_f1(gold, said) == (2 / 3 + 0) / 2


def test_always_the_same_answer_is_a_guess() -> None:
    gold = [True] * 9 + [False]
    assert balanced_accuracy(gold, [True] * 10) == 0.5
    assert balanced_accuracy(gold, [False] * 10) == 0.5


@pytest.mark.parametrize("metric", [balanced_accuracy, macro_f1])
def test_no_items(metric: object) -> None:
    assert callable(metric)
    with pytest.raises(UserError, match="there are no items to measure: give at least one"):
        metric([], [])


@given(PAIRS, st.randoms())
def test_bounds_order_and_names(pairs: list[tuple[bool, bool]], random: Random) -> None:
    gold, said = [one for one, _ in pairs], [other for _, other in pairs]
    turned = random.sample(pairs, len(pairs))
    for metric in (balanced_accuracy, macro_f1):
        value = metric(gold, said)
        assert 0 <= value <= 1
        assert metric([one for one, _ in turned], [other for _, other in turned]) == value
        # Which of the two is called true is of no account.
        assert metric([not one for one in gold], [not other for other in said]) == pytest.approx(value)
        assert (value == 1) == (gold == said)


@given(PAIRS)
def test_precision_and_recall_change_places(pairs: list[tuple[bool, bool]]) -> None:
    gold, said = [one for one, _ in pairs], [other for _, other in pairs]
    precision, recall, f1 = precision_recall_f1(gold, said)
    assert precision_recall_f1(said, gold) == (recall, precision, f1)
    assert min(precision, recall) <= f1 + 1e-12
    assert f1 <= max(precision, recall) + 1e-12
