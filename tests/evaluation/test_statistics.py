"""Intervals hold what they should as often as they should, and the paired test is that of scipy."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap, permutation_test

from rag.errors import UserError
from rag.evaluation.metrics.classification import balanced_accuracy
from rag.evaluation.outcomes import Estimate
from rag.evaluation.statistics import Paired, estimate, mean_estimate, paired

VALUES = st.floats(-100, 100, allow_subnormal=False)
ITEMS = st.lists(st.tuples(VALUES, VALUES, st.sampled_from("abcde")), min_size=1, max_size=20)
FEW = 200


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def apart(count: int) -> list[str]:
    """A cluster for each item."""
    return [f"{number:04}" for number in range(count)]


def clustered(random: np.random.Generator, clusters: int = 40) -> tuple[list[float], list[str]]:
    """Right or wrong on questions about articles that are harder or easier; in the long run 0.6 are right."""
    chances = random.beta(1.2, 0.8, clusters)
    sizes = random.integers(2, 10, clusters)
    names = [f"article-{number}" for number in np.repeat(np.arange(clusters), sizes)]
    return (random.random(sizes.sum()) < np.repeat(chances, sizes)).astype(float).tolist(), names


@pytest.mark.parametrize(("by_article", "least", "most"), [(True, 0.90, 0.99), (False, 0.0, 0.85)])
def test_how_often_the_interval_holds_the_truth(by_article: bool, least: float, most: float) -> None:
    """Over clusters nearly 95 times in a hundred; single items, taken for independent, promise too much."""
    random = np.random.default_rng(7)
    held = 0
    for _ in range(300):
        values, names = clustered(random)
        found = mean_estimate(values, names if by_article else apart(len(values)), resamples=1000)
        held += found.low <= 0.6 <= found.high
    assert least <= held / 300 <= most


def test_the_interval_is_that_of_scipy() -> None:
    """Each side within 8% of the interval's width, which chance alone explains; items are clusters of their own."""
    for seed in range(200):
        random = np.random.default_rng(seed)
        values = random.gamma(2.0, size=int(random.integers(15, 60)))
        theirs = bootstrap(
            (values,), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(seed + 1)
        ).confidence_interval
        ours = mean_estimate(values.tolist(), apart(len(values)), seed=seed, resamples=4000)
        assert ours.value == pytest.approx(values.mean())
        near = 0.08 * (theirs.high - theirs.low)
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=near), seed


def test_over_clusters_the_interval_is_that_of_scipy_on_their_sums() -> None:
    """The mean over items is a ratio of sums over clusters, and scipy draws pairs of a sum and a size."""
    for seed in range(200):
        random = np.random.default_rng(seed)
        values, names = clustered(random, 25)
        groups = sorted(set(names))
        sums = np.array([sum(value for value, name in zip(values, names, strict=True) if name == g) for g in groups])
        sizes = np.array([names.count(group) for group in groups])
        theirs = bootstrap(
            (sums, sizes),
            lambda total, size, axis: total.sum(axis=axis) / size.sum(axis=axis),
            paired=True,
            n_resamples=4000,
            method="percentile",
            rng=np.random.default_rng(seed + 1),
        ).confidence_interval
        ours = mean_estimate(values, names, seed=seed, resamples=4000)
        near = 0.08 * (theirs.high - theirs.low)
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=near), seed


def flips_of_scipy(differences: Sequence[float]) -> float:
    """The p-value of a sign-flip test, all ways gone through."""
    found = permutation_test(
        (np.array(differences),),
        lambda values, axis: values.sum(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
        batch=5000,
    )
    return float(found.pvalue)


def test_the_paired_test_is_that_of_scipy() -> None:
    random = Random(0)
    for _ in range(FEW):
        count = random.randint(2, 9)
        # Rights and wrongs, where many flips give the same total, and times, where none do.
        both = [
            (random.random(), random.random())
            if count % 2
            else (float(random.random() < 0.4), float(random.random() < 0.7))
            for _ in range(count)
        ]
        before, after = [one for one, _ in both], [other for _, other in both]
        expected = flips_of_scipy([new - old for old, new in both])
        assert paired(before, after, apart(count)).p == pytest.approx(expected)


def test_over_clusters_whole_clusters_flip() -> None:
    random = Random(1)
    for _ in range(FEW):
        count = random.randint(2, 30)
        names = [random.choice("abcdefg") for _ in range(count - 2)] + ["a", "b"]
        before = [random.random() for _ in names]
        after = [random.random() for _ in names]
        sums = dict.fromkeys(sorted(names), 0.0)
        for old, new, name in zip(before, after, names, strict=True):
            sums[name] += new - old
        assert paired(before, after, names).p == pytest.approx(flips_of_scipy(list(sums.values())))


def test_drawn_flips_come_near_to_all_flips() -> None:
    random = Random(2)
    for seed in range(10):
        before = [random.random() for _ in range(14)]
        after = [value + random.gauss(0.1, 0.3) for value in before]
        everything = flips_of_scipy([new - old for old, new in zip(before, after, strict=True)])
        assert paired(before, after, apart(14), seed=seed).p == pytest.approx(everything, abs=0.02)


def test_many_clear_differences_are_never_chance_and_never_certain() -> None:
    found = paired([0.0] * 100, [1.0] * 100, apart(100))
    assert found == Paired(1.0, 1.0, 1.0, 1 / 10_001)


def test_no_difference_is_found_too_often() -> None:
    """Of runs that differ by chance alone, about one in twenty is below 0.05."""
    random = np.random.default_rng(3)
    below = 0
    for _ in range(400):
        before, names = clustered(random, 10)
        noise = random.normal(size=len(before))
        below += paired(before, [one + other for one, other in zip(before, noise, strict=True)], names).p <= 0.05
    assert 0.02 <= below / 400 <= 0.08


def test_by_hand() -> None:
    # Cluster a has 3 of 4 right, cluster b none of one: larger clusters weigh more.
    found = mean_estimate([1, 1, 1, 0, 0], ["a", "a", "a", "a", "b"])
    assert found == Estimate(0.6, 0.0, 0.75, 5)
    # Two clusters differ by +1 and +1: two of the four ways to flip are as far.
    assert paired([0, 0], [1, 1], ["a", "b"]) == Paired(1.0, 1.0, 1.0, 0.5)
    assert paired([0, 0, 0], [1, 1, 1], ["a", "b", "c"]).p == 0.25


def test_of_one_article_the_questions_are_drawn() -> None:
    values = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0]
    assert mean_estimate(values, ["only"] * 6) == mean_estimate(values, apart(6))
    assert paired([0.0] * 6, values, ["only"] * 6) == paired([0.0] * 6, values, apart(6))
    assert mean_estimate(values, ["only"] * 6).low < mean(values) < mean_estimate(values, ["only"] * 6).high


def test_seeds_decide() -> None:
    values, names = clustered(np.random.default_rng(0))
    assert mean_estimate(values, names, seed=1) == mean_estimate(values, names, seed=1)
    assert mean_estimate(values, names, seed=1) != mean_estimate(values, names, seed=2)


def test_what_is_held_at_once_is_of_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    values, names = clustered(np.random.default_rng(0))
    before = [1 - value for value in values]
    whole = mean_estimate(values, names), paired(before, values, names)
    monkeypatch.setattr("rag.evaluation.statistics._CELLS", 50)
    assert (mean_estimate(values, names), paired(before, values, names)) == whole


def test_any_statistic() -> None:
    values, names = clustered(np.random.default_rng(0))
    by_mean = estimate(values, names, mean, seed=5, resamples=300)
    expected = mean_estimate(values, names, seed=5, resamples=300)
    assert (by_mean.value, by_mean.low, by_mean.high, by_mean.items) == pytest.approx(
        (expected.value, expected.low, expected.high, expected.items)
    )
    pairs = [(value > 0.5, number % 3 == 0) for number, value in enumerate(values)]
    found = estimate(
        pairs, names, lambda drawn: balanced_accuracy([gold for gold, _ in drawn], [said for _, said in drawn])
    )
    assert found.value == balanced_accuracy([gold for gold, _ in pairs], [said for _, said in pairs])
    assert 0 <= found.low < found.value < found.high <= 1


def test_a_value_beyond_all_that_is_drawn_is_held_too() -> None:
    """Of a set that is drawn from with repetition, fewer are different."""
    found = estimate(list(range(30)), apart(30), lambda drawn: float(len(set(drawn))))
    assert found.low < found.high == found.value == 30.0


def test_no_items() -> None:
    for call in (
        lambda: mean_estimate([], []),
        lambda: estimate([], [], mean),
        lambda: paired([], [], []),
    ):
        with pytest.raises(UserError, match="there are no items to estimate from: give at least one"):
            call()


@given(ITEMS, st.integers(0, 3))
def test_the_interval_holds_the_value_within_bounds(items: list[tuple[float, float, str]], seed: int) -> None:
    values, names = [value for value, _, _ in items], [name for _, _, name in items]
    found = mean_estimate(values, names, seed=seed, resamples=50)
    assert found.low <= found.value <= found.high
    assert min(values) - 1e-9 <= found.low
    assert found.high <= max(values) + 1e-9
    assert found.items == len(values)
    largest = estimate(values, names, max, seed=seed, resamples=20)
    assert largest.low <= largest.value == largest.high == max(values)


@given(ITEMS.filter(lambda items: len({name for *_, name in items}) > 1), st.randoms())
def test_the_order_of_items_is_of_no_account(items: list[tuple[float, float, str]], random: Random) -> None:
    turned = random.sample(items, len(items))
    values, others, names = map(list, zip(*items, strict=True))
    again, others_again, names_again = map(list, zip(*turned, strict=True))
    assert mean_estimate(again, names_again, resamples=50) == mean_estimate(values, names, resamples=50)
    assert paired(again, others_again, names_again, resamples=50) == paired(values, others, names, resamples=50)


@given(ITEMS)
def test_against_itself_nothing_differs(items: list[tuple[float, float, str]]) -> None:
    values, names = [value for value, _, _ in items], [name for _, _, name in items]
    assert paired(values, values, names, resamples=50) == Paired(0.0, 0.0, 0.0, 1.0)


@given(ITEMS)
def test_the_other_way_round_only_the_sign_changes(items: list[tuple[float, float, str]]) -> None:
    before, after, names = map(list, zip(*items, strict=True))
    there, back = paired(before, after, names, resamples=50), paired(after, before, names, resamples=50)
    assert (back.difference, back.p) == (-there.difference, there.p)
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low))
    assert 0 < there.p <= 1
    assert there.low <= there.difference <= there.high
