"""A stream shows each statement as soon as it is complete and grounded, and never before."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from rag import Answer, Citation, Statement
from rag.answering.generative import events
from rag.models.scripted import Say
from rag.types import Timings
from tests.answering.build import hits
from tests.answering.writing import KILLED, LOOKUP, SITES, STRIKES, WRONG, repaired, reply, scripted

QUESTION = "How many sites were struck?"
BOTH = json.dumps(reply(SITES, KILLED))


def test_citations_come_before_the_statement_that_uses_them() -> None:
    with scripted(Say(BOTH)) as (engine, server):
        shown = list(engine.stream(QUESTION, hits(STRIKES), LOOKUP))
        assert server.requests[-1].body["stream"] is True
    assert [type(event) for event in shown] == [Citation, Statement, Citation, Statement, Answer]
    known: set[int] = set()
    for event in shown[:-1]:
        if isinstance(event, Citation):
            known.add(event.number)
        elif isinstance(event, Statement):
            assert known >= set(event.citations)


def test_a_stream_gives_the_same_answer_as_the_whole_reply() -> None:
    with scripted(reply(WRONG, SITES), repaired(_1=KILLED), reply(WRONG, SITES), repaired(_1=KILLED)) as (engine, _):
        whole = engine.answer(QUESTION, hits(STRIKES), LOOKUP)
        *shown, streamed = engine.stream(QUESTION, hits(STRIKES), LOOKUP)
    assert streamed == whole
    assert [event for event in shown if isinstance(event, Statement)] == list(whole.statements)
    assert [statement.text for statement in whole.statements] == [SITES["text"], KILLED["text"]]


def test_the_first_statement_is_shown_before_the_reply_is_complete() -> None:
    cut = BOTH.index("}", BOTH.index(SITES["text"])) + 1
    reached = threading.Event()

    class Halting(tuple[str, ...]):
        """Pieces of which all but the first are sent only when the first statement has been seen."""

        def __iter__(self) -> Iterator[str]:
            first, *others = super().__iter__()
            yield first
            assert reached.wait(10)
            yield from others

    with scripted(Say(BOTH, pieces=Halting((BOTH[:cut], BOTH[cut:])))) as (engine, _):
        stream = engine.stream(QUESTION, hits(STRIKES), LOOKUP)
        assert isinstance(next(stream), Citation)
        first = next(stream)
        assert isinstance(first, Statement)
        assert first.text == SITES["text"]
        assert not reached.is_set()
        reached.set()
        *_, answer = stream
    assert isinstance(answer, Answer)
    assert len(answer.statements) == 2


def test_a_statement_that_fails_is_never_shown() -> None:
    with scripted(reply(WRONG, SITES), repaired()) as (engine, _):
        *shown, answer = engine.stream(QUESTION, hits(STRIKES), LOOKUP)
    assert [event.text for event in shown if isinstance(event, Statement)] == [SITES["text"]]
    assert isinstance(answer, Answer)
    assert [withheld.text for withheld in answer.withheld] == [WRONG["text"]]


def test_a_stream_that_is_left_early_ends() -> None:
    with scripted(Say(BOTH, delay=0.05)) as (engine, _):
        stream = engine.stream(QUESTION, hits(STRIKES), LOOKUP)
        next(stream)
        stream.close()  # type: ignore[attr-defined]
        deadline = time.monotonic() + 5
        while any(thread.name == "rag-model" for thread in threading.enumerate()) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not any(thread.name == "rag-model" for thread in threading.enumerate())


def test_an_answer_as_events() -> None:
    with scripted(reply(SITES, KILLED)) as (engine, _):
        *shown, streamed = engine.stream(QUESTION, hits(STRIKES), LOOKUP)
    assert isinstance(streamed, Answer)
    assert list(events(streamed)) == [*shown, streamed]
    nothing = replace(streamed, statements=(), citations=(), timings_ms=Timings())
    assert list(events(nothing)) == [nothing]
