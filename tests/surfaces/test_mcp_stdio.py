"""`rag mcp` as a child process: the real client, and a wire on which nothing but the protocol is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp_types import TextContent

from rag.library import Library
from rag.models.fakes import HashEmbedder
from rag.settings import Settings
from rag.surfaces.mcp.stdio import LONGEST_LINE
from tests.surfaces.conftest import hear_interrupts
from tests.surfaces.mcp_clients import INTERLOCKED, command, over_stdio, untimed

QUESTION = "How much will the repair of the Tannery Bridge cost?"

NOISY = """
import ctypes, os, subprocess, warnings

search = Library.search

def noisy(self, *args, **options):
    print("noise")
    sys.stdout.buffer.write(b"noise")
    os.write(1, b"noise")
    ctypes.CDLL(None).puts(b"noise")
    subprocess.run(["echo", "noise"], check=True)
    subprocess.run(["cat"], check=True)
    warnings.warn("noise")
    return search(self, *args, **options)

Library.search = noisy
"""
"""A library that writes to standard output in every way, and whose children read standard input."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def told(name: str, **arguments: Any) -> dict[str, Any]:
    return {"method": "tools/call", "params": {"name": name, "arguments": arguments}}


class Raw:
    """The server's standard streams, with nothing in between."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self.child = child
        self.ids = iter(range(1, 100))

    def say(self, line: bytes) -> None:
        assert self.child.stdin is not None
        self.child.stdin.write(line + b"\n")
        self.child.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self.child.stdout is not None
        heard = json.loads(self.child.stdout.readline())
        assert isinstance(heard, dict)
        return heard

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        self.say(json.dumps({"jsonrpc": "2.0", "id": next(self.ids), **request}).encode())
        return self.hear()


@contextmanager
def raw(library: Path, *options: str, more: str = "") -> Iterator[Raw]:
    arguments = command(library, *options, more=more)
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, stdin=pipe, stdout=pipe, stderr=pipe, preexec_fn=hear_interrupts) as child:
        wire = Raw(child)
        try:
            info = {"name": "test", "version": "1"}
            params = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": info}
            assert wire.ask({"method": "initialize", "params": params})["result"]["serverInfo"]["name"] == "rag"
            wire.say(b'{"jsonrpc": "2.0", "method": "notifications/initialized"}')
            yield wire
        finally:
            child.kill()


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_a_client_gets_the_answer_that_python_gives(library: Path, mode: str) -> None:
    with Library.open(library, settings=Settings(), embedder=HashEmbedder()) as opened:
        answer = opened.ask(QUESTION).to_dict()
    async with over_stdio(library, mode=mode) as client:
        result = await client.call_tool("ask", {"question": QUESTION})
    assert untimed(result.structured_content) == untimed(answer)
    [content] = result.content
    assert isinstance(content, TextContent)
    assert content.text.startswith(answer["text"] + "\n\n[1] Bridge repairs")


@pytest.mark.anyio
async def test_a_slow_call_does_not_stop_another(library: Path) -> None:
    statuses: list[str] = []
    async with over_stdio(library, more=INTERLOCKED) as client:

        async def ask() -> None:
            result = await client.call_tool("ask", {"question": QUESTION})
            statuses.append(result.structured_content["status"])

        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            assert (await client.call_tool("list_articles", {})).structured_content["total"] == 3
    assert statuses == ["answered"]


@pytest.mark.anyio
async def test_what_another_process_adds_is_seen(library: Path) -> None:
    async with over_stdio(library) as client:
        before = await client.call_tool("list_articles", {})
        with Library.open(library, settings=Settings(), embedder=HashEmbedder()) as opened:
            opened.add({"title": "Ferry", "text": "The ferry Sandling Maid injured 31 people."})
        after = await client.call_tool("ask", {"question": "How many people did the ferry Sandling Maid injure?"})
    assert (before.structured_content["total"], after.structured_content["status"]) == (3, "answered")


def test_the_wire_holds_the_protocol_and_nothing_else_until_the_client_closes_it(library: Path) -> None:
    with raw(library, more=NOISY) as wire:
        result = wire.ask(told("search", query="bridge", k=1))["result"]
        assert len(result["structuredContent"]["hits"]) == 1
        out, err = wire.child.communicate(timeout=60)
    assert (wire.child.returncode, out) == (0, b"")
    assert err.count(b"noise") == 6


def test_what_is_no_message_is_answered_and_does_no_harm(library: Path) -> None:
    no_message = "this is no JSON-RPC message"
    lines: list[tuple[bytes, int | str | None, int, str]] = [
        (b"Content-Length: 20", None, -32700, no_message),
        (b"\xff\xfe\x00", None, -32700, no_message),
        (b"[" * 100_000, None, -32700, no_message),
        (b"[]", None, -32600, no_message),
        (b'{"jsonrpc": "2.0", "id": 70}', 70, -32600, no_message),
        (rb'{"jsonrpc": "2.0", "id": "\ud83d"}', "\N{REPLACEMENT CHARACTER}", -32600, no_message),
        (b'{"jsonrpc": "2.0", "id": [1], "method": 5}', None, -32600, no_message),
        (b'{"jsonrpc": "2.0", "id": 1' + b"0" * 5000 + b"}", None, -32700, no_message),
        (b'"' + b"x" * LONGEST_LINE + b'"', None, -32700, "a message has 16,777,216 bytes or less"),
        (b'{"jsonrpc": "2.0", "id": 71, "method": "no/such"}', 71, -32601, "Method not found"),
    ]
    with raw(library) as wire:
        for line, name, code, message in lines:
            wire.say(line + b"\n\r")
            heard = wire.hear()
            assert (heard["id"], heard["error"]["code"], heard["error"]["message"]) == (name, code, message)
        heard = wire.ask(told("search", query="\ud83d"))
        assert heard["result"]["structuredContent"]["query"] == "\N{REPLACEMENT CHARACTER}"
        assert wire.ask(told("list_articles"))["result"]["structuredContent"]["total"] == 3


def test_it_ends_when_the_client_is_gone(library: Path) -> None:
    with raw(library) as wire:
        assert wire.child.stdout is not None
        assert wire.child.stderr is not None
        wire.child.stdout.close()
        wire.say(b'{"jsonrpc": "2.0", "id": 5, "method": "ping"}')
        assert wire.child.wait(60) == 0
        assert wire.child.stderr.read() == b""


@pytest.mark.parametrize(
    ("number", "code", "message"),
    [(signal.SIGTERM, 0, b""), (signal.SIGINT, 130, b"rag: interrupted; what was stored stays\n")],
)
def test_a_signal_ends_it_though_the_client_is_silent(
    library: Path, number: signal.Signals, code: int, message: bytes
) -> None:
    with raw(library) as wire:
        assert wire.child.stderr is not None
        wire.child.send_signal(number)
        assert wire.child.wait(60) == code
        assert wire.child.stderr.read() == message


def test_an_article_that_is_being_added_when_the_client_goes_is_there_or_not(library: Path) -> None:
    with raw(library, "--writable") as wire:
        request = told("add_article", title="Story", text="A story of a ferry. " * 2000)
        wire.say(json.dumps({"jsonrpc": "2.0", "id": 50, **request}).encode())
        wire.child.communicate(timeout=60)
        assert wire.child.returncode == 0
    with Library.open(library, settings=Settings(), embedder=HashEmbedder()) as opened:
        report = opened.doctor(mend=False)
        assert len(opened.articles()) in (3, 4)
    assert (report.missing, report.inexact, report.damage) == (0, (), ())


def test_a_library_that_is_not_there_is_one_line(library: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    done = subprocess.run(command(missing), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    told = f"rag: there is no library in {missing}: check the name, or make one with `rag add`\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told)
    assert not missing.exists()


def test_closed_streams_are_one_line(library: Path) -> None:
    closed = f"exec {sys.executable} -m rag mcp --library {library} <&- >&-"
    done = subprocess.run(["sh", "-c", closed], stderr=subprocess.PIPE, text=True, check=False)
    told = "rag: rag mcp speaks over standard input and output: both must be open\n"
    assert (done.returncode, done.stderr) == (2, told)


def test_without_its_packages_it_says_what_to_install(library: Path) -> None:
    program = "import sys; sys.modules['mcp'] = None; from rag.surfaces.cli import main; sys.exit(main(sys.argv[1:]))"
    arguments = [sys.executable, "-c", program, "mcp", "--library", str(library)]
    done = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    told = 'rag: rag mcp needs packages that are not installed: pip install "rag[mcp]"\n'
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told)


def test_no_other_command_imports_them() -> None:
    program = (
        "import sys; from rag.surfaces.commands import COMMANDS; assert 'mcp' in COMMANDS;"
        "sys.exit(bool({'mcp', 'uvicorn', 'starlette', 'fastapi'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], env=dict(os.environ), check=False).returncode == 0
