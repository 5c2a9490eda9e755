"""What the product reaches, measured.

python -m evals bench NAME… [--data FOLDER] [--json]    public benchmarks, by name
python -m evals all [--data FOLDER] [--fresh]           all of them, as the table of evals/RESULTS.md
python -m evals gate …                                  our own suites against their floors
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from evals.bench import table
from evals.bench.kept import Kept
from evals.bench.registry import NAMES, load
from evals.bench.results import BenchResult
from evals.data import ROOT, data_folder
from rag.errors import RagError
from rag.plain import to_plain
from rag.surfaces.progress import progress

RESULTS = ROOT / "evals" / "RESULTS.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; 0 when done, 1 when a benchmark could not be run or the gate is red."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["gate"]:
        from evals.gate import main as gate

        return gate(list(arguments[1:]))
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.data is not None and not options.data.is_dir():
        parser.error(f"--data {options.data} is no folder")
    command = shlex.join(["python", "-m", "evals", *arguments])
    folder = options.data or data_folder()
    try:
        if options.what == "bench":
            return _bench(options.names, folder, command, as_json=options.json)
        return _all(folder, command, options.out, fresh=options.fresh)
    except RagError as exc:
        print(f"evals: {exc}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evals", description="What the product reaches, measured.")
    what = parser.add_subparsers(dest="what", required=True)
    data = argparse.ArgumentParser(add_help=False)
    data.add_argument(
        "--data", type=Path, metavar="FOLDER", help="holds a folder for each benchmark (default: RAG_EVAL_DATA)"
    )
    bench = what.add_parser("bench", parents=[data], help="public benchmarks, by name")
    bench.add_argument("names", nargs="+", choices=NAMES, metavar="NAME", help=", ".join(NAMES))
    bench.add_argument("--json", action="store_true", help="one JSON object on standard output")
    everything = what.add_parser("all", parents=[data], help="all of them, as the table of evals/RESULTS.md")
    everything.add_argument(
        "--out", type=Path, default=RESULTS, metavar="FILE", help="a file with a place for the table"
    )
    everything.add_argument("--fresh", action="store_true", help="start over, where one was stopped before")
    what.add_parser("gate", help="our own suites against their floors: see `python -m evals gate --help`")
    return parser


def _bench(names: Sequence[str], folder: Path, command: str, *, as_json: bool) -> int:
    results, not_run = _run(names, folder)
    if as_json:
        head = {"schema": 1, "command": command, "date": _today().isoformat(), "versions": table.versions()}
        print(json.dumps({**head, "results": to_plain(results), "not_run": not_run}, ensure_ascii=False))
    else:
        print(_rendered(results, not_run, command))
    return 1 if not_run else 0


def _all(folder: Path, command: str, out: Path, *, fresh: bool) -> int:
    """All benchmarks; the table is written once it is whole, so that nothing measured is lost to what is not run."""
    table.marked(out)  # before the hours, not after them
    kept = Kept(folder, table.versions())
    if fresh:
        kept.clear()
    results, not_run = _run(NAMES, folder, kept)
    rendered = _rendered(results, not_run, command)
    print(rendered)
    if not_run:
        print(
            f"evals: {', '.join(not_run)} not run, so {out} is as it was; the same command goes on from here",
            file=sys.stderr,
        )
        return 1
    table.place(out, rendered)
    kept.clear()
    return 0


def _run(names: Sequence[str], folder: Path, kept: Kept | None = None) -> tuple[list[BenchResult], dict[str, str]]:
    """What each benchmark gave, some from those that are `kept`, and of those that could not be run, why."""
    results: list[BenchResult] = []
    not_run: dict[str, str] = {}
    for name in dict.fromkeys(names):
        done = kept.get(name) if kept else None
        if done is not None:
            print(f"{name}: done before", file=sys.stderr)
            results.append(done)
            continue
        try:
            with progress() as report:
                result = load(name)(folder, report or _silent)
        except Exception as exc:  # whatever one of them stumbles over, the others took hours
            not_run[name] = _why(exc)
            print(f"{name}: not run: {not_run[name]}", file=sys.stderr)
        else:
            print(f"{name}: {result.seconds:.0f} s", file=sys.stderr)
            results.append(result)
            if kept:
                kept.put(result)
    return results, not_run


def _why(exc: Exception) -> str:
    """One line; what nobody foresaw is told by its kind."""
    said = " ".join(str(exc).split())
    return said if isinstance(exc, RagError) else f"{type(exc).__name__}: {said}"


def _rendered(results: Sequence[BenchResult], not_run: dict[str, str], command: str) -> str:
    return table.render(results, command=command, day=_today(), measured_with=table.versions(), not_run=not_run)


def _today() -> date:
    return datetime.now(UTC).date()


def _silent(label: str, done: int, total: int) -> None:
    """For a run that nobody watches."""


if __name__ == "__main__":
    sys.exit(main())
