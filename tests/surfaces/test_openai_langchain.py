"""LangChain's ChatOpenAI talks to a library as to a model."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from rag import Library, Settings
from rag.models.fakes import HashEmbedder
from rag.surfaces.http.openai_text import message

from .serving import served

MARCH = "How many people marched through Haldrenn against the closure of the railway?"


@pytest.fixture(scope="module")
def library(_stored: Path) -> Iterator[Library]:
    with Library.open(_stored, settings=Settings(), embedder=HashEmbedder()) as opened:
        yield opened


@pytest.fixture(scope="module")
def model(library: Library) -> Iterator[ChatOpenAI]:
    with served(library) as url:
        yield ChatOpenAI(model="news", base_url=f"{url}/v1", api_key=SecretStr("none"), max_retries=0)


def test_it_is_asked_whole_and_streamed(model: ChatOpenAI, library: Library) -> None:
    expected = message(library.ask(MARCH))
    given = model.invoke(MARCH)
    assert given.content == expected
    assert given.response_metadata["finish_reason"] == "stop"
    pieces = list(model.stream(MARCH))
    assert len(pieces) > 2
    assert "".join(str(piece.content) for piece in pieces) == expected


def test_it_is_asked_asynchronously_and_in_batches(model: ChatOpenAI, library: Library) -> None:
    expected = message(library.ask(MARCH))

    async def asked() -> tuple[str, str]:
        whole = await model.ainvoke(MARCH)
        return str(whole.content), "".join([str(piece.content) async for piece in model.astream(MARCH)])

    assert asyncio.run(asked()) == (expected, expected)
    assert [reply.content for reply in model.batch([MARCH, MARCH])] == [expected, expected]


def test_it_stands_in_a_chain_with_a_history(model: ChatOpenAI, library: Library) -> None:
    first = library.ask(MARCH)
    prompt = ChatPromptTemplate.from_messages(
        [("system", "Be brief."), ("placeholder", "{past}"), ("user", "{question}")]
    )
    past = [SystemMessage("You are a pirate."), HumanMessage(MARCH), AIMessage(message(first))]
    text = (prompt | model | StrOutputParser()).invoke({"past": past, "question": "And how many were arrested?"})
    assert text == message(library.chat(past=[(MARCH, first.text)]).ask("And how many were arrested?"))
    assert text.startswith("Officers arrested nine people")
