"""The stand-in for a provider keeps what a provider promises, and breaks it where its script says so."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from rag.models.scripted import (
    Fail,
    Raw,
    Request,
    Say,
    ScriptedServer,
    dropped,
    rate_limited,
    refuses,
    say_json,
    slow,
)


def client(server: ScriptedServer) -> openai.OpenAI:
    return openai.OpenAI(base_url=server.base_url, api_key="test-key", max_retries=0, timeout=5)


ASKED: Any = [{"role": "user", "content": "How many?"}]


def test_it_plays_its_script_in_order_and_stays_with_the_last() -> None:
    with ScriptedServer(Say("one", input_tokens=7, output_tokens=1), say_json({"n": "é"})) as server:
        with client(server) as asking:
            replies = [asking.chat.completions.create(model="m", messages=ASKED) for _ in range(3)]
        assert [reply.choices[0].message.content for reply in replies] == ["one", '{"n": "é"}', '{"n": "é"}']
        assert replies[0].usage is not None
        assert (replies[0].usage.prompt_tokens, replies[0].usage.completion_tokens) == (7, 1)
        assert [request.path for request in server.requests] == ["/v1/chat/completions"] * 3
        assert server.requests[0].headers["authorization"] == "Bearer test-key"
        assert server.requests[0].body["messages"] == ASKED


def test_an_entry_may_answer_from_the_request() -> None:
    def echo(request: Request) -> Say:
        return Say(request.body["messages"][-1]["content"].upper())

    with ScriptedServer(echo) as server, client(server) as asking:
        reply = asking.chat.completions.create(model="m", messages=ASKED)
    assert reply.choices[0].message.content == "HOW MANY?"


def test_a_stream_comes_in_pieces_with_its_usage() -> None:
    with ScriptedServer(Say("More than 85 sites.", delay=0.01)) as server, client(server) as asking:
        stream: Any = asking.chat.completions.create(
            model="m", messages=ASKED, stream=True, stream_options={"include_usage": True}
        )
        chunks = list(stream)
    texts = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    assert [text for text in texts if text] == ["More", " than", " 85", " sites."]
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage.total_tokens == 17


def test_a_stream_breaks_where_it_is_told() -> None:
    for quietly in (False, True):
        with ScriptedServer(dropped("a b c d", 2, quietly=quietly)) as server, client(server) as asking:
            seen: list[Any] = []
            broke = False
            stream: Any = asking.chat.completions.create(model="m", messages=ASKED, stream=True)
            try:
                seen.extend(chunk.choices[0] for chunk in stream)
            except Exception:
                broke = True
        assert broke is not quietly
        # What was sent may be lost with the connection, but nothing comes after it.
        assert [choice.delta.content for choice in seen][:3] == ["", "a", " b"][: len(seen)]
        assert all(choice.finish_reason is None for choice in seen)


def test_faults_are_what_openai_sends() -> None:
    script = (rate_limited(3), Fail(503), Raw(b"<html>", status=502), refuses("No."))
    with ScriptedServer(*script) as server, client(server) as asking:
        with pytest.raises(openai.RateLimitError) as limited:
            asking.chat.completions.create(model="m", messages=ASKED)
        assert limited.value.response.headers["retry-after"] == "3"
        for status in (503, 502):
            with pytest.raises(openai.InternalServerError) as failed:
                asking.chat.completions.create(model="m", messages=ASKED)
            assert failed.value.status_code == status
        refused = asking.chat.completions.create(model="m", messages=ASKED)
        assert (refused.choices[0].message.content, refused.choices[0].message.refusal) == (None, "No.")


def test_models_and_embeddings() -> None:
    with ScriptedServer(models=[{"id": "a", "max_model_len": 99}], dimension=4) as server, client(server) as asking:
        (model,) = asking.models.list().data
        assert (model.id, model.model_dump()["max_model_len"]) == ("a", 99)
        data = asking.embeddings.create(model="e", input=["ferry fog", "ferry fog", "rain"]).data
        assert [len(item.embedding) for item in data] == [4, 4, 4]
        assert data[0].embedding == data[1].embedding != data[2].embedding
        with pytest.raises(openai.NotFoundError):
            asking.files.list()


@pytest.fixture
def hanging() -> Iterator[ScriptedServer]:
    with ScriptedServer(slow("late", 30)) as server:
        yield server


def test_closing_does_not_wait_for_what_is_slow(hanging: ScriptedServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(hanging.base_url.rsplit(":", 1)[1].split("/")[0]))
    connection.request("POST", "/v1/chat/completions", body=b"{}")
    started = time.monotonic()
    while not hanging.requests:
        time.sleep(0.005)
    hanging.close()
    assert time.monotonic() - started < 2
    connection.close()
