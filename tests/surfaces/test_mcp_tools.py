"""The tools, resources and prompts, through a real client in this process."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import jsonschema  # type: ignore[import-untyped]
import pytest
from anyio import to_thread
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CallToolResult, TextContent, TextResourceContents

from rag.library import Library
from rag.models.fakes import HashEmbedder
from rag.prompts import load
from rag.settings import Settings
from rag.surfaces.mcp.articles import PAGE
from rag.surfaces.mcp.server import create_server
from rag.surfaces.mcp.tools import MOST_PASSAGE_CHARACTERS
from rag.types import Answer
from tests.surfaces.mcp_clients import untimed

pytestmark = pytest.mark.anyio

QUESTION = "How much will the repair of the Tannery Bridge cost?"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def news(library: Path) -> Iterator[Library]:
    with Library.open(library, settings=Settings(), embedder=HashEmbedder()) as opened:
        yield opened


@asynccontextmanager
async def connected(
    library: Library, *, writable: bool = False, mode: str = "legacy", notes: list[str] | None = None
) -> AsyncIterator[Client]:
    heard = [] if notes is None else notes
    async with Client(create_server(library, writable=writable, note=heard.append), mode=mode) as client:
        yield client
    assert notes is not None or not heard


def said(result: CallToolResult) -> str:
    [content] = result.content
    assert isinstance(content, TextContent)
    return content.text


def bridge(library: Library) -> str:
    return next(info.id for info in library.articles() if info.title.startswith("Bridge"))


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_ask_gives_the_answer_itself_and_a_text_with_its_sources(news: Library, mode: str) -> None:
    answer = news.ask(QUESTION)
    async with connected(news, mode=mode) as client:
        result = await client.call_tool("ask", {"question": QUESTION})
    assert not result.is_error
    assert untimed(result.structured_content) == untimed(answer.to_dict())
    again = Answer.from_dict(result.structured_content)
    [citation] = again.citations
    assert news.article(citation.article_id, citation.version).text[citation.start : citation.end] == citation.quote
    sentence = "The repair of the Tannery Bridge will cost $4.6 million, the council was told on Tuesday."
    assert said(result) == (
        f"{sentence} [1]\n"
        "\n"
        "[1] Bridge repairs to cost $4.6 million — Skelbray Post, 10 July 2025\n"
        f"    {sentence}\n"
        f"    article {citation.article_id}, characters {citation.start}–{citation.end}\n"
        f"    rag://articles/{citation.article_id}/{citation.version}"
    )


async def test_what_articles_do_not_say_is_an_abstention_and_no_error(news: Library) -> None:
    async with connected(news) as client:
        result = await client.call_tool("ask", {"question": "Who won the cup?", "publisher": "Skelbray Post"})
    assert not result.is_error
    assert result.structured_content["status"] == "abstained"
    assert said(result).startswith("Nothing in the articles matches.\n\nClosest passages:\n")


async def test_filters_are_those_of_the_library_and_blank_ones_are_none(news: Library) -> None:
    filters = {"publisher": "Haldrenn Courier", "after": "2025-10-19", "before": "2025-10-19"}
    async with connected(news) as client:
        found = await client.call_tool("list_articles", filters)
        everything = await client.call_tool("list_articles", {"publisher": "", "after": " ", "before": None})
        asked = await client.call_tool("ask", {"question": QUESTION, "after": "2026-01-01"})
    titles = [info["title"] for info in found.structured_content["articles"]]
    assert titles == ["Thousands march to keep the valley railway"]
    assert everything.structured_content["total"] == 3
    assert asked.structured_content["reason"] == "filtered_out"


async def test_every_tool_gives_what_its_schema_says_and_the_library_says(news: Library) -> None:
    article = news.article(bridge(news))
    text = "The repair will cost $4.6 million. Nobody was hurt in Brackenthole."
    calls: dict[str, dict[str, Any]] = {
        "ask": {"question": QUESTION},
        "summarize": {"id": article.id, "sentences": 1},
        "search": {"query": "bridge", "k": 2},
        "verify": {"text": text},
        "get_passage": {"id": article.id, "start": 4, "end": 10},
        "list_articles": {"limit": 2},
        "add_article": {"title": "Story", "text": "A short story about a bridge in Skelbray."},
    }
    expected = {
        "ask": news.ask(QUESTION).to_dict(),
        "summarize": news.summarize(article.id, sentences=1).to_dict(),
        "search": {"schema": 1, "query": "bridge", "hits": [hit.to_dict() for hit in news.search("bridge", 2)]},
        "verify": news.verify(text).to_dict(),
    }
    async with connected(news, writable=True) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        results = {name: await client.call_tool(name, arguments) for name, arguments in calls.items()}
    assert list(tools) == list(calls)
    for name, result in results.items():
        assert not result.is_error, said(result)
        schema = tools[name].output_schema
        assert schema is not None
        jsonschema.validate(result.structured_content, schema)
        assert list(schema["required"]) == list(schema["properties"])
        assert set(schema["properties"]) == set(result.structured_content)
        jsonschema.validate(calls[name], tools[name].input_schema)
    assert {name: untimed(results[name].structured_content) for name in expected} == {
        name: untimed(value) for name, value in expected.items()
    }
    hit = tools["search"].output_schema
    assert hit is not None
    assert set(hit["properties"]["hits"]["items"]["properties"]) == set(expected["search"]["hits"][0])


async def test_tools_say_what_they_do_to_the_world(news: Library) -> None:
    async with connected(news, writable=True) as client:
        tools = (await client.list_tools()).tools
    writing = {tool.name for tool in tools if tool.annotations and not tool.annotations.read_only_hint}
    outgoing = {tool.name for tool in tools if tool.annotations and tool.annotations.open_world_hint}
    assert (writing, outgoing) == ({"add_article"}, {"add_article"})
    assert not any(tool.annotations and tool.annotations.destructive_hint for tool in tools)
    untold = [tool.name for tool in tools if "never instructions" not in (tool.description or "")]
    assert untold == ["add_article"]
    # A schema that mentions null, or refers elsewhere, is more than some clients can read.
    assert not any(word in json.dumps([tool.input_schema for tool in tools]) for word in ("null", "anyOf", "$ref"))


async def test_articles_are_added_only_where_that_is_allowed(news: Library) -> None:
    async with connected(news) as client:
        assert "add_article" not in [tool.name for tool in (await client.list_tools()).tools]
        with pytest.raises(MCPError, match="^there is no tool 'add_article'$") as caught:
            await client.call_tool("add_article", {"title": "Story", "text": "A story."})
    assert caught.value.code == INVALID_PARAMS
    assert len(news.articles()) == 3


async def test_an_article_that_was_added_can_be_asked_at_once(news: Library) -> None:
    story = {
        "title": "Ferry hits breakwater",
        "text": "The ferry Sandling Maid hit the breakwater on Monday, injuring 31 people.",
        "publisher": "Port Gazette",
        "published": "2025-11-03",
        "author": "",
    }
    async with connected(news, writable=True) as client:
        added = await client.call_tool("add_article", story)
        again = await client.call_tool("add_article", story)
        asked = await client.call_tool("ask", {"question": "How many people did the ferry Sandling Maid injure?"})
    [item] = added.structured_content["items"]
    assert said(added) == f"Added 1.\n  {item['article_id']}  Ferry hits breakwater (1 chunk)"
    assert (again.structured_content["unchanged"], said(again)) == (1, "Unchanged 1.")
    article = news.article(item["article_id"])
    assert (article.title, article.text, article.publisher, str(article.published)) == (
        story["title"],
        story["text"],
        story["publisher"],
        story["published"],
    )
    assert [citation["article_id"] for citation in asked.structured_content["citations"]] == [article.id]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "give a url to fetch, or a title and a text"),
        ({"title": "Story"}, "give a url to fetch, or a title and a text"),
        ({"text": "A story."}, "a text needs a title"),
        *(
            ({"url": url}, "url must begin with http:// or https://: files are added with `rag add`")
            for url in ("/etc/passwd", "file:///etc/passwd", "-", "seeds/", "ftp://example.org/", " http://x.example/")
        ),
        (
            {"url": "https://example.org/a", "title": "Story"},
            "title, publisher, author and published go with a text, not with a url to fetch",
        ),
    ],
)
async def test_no_file_of_this_machine_is_added(news: Library, arguments: dict[str, str], message: str) -> None:
    async with connected(news, writable=True) as client:
        result = await client.call_tool("add_article", arguments)
    assert (result.is_error, said(result), result.structured_content) == (True, message, None)
    assert len(news.articles()) == 3


@pytest.mark.parametrize(
    "arguments",
    [{"url": "http://127.0.0.1:9/private"}, {"title": "Too long", "text": "word " * 500_000}],
    ids=["private address", "huge text"],
)
async def test_what_could_not_be_added_is_told_with_its_reason(news: Library, arguments: dict[str, str]) -> None:
    async with connected(news, writable=True) as client:
        result = await client.call_tool("add_article", arguments)
    [item] = result.structured_content["items"]
    assert (result.is_error, item["status"]) == (True, "failed")
    assert said(result) == f"Failed 1.\n  {item['source']}: {item['reason']}"


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("ask", {}, "wrong arguments: question is missing"),
    ("ask", {"question": " "}, 'the question is empty: type one, such as `rag ask "What happened?"`'),
    (
        "ask",
        {"question": "x" * 2001},
        "the question has 2,001 characters, and 2,000 are allowed (RAG_MAX_QUESTION_CHARS)",
    ),
    (
        "ask",
        {"question": "Why?", "after": "2026-01-01", "before": "2025-01-01"},
        "nothing is both after 2026-01-01 and before 2025-01-01: exchange the two dates",
    ),
    ("ask", {"question": "Why?", "after": "2026-02-30"}, "wrong arguments: after is not a date (YYYY-MM-DD)"),
    ("ask", {"question": "Why?", "after": 20260101}, "wrong arguments: after is not a date (YYYY-MM-DD)"),
    ("ask", {"question": "Why?", "publisher": ["a"]}, "wrong arguments: publisher is wrong: input should be a valid"),
    ("ask", {"question": "Why?", "top_k": 3}, "wrong arguments: top_k is not an argument of this tool"),
    ("summarize", {}, "name what to summarize: an article's id, or a topic as about; one of them, not both"),
    ("summarize", {"id": "ffffffffffff"}, "there is no article 'ffffffffffff'; `rag list` shows them"),
    ("summarize", {"about": "rail", "sentences": 0}, "a summary needs 1 sentence or more"),
    ("search", {"query": "x", "k": 10**30}, "k must be 1000 or less"),
    ("search", {"query": "x", "k": "many"}, "wrong arguments: k is wrong: input should be a valid integer"),
    (
        "verify",
        {"text": "a " * 30_000},
        "the text has 60,000 characters, and 50,000 are allowed (RAG_MAX_VERIFIED_CHARS)",
    ),
    ("get_passage", {"id": "../../etc/passwd", "start": 0, "end": 1}, "there is no article '../../etc/passwd'"),
    ("list_articles", {"limit": 0}, "wrong arguments: limit is wrong: input should be greater than or equal to 1"),
]


@pytest.mark.parametrize(("tool", "arguments", "message"), WRONG)
async def test_a_mistake_is_told_in_one_line(news: Library, tool: str, arguments: dict[str, Any], message: str) -> None:
    async with connected(news) as client:
        result = await client.call_tool(tool, arguments)
    assert result.is_error
    assert said(result).startswith(message)
    assert "\n" not in said(result)
    assert result.structured_content is None


async def test_half_a_character_is_no_stumbling_block(news: Library) -> None:
    async with connected(news) as client:
        found = await client.call_tool("search", {"query": "bridge \ud83d", "k": 1})
        missed = await client.call_tool("get_passage", {"id": "\ud83d", "start": 0, "end": 1})
    assert not found.is_error
    assert said(missed).encode() == b"there is no article '\\\\ud83d'; `rag list` shows them"


async def test_what_nobody_foresaw_is_hidden_from_the_client(news: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the secret\nof the house")

    notes: list[str] = []
    monkeypatch.setattr(news, "search", fail)
    monkeypatch.setattr(news, "article", fail)
    hidden = "internal error: whoever runs this server finds it among its messages"
    async with connected(news, notes=notes) as client:
        result = await client.call_tool("search", {"query": "x"})
        with pytest.raises(MCPError, match=f"^{hidden}$"):
            await client.read_resource("rag://articles/ffff")
    assert (result.is_error, said(result)) == (True, hidden)
    told = "internal error: RuntimeError the secret of the house (run with --debug for the traceback)"
    assert notes == [told, told]


# Passages and resources ------------------------------------------------------------------------


async def test_a_passage_is_the_exact_characters_with_some_around(news: Library) -> None:
    text = "Zoë said: “\U0001f309 The bridge is shut.”\n\nShe left, e\u0301galement."
    report = news.add({"title": "Shut", "text": text, "publisher": "Skelbray Post"})
    article = news.article(report.items[0].article_id or "")
    start = article.text.index("\U0001f309")
    end = article.text.index("”")
    place = {"id": article.id, "version": article.version, "start": start, "end": end, "around": 10}
    async with connected(news) as client:
        result = await client.call_tool("get_passage", place)
    assert result.structured_content == {
        "schema": 1,
        "article_id": article.id,
        "version": article.version,
        "title": "Shut",
        "publisher": "Skelbray Post",
        "author": None,
        "published": None,
        "published_from": "unknown",
        "url": None,
        "start": start,
        "end": end,
        "quote": "\U0001f309 The bridge is shut.",
        "before": article.text[start - 10 : start],
        "after": article.text[end : end + 10],
        "characters": len(article.text),
    }
    assert "The passage:\n    \U0001f309 The bridge is shut.\nAfter:" in said(result)


async def test_a_passage_lies_within_its_article_and_is_none_too_long(news: Library) -> None:
    report = news.add({"title": "Long", "text": "A word. " * 4000})
    name = report.items[0].article_id
    article = news.article(name or "")
    length = len(article.text)
    async with connected(news) as client:
        for start, end in ((-1, 5), (5, 5), (6, 5), (0, length + 1), (length, length + 1)):
            result = await client.call_tool("get_passage", {"id": name, "start": start, "end": end})
            told = f"characters {start} to {end} are no passage of this article, which has {length:,} characters"
            assert (result.is_error, said(result)) == (True, told)
        most = await client.call_tool("get_passage", {"id": name, "start": 0, "end": MOST_PASSAGE_CHARACTERS})
        over = await client.call_tool("get_passage", {"id": name, "start": 0, "end": MOST_PASSAGE_CHARACTERS + 1})
        whole = await client.read_resource(f"rag://articles/{name}")
    assert most.structured_content["quote"] == article.text[:MOST_PASSAGE_CHARACTERS]
    told = f"a passage has 20,000 characters or less; read rag://articles/{name}/{article.version} instead"
    assert said(over) == told
    [contents] = whole.contents
    assert isinstance(contents, TextResourceContents)
    assert contents.text == article.text


async def test_an_article_is_read_in_the_version_that_is_cited(news: Library) -> None:
    first = news.add({"id": "story", "title": "Story", "text": "Six people marched."}).items[0].article_id or ""
    old = news.article(first)
    news.add({"id": "story", "title": "Story", "text": "Seven people marched."})
    async with connected(news) as client:
        current = (await client.read_resource(f"rag://articles/{first}")).contents[0]
        cited = (await client.read_resource(f"rag://articles/{first}/{old.version}")).contents[0]
        passage = await client.call_tool("get_passage", {"id": first, "version": old.version, "start": 0, "end": 3})
    assert isinstance(current, TextResourceContents)
    assert isinstance(cited, TextResourceContents)
    assert (current.text, cited.text) == ("Seven people marched.", "Six people marched.")
    assert cited.meta is not None
    assert (cited.mime_type, cited.meta["version"], cited.meta["title"]) == ("text/plain", old.version, "Story")
    assert passage.structured_content["quote"] == "Six"


async def test_articles_are_listed_page_by_page_as_resources_and_by_the_tool(news: Library) -> None:
    news.add({"id": f"{number}", "title": f"Story {number}", "text": f"Story {number}."} for number in range(PAGE))
    names = [info.id for info in news.articles()]
    async with connected(news) as client:
        first = await client.list_resources()
        assert first.next_cursor is not None
        second = await client.list_resources(cursor=first.next_cursor)
        pages = [await client.call_tool("list_articles", {"limit": 60, "offset": at}) for at in (0, 60, 120)]
        templates = (await client.list_resource_templates()).resource_templates
    found = [resource.uri for page in (first, second) for resource in page.resources]
    assert (len(first.resources), second.next_cursor, found) == (PAGE, None, [f"rag://articles/{n}" for n in names])
    assert [info["id"] for page in pages for info in page.structured_content["articles"]] == names
    assert [said(page).splitlines()[-1] for page in pages] == [
        "Articles 1 to 60 of 103. The next page has offset 60.",
        "Articles 61 to 103 of 103.",
        "None here, of 103.",
    ]
    assert [template.uri_template for template in templates] == ["rag://articles/{id}", "rag://articles/{id}/{version}"]


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("rag://articles/ffff", "there is no article 'ffff'"),
        ("rag://articles/../../etc/passwd", "there is no resource rag://articles/../../etc/passwd; articles are rag:"),
        ("rag://articles/%2e%2e%2fetc", "there is no resource rag://articles/%2e%2e%2fetc; articles are"),
        ("rag://articles/", "there is no resource rag://articles/; articles are rag://articles/{id}"),
        ("file:///etc/passwd", "there is no resource file:///etc/passwd; articles are rag://articles/{id}"),
    ],
)
async def test_no_other_resource_is_read(news: Library, uri: str, message: str) -> None:
    async with connected(news) as client:
        with pytest.raises(MCPError) as caught:
            await client.read_resource(uri)
    assert caught.value.code == INVALID_PARAMS
    assert caught.value.error.message.startswith(message)


async def test_a_cursor_of_somebody_else_is_refused(news: Library) -> None:
    async with connected(news) as client:
        for cursor in ("-1", "x", "١", "9" * 40):
            with pytest.raises(MCPError, match="^the cursor is none of this server's$"):
                await client.list_resources(cursor=cursor)


# Prompts ---------------------------------------------------------------------------------------


async def test_the_prompts_are_those_of_the_library_with_their_inputs(news: Library) -> None:
    async with connected(news) as client:
        found = (await client.list_prompts()).prompts
        given = await client.get_prompt("rewrite", {"history": "$question {x}", "question": "And who?"})
        with pytest.raises(MCPError, match="^there is no prompt 'nope'"):
            await client.get_prompt("nope")
        with pytest.raises(MCPError, match="^the prompt rewrite takes history, question, not question$"):
            await client.get_prompt("rewrite", {"question": "And who?"})
    ours = {p.name: (p.description, list(p.inputs)) for p in news.prompts.available()}
    assert {p.name: (p.description, [a.name for a in p.arguments or ()]) for p in found} == ours
    [message] = given.messages
    assert isinstance(message.content, TextContent)
    assert message.role == "user"
    assert message.content.text == load("rewrite").render(history="$question {x}", question="And who?")


# Several at once -------------------------------------------------------------------------------


async def test_what_was_said_so_far_is_told_as_progress(news: Library) -> None:
    heard: list[tuple[float, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, message))

    async with connected(news) as client:
        result = await client.call_tool("ask", {"question": QUESTION}, progress_callback=hear)
    assert heard == [(1, "[1] Bridge repairs to cost $4.6 million"), (2, result.structured_content["text"])]


async def test_many_slow_calls_hold_up_no_quick_one(news: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    listed, ask = threading.Event(), news.stream

    def stream(*args: Any, **options: Any) -> Any:
        assert listed.wait(60)
        return ask(*args, **options)

    monkeypatch.setattr(news, "stream", stream)
    answers: list[str] = []

    async with connected(news) as client:

        async def call() -> None:
            result = await client.call_tool("ask", {"question": QUESTION})
            answers.append(result.structured_content["status"])

        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(call)
            await anyio.wait_all_tasks_blocked()
            assert (await client.call_tool("list_articles", {})).structured_content["total"] == 3
            assert len((await client.list_resources()).resources) == 3
            listed.set()
    assert answers == ["answered"] * 20


async def test_more_calls_than_can_wait_are_refused(news: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    refused, search = threading.Event(), news.search

    def wait(*args: Any, **options: Any) -> Any:
        assert refused.wait(60)
        return search(*args, **options)

    monkeypatch.setattr(news, "search", wait)
    results: list[CallToolResult] = []

    async with connected(news) as client:

        async def call() -> None:
            result = await client.call_tool("search", {"query": "bridge"})
            results.append(result)
            refused.set()

        async with anyio.create_task_group() as group:
            for _ in range(8 + 64 + 1):
                group.start_soon(call)
    told = [said(result) for result in results if result.is_error]
    assert told == ["the server is busy: try again in a while"]


async def test_a_call_that_is_given_up_ends_at_its_next_step(news: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, given_up, closed, ask = threading.Event(), threading.Event(), threading.Event(), news.stream
    went_on: list[bool] = []

    def stream(*args: Any, **options: Any) -> Any:
        try:
            for event in ask(*args, **options):
                begun.set()
                assert given_up.wait(60)
                yield event
            went_on.append(True)
        finally:
            closed.set()

    monkeypatch.setattr(news, "stream", stream)
    async with connected(news) as client:
        async with anyio.create_task_group() as group:
            group.start_soon(client.call_tool, "ask", {"question": QUESTION})
            assert await to_thread.run_sync(begun.wait, 60)
            group.cancel_scope.cancel()
        # Answered only after the server has read that the call is given up: messages come in order.
        await client.list_resource_templates()
        given_up.set()
        assert await to_thread.run_sync(closed.wait, 60)
        assert not went_on
        assert (await client.call_tool("list_articles", {})).structured_content["total"] == 3
