"""The gate: floors below which no figure may fall, over gold that may not change unnoticed.

A baseline pins, for each suite, its gold files by hash and count, its articles by fingerprint, how many items were
scored, and a floor for each metric with the margin that noise is allowed. The idea is that of trafilatura's
evaluation: a fall beyond the margin, a corpus that changed and was not pinned again, or a case that got lost is red.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rag.evaluation.aggregates import fell_back
from rag.evaluation.catalogue import METRICS
from rag.evaluation.outcomes import Estimate, GoldFile, Run
from rag.evaluation.runs import read_kept, write_whole
from rag.plain import to_plain

SCHEMA = 1
GATED = (
    "correct",
    "answer_match",
    "cited_gold",
    "citation_recall",
    "citation_precision",
    "span_exact",
    "over_refusal",
    "false_answer",
    "abstention_balanced",
    "forbidden",
    "unsupported",
    "hits_at_4",
    "recall_at_10",
    "mrr_at_10",
    "nuggets_vital",
    "nuggets_all",
)
"""What has a floor: quality alone, for times and money differ from machine to machine."""

_EXACT = frozenset({"span_exact", "unsupported"})
MARGIN = 0.02
"""What noise is allowed, or one item where that is more: arithmetic in int8 differs between processors."""
_LARGEST_MARGIN = 0.2
_ROUNDING = 5e-4


@dataclass(frozen=True, slots=True)
class Floor:
    """A metric may be worse than `value` by `margin`; a ceiling where lower is better."""

    metric: str
    value: float
    margin: float


@dataclass(frozen=True, slots=True)
class Pinned:
    """One suite as it was when its floors were set; an optional one may be absent, with its articles.

    `model` is the one that wrote the answers, `None` where they were the articles' own sentences.
    """

    suite: str
    gold: tuple[GoldFile, ...]
    articles: int
    fingerprint: str
    items: int
    floors: tuple[Floor, ...]
    optional: bool = False
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is pinned of every suite."""

    suites: tuple[Pinned, ...] = ()


@dataclass(frozen=True, slots=True)
class GateReport:
    """`breaches` are why the gate is red, a line each; `lines` say what was looked at."""

    breaches: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def green(self) -> bool:
        """Whether nothing is in breach."""
        return not self.breaches


def read_baseline(path: Path) -> Baseline:
    """The baseline in a file, an empty one where there is none; raises `UserError` where it cannot be read."""
    return read_kept(path, Baseline, SCHEMA, "baseline", _check_sound) if path.exists() else Baseline()


def _check_sound(baseline: Baseline) -> None:
    """Refuse what could never be red, which a slip of the hand or an ill will may have put there."""
    _once("suite", [pinned.suite for pinned in baseline.suites])
    for pinned in baseline.suites:
        if not pinned.floors or pinned.items < 1:
            raise ValueError(f"{pinned.suite} has no floors or no items")
        _once(f"metric of {pinned.suite}", [floor.metric for floor in pinned.floors])
        for floor in pinned.floors:
            if floor.metric not in METRICS:
                raise ValueError(f"{pinned.suite} has a floor for {floor.metric}, which is no metric")
            if not 0 <= floor.margin <= _LARGEST_MARGIN:
                raise ValueError(f"the margin of {floor.metric} of {pinned.suite} is not from 0 to {_LARGEST_MARGIN}")


def _once(what: str, names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"the {what} {name} stands there twice")


def write_baseline(baseline: Baseline, path: Path) -> None:
    """Write a baseline in one step, in a form that people read and compare too; raises `StorageError`."""
    write_whole(path, json.dumps({"schema": SCHEMA, **to_plain(baseline)}, indent=1, ensure_ascii=False) + "\n")


def check(baseline: Baseline, runs: Sequence[Run], absent: Sequence[str] = ()) -> GateReport:
    """Hold runs to a baseline; `absent` are the suites whose articles are not there."""
    breaches: list[str] = []
    lines: list[str] = []
    ran = {run.suite: run for run in runs}
    for pinned in baseline.suites:
        run = ran.pop(pinned.suite, None)
        if run is not None:
            found = _breaches(pinned, run)
            breaches += [f"{pinned.suite}: {line}" for line in found]
            lines.append(f"{pinned.suite}: {len(run.items)} items, {len(pinned.floors)} floors, {len(found)} in breach")
        elif pinned.suite in absent and pinned.optional:
            lines.append(f"{pinned.suite}: not run, its articles are not there")
        else:
            breaches.append(f"{pinned.suite}: not run")
    breaches += [f"{name}: not pinned; --update pins it" for name in ran]
    return GateReport(tuple(breaches), tuple(lines))


def _breaches(pinned: Pinned, run: Run) -> list[str]:
    was, now = _hashes(pinned.gold), _hashes(run.gold)
    found = [
        f"the gold in {file} is not what is pinned; --update pins it again"
        for file in sorted({*was, *now})
        if was.get(file) != now.get(file)
    ]
    if (pinned.articles, pinned.fingerprint) != (run.articles, run.fingerprint):
        found.append("the articles are not those that are pinned; --update pins them again")
    if run.model != pinned.model:
        found.append(f"{_writer(run.model)} answered, and the floors are those of {_writer(pinned.model)}")
    found += _failures(run)
    if len(run.items) != pinned.items:
        found.append(f"{len(run.items)} items were scored, and {pinned.items} are pinned")
    for floor in pinned.floors:
        measured = run.metrics.get(floor.metric)
        if measured is None:
            found.append(f"{floor.metric} was not measured")
        elif _fall(floor, measured.value) > floor.margin + _ROUNDING:
            found.append(
                f"{floor.metric} is {measured.value:.3f}, and {floor.value:.3f} is pinned (margin {floor.margin:.3f})"
            )
    return found


def _writer(model: str | None) -> str:
    return model or "the articles' own sentences"


def _failures(run: Run) -> list[str]:
    """Items whose figures say nothing of what is measured: they failed, or something else stood in for the model."""
    failed = [item.id for item in run.items if item.outcome.error is not None]
    replaced = [item.id for item in run.items if run.model is not None and fell_back(item.outcome) is not None]
    said = ((failed, "could not be asked"), (replaced, "got the articles' own sentences, for the model failed"))
    return [f"{len(names)} of {len(run.items)} items {what}, the first {names[0]}" for names, what in said if names]


def _hashes(gold: Sequence[GoldFile]) -> Mapping[str, tuple[str, int]]:
    return {file.name: (file.sha256, file.cases) for file in gold}


def _fall(floor: Floor, measured: float) -> float:
    """How much worse than its floor a figure is; below zero where it is better."""
    return measured - floor.value if METRICS[floor.metric].better == "lower" else floor.value - measured


def updated(
    baseline: Baseline, runs: Sequence[Run], *, optional: Sequence[str] = (), lower: bool = False
) -> tuple[Baseline, tuple[str, ...]]:
    """The baseline with these runs pinned, and a line for each floor that they fell short of.

    Gold, articles and counts are taken over. A floor is raised to what was reached; that it falls, that there are
    fewer items, or that a suite becomes optional is taken over only where `lower` is given. A run with items that
    failed is not pinned. Suites that were not run stay as they are.
    """
    suites = {pinned.suite: pinned for pinned in baseline.suites}
    kept: list[str] = []
    for run in runs:
        before = suites.get(run.suite)
        if failures := _failures(run):
            kept += [f"{run.suite}: not pinned, for {failure}" for failure in failures]
            continue
        floors = []
        for floor in _measured(run):
            old = _floor_of(before, floor.metric)
            if old is not None and not lower and _fall(old, floor.value) > 0:
                kept.append(
                    f"{run.suite}: {floor.metric} stays at {old.value:.3f}, though {floor.value:.3f} was reached"
                )
                floor = old
            elif old is not None:
                floor = replace(floor, margin=old.margin)
            floors.append(floor)
        lost = {floor.metric for floor in before.floors} - {floor.metric for floor in floors} if before else set()
        if before is not None and not lower:
            kept += [f"{run.suite}: {name} stays, though it was not measured" for name in sorted(lost)]
            floors += [floor for floor in before.floors if floor.metric in lost]
        items, may_be_absent = len(run.items), run.suite in optional
        if before is not None and not lower:
            if items < before.items:
                kept.append(f"{run.suite}: {before.items} items stay pinned, though {items} were scored")
                items = before.items
            if may_be_absent and not before.optional:
                kept.append(f"{run.suite}: stays one that must be run")
                may_be_absent = False
        suites[run.suite] = Pinned(
            suite=run.suite,
            gold=run.gold,
            articles=run.articles,
            fingerprint=run.fingerprint,
            items=items,
            floors=tuple(floors),
            optional=may_be_absent,
            model=run.model,
        )
    return Baseline(tuple(suites[name] for name in sorted(suites))), tuple(kept)


def _measured(run: Run) -> list[Floor]:
    return [
        Floor(name, round(found.value, 4), 0.0 if name in _EXACT else _margin(found))
        for name in GATED
        if (found := run.metrics.get(name)) is not None
    ]


def _margin(found: Estimate) -> float:
    return min(_LARGEST_MARGIN, max(MARGIN, round(1 / found.items, 4)))


def _floor_of(pinned: Pinned | None, metric: str) -> Floor | None:
    return next((floor for floor in pinned.floors if floor.metric == metric), None) if pinned else None
