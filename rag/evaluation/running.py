"""Runs a suite: every case is asked, what comes is scored, and what was done before a stop is not done again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from rag.answering.abstention import answerable
from rag.errors import RagError, UserError
from rag.evaluation.aggregates import aggregate
from rag.evaluation.cases import Case, Split, SummaryRequest
from rag.evaluation.catalogue import within
from rag.evaluation.journal import Journal
from rag.evaluation.locating import Located, Shelf, locate
from rag.evaluation.metrics.summaries import check_rouge
from rag.evaluation.outcomes import Outcome, Run, Scored, Subject
from rag.evaluation.scoring import JUDGED, score
from rag.evaluation.setup import Setup, fingerprint, setup_of, versions
from rag.evaluation.suites import Suite
from rag.library import Library
from rag.types import Answer, Citation, Hit, Progress, Span, Summary, Usage
from rag.usage import total

if TYPE_CHECKING:
    from rag.evaluation.judging import Judge

Item = TypeVar("Item")
Result = TypeVar("Result")

Part = Literal[Split, "all"]

_FOUND = 10
"""Passages that a search is asked for: as many as the metrics of retrieval look at."""
_PATIENCE_SECONDS = 3.0
"""So long a run that is stopped waits for what is under way elsewhere."""


def run_suite(
    suite: Suite,
    subject: Subject,
    *,
    engine: str | None = None,
    seed: int = 0,
    split: Part = "all",
    workers: int = 1,
    progress: Progress | None = None,
    journal: Journal | None = None,
    judge: Judge | None = None,
    setup: Setup | None = None,
    tell: Callable[[str], None] | None = None,
) -> Run:
    """Ask `subject` all that the cases of `split` ask for, and score it.

    What comes is the same for the same library, model and `seed` (of the intervals), in the order of the cases,
    with however many `workers`. An item that fails becomes an outcome with an error, and the rest go on. With a
    `journal`, what was done before a stop is taken from there, if it was made in the same way, which `tell` is told.
    `setup` says what stands behind a subject that is no `Library`. Raises `UserError` where there is no case, or the
    gold points at what is not there, and `ConfigError` where a package is missing, before anything is asked.
    """
    cases = [case for case in suite.cases if split in ("all", case.split)]
    if any(case.reference is not None for case in cases):
        check_rouge()
    if not cases:
        raise UserError(f"{suite.name} has no case of the split {split}: there are {len(suite.cases)} of the other")
    about = setup or (setup_of(subject) if isinstance(subject, Library) else Setup())
    about = about if engine is None else replace(about, engine=engine)
    settings = {**about.settings, "judge": judge and judge.chat.name}
    prompts = {**(judge.prompts if judge else {}), **about.prompts}
    located = locate(cases, subject)
    shelf = Shelf(subject)
    infos = subject.articles()
    state = fingerprint(subject)
    started, clock = datetime.now(UTC), time.perf_counter()

    made = {
        "gold": [[file.name, file.sha256] for file in suite.gold],
        "articles": state,
        "engine": about.engine,
        "model": about.identity or about.model,
        "embedder": about.embedder,
        "prompts": prompts,
        "settings": settings,
        "versions": versions(),
    }
    done: dict[str, tuple[Scored, ...]] = {}
    try:
        if journal is not None:
            again = partial(_again, located=located, subject=subject, judged=judge is not None)
            done = _resumed(journal, made, cases, again, tell)
        carry_out = partial(_carry_out, subject=subject, shelf=shelf, located=located, judge=judge)
        todo = [case for case in cases if case.id not in done]
        for count, (case, items) in enumerate(_each(carry_out, todo, workers), len(cases) - len(todo) + 1):
            done[case.id] = items
            if journal is not None:
                journal.note(case.id, items)
            if progress:
                progress(f"evaluating {suite.name}", count, len(cases))
    except BaseException:
        if journal is not None and not journal.cases:
            journal.discard()  # nothing is done that could be gone on from
        raise
    finally:
        if journal is not None:
            journal.close()

    items = tuple(item for case in cases for item in done[case.id])
    return Run(
        suite=suite.name,
        gold=suite.gold,
        engine=about.engine,
        model=about.model,
        embedder=about.embedder,
        articles=len(infos),
        fingerprint=state,
        seed=seed,
        started=started.isoformat(timespec="milliseconds"),
        seconds=round(time.perf_counter() - clock, 3),
        versions=versions(),
        prompts=prompts,
        settings={**settings, "split": split, "workers": workers},
        metrics=aggregate(items, seed=seed),
        items=items,
    )


def _resumed(
    journal: Journal,
    made: Mapping[str, Any],
    cases: Sequence[Case],
    again: Callable[[Case, tuple[Scored, ...]], tuple[Scored, ...]],
    tell: Callable[[str], None] | None,
) -> dict[str, tuple[Scored, ...]]:
    """What the journal holds of `cases`, as `again` makes of it; what failed is tried again."""
    held, differing = journal.begin(made)
    done = {}
    for case in cases:
        items = again(case, held.get(case.id, ()))
        if items:
            done[case.id] = items
    if tell and journal.shared_out:
        tell("the same is being run elsewhere: if this run is stopped, it cannot be gone on from")
    elif tell and done:
        tell(f"going on with a run that was stopped: {len(done)} of {len(cases)} cases are done")
    elif tell and differing:
        tell(f"a run that was stopped is started over, for it was made with other {', '.join(differing)}")
    return done


def _again(
    case: Case, items: tuple[Scored, ...], *, located: Located, subject: Subject, judged: bool
) -> tuple[Scored, ...]:
    """What came of a case, as the journal holds it, scored anew: none where it is not whole, or something failed.

    What it says that nobody would have to believe is not believed. Only verdicts are, for they cost money.
    """
    several = [item.outcome for item in items]
    replies = [outcome.answer if case.summary is None else outcome.summary for outcome in several]
    if [outcome.id for outcome in several] != list(case.questions) or None in replies:
        return ()
    scored = _scored(case, several, located, subject, None)
    found = tuple(_believed(new, old) if judged else new for new, old in zip(scored, items, strict=True))
    return found if all(within(name, value) for item in found for name, value in item.scores.items()) else ()


def _believed(new: Scored, old: Scored) -> Scored:
    verdicts = {name: value for name, value in old.scores.items() if name in JUDGED}
    scores = {name: value for name, value in new.scores.items() if name not in JUDGED} | verdicts
    return replace(new, scores=scores, judging=old.judging)


def _carry_out(
    case: Case, *, subject: Subject, shelf: Shelf, located: Located, judge: Judge | None
) -> tuple[Scored, ...]:
    outcomes = tuple(_outcomes(case, subject, shelf))
    counted = None if judge is None else judge.counted()
    first, *others = _scored(case, outcomes, located, subject, counted)
    return (first if counted is None else replace(first, judging=counted.usage), *others)


def _scored(
    case: Case, outcomes: Sequence[Outcome], located: Located, subject: Subject, judge: Judge | None
) -> tuple[Scored, ...]:
    try:
        return score(case, outcomes, located, subject, judge=judge)
    except TimeoutError as exc:
        raise UserError(f"{case.file}, line {case.line}: {case.id}: {exc}") from exc


def _outcomes(case: Case, subject: Subject, shelf: Shelf) -> Iterator[Outcome]:
    filters: dict[str, Any] = {name: getattr(case.filters, name) for name in ("publisher", "after", "before")}
    if case.summary is not None:
        yield _timed(case.id, subject, partial(_summary, case.summary, subject, shelf, filters))
    elif case.kind == "question":
        question = case.turns[0].question
        # First, so that what has to be loaded for the first question does not count as its time.
        found: tuple[Citation, ...] = ()
        with suppress(RagError):
            found = tuple(map(_cited, subject.search(question, _FOUND, **filters)))
        outcome = _timed(case.id, subject, partial(subject.ask, question, **filters))
        yield replace(outcome, found=found, confidence=_confidence(subject, case))
    else:
        conversation = subject.chat()
        for name, question in case.questions.items():
            yield _timed(name, subject, partial(conversation.ask, question, **filters))


def _summary(asked: SummaryRequest, subject: Subject, shelf: Shelf, filters: Mapping[str, Any]) -> Summary:
    if asked.article is None:
        return subject.summarize(about=asked.about, sentences=asked.sentences, **filters)
    return subject.summarize(shelf.article(asked.article).id, sentences=asked.sentences)


def _timed(name: str, subject: Subject, made: Callable[[], Answer | Summary]) -> Outcome:
    before, clock = _given_again(subject), time.perf_counter()
    try:
        reply = made()
    except RagError as exc:
        return Outcome(id=name, error=" ".join(str(exc).split()), seconds=time.perf_counter() - clock)
    seconds = time.perf_counter() - clock
    # A server may tell no usage, so none is no sign by itself; nor is another worker's reply that was kept.
    kept = reply.engine == "generative" and reply.usage == Usage() and _given_again(subject) > before
    if isinstance(reply, Answer):
        return Outcome(id=name, answer=reply, seconds=seconds, kept=kept)
    return Outcome(id=name, summary=reply, seconds=seconds, kept=kept)


def _given_again(subject: Subject) -> int:
    """How many replies of a model the library has given again; none of one that no model writes for."""
    if not isinstance(subject, Library) or subject.chat_model is None:
        return 0
    return total(subject.usage()).cached


def _cited(hit: Hit) -> Citation:
    return Citation.of(hit.article, Span(hit.chunk.start, hit.chunk.end), 0)


def _confidence(subject: Subject, case: Case) -> float | None:
    """The estimate by which the articles' own sentences are given or kept back; no model gives one."""
    if not isinstance(subject, Library) or subject.chat_model is not None or case.filters:
        return None
    with suppress(RagError):
        question, evidence = subject.evidence(case.turns[0].question)
        return answerable(question, evidence) if evidence else 0.0
    return None


def _each(work: Callable[[Item], Result], items: Sequence[Item], workers: int) -> Iterator[tuple[Item, Result]]:
    """Each item with what `work` makes of it, as it gets done; the first error ends it.

    Threads are used, and are left behind where they do not end soon: a stop is not held up by a model that thinks.
    """
    if workers <= 1:
        for item in items:
            yield item, work(item)
        return
    todo: SimpleQueue[Item] = SimpleQueue()
    made: SimpleQueue[tuple[Item, Result] | BaseException] = SimpleQueue()
    stopped = threading.Event()
    for item in items:
        todo.put(item)

    def run() -> None:
        with suppress(Empty):
            while not stopped.is_set():
                item = todo.get_nowait()
                try:
                    made.put((item, work(item)))
                except BaseException as exc:  # it is raised where the results are awaited
                    made.put(exc)

    threads = [threading.Thread(target=run, daemon=True, name=f"rag-eval-{number}") for number in range(workers)]
    for thread in threads:
        thread.start()
    try:
        for _ in items:
            came = made.get()
            if isinstance(came, BaseException):
                raise came
            yield came
    finally:
        stopped.set()
        deadline = time.monotonic() + _PATIENCE_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
