"""The command that measures: eval."""

from __future__ import annotations

import dataclasses
import os
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import UserError
from rag.library import Library
from rag.surfaces.given import DONE, FAILED, check_places, library_directory, open_library, path, say_where_texts_go
from rag.surfaces.layout import paragraph
from rag.surfaces.output import Output
from rag.surfaces.progress import progress
from rag.types import SCHEMA

if TYPE_CHECKING:
    from rag.evaluation.baseline import Baseline
    from rag.evaluation.gate import GateReport
    from rag.evaluation.journal import Journal
    from rag.evaluation.judging import Judge
    from rag.evaluation.outcomes import Run
    from rag.evaluation.suites import Suite

_LAST = "last"
_WORKERS_OF_A_MODEL = 4
_NAMED = ("draft", "gate", "report", "out", "compare")
"""Options that name a file: an empty one, which a script may give by mistake, is no option that was left out."""


def evaluate(args: Namespace, output: Output) -> int:
    """Run a suite of gold cases, or draft some; fails where something could not be asked, or the gate is red."""
    _check_options(args)
    if args.draft is not None:
        return _draft(args, output)
    from rag.evaluation.baseline import read_baseline
    from rag.evaluation.suites import load_suite

    suite = load_suite(path(args.suite))
    baseline = read_baseline(path(args.gate)) if args.gate else None
    own = bool(suite.articles) and args.library is None
    if own and suite.absence:
        return _not_run(suite, baseline, output)
    with _opened(args, suite, output, own=own) as library:
        return _run(args, output, suite, library, baseline, own=own)


def _check_options(args: Namespace) -> None:
    if (args.suite is None) == (args.draft is None):
        raise UserError("name a gold file or a suite, or with --draft a new file to draft cases into")
    if args.suite is not None and not args.suite.strip():
        raise UserError("the name of the gold file or suite is empty")
    for name in _NAMED:
        if (given := getattr(args, name)) is not None and not given.strip():
            raise UserError(f"--{name} is empty: name a file")
    if args.update and not args.gate:
        raise UserError("--update needs --gate BASELINE.json, the file to pin the run in")
    if args.lower and not args.update:
        raise UserError("--lower goes with --update alone")
    if args.gate and args.split != "all":
        raise UserError("the gate wants all cases: leave --split out")
    check_places({"--report": args.report, "--out": args.out})
    if args.report:
        from rag.evaluation.report import check_jinja

        check_jinja()  # before the run, not after it


# The library ---------------------------------------------------------------------------------


@contextmanager
def _opened(args: Namespace, suite: Suite, output: Output, *, own: bool) -> Iterator[Library]:
    """The library that is asked: the one that is named, or with `own` that of the suite, brought up to date."""
    from rag.evaluation.keeping import library_folder
    from rag.evaluation.suites import fill
    from rag.models.embeddings import BUNDLED_NAME
    from rag.settings import load_settings

    directory = _home(suite) if own else library_directory(args.library)
    settings = load_settings(directory)
    if own:
        directory = library_folder(directory, settings.embeddings or BUNDLED_NAME)
    if args.timeout is not None:
        settings = dataclasses.replace(settings, llm_timeout_seconds=args.timeout)
    create = own or not (args.library or os.environ.get("RAG_LIBRARY"))
    with Library.open(directory, settings=settings, llm=args.llm, create=create, fresh=args.fresh) as library:
        if library.writer_notice:
            output.message(f"rag: {library.writer_notice}")
        say_where_texts_go(library, output)
        if own:
            with progress() as report_progress:
                fill(library, suite, report_progress)
        if not library.articles():
            raise UserError(f"the library in {directory} is empty: add the articles that the gold is about")
        yield library


def _home(suite: Suite) -> Path:
    """Where the library and the runs of a suite with articles of its own are kept."""
    from platformdirs import user_data_path

    return user_data_path("rag", appauthor=False) / "evals" / suite.key


def _not_run(suite: Suite, baseline: Baseline | None, output: Output) -> int:
    """Say why a suite is passed over; raises `UserError` unless it may be."""
    from rag.surfaces import scores

    if not suite.optional:
        raise UserError(f"the articles of {suite.name} are not there: {suite.absence}")
    gate = None if baseline is None else _gate(baseline, [], suite)
    value = {"schema": SCHEMA, "suite": suite.name, "run": None, "absence": suite.absence, "gate": _plain_gate(gate)}
    output.give(value, lambda: [paragraph(f"{suite.name}: not run: {suite.absence}"), *scores.gate(gate)])
    return DONE if gate is None or gate.green else FAILED


# A run ---------------------------------------------------------------------------------------


def _run(
    args: Namespace, output: Output, suite: Suite, library: Library, baseline: Baseline | None, *, own: bool
) -> int:
    from rag.evaluation.aggregates import by_tag, fell_back, held_back, judged, spent
    from rag.evaluation.comparing import compare
    from rag.evaluation.journal import Journal
    from rag.evaluation.report import write_report
    from rag.evaluation.runs import run_file, write_run
    from rag.plain import to_plain
    from rag.surfaces import scores

    folder = (_home(suite) if own else library.directory) / "runs"
    earlier = _earlier(args.compare, suite, folder)
    out = path(args.out) if args.out else None
    journal = Journal(out.with_name(f".{out.name}") if out else folder / f".{suite.key}", fresh=args.fresh)
    run = _asked(args, output, suite, library, journal)
    file = out or run_file(folder, suite.key, run)
    write_run(run, file)
    journal.discard()
    comparison = compare(earlier, run, seed=args.seed) if earlier else None
    if args.report:
        write_report(path(args.report), run, suite.cases, library, comparison, earlier)
    kept: tuple[str, ...] = ()
    gate = None
    if baseline is not None:
        if args.update:
            baseline, kept = _pinned(baseline, run, suite, path(args.gate), lower=args.lower)
        gate = _gate(baseline, [run], suite)
    tags, usage, judging = by_tag(run.items, seed=run.seed), spent(run.items), judged(run.items)
    failed = sum(item.outcome.error is not None for item in run.items)
    wrong = [item for item in run.items if not item.passed]
    value: dict[str, Any] = {
        "schema": SCHEMA,
        "suite": run.suite,
        "run": str(file),
        "report": args.report,
        "engine": run.engine,
        "model": run.model,
        "split": args.split,
        "articles": run.articles,
        "items": len(run.items),
        "passed": sum(item.passed for item in run.items),
        "failed": failed,
        "fell_back": sum(run.model is not None and fell_back(item.outcome) is not None for item in run.items),
        "seconds": run.seconds,
        "usage": to_plain(usage),
        "judging": to_plain(judging),
        "metrics": to_plain(run.metrics),
        "tags": to_plain(tags),
        "wrong": [{"id": item.id, "faults": list(item.faults)} for item in wrong if not held_back(item, args.split)],
        "wrong_of_test": sum(item.split == "test" for item in wrong),
        "comparison": to_plain(comparison),
        "gate": _plain_gate(gate),
    }
    asked = {name: question for case in suite.cases for name, question in case.questions.items()}
    said = (run, tags, usage, judging, args.split, output.width, comparison, gate, kept, str(file), args.report, asked)
    output.give(value, lambda: scores.run(scores.View(*said)))
    return DONE if not failed and (gate is None or gate.green) else FAILED


def _asked(args: Namespace, output: Output, suite: Suite, library: Library, journal: Journal) -> Run:
    """The run itself. One that is stopped says how to go on."""
    from rag.evaluation.running import run_suite

    judge = _judge(args, library, output)
    chat = library.chat_model
    remote = judge is not None or (chat is not None and not chat.name.startswith("local"))
    try:
        with progress() as report_progress:
            return run_suite(
                suite,
                library,
                seed=args.seed,
                split=args.split,
                workers=args.workers or (_WORKERS_OF_A_MODEL if remote else 1),
                progress=report_progress,
                journal=journal,
                judge=judge,
                tell=lambda line: output.message(f"rag: {line}"),
            )
    except KeyboardInterrupt:
        output.message(f"rag: {_how_far(journal)}")
        raise


def _how_far(journal: Journal) -> str:
    """What a run that is stopped leaves to go on from."""
    from rag.surfaces.tables import counted

    if not journal.cases or journal.shared_out:
        return "nothing is kept of this run: the same command starts over"
    are = "is" if journal.cases == 1 else "are"
    return f"{counted(journal.cases, 'case')} {are} done: the same command goes on from there"


def _judge(args: Namespace, library: Library, output: Output) -> Judge | None:
    if not args.judge:
        return None
    from rag.evaluation.judging import Judge
    from rag.models.chat import load_chat

    chat = load_chat(args.judge, timeout_seconds=library.settings.llm_timeout_seconds)
    if chat is None:
        raise UserError(f"--judge {args.judge} names no language model: give one such as openai:gpt-5-mini")
    if chat.notice:
        output.message(f"rag: {chat.notice}")
    return Judge(chat=chat, prompt=library.prompts.load)


def _earlier(named: str | None, suite: Suite, folder: Path) -> Run | None:
    """The run to compare with."""
    from rag.evaluation.runs import earlier_run

    if named is None:
        return None
    return earlier_run(folder, suite.key, suite.name, None if named == _LAST else path(named))


# The gate ------------------------------------------------------------------------------------


def _gate(baseline: Baseline, runs: list[Run], suite: Suite) -> GateReport:
    """The one suite, which was run or is absent, against what is pinned of it."""
    from rag.evaluation.gate import check

    return check(baseline.only([suite.name]), runs, [] if runs else [suite.name])


def _pinned(baseline: Baseline, run: Run, suite: Suite, file: Path, *, lower: bool) -> tuple[Baseline, tuple[str, ...]]:
    from rag.evaluation.baseline import write_baseline
    from rag.evaluation.gate import updated

    optional = [suite.name] if suite.optional else []
    pinned, kept = updated(baseline, [run], optional=optional, lower=lower)
    write_baseline(pinned, file)
    return pinned, kept


def _plain_gate(gate: GateReport | None) -> dict[str, Any] | None:
    return None if gate is None else {"green": gate.green, "breaches": list(gate.breaches), "lines": list(gate.lines)}


# Drafts --------------------------------------------------------------------------------------


def _draft(args: Namespace, output: Output) -> int:
    from rag.evaluation.drafting import check_new, draft_cases, write_draft
    from rag.surfaces.tables import counted

    file = path(args.draft)
    check_new(file)
    with open_library(args) as library:
        if library.writer_notice:
            output.message(f"rag: {library.writer_notice}")
        with progress() as report_progress:
            cases = draft_cases(library, progress=report_progress)
    write_draft(cases, file)
    said = (
        f"Drafted {counted(len(cases), 'case')} into {file}. Read each: put its question as readers would, check its "
        f"answer and its passage, take the tag draft away. Then: rag eval {file}"
    )
    output.give({"schema": SCHEMA, "file": str(file), "cases": len(cases)}, lambda: [paragraph(said)])
    return DONE
