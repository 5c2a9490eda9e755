"""One question through every surface gives one answer: promise 4, whole values, timings and usage apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import openai
import pytest
from mcp import Client

from rag import Library, Settings
from rag.models.fakes import HashEmbedder

from .conftest import Run
from .mcp_clients import over_stdio, serving
from .serving import served

RIVAL = """---
title: Organisers put the railway march at 20,000
publisher: Port Gazette
published: 2025-10-20
---

Some 20,000 people marched through Haldrenn on Saturday against the closure of the railway, the organisers said.
"""
QUESTIONS: dict[str, dict[str, str]] = {
    "How much will the repair of the Tannery Bridge cost?": {},
    "How many people marched through Haldrenn against the closure of the railway?": {},
    "How many people were arrested for blocking the tram lines?": {"publisher": "Haldrenn Courier"},
    "When does work on the Tannery Bridge start?": {"after": "2025-07-01", "before": "2025-07-31"},
    "Who designed the Tannery Bridge?": {},
    "How many people marched through Haldrenn?": {"publisher": "Nobody"},
}
Ask = Callable[[str, dict[str, str]], dict[str, Any]]


@pytest.fixture
def directory(library: Path, tmp_path: Path) -> Path:
    """The library of three articles with one that disagrees."""
    (tmp_path / "rival.md").write_text(RIVAL, encoding="utf-8")
    with reopened(library) as changed:
        assert changed.add(tmp_path / "rival.md").count("added") == 1
    return library


def reopened(directory: Path) -> Library:
    return Library.open(directory, settings=Settings(), embedder=HashEmbedder())


def essence(answer: dict[str, Any]) -> dict[str, Any]:
    assert set(answer) >= {"timings_ms", "usage"}
    return {name: value for name, value in answer.items() if name not in ("timings_ms", "usage")}


def dates(filters: dict[str, str]) -> dict[str, Any]:
    from datetime import date

    return {name: value if name == "publisher" else date.fromisoformat(value) for name, value in filters.items()}


@contextmanager
def the_ways(directory: Path, rag: Run) -> Iterator[dict[str, Ask]]:
    """Each way to ask, by its name; all are open at once on one library."""
    with ExitStack() as open_until_the_end:
        enter = open_until_the_end.enter_context
        library = enter(reopened(directory))
        url = enter(served(library))
        http = enter(httpx.Client(base_url=url, timeout=60))
        chats = enter(openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0))
        mcp_url = enter(serving(directory))

        # One child for all, since starting one takes its time.
        kept = anyio.run(called, over_stdio(directory), QUESTIONS)

        def by_stdio(question: str, _: dict[str, str]) -> dict[str, Any]:
            return kept[question]

        def command(question: str, filters: dict[str, str]) -> dict[str, Any]:
            options = [word for name, value in filters.items() for word in (f"--{name}", value)]
            done = rag("ask", "--json", *options, question)
            assert (done.code, done.err) == (0, "")
            return dict(json.loads(done.out))

        def posted(question: str, filters: dict[str, str]) -> dict[str, Any]:
            return dict(http.post("/v1/ask", json={"question": question, **filters}).raise_for_status().json())

        def streamed(question: str, filters: dict[str, str]) -> dict[str, Any]:
            text = http.post("/v1/ask/stream", json={"question": question, **filters}).raise_for_status().text
            name, data = text.strip().split("\n\n")[-1].split("\n")
            assert name == "event: answer"
            return dict(json.loads(data.removeprefix("data: ")))

        def completed(question: str, filters: dict[str, str]) -> dict[str, Any]:
            said: Any = [{"role": "user", "content": question}]
            given = chats.chat.completions.create(model="news", messages=said, extra_body=filters)
            return dict((given.model_extra or {})["rag"])

        yield {
            "python": lambda question, filters: library.ask(question, **dates(filters)).to_dict(),
            "command line": command,
            "http": posted,
            "server-sent events": streamed,
            "openai": completed,
            "mcp over stdio": by_stdio,
            "mcp over http": lambda question, filters: anyio.run(called, Client(mcp_url), {question: filters})[
                question
            ],
        }


async def called(opening: Client, questions: dict[str, dict[str, str]]) -> dict[str, dict[str, Any]]:
    """The answers of the tool `ask`, by question."""
    answers = {}
    async with opening as client:
        for question, filters in questions.items():
            result = await client.call_tool("ask", {"question": question, **filters})
            assert not result.is_error, result.content
            answers[question] = dict(result.structured_content or {})
    return answers


def test_seven_ways_to_ask_give_one_answer(directory: Path, rag: Run) -> None:
    seen: set[tuple[str, str | None, bool]] = set()
    with the_ways(directory, rag) as ways:
        for question, filters in QUESTIONS.items():
            answers = {name: essence(ask(question, filters)) for name, ask in ways.items()}
            assert answers == dict.fromkeys(ways, answers["python"])
            seen.add((answers["python"]["status"], answers["python"]["reason"], bool(answers["python"]["conflicts"])))
    assert seen == {
        ("answered", None, False),
        ("answered", None, True),
        ("abstained", "not_stated", False),
        ("abstained", "filtered_out", False),
    }


def test_a_chat_that_is_saved_and_reloaded_has_it_too(directory: Path, rag: Run) -> None:
    with reopened(directory) as library:
        expected = {}
        for number, (question, filters) in enumerate(QUESTIONS.items()):
            expected[question] = essence(library.ask(question, **dates(filters)).to_dict())
            chat = library.chat()
            chat.ask(question, **dates(filters))
            chat.save(f"kept {number}")
    with reopened(directory) as library:
        for number, question in enumerate(QUESTIONS):
            (turn,) = library.chat(f"kept {number}").turns
            assert turn.answer is not None
            assert essence(turn.answer.to_dict()) == expected[question]
            resumed = json.loads(rag("chat", "--json", "--resume", f"kept {number}").out)
            assert [essence(each["answer"]) for each in resumed["turns"]] == [expected[question]]
