"""The chain as a LangChain Runnable: alone, in batches, asynchronously, streamed, and inside another chain."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import Runnable, RunnableLambda

from rag import Answer, Statement, UserError
from rag.answering.generative_chain import as_runnable
from rag.grounding.verbatim import OWN_WORDS
from rag.models.scripted import ScriptedServer, wrong_key
from tests.answering.build import hits
from tests.answering.writing import KILLED, LOOKUP, SITES, STRIKES, reply, scripted

QUESTION = "How many sites were struck?"


@pytest.fixture
def chain() -> Iterator[tuple[Runnable[str, Answer], ScriptedServer]]:
    with scripted(reply(SITES, KILLED)) as (engine, server):
        yield (
            as_runnable(
                lambda question: hits(STRIKES) if "struck" in question else [],
                lambda question, found: engine.answer(question, found, LOOKUP),
                lambda question, found: engine.stream(question, found, LOOKUP),
            ),
            server,
        )


Chain = tuple[Runnable[str, Answer], ScriptedServer]


def test_invoke_and_its_asynchronous_form(chain: Chain) -> None:
    runnable, _ = chain
    answer = runnable.invoke(QUESTION)
    assert [statement.text for statement in answer.statements] == [SITES["text"], KILLED["text"]]
    assert asyncio.run(runnable.ainvoke(QUESTION)) == answer


def test_batch_and_its_asynchronous_form(chain: Chain) -> None:
    runnable, server = chain
    answers = runnable.batch([QUESTION, "Who won?", QUESTION])
    assert [answer.status for answer in answers] == ["answered", "abstained", "answered"]
    assert [answer.question for answer in answers] == [QUESTION, "Who won?", QUESTION]
    assert asyncio.run(runnable.abatch([QUESTION, "Who won?", QUESTION])) == answers


def test_stream_gives_the_growing_answer(chain: Chain) -> None:
    runnable, server = chain
    answers = list(runnable.stream(QUESTION))
    assert [len(answer.statements) for answer in answers] == [1, 2, 2]
    assert answers[0].text == f"{SITES['text']} [1]"
    assert answers[-1] == runnable.invoke(QUESTION)
    assert server.requests[1].body["stream"] is True

    async def streamed() -> list[Answer]:
        return [answer async for answer in runnable.astream(QUESTION)]

    assert asyncio.run(streamed())[-1] == answers[-1]


def test_in_a_chain_of_the_callers_own(chain: Chain) -> None:
    runnable, _ = chain
    longer = RunnableLambda(lambda row: row["q"]) | runnable | (lambda answer: answer.text.upper())
    expected = runnable.invoke(QUESTION).text.upper()
    assert longer.invoke({"q": QUESTION}) == expected
    assert list(longer.stream({"q": QUESTION})) == [expected]
    assert longer.batch([{"q": QUESTION}]) == [expected]
    assert asyncio.run(longer.ainvoke({"q": QUESTION})) == expected


def test_a_mapping_holds_the_question(chain: Chain) -> None:
    runnable, _ = chain
    assert runnable.invoke({"question": QUESTION, "lang": "en"}) == runnable.invoke(QUESTION)  # type: ignore[arg-type]


@pytest.mark.parametrize("given", [None, 7, b"Who?", ["Who?"], {}, {"q": "Who?"}, {"question": None}], ids=repr)
def test_what_is_no_question_is_told_in_one_line(chain: Chain, given: Any) -> None:
    runnable, server = chain
    for ask in (runnable.invoke, lambda given: list(runnable.stream(given))):
        with pytest.raises(UserError) as caught:
            ask(given)
        assert str(caught.value) == 'a question is a text, or a mapping with a text as "question"'
    assert not server.requests


@pytest.mark.parametrize(("fails", "engine"), [(False, "generative"), (True, "extractive")])
def test_a_growing_answer_says_who_writes_it(fails: bool, engine: str) -> None:
    own = Answer(
        question=QUESTION, status="answered", statements=(Statement("It is so.", (1,), "verified", OWN_WORDS),)
    )
    with scripted(wrong_key() if fails else reply(SITES, KILLED)) as (writing, _):
        runnable = as_runnable(
            lambda question: hits(STRIKES),
            lambda question, found: writing.answer(question, found, LOOKUP, fallback=lambda why: own),
            lambda question, found: writing.stream(question, found, LOOKUP, fallback=lambda why: own),
        )
        answers = list(runnable.stream(QUESTION))
    assert len(answers) > 1
    assert {answer.engine for answer in answers} == {engine}


def test_callbacks_see_the_steps_and_the_model(chain: Chain) -> None:
    seen: list[str] = []

    class Watching(BaseCallbackHandler):
        def on_chain_start(self, serialized: Any, inputs: Any, **kwargs: Any) -> None:
            seen.append(kwargs["name"])

        def on_chat_model_start(self, serialized: Any, messages: Any, **kwargs: Any) -> None:
            seen.append("model")

    runnable, _ = chain
    runnable.invoke(QUESTION, {"callbacks": [Watching()]})
    assert [name for name in seen if name in ("retrieve", "answer", "model")] == ["retrieve", "answer", "model"]


def test_an_error_reaches_the_caller() -> None:
    def fails(question: str, found: object) -> Answer:
        raise ValueError(question)

    runnable = as_runnable(lambda question: [], fails, lambda question, found: iter([fails(question, found)]))
    with pytest.raises(ValueError, match="Why"):
        runnable.invoke("Why?")
    with pytest.raises(ValueError, match="Why"):
        list(runnable.stream("Why?"))
    assert isinstance(runnable.batch(["Why?"], return_exceptions=True)[0], ValueError)
