"""A real `rag mcp` for tests: a child process over either transport, with the small embedder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from rag.surfaces.mcp.http import PATH

PROGRAM = """
import sys
import rag.models.embeddings
from rag.models.fakes import HashEmbedder

rag.models.embeddings.load_embedder = lambda _: HashEmbedder()
from rag.library import Library
{more}
from rag.surfaces.cli import main

sys.exit(main(["mcp", *sys.argv[1:]]))
"""
"""The command line with the small embedder; `more` stands in for a library that behaves badly."""

INTERLOCKED = """
import threading

listed, ask, listing = threading.Event(), Library.stream, Library.articles

def stream(self, *args, **options):
    assert listed.wait(60), "the listing never ran"
    return ask(self, *args, **options)

def articles(self, **options):
    listed.set()
    return listing(self, **options)

Library.stream, Library.articles = stream, articles
"""
"""A library that answers only once its articles have been listed."""


def command(library: Path, *options: str, more: str = "") -> list[str]:
    """What starts the server on `library`."""
    return [sys.executable, "-c", PROGRAM.format(more=more), "--library", str(library), *options]


def over_stdio(library: Path, *options: str, more: str = "", mode: str = "auto") -> Client:
    """A client that starts the server as its child, and ends it."""
    program, *arguments = command(library, *options, more=more)
    return Client(stdio_client(StdioServerParameters(command=program, args=arguments, env=dict(os.environ))), mode=mode)


@contextmanager
def serving(library: Path, *options: str, more: str = "", **variables: str) -> Iterator[str]:
    """The URL of a server over HTTP, which ends as it should."""
    arguments = command(library, "--http", "--port", "0", *options, more=more)
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, env={**os.environ, **variables}) as child:
        assert child.stderr is not None
        try:
            line = child.stderr.readline()
            assert PATH in line, line + child.stderr.read()
            yield line.removeprefix("rag: MCP at ").partition(";")[0]
        finally:
            child.terminate()
            rest = child.stderr.read()
        assert (child.wait(30), rest) == (0, "")


def untimed(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what differs from one time to the next."""
    return {name: value for name, value in answer.items() if name != "timings_ms"}
