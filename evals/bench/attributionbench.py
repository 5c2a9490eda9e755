"""AttributionBench (Li et al., ACL Findings 2024): do the references that are cited for a claim bear it out?

Wants `attributionbench/claims.jsonl`, a line for each claim with `question`, `claim`, `references` (texts), `label`
(`attributable` or `not attributable`) and `source` (the data set that the claim is from); or AttributionBench's own
`attributionbench/data/dev_all_subset_balanced.jsonl`, else one of its test files there, in which the last two are
called `attribution_label` and `src_dataset`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from evals.bench.grounding import CITED, FOUND, Claim, Judged, judge, measured
from evals.bench.results import BenchResult, Row
from evals.data import rows, source
from rag.evaluation.metrics.classification import macro_f1
from rag.types import Embedder, Progress

FILE = "attributionbench/claims.jsonl"
PUBLISHED = "Li et al. 2024, mean of its four test sets: GPT-3.5 fine-tuned about .80"


def run(folder: Path, progress: Progress, embedder: Embedder | None = None) -> BenchResult:
    """Check every claim against its references."""
    started = time.perf_counter()
    claims = [
        Claim(row["claim"], tuple(row["references"]), row["label"] == "attributable", row["question"], row["source"])
        for row in rows(FILE, folder)
    ]
    judged, notes = judge(claims, "attributionbench", progress, embedder)
    questions = len({claim.group for claim in claims})
    sources = sorted({claim.kind for claim in claims})
    return BenchResult(
        name="attributionbench",
        title="AttributionBench",
        rows=(
            _row(judged, CITED, PUBLISHED),
            _row(judged, FOUND),
            *(_row([item for item in judged if item.claim.kind == source], CITED, source=source) for source in sources),
        ),
        seconds=time.perf_counter() - started,
        notes=(
            f"{len(claims)} claims on {questions} questions, {_split(folder)}; intervals are over the questions.",
            "A claim counts as attributable when the checks find no sentence of it unsupported; nothing is fitted.",
            *notes,
        ),
    )


def _split(folder: Path) -> str:
    """Which part of the data was read; our plain file is its development set."""
    name = source(FILE, folder).name
    return "its development set" if name == Path(FILE).name else f"its {name}"


def _row(judged: Sequence[Judged], way: str, published: str = "", source: str = "") -> Row:
    pairs = [(item.claim.right, item.cited if way == CITED else item.found) for item in judged]
    metric = f"macro-F1, {way}" + (f": {source}" if source else "")
    return measured(metric, macro_f1, pairs, [item.claim.group for item in judged], published)
