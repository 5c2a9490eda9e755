"""`rag mcp --http` as a child process: the real client, and requests that no client of ours would send."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from rag.library import Library
from rag.models.fakes import HashEmbedder
from rag.settings import Settings
from rag.surfaces.guard import Guard
from rag.surfaces.mcp.http import LARGEST_BODY, App
from rag.surfaces.mcp.server import create_server
from tests.surfaces.mcp_clients import INTERLOCKED, command, serving, untimed

QUESTION = "How much will the repair of the Tannery Bridge cost?"
KEY = "a-key-that-nobody-guesses"
ACCEPT = {"accept": "application/json, text/event-stream"}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


ENDING = """
import os, signal, threading
from rag.surfaces.mcp import http

ticks, several = [], threading.Event()
tick, search = http._Listener.on_tick, Library.search

async def on_tick(self, counter):
    if self._asked is not None:
        ticks.append(counter)
        if len(ticks) == 3:
            several.set()
    return await tick(self, counter)

def last(self, *args, **options):
    os.kill(os.getpid(), signal.SIGTERM)
    assert several.wait(30), "it did not wait"
    return search(self, *args, **options)

http._Listener.on_tick, Library.search = on_tick, last
"""
"""A server that is told to end in the middle of a search, which takes a while longer."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def shared(_stored: Path) -> Iterator[str]:
    """A server that these tests share; none of them changes its library."""
    with serving(_stored, more=INTERLOCKED) as url:
        yield url


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_a_slow_call_does_not_stop_another_and_gives_the_answer_that_python_gives(
    shared: str, library: Path, mode: str
) -> None:
    with Library.open(library, settings=Settings(), embedder=HashEmbedder()) as opened:
        answer = opened.ask(QUESTION).to_dict()
    given: list[dict[str, Any]] = []
    async with Client(shared, mode=mode) as client:

        async def ask() -> None:
            given.append((await client.call_tool("ask", {"question": QUESTION})).structured_content)

        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            assert (await client.call_tool("list_articles", {})).structured_content["total"] == 3
        wrong = await client.call_tool("search", {"query": "x", "after": "tomorrow"})
    assert [untimed(one) for one in given] == [untimed(answer)]
    assert wrong.is_error


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        ({"host": "rebound.example"}, 421, "WrongHostError"),
        ({"host": "localhost.rebound.example:80"}, 421, "WrongHostError"),
        ({"origin": "https://rebound.example"}, 403, "ForbiddenError"),
        ({"origin": "http://localhost:3000"}, 403, "ForbiddenError"),
        ({"origin": "null"}, 403, "ForbiddenError"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_a_web_page_cannot_reach_it(shared: str, method: str, headers: dict[str, str], status: int, kind: str) -> None:
    for version in ({}, {"mcp-protocol-version": "2026-07-28"}):
        reply = httpx.request(method, shared, headers={**ACCEPT, **version, **headers}, json=INITIALIZE)
        assert (reply.status_code, reply.json()["error"]["type"]) == (status, kind)
        assert "access-control-allow-origin" not in reply.headers


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"content": b"{"}, 400),
        ({"content": rb'{"jsonrpc": "2.0", "id": 1, "method": "\ud800"}'}, 400),
        ({"content": b"[" * 100_000}, 400),
        ({"json": INITIALIZE, "headers": {**ACCEPT, "content-type": "text/plain"}}, 400),
        ({"json": INITIALIZE, "headers": {**ACCEPT, "mcp-session-id": "0" * 32}}, 404),
        ({"content": b"x" * (LARGEST_BODY + 1)}, 413),
    ],
    ids=["no JSON", "half a character", "deep", "form", "session", "large"],
)
def test_what_is_no_request_is_refused(shared: str, sent: dict[str, Any], status: int) -> None:
    reply = httpx.post(shared, **{"headers": {**ACCEPT, "content-type": "application/json"}, **sent})
    assert reply.status_code == status
    assert "Traceback" not in reply.text


def test_nothing_else_is_served(shared: str) -> None:
    for path in ("/", "/mcp/../etc/passwd", "/docs", "/sse"):
        assert httpx.get(shared.removesuffix("/mcp") + path).status_code == 404


def test_a_client_that_breaks_off_leaves_it_working(shared: str) -> None:
    place = urlsplit(shared)
    for sent in (b"", b"POST /mcp HTTP/1.1\r\nHost: ", b"\x16\x03\x01", b"POST /mcp HTTP/1.1\r\nHost: localhost\r\n"):
        with socket.create_connection((place.hostname, place.port)) as connection:
            connection.sendall(sent)
    assert httpx.post(shared, headers=ACCEPT, json=INITIALIZE).status_code == 200


@pytest.mark.anyio
async def test_elsewhere_a_key_is_asked_for(library: Path) -> None:
    with serving(library, "--host", "0.0.0.0", "--writable", RAG_SERVE_KEY=KEY) as given:
        url = given.replace("0.0.0.0", "127.0.0.1")
        for headers in ({}, {"authorization": f"Bearer {KEY}x"}, {"authorization": f"Basic {KEY}"}):
            reply = httpx.post(url, headers={**ACCEPT, **headers}, json=INITIALIZE)
            assert (reply.status_code, reply.headers["www-authenticate"]) == (401, "Bearer")
            assert KEY not in reply.text
        async with (
            httpx2.AsyncClient(headers={"authorization": f"Bearer {KEY}"}, follow_redirects=True) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            added = await client.call_tool("add_article", {"title": "Story", "text": "A story of a ferry."})
            found = await client.call_tool("list_articles", {})
    assert (added.structured_content["added"], found.structured_content["total"]) == (1, 4)


def test_without_a_key_it_does_not_listen_elsewhere(library: Path) -> None:
    done = subprocess.run(
        command(library, "--http", "--host", "0.0.0.0", "--port", "0"), capture_output=True, text=True, check=False
    )
    told = (
        "rag: to listen on 0.0.0.0, where others can reach it, set RAG_SERVE_KEY to a key that clients must send, "
        "or name a file that holds one (--key-file)\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told)


def test_a_port_that_is_taken_is_one_line(library: Path, shared: str) -> None:
    port = str(urlsplit(shared).port)
    done = subprocess.run(command(library, "--http", "--port", port), capture_output=True, text=True, check=False)
    told = f"rag: port {port} of 127.0.0.1 cannot be listened on: Address already in use; try another --port\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_though_a_client_listens(library: Path, number: signal.Signals, code: int) -> None:
    arguments = command(library, "--http", "--port", "0")
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as child:
        assert child.stderr is not None
        url = child.stderr.readline().removeprefix("rag: MCP at ").partition(";")[0]
        opened = httpx.post(url, headers=ACCEPT, json=INITIALIZE)
        assert json.loads(opened.text.partition("data: ")[2])["result"]["serverInfo"]["name"] == "rag"
        session = {"accept": "text/event-stream", "mcp-session-id": opened.headers["mcp-session-id"]}
        with httpx.stream("GET", url, headers=session) as listening:
            assert listening.status_code == 200
            child.send_signal(number)
            assert child.wait(30) == code
        assert "Traceback" not in child.stderr.read()


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_a_call_in_hand_is_finished_before_it_ends(library: Path, mode: str) -> None:
    arguments = command(library, "--http", "--port", "0", more=ENDING)
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as child:
        assert child.stderr is not None
        url = child.stderr.readline().removeprefix("rag: MCP at ").partition(";")[0]
        # Only after the handshake: by the time the client says goodbye, nobody is there any more.
        with suppress(httpx2.ConnectError, ExceptionGroup):
            async with Client(url, mode=mode) as client:
                # Else the client asks for the schema of the reply after the call, when the server may be gone.
                await client.list_tools()
                found = await client.call_tool("search", {"query": "bridge", "k": 1})
        assert len(found.structured_content["hits"]) == 1
        assert (child.wait(30), child.stderr.read()) == (0, "")


@pytest.mark.anyio
async def test_a_body_that_does_not_come_is_not_waited_for(library: Path) -> None:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not sent:
            await anyio.sleep_forever()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    with Library.open(library, settings=Settings(), embedder=HashEmbedder()) as opened:
        server = create_server(opened, writable=False, note=print)
        app = App(server, Guard(None, loopback=True), body_seconds=0.05)
        headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
        scope = {"type": "http", "method": "POST", "path": "/mcp", "headers": headers, "query_string": b""}
        await app({**scope, "http_version": "1.1", "root_path": "", "scheme": "http"}, receive, send)
    assert (sent[0]["status"], dict(sent[0]["headers"])[b"connection"]) == (408, b"close")
    told = {"type": "SlowError", "message": "the request's body took too long"}
    assert json.loads(sent[1]["body"]) == {"schema": 1, "error": told}
    assert app.running == 0
