"""How sure a figure is: intervals by a bootstrap over clusters, and a paired test of two runs.

What is asked about one article is not independent, so whole clusters are drawn, never single items (Field and Welsh
2007, "Bootstrapping clustered data"). Where all items are of one cluster, the items themselves are drawn: such an
interval speaks of other questions about the same article, and of nothing else. With fewer than about ten clusters
intervals are too narrow. Everything is the same for the same seed, and where there are several clusters, in whatever
order the items come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING, TypeVar

from rag.errors import UserError
from rag.evaluation.outcomes import Estimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

T = TypeVar("T")

RESAMPLES = 2000
_FLIPS = 10_000
_EXACT = 13
"""Up to so many clusters that differ, all ways to flip their signs are gone through: no more than are drawn else."""
_CELLS = 1_000_000
"""Numbers that are held at once while drawing."""
_TAILS = (0.025, 0.975)
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Paired:
    """What two runs differ by on the same items: after less before, its 95% interval, and the p-value.

    `p` is the chance of a difference at least as large, in either direction, if the runs did not differ.
    """

    difference: float
    low: float
    high: float
    p: float


def mean_estimate(
    values: Sequence[float], clusters: Sequence[str], *, seed: int = 0, resamples: int = RESAMPLES
) -> Estimate:
    """The mean of `values` with its 95% percentile interval (Efron 1979), `clusters` naming the cluster of each.

    Each resample is the sum of all its values by the number of all its items: larger clusters weigh more.
    Raises `UserError` for no values.
    """
    groups = _grouped(values, clusters)
    value = fsum(values) / len(values)
    low, high = _interval(_means(groups, seed, resamples), value)
    return Estimate(value, low, high, len(values))


def estimate(
    items: Sequence[T],
    clusters: Sequence[str],
    statistic: Callable[[Sequence[T]], float],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Estimate:
    """As `mean_estimate`, of any `statistic`, such as balanced accuracy; it is computed on every resample.

    It must not depend on the order of its items. Raises `UserError` for no items.
    """
    import numpy as np

    groups = _grouped(items, clusters)
    value = float(statistic(items))
    drawn = [
        statistic([item for index in row for item in groups[index]])
        for rows in _draws(len(groups), seed, resamples)
        for row in rows.tolist()
    ]
    low, high = _interval(np.array(drawn), value)
    return Estimate(value, low, high, len(items))


def paired(
    before: Sequence[float],
    after: Sequence[float],
    clusters: Sequence[str],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Paired:
    """The difference between the means of two runs over the same items, in the same order.

    The interval is that of `mean_estimate`. The test flips the signs of whole clusters' differences (Fisher 1935):
    all ways where few clusters differ, else 10,000 drawn ones, with the observed one counted among them, so that `p`
    is never 0 (Phipson and Smyth 2010). Raises `UserError` for no items.
    """
    differences = [new - old for old, new in zip(before, after, strict=True)]
    found = mean_estimate(differences, clusters, seed=seed, resamples=resamples)
    return Paired(found.value, found.low, found.high, sign_flip(differences, clusters, seed=seed))


def sign_flip(differences: Sequence[float], clusters: Sequence[str], *, seed: int = 0) -> float:
    """The p-value of `paired`, of differences between two runs, item by item, each with its weight in the figure."""
    return _sign_flip([fsum(group) for group in _grouped(differences, clusters)], seed)


def _grouped(items: Sequence[T], clusters: Sequence[str]) -> list[list[T]]:
    """The items of each cluster, in the order of their names; each item for itself where there is but one cluster."""
    if not items:
        raise UserError("there are no items to estimate from: give at least one")
    groups: dict[str, list[T]] = {}
    for item, cluster in zip(items, clusters, strict=True):
        groups.setdefault(cluster, []).append(item)
    if len(groups) == 1:
        return [[item] for item in items]
    return [groups[name] for name in sorted(groups)]


def _draws(groups: int, seed: int, resamples: int) -> Iterator[NDArray[np.int64]]:
    """`resamples` rows, some at a time: in each, as many indices of groups as there are, with repetition."""
    import numpy as np

    random = np.random.default_rng(seed)
    step = max(1, _CELLS // groups)
    for first in range(0, resamples, step):
        yield random.integers(groups, size=(min(step, resamples - first), groups))


def _means(groups: Sequence[Sequence[float]], seed: int, resamples: int) -> NDArray[np.float64]:
    import numpy as np

    sums = np.array([fsum(group) for group in groups])
    sizes = np.array([len(group) for group in groups])
    return np.concatenate(
        [sums[rows].sum(axis=1) / sizes[rows].sum(axis=1) for rows in _draws(len(groups), seed, resamples)]
    )


def _interval(drawn: NDArray[np.float64], value: float) -> tuple[float, float]:
    """The middle 95% of `drawn`, widened where that is needed to hold `value`."""
    import numpy as np

    low, high = (float(bound) for bound in np.quantile(drawn, _TAILS))
    return min(low, value), max(high, value)


def _sign_flip(sums: Sequence[float], seed: int) -> float:
    """The share of sign flips of `sums` whose total is at least as far from zero as the one that is there."""
    import numpy as np

    sizes = np.array(sorted(abs(total) for total in sums if total))
    if not sizes.size:
        return 1.0
    # What is as far but for rounding is as far.
    observed = abs(fsum(sums)) - _ROUNDING * fsum(sizes)
    if len(sizes) <= _EXACT:
        flipped = np.arange(2 ** len(sizes))[:, None] >> np.arange(len(sizes)) & 1
        return float(np.mean(np.abs((1 - 2 * flipped) @ sizes) >= observed))
    random = np.random.default_rng(seed)
    step = max(1, _CELLS // len(sizes))
    far = 0
    for first in range(0, _FLIPS, step):
        flipped = random.integers(2, size=(min(step, _FLIPS - first), len(sizes)))
        far += int(np.count_nonzero(np.abs((1 - 2 * flipped) @ sizes) >= observed))
    return (far + 1) / (_FLIPS + 1)
