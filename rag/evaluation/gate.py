"""The gate: floors below which no figure may fall, over gold that may not change unnoticed.

A baseline pins, for each suite, its gold files by hash and count, its articles by fingerprint, how many items were
scored, which of them were right, and a floor for each metric with the margin that noise is allowed. The idea is that
of trafilatura's evaluation: a fall beyond the margin, a corpus that changed and was not pinned again, or a case that
got lost is red. So is a single item that was right and is no longer, unless it had been decided narrowly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rag.answering.fitted import fitted
from rag.evaluation.aggregates import fell_back
from rag.evaluation.baseline import LARGEST_MARGIN, Baseline, Floor, Pinned
from rag.evaluation.catalogue import METRICS
from rag.evaluation.outcomes import Estimate, GoldFile, Run, Scored

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
NARROW = 0.05
"""An item whose confidence is no further from the threshold of answering may be decided otherwise elsewhere."""
_ROUNDING = 5e-4
_ROUNDING_OF_EXACT = 1e-9


@dataclass(frozen=True, slots=True)
class GateReport:
    """`breaches` are why the gate is red, a line each; `lines` say what was looked at."""

    breaches: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def green(self) -> bool:
        """Whether nothing is in breach."""
        return not self.breaches


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
            lines.append(
                f"{pinned.suite}: {len(run.items)} items, {len(pinned.floors)} floors, {_pins(pinned)}, "
                f"{len(found)} in breach"
            )
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
        elif _fall(floor, measured.value) > floor.margin + (_ROUNDING if floor.margin else _ROUNDING_OF_EXACT):
            found.append(
                f"{floor.metric} is {measured.value:.3f}, and {floor.value:.3f} is pinned (margin {floor.margin:.3f})"
            )
    return [*found, *_no_longer_right(pinned, run)]


def _no_longer_right(pinned: Pinned, run: Run) -> Iterator[str]:
    """The items that were right and are wrong or lost, but for those that were uncertain; of the split test a count."""
    items = {item.id: item for item in run.items}
    wrong = [name for name in pinned.right or () if not (name in items and items[name].passed)]
    wrong = [name for name in wrong if name not in pinned.uncertain or name not in items]
    untold = [name for name in wrong if name in items and items[name].split == "test"]
    for name in wrong:
        if name not in items:
            yield f"{name} was right, and is lost"
        elif name not in untold:
            yield f"{name} was right, and is no longer: {'; '.join(items[name].faults)}"
    if untold:
        yield f"{len(untold)} of the split test were right, and are no longer"


def _pins(pinned: Pinned) -> str:
    if pinned.right is None:
        return "which are right is not pinned"
    return f"{len(pinned.right)} pinned as right"


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

    Gold, articles and counts are taken over. A floor is raised to what was reached; that it falls, that an item is no
    longer right, that there are fewer items, or that a suite becomes optional is taken over only where `lower` is
    given. A run with items that failed is not pinned. Suites that were not run stay as they are.
    """
    suites = {pinned.suite: pinned for pinned in baseline.suites}
    kept: list[str] = []
    for run in runs:
        before = suites.get(run.suite)
        if failures := _failures(run):
            kept += [f"{run.suite}: not pinned, for {failure}" for failure in failures]
            continue
        stays = None if lower else before
        floors, said = _floors(before, stays, run)
        right, uncertain, more = _right(stays, run)
        kept += [f"{run.suite}: {line}" for line in (*said, *more)]
        if not floors:
            kept.append(f"{run.suite}: not pinned, for it has no figure that could become worse")
            continue
        items, may_be_absent = len(run.items), run.suite in optional
        if stays is not None and items < stays.items:
            kept.append(f"{run.suite}: {stays.items} items stay pinned, though {items} were scored")
            items = stays.items
        if stays is not None and may_be_absent and not stays.optional:
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
            right=right,
            uncertain=uncertain,
        )
    return Baseline(tuple(suites[name] for name in sorted(suites))), tuple(kept)


def _floors(before: Pinned | None, stays: Pinned | None, run: Run) -> tuple[list[Floor], list[str]]:
    """The floors of `run`, none below one of `stays`, with the margins of `before`; and what it missed."""
    floors: list[Floor] = []
    said: list[str] = []
    for reached in _measured(run):
        old, floor = _floor_of(stays, reached.metric), reached
        if old is not None and _fall(old, reached.value) > 0:
            said.append(f"{reached.metric} stays at {old.value:.3f}, though {reached.value:.3f} was reached")
            floor = old
        elif margin := _floor_of(before, reached.metric):
            floor = replace(reached, margin=margin.margin)
        if floor.holds:
            floors.append(floor)
        else:
            said.append(f"{floor.metric} has no floor, for nothing is worse than {floor.value:.3f}")
    measured = {floor.metric for floor in floors}
    lost = [floor for floor in stays.floors if floor.metric not in measured] if stays else []
    said += [f"{floor.metric} stays, though it was not measured" for floor in lost]
    return [*floors, *lost], said


def _right(stays: Pinned | None, run: Run) -> tuple[tuple[str, ...] | None, tuple[str, ...], list[str]]:
    """The items that are right in `run` or were in `stays`, those among them that are uncertain, and a line if any
    is right no longer. What a language model writes differs from run to run: of that nothing is pinned."""
    if run.model is not None:
        return None, (), []
    right = {item.id for item in run.items if item.passed}
    before = set(stays.right or ()) if stays else set()
    uncertain = {item.id for item in run.items if _is_narrow(item)} | (set(stays.uncertain) if stays else set())
    lost = len(before - right)
    said = [f"{lost} items stay pinned as right, though they are not"] if lost else []
    return tuple(sorted(right | before)), tuple(sorted(uncertain & (right | before))), said


def _is_narrow(item: Scored) -> bool:
    """Whether an item was nearly decided otherwise: to answer, or to abstain."""
    sure = item.outcome.confidence
    return sure is not None and abs(sure - fitted().threshold) <= NARROW


def _measured(run: Run) -> list[Floor]:
    return [
        Floor(name, found.value, 0.0) if name in _EXACT else Floor(name, round(found.value, 4), _margin(found))
        for name in GATED
        if (found := run.metrics.get(name)) is not None
    ]


def _margin(found: Estimate) -> float:
    return min(LARGEST_MARGIN, max(MARGIN, round(1 / found.items, 4)))


def _floor_of(pinned: Pinned | None, metric: str) -> Floor | None:
    return next((floor for floor in pinned.floors if floor.metric == metric), None) if pinned else None
