"""Small runs for the tests of comparing, the gate and the report."""

from __future__ import annotations

from collections.abc import Mapping

from rag.evaluation.outcomes import Estimate, GoldFile, Outcome, Run, Scored
from rag.types import Answer


def item(
    name: str, *, passed: bool = True, cluster: str = "a", faults: tuple[str, ...] = (), **scores: float
) -> Scored:
    """A question that was refused, with the scores given."""
    answer = Answer(question="What?", status="abstained", reason="not_stated")
    return Scored(
        id=name,
        case=name,
        kind="question",
        tags=("fact",),
        split="dev",
        cluster=cluster,
        outcome=Outcome(id=name, answer=answer),
        scores=scores,
        passed=passed,
        faults=faults,
    )


def run(*items: Scored, metrics: Mapping[str, float] | None = None, **changed: object) -> Run:
    """A run of these items over one gold file of one case each."""
    fields: dict[str, object] = {
        "suite": "small",
        "gold": (GoldFile("facts.jsonl", "ab" * 32, len(items)),),
        "engine": "extractive",
        "model": None,
        "embedder": "hash-64",
        "articles": 3,
        "fingerprint": "cd" * 6,
        "seed": 0,
        "started": "2026-01-01T00:00:00+00:00",
        "seconds": 1.0,
        "metrics": {name: Estimate(value, value, value, 100) for name, value in (metrics or {}).items()},
        "items": items,
    }
    return Run(**(fields | changed))  # type: ignore[arg-type]
