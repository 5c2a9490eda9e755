"""Small data folders for the tests of the benchmarks, in the schemas that these want, in words of our own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from evals.bench.results import BenchResult

MILL = "A fire destroyed the old mill in Tarn on Monday night. Nobody was hurt, the fire service said."
MAYOR = "Ilse Brandt was elected mayor of Tarn in May. She promised to repair the harbour wall by autumn."
FERRY = "The ferry to Osk runs twice a day in winter. A crossing takes 40 minutes and costs 12 crowns."


def written(folder: Path, name: str, rows: Iterable[Mapping[str, object]]) -> Path:
    """The rows as a JSON Lines file of that name; returns the folder."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def values(result: BenchResult) -> dict[str, tuple[float, int]]:
    """For each figure, its value to three decimals and the number of cases."""
    return {row.metric: (round(row.estimate.value, 3), row.estimate.items) for row in result.rows}


def silent(label: str, done: int, total: int) -> None:
    """Nobody watches."""
