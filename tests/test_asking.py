"""Replies that are kept and given again, what was used, the chain as a Runnable, and the user's own prompts."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableLambda

from rag import Answer, Library, Settings
from rag.errors import ConfigError
from rag.models.fakes import HashEmbedder
from rag.models.scripted import Fail, Say, ScriptedServer, say_json
from rag.prompts import copy_prompts
from tests.answering.writing import STRIKES, chat_at, quote, reply, sentence

QUESTION = "How many sites were struck?"
SITES = sentence("More than 85 sites were struck.", quote("struck more than 85 sites in Iraq and Syria"))
GOOD = say_json(reply(SITES))
ARTICLE = {"id": "strikes", "title": STRIKES.title, "text": STRIKES.text}
OTHER = {
    "id": "pool",
    "title": "Pool",
    "text": "The pool in Skelbray opened again on Monday after a year.",
}


@contextmanager
def opened(folder: Path, server: ScriptedServer, **settings: Any) -> Iterator[Library]:
    with Library.open(folder, settings=Settings(**settings), embedder=HashEmbedder(), llm=chat_at(server)) as library:
        if not library.articles():
            library.add(ARTICLE)
        yield library


def calls(server: ScriptedServer) -> int:
    """How often the model was asked."""
    return sum(request.path.endswith("/chat/completions") for request in server.requests)


def titled(library: Library, title: str) -> str:
    """The id of the article of that title."""
    return next(info.id for info in library.articles() if info.title == title)


def alike(one: Answer, other: Answer) -> bool:
    """Whether the two are one answer, timings and usage apart."""
    return one == dataclasses.replace(other, timings_ms=one.timings_ms, usage=one.usage)


def test_the_same_question_is_answered_from_the_cache_and_costs_nothing(tmp_path: Path) -> None:
    with ScriptedServer(GOOD) as server:
        with opened(tmp_path / "l", server) as library:
            first = library.ask(QUESTION)
        with opened(tmp_path / "l", server) as library:
            again = library.ask(f" {QUESTION} ")
            *shown, streamed = library.stream(QUESTION)
        assert calls(server) == 1
    assert first.usage.input_tokens > 0
    assert alike(first, again)
    assert (again.usage.input_tokens, again.usage.output_tokens) == (0, 0)
    assert shown == [*first.citations, *first.statements]
    assert isinstance(streamed, Answer)
    assert alike(first, streamed)


def test_a_fresh_answer_is_asked_for_and_takes_the_place_of_the_kept_one(tmp_path: Path) -> None:
    better = sentence(
        "American aircraft struck more than 85 sites.", quote("struck more than 85 sites in Iraq and Syria")
    )
    with ScriptedServer(GOOD, say_json(reply(better))) as server, opened(tmp_path / "l", server) as library:
        library.ask(QUESTION)
        fresh = library.ask(QUESTION, fresh=True)
        assert calls(server) == 2
        assert [statement.text for statement in fresh.statements] == [better["text"]]
        assert alike(fresh, library.ask(QUESTION))
        assert calls(server) == 2


@pytest.mark.parametrize("change", ["add", "remove", "prompt", "model", "opinion", "filter"])
def test_an_answer_over_another_state_is_asked_for_again(change: str, tmp_path: Path) -> None:
    prompts = tmp_path / "prompts"
    with ScriptedServer(*[GOOD] * 3) as server:
        with opened(tmp_path / "l", server) as library:
            library.add(OTHER)
            library.ask(QUESTION)
            if change == "add":
                library.add(dict(OTHER, text="The pool in Skelbray opened again on Tuesday."))
            if change == "remove":
                library.remove(titled(library, "Pool"))
        settings: dict[str, Any] = {"prompt": {"prompts": str(prompts)}, "opinion": {"verify": "llm"}}.get(change, {})
        if change == "prompt":
            copy_prompts(prompts)
            file = prompts / "answer.md"
            file.write_text(file.read_text(encoding="utf-8") + "\nBe brief.\n", encoding="utf-8")
        with opened(tmp_path / "l", server, **settings) as library:
            if change == "model":
                warmer = chat_at(server)
                warmer.chat.temperature = 0.7  # type: ignore[attr-defined]
                library.__dict__["chat_model"] = warmer
            library.ask(QUESTION, publisher="Nobody" if change == "filter" else None)
            # The second opinion is a call of its own.
            assert calls(server) == {"filter": 1, "opinion": 3}.get(change, 2)


def test_an_answer_over_a_state_that_has_passed_meanwhile_is_not_given_again(tmp_path: Path) -> None:
    with ScriptedServer(*[GOOD] * 2) as server, opened(tmp_path / "l", server) as library:
        searched = library._asking.retrieve(QUESTION)
        library.add(OTHER)
        library._asking.answer(searched)
        library.ask(QUESTION)
        assert calls(server) == 2


def test_what_a_removed_article_said_is_not_kept(tmp_path: Path) -> None:
    with ScriptedServer(*[GOOD] * 2) as server, opened(tmp_path / "l", server) as library:
        library.ask(QUESTION)
        library.remove(titled(library, STRIKES.title))
        assert library.ask(QUESTION).reason == "empty_library"
        library.add(ARTICLE)
        assert library.ask(QUESTION).status == "answered"
        assert calls(server) == 2


def test_neither_a_fallback_nor_the_articles_own_sentences_are_kept(tmp_path: Path) -> None:
    with ScriptedServer(Fail(401), GOOD) as server, opened(tmp_path / "l", server) as library:
        assert library.ask(QUESTION).engine == "extractive"
        assert library.ask(QUESTION).engine == "generative"


def test_a_model_is_given_a_question_of_two_parts_whole_and_where_it_fails_each_part_is_answered(
    tmp_path: Path,
) -> None:
    asked = "How many sites were struck in Iraq, and when did the pool in Skelbray open?"
    with ScriptedServer(Fail(401)) as server, opened(tmp_path / "l", server, abstain=False) as library:
        library.add(OTHER)
        answer = library.ask(asked)
        assert calls(server) == 1
        assert any(asked in str(request.body) for request in server.requests)
        assert answer.engine == "extractive"
        assert answer.notice is not None
        assert {citation.article_id for citation in answer.citations} == {info.id for info in library.articles()}


def test_summaries_are_kept_by_article_topic_and_length(tmp_path: Path) -> None:
    with ScriptedServer(*[GOOD] * 3) as server, opened(tmp_path / "l", server) as library:
        strikes = titled(library, STRIKES.title)
        for _ in range(2):
            one = library.summarize(strikes, sentences=1)
            about = library.summarize(about="strikes in Iraq", sentences=1)
        assert calls(server) == 2
        assert (one.subject, about.subject) == (STRIKES.title, "strikes in Iraq")
        library.summarize(strikes, sentences=2)
        assert calls(server) == 3


def test_what_models_used_is_summed_and_priced(tmp_path: Path) -> None:
    said = Say(GOOD.text, input_tokens=1_000_000, output_tokens=100_000)
    with ScriptedServer(said) as server, opened(tmp_path / "l", server, llm_price="0.25/2") as library:
        answer = library.ask(QUESTION)
        library.ask(QUESTION)
        (row,) = library.usage()
    assert answer.usage.cost_usd == pytest.approx(0.45)
    assert (row.calls, row.cached, row.input_tokens, row.output_tokens) == (1, 1, 1_000_000, 100_000)
    assert row.cost_usd == pytest.approx(0.45)


def test_a_second_opinion_takes_back_what_the_checks_let_pass(tmp_path: Path) -> None:
    doubt = say_json({"opinions": [{"number": 1, "verdict": "unsupported", "reason": "sites is not said"}]})
    with ScriptedServer(GOOD, doubt) as server, opened(tmp_path / "l", server, verify="llm") as library:
        *_, answer = library.stream(QUESTION)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.reason) == ("abstained", "not_stated")
    assert [item.text for item in answer.withheld] == ["More than 85 sites were struck."]
    assert "second reading" in answer.withheld[0].check


def test_a_text_is_read_twice_where_that_is_set_and_there_is_a_model(tmp_path: Path) -> None:
    doubt = say_json({"opinions": [{"number": 1, "verdict": "unsupported", "reason": "other places"}]})
    text = "US planes struck more than 85 sites on Friday."
    with ScriptedServer(doubt) as server, opened(tmp_path / "l", server, verify="llm") as library:
        (statement,) = library.verify(text).statements
        assert (statement.support, calls(server)) == ("unsupported", 1)
    with (
        Library.open(tmp_path / "l", settings=Settings(verify="llm"), embedder=HashEmbedder()) as library,
        pytest.raises(ConfigError, match="RAG_LLM"),
    ):
        library.verify(text)


def test_the_library_is_a_runnable(tmp_path: Path) -> None:
    with ScriptedServer(*[GOOD] * 2) as server, opened(tmp_path / "l", server) as library:
        chain = library.as_runnable()
        answer = chain.invoke(QUESTION)
        assert answer.text == "More than 85 sites were struck. [1]"
        assert alike(answer, asyncio.run(chain.ainvoke(QUESTION)))
        whole = RunnableLambda(lambda row: row["q"]) | chain | (lambda given: given.text.upper())
        assert whole.batch([{"q": QUESTION}] * 2) == [answer.text.upper()] * 2
        *_, last = chain.stream(QUESTION)
        assert alike(answer, last)
        assert library.as_runnable(publisher="Nobody").invoke(QUESTION).reason == "filtered_out"
        assert calls(server) == 1


def test_without_a_model_the_runnable_gives_the_articles_own_sentences(library: Library) -> None:
    library.add(ARTICLE)
    assert alike(library.as_runnable().invoke(QUESTION), library.ask(QUESTION))
    assert {answer.engine for answer in library.as_runnable().stream(QUESTION)} == {"extractive"}
