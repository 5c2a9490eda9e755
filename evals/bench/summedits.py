"""SummEdits, news (Laban et al., EMNLP 2023): is a summary borne out by its article, or was a fact in it changed?

Wants `summedits_news/pairs.jsonl`, a line for each pair with `doc`, `summary` and `label` (1 borne out, 0 not); or
SummEdits' own `summedits_news/data/summedits/summedits_news.json`, an array of objects with these keys.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from evals.bench.grounding import CITED, FOUND, Claim, Judged, judge, measured
from evals.bench.results import BenchResult, Row
from evals.data import rows
from rag.evaluation.metrics.classification import balanced_accuracy, precision_recall_f1
from rag.types import Embedder, Progress

PUBLISHED = "Laban et al. 2023: GPT-4 .833, people .900"
SIMPLE = "sentence similarity with overlap of numbers and names, best threshold: .573"


def run(folder: Path, progress: Progress, embedder: Embedder | None = None) -> BenchResult:
    """Check every sentence of every summary against its article."""
    started = time.perf_counter()
    claims = [
        Claim(row["summary"], (row["doc"],), row["label"] == 1, row["doc"])
        for row in rows("summedits_news/pairs.jsonl", folder)
    ]
    judged, notes = judge(claims, "summedits", progress, embedder)
    articles = len({claim.group for claim in claims})
    return BenchResult(
        name="summedits",
        title="SummEdits, news",
        rows=(*_rows(judged, CITED), *_rows(judged, FOUND)),
        seconds=time.perf_counter() - started,
        notes=(
            f"{len(claims)} summaries of {articles} articles; intervals are over these {articles}.",
            "A summary counts as borne out when the checks find no sentence of it unsupported; no threshold is fitted. "
            "While the checks were written, one pair in eight was looked at, of all articles: not a held-out figure.",
            "A search finds single sentences: what a summary puts together may be unsupported by each of them.",
            *notes,
        ),
    )


def _rows(judged: Sequence[Judged], way: str) -> list[Row]:
    right = [item.claim.right for item in judged]
    said = [item.cited if way == CITED else item.found for item in judged]
    groups = [item.claim.group for item in judged]
    # What one wants to be warned of is what is wrong.
    wrong = [(not true, not claimed) for true, claimed in zip(right, said, strict=True)]
    published = f"{PUBLISHED}; {SIMPLE}" if way == CITED else ""
    return [
        measured(
            f"balanced accuracy, {way}", balanced_accuracy, list(zip(right, said, strict=True)), groups, published
        ),
        measured(f"changed facts, precision, {way}", lambda g, s: precision_recall_f1(g, s)[0], wrong, groups),
        measured(f"changed facts, recall, {way}", lambda g, s: precision_recall_f1(g, s)[1], wrong, groups),
    ]
