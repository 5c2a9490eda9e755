"""Three plots of a run, as values that the report draws: each point has its place in a square of size one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10

from rag.evaluation.outcomes import Run, Scored

BINS = 10


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a histogram: from `low` to `high` on the axis, `count` items, `right` of them passed."""

    low: float
    high: float
    count: int
    right: int


@dataclass(frozen=True, slots=True)
class Bin:
    """Items whose confidence lies from `low` to `high`: how many, their mean confidence, the share answerable."""

    low: float
    high: float
    items: int
    confidence: float
    answerable: float


@dataclass(frozen=True, slots=True)
class Spot:
    """A `whole` run, or the items of one tag: what an item cost, where that is known, and how much is right."""

    label: str
    cost: float
    quality: float
    items: int
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Costs:
    """What replies cost, in `unit`, against how many are right; `most` ends the axis."""

    unit: str
    most: float
    spots: tuple[Spot, ...]


def distribution(run: Run) -> tuple[Bar, ...]:
    """How many items took how long, in seconds; empty where none has a time, as replies that were kept have none."""
    timed = [item for item in run.items if "seconds" in item.scores]
    if not timed:
        return ()
    most = _round_up(max(item.outcome.seconds for item in timed))
    width = most / BINS
    bars = []
    for number in range(BINS):
        low, high = number * width, (number + 1) * width
        inside = [
            item
            for item in timed
            if low <= item.outcome.seconds < high or (number == BINS - 1 and item.outcome.seconds >= high)
        ]
        bars.append(Bar(low, high, len(inside), sum(item.passed for item in inside)))
    return tuple(bars)


def calibration(run: Run) -> tuple[Bin, ...]:
    """How often the articles do answer, where the engine is so sure that they do (reliability diagram, Murphy 1977).

    Empty where the engine gives no confidence. Bins without items are left out, and so are items of which it is not
    known whether the articles answer, or that failed.
    """
    sure = [
        (item.outcome.confidence, "over_refusal" in item.scores)
        for item in run.items
        if item.outcome.confidence is not None and ("over_refusal" in item.scores or "false_answer" in item.scores)
    ]
    bins = []
    for number in range(BINS):
        low, high = number / BINS, (number + 1) / BINS
        inside = [(value, yes) for value, yes in sure if low <= value < high or (number == BINS - 1 and value == 1)]
        if inside:
            mean = sum(value for value, _ in inside) / len(inside)
            bins.append(Bin(low, high, len(inside), mean, sum(yes for _, yes in inside) / len(inside)))
    return tuple(bins)


def cost_against_quality(runs: Sequence[Run]) -> Costs:
    """Each run, and of the last one each tag: dollars an item where all runs know any, else seconds.

    Costs are means over the items of which they are known; where they are of none, there is no spot.
    """
    paid = all(any("cost_usd" in item.scores for item in run.items) for run in runs)
    unit = "dollars" if paid else "seconds"
    found = [
        _spot(f"{run.engine}{f' {run.model}' if run.model else ''}, {run.started[:16]}", run.items, unit, whole=True)
        for run in runs
    ]
    last = runs[-1]
    tags = sorted({tag for item in last.items for tag in item.tags})
    found += [_spot(tag, [item for item in last.items if tag in item.tags], unit) for tag in tags]
    spots = [spot for spot in found if spot is not None]
    return Costs(unit, _round_up(max((spot.cost for spot in spots), default=1.0)), tuple(spots))


def _spot(label: str, items: Sequence[Scored], unit: str, *, whole: bool = False) -> Spot | None:
    metric = "cost_usd" if unit == "dollars" else "seconds"
    costs = [item.scores[metric] for item in items if metric in item.scores]
    if not costs:
        return None
    right = sum(item.passed for item in items) / len(items)
    return Spot(label, sum(costs) / len(costs), right, len(items), whole)


def _round_up(value: float) -> float:
    """The next of 1, 2 or 5 times a power of ten."""
    if value <= 0:
        return 1.0
    power: float = 10.0 ** (ceil(log10(value)) - 1)
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value * (1 - 1e-9))
