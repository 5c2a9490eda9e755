"""Streams of completions: what comes before the whole answer is there, and what comes when things go wrong."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from rag import Library, Settings, StorageError
from rag.models.fakes import HashEmbedder
from rag.models.scripted import Reply, Request, ScriptedServer, say_json
from rag.surfaces.http.limits import Limits
from rag.surfaces.http.openai_text import message
from rag.types import Statement
from tests.answering.writing import SITES, STRIKES, WRONG, chat_at, repaired, reply, sentence

from .serving import served

SITES_ASKED: list[Any] = [{"role": "user", "content": "How many sites were struck?"}]
OTHER_ASKED: list[Any] = [{"role": "user", "content": "How many sites in Iraq were struck?"}]


REPAIRED = repaired(_1=sentence("Three soldiers had been killed in Jordan.", WRONG["quotes"][0]))


@dataclasses.dataclass
class Gate:
    """Holds a reply of the model back until the test has seen what comes before it."""

    reply: Reply
    opened: threading.Event = dataclasses.field(default_factory=threading.Event)

    def __call__(self, _: Request) -> Reply:
        assert self.opened.wait(30), "nothing came before the whole answer was there"
        return self.reply


def written(folder: Path, server: ScriptedServer) -> Library:
    library = Library.open(folder / "library", settings=Settings(), embedder=HashEmbedder(), llm=chat_at(server, 60))
    library.add({"id": "strikes", "title": STRIKES.title, "text": STRIKES.text})
    return library


def test_a_statement_comes_before_the_whole_answer_is_there(tmp_path: Path) -> None:
    gate = Gate(say_json(REPAIRED))
    with (
        ScriptedServer(say_json(reply(SITES, WRONG)), gate) as server,
        written(tmp_path, server) as library,
        served(library) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client,
    ):
        said = []
        for chunk in client.chat.completions.create(
            model="news",
            messages=SITES_ASKED,
            stream=True,
            stream_options={"include_usage": True},
        ):
            if chunk.choices and (content := chunk.choices[0].delta.content):
                said.append(content)
                gate.opened.set()
        kept = library.ask("How many sites were struck?")
    assert said[0].startswith("More than 85 sites were struck. [1]")
    assert "".join(said) == message(kept)
    assert "*Written by " in said[-1]
    assert chunk.usage is not None
    assert (chunk.usage.prompt_tokens, chunk.usage.completion_tokens) == (24, 10)


def test_a_client_that_waits_long_is_given_signs_of_life(tmp_path: Path) -> None:
    gate = Gate(say_json(reply(SITES)))
    with (
        ScriptedServer(gate) as server,
        written(tmp_path, server) as library,
        served(library, limits=Limits(ping_seconds=0.05)) as url,
        httpx.stream(
            "POST",
            f"{url}/v1/chat/completions",
            json={"model": "news", "messages": SITES_ASKED, "stream": True},
            timeout=60,
        ) as got,
    ):
        lines = []
        for line in got.iter_lines():
            lines.append(line)
            if line.startswith(":"):
                gate.opened.set()
    assert ": still here" in lines
    assert lines[-2:] == ["data: [DONE]", ""]
    assert {line.partition(" ")[0] for line in lines} == {"data:", ":", ""}


def test_what_was_withheld_is_said_to_have_been(tmp_path: Path) -> None:
    with (
        ScriptedServer(say_json(reply(SITES, WRONG)), say_json({"repaired": []})) as server,
        written(tmp_path, server) as library,
        served(library) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client,
    ):
        given = client.chat.completions.create(model="news", messages=SITES_ASKED)
    text = given.choices[0].message.content or ""
    assert (
        "**Withheld**, because the articles do not bear it out:\n\n- Thirty soldiers had been killed in Jordan. *("
        in text
    )
    assert [one["text"] for one in given.model_extra["rag"]["withheld"]] == [WRONG["text"]]  # type: ignore[index]


def test_a_client_that_leaves_frees_its_place(tmp_path: Path) -> None:
    gate = Gate(say_json(REPAIRED))
    with (
        ScriptedServer(say_json(reply(SITES, WRONG)), gate) as server,
        written(tmp_path, server) as library,
        served(library, limits=Limits(concurrency=1, waiting=1)) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client,
    ):
        stream = client.chat.completions.create(model="news", messages=SITES_ASKED, stream=True)
        assert next(chunk for chunk in stream if chunk.choices[0].delta.content)
        stream.close()
        gate.opened.set()
        again = client.chat.completions.create(model="news", messages=OTHER_ASKED)
        assert again.choices[0].finish_reason == "stop"


def test_what_fails_on_the_way_is_told_in_the_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Library.stream

    def breaking(self: Library, question: str, **options: Any) -> Iterator[Any]:
        for event in whole(self, question, **options):
            yield event
            if isinstance(event, Statement):
                raise StorageError("the library cannot be read any more")

    with (
        ScriptedServer(say_json(reply(SITES))) as server,
        written(tmp_path, server) as library,
        served(library) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client,
    ):
        monkeypatch.setattr(Library, "stream", breaking)
        stream = client.chat.completions.create(model="news", messages=SITES_ASKED, stream=True)
        said = []
        with pytest.raises(openai.APIError, match="the library cannot be read any more"):
            said += [chunk.choices[0].delta.content for chunk in stream]
