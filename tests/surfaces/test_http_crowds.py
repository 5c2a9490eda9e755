"""Number, and clients that go away: who is one too many is told to come again, and nobody leaves a slot taken."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.library import Library
from rag.surfaces.http.limits import Limits
from rag.types import Answer, Hit, Statement

from .serving import connected, get, opened, post, replied, served

SECONDS = 60


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with opened(tmp_path / "news") as found:
        yield found


class Held:
    """A call of the library that goes on until it is let go, and says how many are at it."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.release = threading.Event()
        self.calls = 0

    def search(self, *_: object, **__: object) -> list[Hit]:
        self.calls += 1
        self.entered.release()
        assert self.release.wait(SECONDS)
        return []


def sent(path: str, body: bytes) -> bytes:
    """A request as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def in_background(call: Callable[[], Any]) -> threading.Thread:
    thread = threading.Thread(target=call)
    thread.start()
    return thread


def test_more_than_may_wait_are_told_to_come_again(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held()
    monkeypatch.setattr(library, "search", held.search)
    codes: list[int] = []
    with served(library, limits=Limits(concurrency=1, waiting=0)) as url:
        asking = in_background(
            lambda: codes.append(post(f"{url}/v1/search", json={"query": "x"}, timeout=SECONDS).status_code)
        )
        assert held.entered.acquire(timeout=SECONDS)
        for path, body in (
            ("search", {"query": "x"}),
            ("ask/stream", {"question": "x"}),
            ("summarize", {"about": "x"}),
        ):
            refusal = post(f"{url}/v1/{path}", json=body)
            assert (refusal.status_code, refusal.json()["error"]["type"]) == (503, "OverloadedError")
            assert refusal.headers["retry-after"] == "1"
        # What takes long anyway has a line of its own, and what only looks something up is not held up.
        assert post(f"{url}/v1/verify", json={"text": "x"}, timeout=SECONDS).status_code == 200
        quick = [get(f"{url}{path}").status_code for path in ("/v1/articles", "/readyz", "/metrics")]
        assert quick == [200, 200, 200]
        held.release.set()
        asking.join(SECONDS)
    assert (codes, held.calls) == ([200], 1)


def test_who_goes_away_in_line_is_not_served(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held()
    monkeypatch.setattr(library, "search", held.search)
    request = sent("/v1/search", b'{"query": "x"}')
    with served(library, limits=Limits(concurrency=1, waiting=1)) as url:
        with connected(url) as working:
            working.sendall(request)
            assert held.entered.acquire(timeout=SECONDS)
            with connected(url) as waiting:
                waiting.sendall(request)
                until(lambda: refused(url))
            # It has left the line: there is a place again, and then no more.
            until(lambda: not refused(url))
            held.release.set()
            assert working.recv(12) == b"HTTP/1.1 200"
        until(lambda: post(f"{url}/v1/search", json={"query": "y"}).status_code == 200)


def refused(url: str) -> bool:
    """Whether there is no place in line; who asks does not stay in it."""
    try:
        return post(f"{url}/v1/search", json={"query": "x"}, timeout=0.2).status_code == 503
    except httpx.ReadTimeout:
        return False


def until(holds: Callable[[], bool]) -> None:
    """Wait for what the server does in its own time."""
    for _ in range(100):
        if holds():
            return
    raise AssertionError("it never came about")


def test_a_disconnect_in_the_middle_of_a_stream_frees_its_slot(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The generator is closed, though its client read only the first statement, and the one thread serves again."""
    closed, go_on = threading.Event(), threading.Event()

    def held(*_: object, **__: object) -> Iterator[Statement | Answer]:
        try:
            yield Statement("First.", (1,), "verified", "")
            assert go_on.wait(SECONDS)
            yield Statement("Second.", (1,), "verified", "")
            raise AssertionError("it was asked for more than its client could read")
        finally:
            closed.set()

    with monkeypatch.context() as patched:
        patched.setattr("rag.chat.Chat.stream", held)
        with served(library, limits=Limits(concurrency=1, waiting=0)) as url:
            with connected(url) as connection:
                connection.sendall(sent("/v1/ask/stream", b'{"question": "x"}'))
                received = b""
                while b"First." not in received:
                    received += connection.recv(65536)
                assert b"Second." not in received
                assert post(f"{url}/v1/search", json={"query": "x"}).status_code == 503
            go_on.set()
            assert closed.wait(SECONDS)
            until(lambda: post(f"{url}/v1/search", json={"query": "x"}).status_code == 200)


def test_a_stream_that_fails_on_the_way_says_so(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> Iterator[Statement]:
        yield Statement("First.", (1,), "verified", "")
        raise ValueError("secret")

    monkeypatch.setattr("rag.chat.Chat.stream", failing)
    with served(library) as url:
        reply = post(f"{url}/v1/ask/stream", json={"question": "x"})
    said = "internal error: the server's log says more, under the id of this request"
    last = {"schema": 1, "error": {"type": "InternalError", "message": said}}
    assert reply.text.endswith(f"event: error\ndata: {json.dumps(last)}\n\n")
    assert "secret" not in reply.text


def test_a_stream_in_which_nothing_comes_shows_that_it_lives(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()

    def held(*_: object, **__: object) -> Iterator[Answer]:
        assert go_on.wait(SECONDS)
        yield Answer(question="x", status="abstained", reason="no_match")

    monkeypatch.setattr("rag.chat.Chat.stream", held)
    with (
        served(library, limits=Limits(ping_seconds=0.05)) as url,
        httpx.stream("POST", f"{url}/v1/ask/stream", json={"question": "x"}) as reply,
    ):
        lines = reply.iter_lines()
        assert [next(lines) for _ in range(4)] == [": still here", "", ": still here", ""]
        go_on.set()
        assert "event: answer" in list(lines)


def test_more_connections_than_allowed_are_turned_away(library: Library) -> None:
    with served(library, limits=Limits(connections=2)) as url:
        first, second = connected(url), connected(url)
        with first, second:
            for each in (first, second):
                each.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert each.recv(12) == b"HTTP/1.1 200"
            with connected(url) as third:
                assert replied(third).startswith(b"HTTP/1.1 503 ")
        until(lambda: get(f"{url}/healthz").status_code == 200)


def test_a_stop_finishes_what_runs(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held()
    monkeypatch.setattr(library, "search", held.search)
    replies: list[httpx.Response] = []
    with served(library) as url:
        asking = in_background(lambda: replies.append(post(f"{url}/v1/search", json={"query": "x"}, timeout=SECONDS)))
        assert held.entered.acquire(timeout=SECONDS)
        threading.Timer(0.3, held.release.set).start()
    asking.join(SECONDS)
    assert [reply.status_code for reply in replies] == [200]
    with pytest.raises(OSError, match="refused"), socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))):
        pass
