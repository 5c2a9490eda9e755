"""What is pinned of each suite, in a file that people read and compare: gold, articles, floors, what is right."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rag.evaluation.catalogue import METRICS, within
from rag.evaluation.outcomes import GoldFile
from rag.evaluation.runs import read_kept, write_whole
from rag.plain import to_plain

SCHEMA = 1
LARGEST_MARGIN = 0.2
_LEAST = 1e-3
"""A fall by less is not told from rounding."""


@dataclass(frozen=True, slots=True)
class Floor:
    """A metric may be worse than `value` by `margin`; a ceiling where lower is better."""

    metric: str
    value: float
    margin: float

    @property
    def holds(self) -> bool:
        """Whether some value that the metric can have is a breach of it."""
        metric = METRICS[self.metric]
        if metric.better == "higher":
            return self.value - self.margin > _LEAST
        return metric.unit != "share" or self.value + self.margin < 1 - _LEAST


@dataclass(frozen=True, slots=True)
class Pinned:
    """One suite as it was when its floors were set; an optional one may be absent, with its articles.

    `model` is the one that wrote the answers, `None` where they were the articles' own sentences. `right` are the
    ids of the items that were right, `None` where they are not pinned. Of these, the `uncertain` ones were decided so
    narrowly that another processor may decide them otherwise: for them, the margins of the floors stand.
    """

    suite: str
    gold: tuple[GoldFile, ...]
    articles: int
    fingerprint: str
    items: int
    floors: tuple[Floor, ...]
    optional: bool = False
    model: str | None = None
    right: tuple[str, ...] | None = None
    uncertain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is pinned of every suite."""

    suites: tuple[Pinned, ...] = ()

    def only(self, names: Sequence[str]) -> Baseline:
        """What is pinned of the suites of these names alone."""
        return replace(self, suites=tuple(pinned for pinned in self.suites if pinned.suite in names))


def read_baseline(path: Path) -> Baseline:
    """The baseline in a file, an empty one where there is none; raises `UserError` where it cannot be read."""
    return read_kept(path, Baseline, SCHEMA, "baseline", _check_sound) if path.exists() else Baseline()


def write_baseline(baseline: Baseline, path: Path) -> None:
    """Write a baseline in one step, in a form that people read and compare too; raises `StorageError`."""
    write_whole(path, json.dumps({"schema": SCHEMA, **to_plain(baseline)}, indent=1, ensure_ascii=False) + "\n")


def _check_sound(baseline: Baseline) -> None:
    """Refuse what could never be red, which a slip of the hand or an ill will may have put there."""
    _once("suite", [pinned.suite for pinned in baseline.suites])
    for pinned in baseline.suites:
        if not pinned.floors or pinned.items < 1:
            raise ValueError(f"{pinned.suite} has no floors or no items")
        _once(f"metric of {pinned.suite}", [floor.metric for floor in pinned.floors])
        for floor in pinned.floors:
            _check_floor(floor, pinned.suite)
        _once(f"right item of {pinned.suite}", pinned.right or ())
        if strange := sorted(set(pinned.uncertain) - set(pinned.right or ())):
            raise ValueError(f"the uncertain item {strange[0]} of {pinned.suite} is not among those that were right")


def _check_floor(floor: Floor, suite: str) -> None:
    if floor.metric not in METRICS:
        raise ValueError(f"{suite} has a floor for {floor.metric}, which is no metric")
    if not 0 <= floor.margin <= LARGEST_MARGIN:
        raise ValueError(f"the margin of {floor.metric} of {suite} is not from 0 to {LARGEST_MARGIN}")
    if not within(floor.metric, floor.value):
        raise ValueError(f"{floor.metric} of {suite} cannot be {floor.value:g}")
    if not floor.holds:
        raise ValueError(f"nothing is a breach of {floor.metric} {floor.value:g} of {suite}, margin {floor.margin:g}")


def _once(what: str, names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"the {what} {name} stands there twice")
        seen.add(name)
