"""Two runs of one suite, item by item: what became better, what worse, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rag.errors import UserError
from rag.evaluation.outcomes import Run, Scored
from rag.evaluation.statistics import paired


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
    differences = [_difference(metric, [(old[name], new[name]) for name in shared], seed) for metric in metrics]
    flips = [
        Flip(name, new[name].passed, new[name].faults or old[name].faults)
        for name in shared
        if old[name].passed != new[name].passed
    ]
    return Comparison(
        before=before.started,
        after=after.started,
        differences=tuple(found for found in differences if found is not None),
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


def _difference(metric: str, pairs: list[tuple[Scored, Scored]], seed: int) -> Difference | None:
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
