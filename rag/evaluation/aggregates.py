"""From scores of items to figures of a run: means with their intervals, right by tag, and what it all took."""

from __future__ import annotations

from collections.abc import Sequence

from rag.evaluation.catalogue import METRICS
from rag.evaluation.metrics.classification import balanced_accuracy
from rag.evaluation.outcomes import Estimate, Outcome, Scored
from rag.evaluation.statistics import estimate, mean_estimate
from rag.types import Answer, Summary, Usage

BALANCED = "abstention_balanced"
SIDES = ("over_refusal", "false_answer")
"""What was refused of the answerable, and answered of the unanswerable: an item has one of them, by its gold."""


def aggregate(items: Sequence[Scored], *, seed: int = 0) -> dict[str, Estimate]:
    """Each metric over the items that have it, in the order of the catalogue, as `mean_estimate` estimates."""
    found: dict[str, Estimate] = {}
    for name in METRICS:
        if name == BALANCED:
            held = [item for item in items if any(side in item.scores for side in SIDES)]
            if all(any(side in item.scores for item in held) for side in SIDES):
                found[name] = estimate(held, [item.cluster for item in held], balanced, seed=seed)
            continue
        held = [item for item in items if name in item.scores]
        if held:
            values, clusters = [item.scores[name] for item in held], [item.cluster for item in held]
            found[name] = mean_estimate(values, clusters, seed=seed)
    return found


def balanced(items: Sequence[Scored]) -> float:
    """The balanced accuracy of abstaining, over items that have one of `SIDES`; raises `UserError` for none."""
    answerable = ["over_refusal" in item.scores for item in items]
    answered = [
        not item.scores["over_refusal"] if said else bool(item.scores["false_answer"])
        for item, said in zip(items, answerable, strict=True)
    ]
    return balanced_accuracy(answerable, answered)


def by_tag(items: Sequence[Scored], *, seed: int = 0) -> dict[str, Estimate]:
    """For each tag the share of its items that are right in all that their gold asks for; the least right first."""
    tags = sorted({tag for item in items for tag in item.tags})
    found = {}
    for tag in tags:
        held = [item for item in items if tag in item.tags]
        found[tag] = mean_estimate([float(item.passed) for item in held], [item.cluster for item in held], seed=seed)
    return dict(sorted(found.items(), key=lambda entry: entry[1].value))


def spent(items: Sequence[Scored]) -> Usage:
    """The tokens and the money that all replies took; no cost where that of any is unknown, or no model was asked."""
    return _summed([reply.usage for item in items if (reply := reply_of(item.outcome)) is not None])


def judged(items: Sequence[Scored]) -> Usage:
    """The tokens and the money that a judge took, as `spent` has those of the replies."""
    return _summed([item.judging for item in items])


def _summed(used: Sequence[Usage]) -> Usage:
    asked = [usage for usage in used if usage.input_tokens or usage.output_tokens]
    costs = [usage.cost_usd for usage in asked]
    return Usage(
        sum(usage.input_tokens for usage in asked),
        sum(usage.output_tokens for usage in asked),
        sum(cost for cost in costs if cost is not None) if costs and None not in costs else None,
    )


def held_back(item: Scored, split: object) -> bool:
    """Whether an item is counted and not shown: of the split test, unless a run of that split was asked for."""
    return item.split == "test" and split != "test"


def reply_of(outcome: Outcome) -> Answer | Summary | None:
    """The answer or the summary, whichever there is."""
    return outcome.answer or outcome.summary


def fell_back(outcome: Outcome) -> str | None:
    """Why the articles' own sentences stand in for a model's words, where they do."""
    reply = reply_of(outcome)
    return reply.notice if reply is not None and reply.engine == "extractive" else None
