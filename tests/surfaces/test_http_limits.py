"""Bounds of size, time and number: what is beyond them gets one clear error, and nothing is left hanging."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from rag.library import Library
from rag.surfaces.http.limits import Limits
from rag.types import Statement

from .serving import connected, get, opened, post, replied, served

SECONDS = 60
TIGHT = Limits(
    rate_per_minute=0,
    body_bytes=100_000,
    upload_bytes=200_000,
    head_seconds=1.0,
    body_seconds=1.0,
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with opened(tmp_path_factory.mktemp("tight") / "news") as found:
        yield found


@pytest.fixture(scope="module")
def url(library: Library) -> Iterator[str]:
    with served(library, limits=TIGHT) as base:
        yield base


def head(path: str, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def error(reply: bytes) -> tuple[int, str]:
    """Status and type of an error as it came, whose connection is closed."""
    top, _, body = reply.partition(b"\r\n\r\n")
    assert b"x-request-id: " in top.lower()
    assert b"connection: close" in top.lower()
    return int(top.split()[1]), json.loads(body)["error"]["type"]


def pieces(size: int) -> Iterator[bytes]:
    for _ in range(size // 65536):
        yield b"x" * 65536


# Size --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/verify", "/v1/articles", "/v1/chat/completions"])
@pytest.mark.parametrize("declared", [True, False])
def test_a_huge_body_is_refused_with_or_without_its_length(url: str, path: str, declared: bool) -> None:
    content = b"x" * 10_000_000 if declared else pieces(10_000_000)
    reply = post(f"{url}{path}", content=content, headers={"Content-Type": "application/json"})
    assert (reply.status_code, reply.headers["connection"]) == (413, "close")
    limit = 200_000 if path == "/v1/articles" else 100_000
    assert reply.json()["error"]["message"] == f"the body is larger than {limit:,} bytes"
    assert get(f"{url}/healthz").status_code == 200


def test_a_huge_upload_is_refused_while_it_comes(url: str, library: Library) -> None:
    for content in (b"x" * 5_000_000, b"x" * 200_000):
        assert post(f"{url}/v1/articles", files={"file": ("a.txt", content)}).status_code == 413
    # An article may come in a body that is too large for a question.
    text = "The harbour of Varrow opened on Monday, the mayor said. " * 2_000
    assert post(f"{url}/v1/verify", json={"text": text}).status_code == 413
    added = post(f"{url}/v1/articles", files={"file": ("a.txt", text.encode())}, timeout=60)
    assert added.json()["added"] == 1
    assert len(library.articles()) == 1


def test_who_asks_first_whether_to_send_is_told_no(url: str) -> None:
    with connected(url) as connection:
        connection.sendall(head("/v1/ask", "Content-Length: 1000000000", "Expect: 100-continue"))
        assert error(replied(connection)) == (413, "TooLargeError")


def test_a_huge_head_is_refused(url: str) -> None:
    whole = get(f"{url}/healthz", headers={"X-Filler": "x" * 40_000})
    assert (whole.status_code, whole.json()["error"]["type"]) == (431, "TooLargeError")
    with connected(url) as connection:
        connection.sendall(b"GET /" + b"x" * 300_000)
        assert error(replied(connection)) == (431, "TooLargeError")


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n",
    ],
)
def test_what_is_no_http_is_one_clear_error(url: str, sent: bytes) -> None:
    with connected(url) as connection:
        connection.sendall(sent)
        assert error(replied(connection)) == (400, "UserError")
    assert get(f"{url}/healthz").status_code == 200


# Time --------------------------------------------------------------------------------------


def test_a_head_that_does_not_come_ends_the_connection(url: str) -> None:
    whole = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    begun = (b"", b"G", b"GET / HTTP/1.1\r\nHost: localhost\r\n", whole + b"G")
    with ExitStack() as opened_ones:
        connections = [opened_ones.enter_context(connected(url)) for _ in begun]
        for connection, sent in zip(connections, begun, strict=True):
            connection.sendall(sent)
        replies = [replied(connection) for connection in connections]
    # The last had a request before the one that only began.
    first, found, replies[-1] = replies[-1].partition(b'"status": "ok"}')
    assert first.startswith(b"HTTP/1.1 200 ")
    assert found
    assert [error(reply) for reply in replies] == [(408, "SlowError")] * len(begun)


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/articles"])
def test_a_body_that_trickles_in_ends_with_408(url: str, path: str) -> None:
    stopped = threading.Event()

    def trickle() -> None:
        while not stopped.wait(0.05):
            try:
                connection.sendall(b"x")
            except OSError:
                return

    with connected(url) as connection:
        connection.sendall(head(path, "Content-Length: 1000") + b'{"question": "')
        trickling = threading.Thread(target=trickle)
        trickling.start()
        try:
            assert error(replied(connection)) == (408, "SlowError")
        finally:
            stopped.set()
            trickling.join()


def test_a_client_that_does_not_read_is_cut_off(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*_: object, **__: object) -> Iterator[Statement]:
        try:
            while True:
                yield Statement("x" * 65_536, (1,), "verified", "")
        finally:
            ended.set()

    ended = threading.Event()
    monkeypatch.setattr("rag.chat.Chat.stream", endless)
    with served(library, limits=Limits(write_seconds=0.3, concurrency=1)) as url, connected(url) as connection:
        body = b'{"question": "x"}'
        connection.sendall(head("/v1/ask/stream", f"Content-Length: {len(body)}") + body)
        assert connection.recv(10) == b"HTTP/1.1 2"
        assert ended.wait(SECONDS)
