"""Retrieval metrics are those of trec_eval, and hold what rankings must hold."""

from __future__ import annotations

from math import log2
from random import Random

import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st

from rag.evaluation.metrics.retrieval import all_at, hits_at, ndcg_at, recall_at, reciprocal_rank

KEYS = st.sampled_from("abcdefghij")
RANKED = st.lists(KEYS, max_size=12)
GOLD = st.frozensets(KEYS, max_size=5)
CUT = st.integers(1, 12)


def drawn(random: Random) -> tuple[list[str], set[str], int]:
    """A ranking without repetition, what is gold, some of it not ranked at all, and a cut."""
    keys = [f"passage-{number}" for number in range(30)]
    ranked = random.sample(keys, random.randint(1, 20))
    return ranked, set(random.sample(keys, random.randint(1, 8))), random.randint(1, 14)


def test_they_agree_with_trec_eval() -> None:
    for seed in range(300):
        ranked, gold, k = drawn(Random(seed))
        measures = {f"success.{k}", f"recall.{k}", f"ndcg_cut.{k}", "recip_rank"}
        evaluator = pytrec_eval.RelevanceEvaluator({"q": dict.fromkeys(gold, 1)}, measures)
        whole = evaluator.evaluate({"q": {key: float(-place) for place, key in enumerate(ranked)}})["q"]
        # The reciprocal rank of trec_eval knows no cut: it is given what is before it.
        cut = evaluator.evaluate({"q": {key: float(-place) for place, key in enumerate(ranked[:k])}})["q"]
        ours = {
            f"success_{k}": hits_at(ranked, gold, k),
            f"recall_{k}": recall_at(ranked, gold, k),
            f"ndcg_cut_{k}": ndcg_at(ranked, gold, k),
            "recip_rank": reciprocal_rank(ranked, gold, k),
        }
        assert ours == pytest.approx({**whole, "recip_rank": cut["recip_rank"]}, abs=1e-12)
        assert all_at(ranked, gold, k) == float(whole[f"recall_{k}"] == 1)


def test_by_hand() -> None:
    ranked, gold = ["a", "b", "c", "d"], {"b", "d", "z"}
    assert [hits_at(ranked, gold, k) for k in (1, 2, 4)] == [0.0, 1.0, 1.0]
    assert [recall_at(ranked, gold, k) for k in (1, 2, 4)] == [0.0, 1 / 3, 2 / 3]
    assert [all_at(ranked, {"b", "d"}, k) for k in (2, 3, 4)] == [0.0, 0.0, 1.0]
    assert [reciprocal_rank(ranked, gold, k) for k in (1, 2, 4)] == [0.0, 0.5, 0.5]
    best = 1 + 1 / log2(3) + 1 / 2
    assert ndcg_at(ranked, gold, 4) == pytest.approx((1 / log2(3) + 1 / log2(5)) / best)


@given(RANKED, CUT)
def test_where_nothing_is_gold_nothing_is_found(ranked: list[str], k: int) -> None:
    assert {metric(ranked, set(), k) for metric in (hits_at, all_at, recall_at, reciprocal_rank, ndcg_at)} == {0.0}


@given(RANKED, GOLD, CUT)
def test_bounds_and_order(ranked: list[str], gold: frozenset[str], k: int) -> None:
    every, recall, hit = (metric(ranked, gold, k) for metric in (all_at, recall_at, hits_at))
    assert 0 <= every <= recall <= hit <= 1
    assert 0 <= ndcg_at(ranked, gold, k) <= 1 + 1e-12
    assert reciprocal_rank(ranked, gold, k) <= hit
    assert (reciprocal_rank(ranked, gold, k) > 0) == (ndcg_at(ranked, gold, k) > 0) == (hit == 1)


@given(RANKED, GOLD, CUT)
def test_a_key_that_comes_again_counts_once(ranked: list[str], gold: frozenset[str], k: int) -> None:
    once = list(dict.fromkeys(ranked))
    for metric in (hits_at, all_at, recall_at, reciprocal_rank, ndcg_at):
        assert metric(ranked, gold, k) == metric(once, gold, k)


@given(RANKED, GOLD, CUT)
def test_what_comes_after_the_cut_is_of_no_account(ranked: list[str], gold: frozenset[str], k: int) -> None:
    cut = list(dict.fromkeys(ranked))[:k]
    for metric in (hits_at, all_at, recall_at, reciprocal_rank, ndcg_at):
        assert metric(ranked, gold, k) == metric(cut, gold, k)


@given(GOLD.filter(bool))
def test_all_gold_first_is_best(gold: frozenset[str]) -> None:
    ranked = [*sorted(gold), "y", "z"]
    for metric in (hits_at, all_at, recall_at, reciprocal_rank, ndcg_at):
        assert metric(ranked, gold, len(gold)) == 1.0
