"""Two runs of one suite, item by item: what became better, what worse, and how sure that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag.errors import UserError
from rag.evaluation.aggregates import BALANCED, SIDES, balanced
from rag.evaluation.outcomes import Run, Scored
from rag.evaluation.statistics import estimate, paired, sign_flip


@dataclass(frozen=True, slots=True)
class Difference:
    """One metric over the items that have it in both runs.

    `difference` is after less before, `low` to `high` its 95% interval, `p` the chance of one at least as large
    if the runs did not differ; all over clusters of items about one article.
    """

    metric: str
    before: float
    after: float
    difference: float
    low: float
    high: float
    p: float
    items: int


@dataclass(frozen=True, slots=True)
class Flip:
    """An item that is right in one run and not in the other; `faults` say what is wrong with it."""

    id: str
    now_passes: bool
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two runs; `only_before` and `only_after` are items of one of them alone.

    `changed` names what else differs and may be why: gold, articles, model, settings, versions.
    """

    before: str
    after: str
    differences: tuple[Difference, ...]
    flips: tuple[Flip, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    changed: tuple[str, ...] = ()


def compare(before: Run, after: Run, *, seed: int = 0) -> Comparison:
    """Compare two runs over the items that both have; the order of metrics is that of their names.

    Raises `UserError` for runs of two suites.
    """
    if before.suite != after.suite:
        raise UserError(f"a run of {before.suite} cannot be compared with one of {after.suite}")
    old, new = _by_id(before), _by_id(after)
    shared = [name for name in old if name in new]
    metrics = sorted({metric for name in shared for metric in old[name].scores})
    pairs = [(old[name], new[name]) for name in shared]
    differences = [_balanced(pairs, seed), *(_difference(metric, pairs, seed) for metric in metrics)]
    flips = [
        Flip(name, new[name].passed, new[name].faults or old[name].faults)
        for name in shared
        if old[name].passed != new[name].passed
    ]
    return Comparison(
        before=before.started,
        after=after.started,
        differences=tuple(sorted(filter(None, differences), key=lambda found: found.metric)),
        flips=tuple(sorted(flips, key=lambda flip: (flip.now_passes, flip.id))),
        only_before=tuple(name for name in old if name not in new),
        only_after=tuple(name for name in new if name not in old),
        changed=tuple(_changed(before, after)),
    )


def _changed(before: Run, after: Run) -> Iterator[str]:
    if before.gold != after.gold:
        yield "gold"
    if before.fingerprint != after.fingerprint:
        yield "articles"
    for name in ("engine", "model", "embedder"):
        if getattr(before, name) != getattr(after, name):
            yield name
    for kind in ("settings", "versions", "prompts"):
        one, other = getattr(before, kind), getattr(after, kind)
        names = sorted(name for name in {*one, *other} if one.get(name) != other.get(name))
        if names:
            yield f"{kind} ({', '.join(names)})"


def _by_id(run: Run) -> Mapping[str, Scored]:
    return {item.id: item for item in run.items}


def _balanced(pairs: Sequence[tuple[Scored, Scored]], seed: int) -> Difference | None:
    """The one figure that is no mean over items; `None` where the items that both runs have are all of one side."""
    both = [(one, other, side) for one, other in pairs for side in SIDES if side in one.scores and side in other.scores]
    number = Counter(side for _, _, side in both)
    if len(number) < len(SIDES):
        return None
    clusters = [one.cluster for one, _, _ in both]

    def gained(sample: Sequence[tuple[Scored, Scored, str]]) -> float:
        return balanced([other for _, other, _ in sample]) - balanced([one for one, _, _ in sample])

    found = estimate(both, clusters, gained, seed=seed)
    # Its change is the sum of those of the items, each weighted by how many its side has.
    weighted = [(one.scores[side] - other.scores[side]) / (2 * number[side]) for one, other, side in both]
    return Difference(
        BALANCED,
        balanced([one for one, _, _ in both]),
        balanced([other for _, other, _ in both]),
        found.value,
        found.low,
        found.high,
        sign_flip(weighted, clusters, seed=seed),
        len(both),
    )


def _difference(metric: str, pairs: Sequence[tuple[Scored, Scored]], seed: int) -> Difference | None:
    both = [(one, other) for one, other in pairs if metric in one.scores and metric in other.scores]
    if not both:
        return None
    old = [one.scores[metric] for one, _ in both]
    new = [other.scores[metric] for _, other in both]
    test = paired(old, new, [one.cluster for one, _ in both], seed=seed)
    return Difference(
        metric,
        sum(old) / len(old),
        sum(new) / len(new),
        test.difference,
        test.low,
        test.high,
        test.p,
        len(both),
    )
