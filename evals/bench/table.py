"""The one table of all benchmarks, as Markdown, and its place in `evals/RESULTS.md`."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

from evals.bench.results import BenchResult, Row
from rag.errors import UserError
from rag.evaluation.outcomes import Estimate
from rag.evaluation.runs import write_whole

START, END = "<!-- table -->", "<!-- /table -->"
PACKAGES = ("rag", "chromadb", "onnxruntime", "numpy")
NONE = "–"


def versions() -> dict[str, str]:
    """What the figures were measured with."""
    found = {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
    return {**found, "cores": str(os.cpu_count())}


def render(
    results: Sequence[BenchResult],
    *,
    command: str,
    day: date,
    measured_with: Mapping[str, str],
    not_run: Mapping[str, str] | None = None,
) -> str:
    """The results as one table, with what was run, when and with what; `not_run` says of others why not."""
    with_what = ", ".join(f"{name} {value}" for name, value in measured_with.items())
    lines = [
        f"`{command}`, {day.isoformat()}; {with_what}. In brackets the 95% interval.",
        "",
        "| benchmark | figure | ours | cases | published by others |",
        "|---|---|---|---|---|",
    ]
    for result in results:
        lines += _rows(result)
    lines += [f"| {name} | {why} | not run | {NONE} | {NONE} |" for name, why in (not_run or {}).items()]
    seconds = ", ".join(f"{result.name} {result.seconds:.0f}" for result in results)
    if results:
        total = sum(result.seconds for result in results)
        lines += ["", f"Seconds: {seconds}; {total / 60:.0f} minutes in all."]
    noted = [f"- {result.title}: {note}" for result in results for note in result.notes]
    return "\n".join([*lines, *(["", *noted] if noted else [])])


def _rows(result: BenchResult) -> Iterator[str]:
    for number, row in enumerate(result.rows):
        title = result.title if number == 0 else ""
        cells = (title, row.metric, shown(row), f"{row.estimate.items:,}", row.published or NONE)
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def shown(row: Row) -> str:
    """The value with its interval: shares with three decimals, what is larger with one."""
    value, low, high = _numbers(row.estimate)
    return f"{value} ({low}–{high})"


def _numbers(estimate: Estimate) -> tuple[str, str, str]:
    several = (estimate.value, estimate.low, estimate.high)
    if max(map(abs, several)) > 1:
        value, low, high = (f"{number:.1f}" for number in several)
    else:
        value, low, high = (f"{number:.3f}".replace("0.", ".", 1) for number in several)
    return value, low, high


def place(path: Path, table: str) -> None:
    """Put `table` between the two marks of the file at `path`, in place of what stands there.

    Raises `UserError` where the marks are not both there, once each and in order, and `StorageError` where the file
    cannot be written; it is replaced whole or left as it is.
    """
    before, after = marked(path)
    write_whole(path, f"{before}{START}\n{table}\n{END}{after}")


def marked(path: Path) -> tuple[str, str]:
    """What stands before and after the place of the table; raises `UserError` as `place` does."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as exc:
        raise UserError(f"{path} cannot be read: {exc.strerror}") from exc
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end) or START in rest or END in after or END in before:
        raise UserError(f"{path} has no one place for the table: put {START} and {END} on lines of their own")
    return before, after
