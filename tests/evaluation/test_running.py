"""Running a suite: what is asked, what comes of failures, stops and threads, and what a run says of itself."""

from __future__ import annotations

import dataclasses
import json
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rag import (
    Answer,
    Article,
    ArticleInfo,
    ConfigError,
    Hit,
    Library,
    NotFoundError,
    Settings,
    Statement,
    StorageError,
    Summary,
    Usage,
    UserError,
    Verification,
)
from rag.evaluation import running
from rag.evaluation.aggregates import aggregate, by_tag, judged, spent
from rag.evaluation.cases import Case, Expected, GoldPassage, GoldTurn, SummaryRequest, Words
from rag.evaluation.journal import Journal
from rag.evaluation.metrics import summaries
from rag.evaluation.outcomes import Estimate, GoldFile, Run
from rag.evaluation.running import run_suite
from rag.evaluation.setup import Setup, fingerprint, setup_of
from rag.evaluation.suites import Suite
from rag.models.fakes import HashEmbedder
from rag.models.scripted import ScriptedServer, say_json
from rag.types import Filters
from tests.answering.writing import STRIKES, chat_at, quote, reply, sentence
from tests.conftest import row

REFUSED = Answer(question="", status="abstained", reason="not_stated")


class StandIn:
    """A subject without articles, which abstains but for what `does` makes of a question."""

    def __init__(self, does: Callable[[str], Any] = lambda _: None) -> None:
        self.does = does
        self.asked: list[str] = []

    def ask(
        self, question: str, *, publisher: str | None = None, after: date | None = None, before: date | None = None
    ) -> Answer:
        self.asked.append(question)
        self.does(question)
        return dataclasses.replace(REFUSED, question=question)

    def search(self, query: str, k: int = 8, **_: object) -> Sequence[Hit]:
        return []

    def summarize(self, reference: str | None = None, *, about: str | None = None, **_: object) -> Summary:
        return Summary(subject=about or "", status="abstained", reason="no_match")

    def chat(self) -> StandIn:
        return self

    def verify(self, text: str) -> Verification:
        return Verification((), ())

    def article(self, reference: str, version: str | None = None) -> Article:
        raise NotFoundError(f"there is no article {reference!r}")

    def articles(self) -> Sequence[ArticleInfo]:
        return []


class Said(StandIn):
    """Answers every question with one sentence."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def ask(self, question: str, **_: object) -> Answer:
        self.asked.append(question)
        return Answer(
            question=question, status="answered", statements=(Statement(self.text, (), "partial", "said here"),)
        )


UNSAID = Expected(abstain=True)


def unanswerable(name: str, **changed: object) -> Case:
    return Case(id=name, file="gold.jsonl", line=1, turns=(GoldTurn(name, UNSAID),), **changed)  # type: ignore[arg-type]


def suite(*cases: Case) -> Suite:
    return Suite(name="small", place=Path("/gold.jsonl"), gold=(), cases=cases)


def untimed(run: Run) -> Run:
    """A run without what the clock says."""
    items = tuple(
        dataclasses.replace(
            item,
            outcome=dataclasses.replace(
                item.outcome,
                seconds=0.0,
                answer=item.outcome.answer and dataclasses.replace(item.outcome.answer, timings_ms=REFUSED.timings_ms),
                summary=item.outcome.summary
                and dataclasses.replace(item.outcome.summary, timings_ms=REFUSED.timings_ms),
            ),
            scores={name: value for name, value in item.scores.items() if name != "seconds"},
        )
        for item in run.items
    )
    metrics = {name: found for name, found in run.metrics.items() if name != "seconds"}
    settings = {name: value for name, value in run.settings.items() if name != "workers"}
    return dataclasses.replace(run, started="", seconds=0.0, items=items, metrics=metrics, settings=settings)


# A real library --------------------------------------------------------------------------------

BRIDGE = "The repair of the Tannery Bridge will cost $4.6 million, the council was told on Tuesday."
MARCH = "About 6,500 people marched through Haldrenn on Saturday against the closure of the railway."
COST = Expected(
    answers=(Words("4.6 million"),), cite=((GoldPassage("Bridge repairs", "Tannery Bridge will cost $4.6 million"),),)
)
CASES = (
    Case(id="cost", file="g.jsonl", line=1, turns=(GoldTurn("How much will the Tannery Bridge cost?", COST),)),
    Case(
        id="chat",
        file="g.jsonl",
        line=2,
        turns=(
            GoldTurn("How many people marched through Haldrenn?", Expected(answers=(Words("6,500"),))),
            GoldTurn("Who is the king of Atlantis?", UNSAID),
        ),
        tags=("conversation",),
    ),
    Case(id="march", file="g.jsonl", line=3, summary=SummaryRequest("Thousands march", None, 1), split="test"),
    Case(id="about", file="g.jsonl", line=4, summary=SummaryRequest(None, "the Tannery Bridge", 1)),
    Case(
        id="early",
        file="g.jsonl",
        line=5,
        turns=(GoldTurn("How much will the Tannery Bridge cost?", UNSAID),),
        filters=Filters(before=date(2020, 1, 1)),
    ),
)


@pytest.fixture
def news(library: Library) -> Library:
    library.add([row(1, BRIDGE, title="Bridge repairs"), row(2, MARCH, title="Thousands march")])
    return library


def test_a_run_holds_what_came_of_each_item(news: Library) -> None:
    reports: list[tuple[str, int, int]] = []
    run = run_suite(suite(*CASES), news, seed=3, progress=lambda *report: reports.append(report))
    assert [(item.id, item.case, item.kind, item.split, item.passed) for item in run] == [
        ("cost", "cost", "question", "dev", True),
        ("chat", "chat", "turn", "dev", True),
        ("chat#2", "chat", "turn", "dev", True),
        ("march", "march", "summary", "test", True),
        ("about", "about", "summary", "dev", True),
        ("early", "early", "question", "dev", True),
    ]
    assert reports == [("evaluating small", done, 5) for done in range(1, 6)]
    by_id = {item.id: item.outcome for item in run}
    (cost, chat, march, early) = (by_id[name] for name in ("cost", "chat", "march", "early"))
    assert cost.answer is not None
    assert dataclasses.replace(cost.answer, timings_ms=REFUSED.timings_ms) == dataclasses.replace(
        news.ask("How much will the Tannery Bridge cost?"), timings_ms=REFUSED.timings_ms
    )
    hits = news.search("How much will the Tannery Bridge cost?", 10)
    assert [(found.article_id, found.quote) for found in cost.found] == [
        (hit.article.id, hit.chunk.text) for hit in hits
    ]
    assert cost.confidence is not None
    assert 0 < cost.confidence <= 1
    assert (chat.found, chat.confidence) == ((), None)
    assert march.summary is not None
    assert march.summary.subject == "Thousands march"
    assert early.answer is not None
    assert (early.answer.reason, early.found, early.confidence) == ("filtered_out", (), None)

    assert (run.suite, run.engine, run.model, run.articles, run.seed) == ("small", "extractive", None, 2, 3)
    assert run.fingerprint == fingerprint(news)
    assert set(run.versions) == {"rag", "python", "code", "chromadb", "onnxruntime", "langchain-core", "openai"}
    assert run.prompts == {prompt.name: prompt.hash for prompt in news.prompts.available()}
    elsewhere = ("llm", "embeddings", "prompts")
    settings = {name: value for name, value in dataclasses.asdict(Settings()).items() if name not in elsewhere}
    assert run.settings == {**settings, "judge": None, "split": "all", "workers": 1}
    assert (run.embedder, news.settings.embeddings) == ("all-MiniLM-L6-v2-int8", "")
    assert run.metrics == aggregate(run.items, seed=3)
    assert untimed(run_suite(suite(*CASES), news, seed=3)) == untimed(run)
    assert untimed(run_suite(suite(*CASES), news, seed=3, workers=4)) == untimed(run)


def test_only_the_cases_of_a_split(news: Library) -> None:
    assert [item.id for item in run_suite(suite(*CASES), news, split="test")] == ["march"]
    with pytest.raises(UserError, match="small has no case of the split test: there are 1 of the other"):
        run_suite(suite(CASES[0]), news, split="test")


def test_gold_that_does_not_fit_is_told_before_anything_is_asked() -> None:
    subject = StandIn()
    cited = Expected(answers=(Words("a"),), cite=((GoldPassage("gone.md", "words"),),))
    wrong = Case(id="b", file="g.jsonl", line=7, turns=(GoldTurn("b?", cited),))
    with pytest.raises(UserError, match=r"g\.jsonl, line 7: b: there is no article 'gone\.md'"):
        run_suite(suite(unanswerable("a"), wrong), subject)
    assert subject.asked == []


def test_the_state_of_the_articles(tmp_path: Path) -> None:
    def of(*rows: dict[str, object], name: str) -> str:
        with Library.open(tmp_path / name, settings=Settings(), embedder=HashEmbedder()) as library:
            library.add(rows)
            return fingerprint(library)

    one, two = row(1, BRIDGE), row(2, MARCH)
    assert of(one, two, name="a") == of(two, {**one, "id": "elsewhere"}, name="b")
    assert len({of(one, name="c"), of(one, two, name="d"), of(row(1, MARCH), two, name="e")}) == 3


# What fails ------------------------------------------------------------------------------------


def busy(question: str) -> None:
    if question == "b":
        raise StorageError("the library\nis busy")


@pytest.mark.parametrize("workers", [1, 3])
def test_an_item_that_fails_does_not_stop_the_rest(workers: int) -> None:
    cases = [unanswerable(name) for name in "abc"]
    cases[1] = dataclasses.replace(cases[1], turns=(GoldTurn("b", UNSAID), GoldTurn("d", UNSAID)))
    run = run_suite(suite(*cases), StandIn(busy), workers=workers)
    assert [(item.id, item.outcome.error, item.passed) for item in run] == [
        ("a", None, True),
        ("b", "the library is busy", False),
        ("b#2", None, True),
        ("c", None, True),
    ]


@pytest.mark.parametrize("workers", [1, 3])
def test_a_fault_of_the_program_is_not_swallowed(workers: int) -> None:
    def breaks(question: str) -> None:
        raise RuntimeError(question)

    with pytest.raises(RuntimeError):
        run_suite(suite(*map(unanswerable, "abc")), StandIn(breaks), workers=workers)


# Stopping and going on -------------------------------------------------------------------------


class Stop:
    """Stands for a person who presses Ctrl-C once so many cases are done."""

    def __init__(self, after: int) -> None:
        self.after = after

    def __call__(self, _: str, done: int, __: int) -> None:
        if done == self.after:
            raise KeyboardInterrupt


NAMES = "abcde"
FIVE = suite(*map(unanswerable, NAMES))


@pytest.mark.parametrize("after", range(1, 6))
@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_that_was_stopped_goes_on_and_comes_out_the_same(tmp_path: Path, after: int, workers: int) -> None:
    file = tmp_path / "journal"
    journal = Journal(file)
    with pytest.raises(KeyboardInterrupt):
        run_suite(FIVE, StandIn(), workers=workers, journal=journal, progress=Stop(after))
    assert journal.cases == after
    subject = StandIn()
    told: list[str] = []
    run = run_suite(FIVE, subject, workers=workers, journal=Journal(file), tell=told.append)
    assert len(subject.asked) == 5 - after
    assert told == [f"going on with a run that was stopped: {after} of 5 cases are done"]
    assert untimed(run) == untimed(run_suite(FIVE, StandIn(), workers=workers))


def test_a_run_over_other_gold_starts_over(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    with pytest.raises(KeyboardInterrupt):
        run_suite(FIVE, StandIn(), journal=Journal(file), progress=Stop(2))
    told: list[str] = []
    subject = StandIn()
    other = replace(FIVE, gold=(GoldFile("g.jsonl", "ee" * 32, 5),))
    run_suite(other, subject, journal=Journal(file), tell=told.append)
    assert subject.asked == list(NAMES)
    assert told == ["a run that was stopped is started over, for it was made with other gold"]


def test_another_model_does_not_take_away_what_was_done(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    with pytest.raises(KeyboardInterrupt):
        run_suite(FIVE, StandIn(), journal=Journal(file), progress=Stop(2))
    other, again = StandIn(), StandIn()
    run_suite(FIVE, other, setup=Setup(model="openai:other"), journal=Journal(file))
    run_suite(FIVE, again, journal=Journal(file))
    assert (other.asked, again.asked) == (list(NAMES), list(NAMES[2:]))


def test_the_same_run_in_two_places_is_told_and_does_not_mix(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    first = Journal(file)
    stopped = Stop(2)
    told: list[str] = []

    def meanwhile(label: str, done: int, of: int) -> None:
        if done == 1:
            run_suite(FIVE, StandIn(), journal=Journal(file), tell=told.append)
        stopped(label, done, of)

    with pytest.raises(KeyboardInterrupt):
        run_suite(FIVE, StandIn(), journal=first, progress=meanwhile)
    assert told == ["the same is being run elsewhere: if this run is stopped, it cannot be gone on from"]
    again = StandIn()
    run_suite(FIVE, again, journal=Journal(file))
    assert again.asked == list(NAMES[2:])


def test_what_goes_wrong_while_going_on_leaves_the_journal_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "journal"
    with pytest.raises(KeyboardInterrupt):
        run_suite(FIVE, StandIn(), journal=Journal(file), progress=Stop(2))

    def slow(*_: object, **__: object) -> None:
        raise TimeoutError("a pattern takes too long")

    with monkeypatch.context() as changed:
        changed.setattr(running, "score", slow)
        with pytest.raises(UserError, match="a pattern takes too long"):
            run_suite(FIVE, StandIn(), journal=Journal(file))
    subject = StandIn()
    run_suite(FIVE, subject, journal=Journal(file))
    assert subject.asked == list(NAMES[2:])


def test_a_package_that_is_missing_is_told_before_anything_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    summed = Case(
        id="s", file="g.jsonl", line=1, reference="Words.", summary=SummaryRequest(article=None, about="x", sentences=2)
    )
    both = suite(unanswerable("a"), summed)
    summaries._scorer.cache_clear()
    monkeypatch.setitem(sys.modules, "rouge_score.rouge_scorer", None)
    subject = StandIn()
    with pytest.raises(ConfigError, match="ROUGE needs the package rouge-score"):
        run_suite(both, subject)
    assert subject.asked == []


def test_scores_are_not_taken_from_the_journal(tmp_path: Path) -> None:
    """It may have been edited: what came is scored anew, and what is not whole is asked again."""
    file = tmp_path / "journal"
    journal = Journal(file)
    right = run_suite(FIVE, StandIn(), journal=journal)
    assert journal.file is not None
    lines = journal.file.read_text().splitlines()
    for number in range(1, 4):
        value = json.loads(lines[number])
        (item,) = value["items"]
        item["passed"], item["faults"], item["scores"] = False, ["nothing"], {"correct": 0.0, "exact_match": 0.25}
        if number == 2:
            item["outcome"]["answer"] = None
        if number == 3:
            value["items"] = []
        lines[number] = json.dumps(value)
    journal.file.write_text("\n".join(lines) + "\n")
    subject = StandIn()
    assert untimed(run_suite(FIVE, subject, journal=Journal(file))) == untimed(right)
    assert subject.asked == ["b", "c"]


class Judging:
    """Stands for a judge whose every verdict is the same."""

    prompts: Mapping[str, str] = {}
    asked = 0

    usage = Usage(7, 3, 0.5)

    class chat:  # noqa: N801 - a stand-in
        name = "openai:scripted"

    def counted(self) -> Judging:
        return self

    def supports(self, statement: str, passages: Sequence[str]) -> bool | None:
        self.asked += 1
        return False

    def answers(self, question: str, accepted: Sequence[str], reply: str) -> bool | None:
        self.asked += 1
        return True


def test_what_a_judge_said_is_taken_from_the_journal(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    expected = Expected(answers=(Words("a"),))
    cases = suite(Case(id="q", file="g.jsonl", line=1, turns=(GoldTurn("Who?", expected),)))
    judge = Judging()
    first = run_suite(cases, Said("a b"), journal=Journal(file), judge=judge)  # type: ignore[arg-type]
    assert (first.items[0].scores["judged"], first.items[0].scores["citation_recall"], judge.asked) == (1, 0, 1)
    again = run_suite(cases, Said("a b"), journal=Journal(file), judge=judge)  # type: ignore[arg-type]
    assert (untimed(again), judge.asked) == (untimed(first), 1)
    # What they took stays with them: it was paid for.
    assert judged(first.items) == judged(again.items) == Usage(7, 3, 0.5)


def test_what_failed_is_tried_again(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    run_suite(FIVE, StandIn(busy), journal=Journal(file))
    subject = StandIn()
    run = run_suite(FIVE, subject, journal=Journal(file))
    assert subject.asked == ["b"]
    assert [item.outcome.error for item in run] == [None] * 5


def test_a_case_that_is_no_more_is_left_out(tmp_path: Path) -> None:
    """The gold is the same; another split was run before."""
    file = tmp_path / "journal"
    run_suite(FIVE, StandIn(), journal=Journal(file))
    subject = StandIn()
    run = run_suite(suite(*map(unanswerable, "bx")), subject, journal=Journal(file))
    assert (subject.asked, [item.id for item in run]) == (["x"], ["b", "x"])


def test_a_stop_does_not_wait_for_a_model_that_thinks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_PATIENCE_SECONDS", 0.1)
    thinking = threading.Event()

    def thinks(question: str) -> None:
        if question != "a":
            thinking.wait(30)

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_suite(FIVE, StandIn(thinks), workers=3, progress=Stop(1))
    assert time.monotonic() - started < 10
    thinking.set()


# Models ----------------------------------------------------------------------------------------

SITES = reply(sentence("More than 85 sites were struck.", quote("struck more than 85 sites in Iraq and Syria")))
ASKED = Expected(answers=(Words("85 sites"),))
STRUCK = Case(
    id="sites", file="g.jsonl", line=1, turns=(GoldTurn("How many sites were struck?", ASKED),), tags=("fact",)
)


def test_what_was_kept_counts_no_time_unless_it_is_written_anew(tmp_path: Path) -> None:
    taken = {"seconds", "input_tokens", "output_tokens"}
    with ScriptedServer(say_json(SITES)) as server:
        chat = chat_at(server)
        with Library.open(tmp_path / "l", settings=Settings(), embedder=HashEmbedder(), llm=chat) as library:
            library.add({"id": "strikes", "title": STRIKES.title, "text": STRIKES.text})
            first, again = (run_suite(suite(STRUCK), library) for _ in range(2))
        calls = len(server.requests)
        with Library.open(
            tmp_path / "l", settings=Settings(), embedder=HashEmbedder(), llm=chat, fresh=True
        ) as library:
            anew = run_suite(suite(STRUCK), library)
            assert len(server.requests) > calls
            conversation = dataclasses.replace(STRUCK, turns=(*STRUCK.turns, *STRUCK.turns))
            calls = len(server.requests)
            assert [item.passed for item in run_suite(suite(conversation), library)] == [True, True]
            assert len(server.requests) >= calls + 2
            library.summarize(about="strikes", sentences=1)
            calls = len(server.requests)
            library.summarize(about="strikes", sentences=1)
            assert len(server.requests) > calls
    assert (first.engine, first.model) == ("generative", "openai:scripted")
    assert [taken <= set(run.items[0].scores) for run in (first, again, anew)] == [True, False, True]
    assert [run.items[0].passed for run in (first, again, anew)] == [True, True, True]
    assert [spent(run.items).output_tokens > 0 for run in (first, again, anew)] == [True, False, True]
    assert first.items[0].outcome.confidence is None


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_that_tells_no_usage_gives_no_kept_reply(tmp_path: Path, workers: int) -> None:
    silent = replace(say_json(SITES), input_tokens=0, output_tokens=0)
    two = suite(STRUCK, dataclasses.replace(STRUCK, id="again"))
    with ScriptedServer(silent) as server:
        chat = chat_at(server)
        with Library.open(tmp_path / "l", settings=Settings(), embedder=HashEmbedder(), llm=chat) as library:
            library.add({"id": "strikes", "title": STRIKES.title, "text": STRIKES.text})
            first = run_suite(suite(STRUCK), library)
            again = run_suite(two, library, workers=workers)
    assert [item.outcome.kept for item in (*first, *again)] == [False, True, True]
    assert ["seconds" in item.scores for item in (*first, *again)] == [True, False, False]
    assert not {"input_tokens", "output_tokens"} & set(first.metrics)


def test_no_key_is_in_what_a_run_says_of_itself(tmp_path: Path) -> None:
    with ScriptedServer() as server:
        chat = chat_at(server)
        with Library.open(tmp_path / "l", settings=Settings(), embedder=HashEmbedder(), llm=chat) as library:
            about = setup_of(library)
    assert about.model == "openai:scripted"
    assert about.identity
    assert "sk-not-to-be-shown" in chat.service.secrets
    assert "sk-not" not in repr(about)


# Figures ---------------------------------------------------------------------------------------


def test_abstention_is_balanced_over_both_sides() -> None:
    cases = [
        *(unanswerable(name) for name in "abc"),
        *(
            Case(id=name, file="g", line=1, turns=(GoldTurn(name, Expected(answers=(Words("x"),))),), tags=("fact",))
            for name in "de"
        ),
    ]
    run = run_suite(suite(*cases), StandIn())
    # All is refused: right of the unanswerable, wrong of the others.
    assert {name: run.metrics[name].value for name in ("over_refusal", "false_answer", "abstention_balanced")} == {
        "over_refusal": 1.0,
        "false_answer": 0.0,
        "abstention_balanced": 0.5,
    }
    assert run.metrics["abstention_balanced"].items == 5
    assert "abstention_balanced" not in run_suite(FIVE, StandIn()).metrics
    assert by_tag(run.items) == {"fact": Estimate(0.0, 0.0, 0.0, 2)}
    assert aggregate(()) == {}
