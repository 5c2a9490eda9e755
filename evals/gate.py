"""Our own suites against their floors.

    python -m evals gate [--update [--lower]] [SUITE…]

Runs every suite of `evals/suites` with the articles' own sentences, and holds it to `evals/baseline.json`: red, with
exit code 1, when a figure fell beyond its margin, when gold or articles changed and were not pinned again, or when a
case got lost, or an item that was right is wrong. A suite whose articles are not there reads "not run". With suites
named, only these are run and held. `--update` pins what was reached; it raises floors, and lowers one only with
`--lower`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from evals.data import ROOT, data_folder
from rag import Library, RagError, Settings
from rag.evaluation.baseline import read_baseline, write_baseline
from rag.evaluation.gate import GateReport, check, updated
from rag.evaluation.keeping import library_folder
from rag.evaluation.outcomes import Run
from rag.evaluation.running import run_suite
from rag.evaluation.runs import write_run
from rag.evaluation.suites import Suite, fill, load_suite
from rag.models.embeddings import BUNDLED_NAME
from rag.surfaces.progress import progress

SUITES = ROOT / "evals" / "suites"
BASELINE = ROOT / "evals" / "baseline.json"
KEPT = ROOT / ".evals"
"""Libraries of the suites, and their last runs; git does not see it."""


def run(suite: Suite) -> Run:
    """Run one suite over its own articles, with default settings and no model."""
    place = KEPT / suite.name
    with Library.open(library_folder(place, BUNDLED_NAME), settings=Settings()) as library:
        with progress() as report:
            fill(library, suite, report)
        with progress() as report:
            found = run_suite(suite, library, progress=report)
    write_run(found, place / "run.json")
    return found


def main(arguments: Sequence[str]) -> int:
    """Run the suites and the gate; 0 when it is green."""
    parser = argparse.ArgumentParser(prog="python -m evals gate", description="Our own suites against their floors.")
    parser.add_argument("suites", nargs="*", metavar="SUITE", help="folders of evals/suites (default: all)")
    parser.add_argument("--update", action="store_true", help="pin what was reached")
    parser.add_argument("--lower", action="store_true", help="with --update: lower floors too")
    options = parser.parse_args(arguments)
    try:
        return _held(options.suites, BASELINE, update=options.update, lower=options.lower)
    except RagError as exc:
        print(f"evals: {exc}", file=sys.stderr)
        return 1


def _held(chosen: Sequence[str], file: Path, *, update: bool, lower: bool) -> int:
    """Run the chosen suites, or all where none is chosen, and hold them to what `file` pins of them."""
    environment = {**os.environ, "RAG_EVAL_DATA": str(data_folder())}
    folders = chosen or sorted(folder.name for folder in SUITES.iterdir() if folder.is_dir())
    suites = [load_suite(SUITES / name, environment) for name in dict.fromkeys(folders)]
    absent = [suite.name for suite in suites if suite.optional and suite.absence]
    runs: list[Run] = []
    for suite in suites:
        if suite.name not in absent:
            runs.append(run(suite))
            print(_line(runs[-1]), flush=True)
    baseline = read_baseline(file)
    if update:
        optional = [suite.name for suite in suites if suite.optional]
        baseline, kept = updated(baseline, runs, optional=optional, lower=lower)
        write_baseline(baseline, file)
        print("\n".join(["pinned", *kept]))
    report = check(baseline.only([suite.name for suite in suites]) if chosen else baseline, runs, absent)
    print(_said(report))
    return 0 if report.green else 1


def _line(found: Run) -> str:
    passed = sum(item.passed for item in found.items)
    return f"{found.suite}: {passed} of {len(found.items)} items right, {found.seconds:.0f} s"


def _said(report: GateReport) -> str:
    return "\n".join([*report.lines, *(f"RED  {breach}" for breach in report.breaches), *(["green"] * report.green)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
