"""What a benchmark gives: rows of figures with their intervals, and what others have published on the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rag.evaluation.outcomes import Estimate
from rag.types import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure. `published` is what others report on the same metric and data, with whose it is, or empty."""

    metric: str
    estimate: Estimate
    published: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchResult:
    """The rows of one benchmark, how many seconds it took, and what one must know to read them."""

    name: str
    title: str
    rows: tuple[Row, ...]
    seconds: float
    notes: tuple[str, ...] = ()


Bench = Callable[[Path, Progress], BenchResult]
"""A benchmark, run on the folder that holds its data; raises `UserError` where a file of it is absent."""
