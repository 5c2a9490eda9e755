"""The command `mcp`: serves the library to programs that speak the Model Context Protocol."""

from __future__ import annotations

import os
import signal
from argparse import Namespace
from functools import partial
from typing import TYPE_CHECKING, Any

from rag.errors import ConfigError
from rag.surfaces.given import DONE, open_library, say_where_texts_go
from rag.surfaces.output import Output

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

    from rag.library import Library


def serve(args: Namespace, output: Output) -> int:
    """Serve over standard input and output, or with ``--http`` over HTTP, until the client or a signal ends it."""
    _require_packages()
    if _over_http(args, output) if args.http else _over_stdio(args, output):
        # As if nobody had listened for it: the command line says what it says of every interrupt.
        signal.default_int_handler(signal.SIGINT, None)
    return DONE


def _require_packages() -> None:
    try:
        import mcp
        import uvicorn
    except ModuleNotFoundError as exc:
        raise ConfigError('rag mcp needs packages that are not installed: pip install "rag[mcp]"') from exc
    # Named, so that neither is taken for unused.
    del mcp, uvicorn


def _over_stdio(args: Namespace, output: Output) -> bool:
    """Serve, and tell whether Ctrl-C ended it."""
    import anyio

    from rag.surfaces.mcp.stdio import Wire
    from rag.surfaces.mcp.stdio import serve as serve_stdio

    wire = Wire.claim()
    with open_library(args, create=args.writable) as library:
        server = _server(library, args, output)
        if os.isatty(wire.read):
            output.message("rag: waiting for an MCP client on standard input; Ctrl-C ends it")
        return anyio.run(partial(serve_stdio, server, wire))


def _over_http(args: Namespace, output: Output) -> bool:
    """Serve, and tell whether Ctrl-C ended it."""
    from rag.surfaces.guard import Guard
    from rag.surfaces.mcp.http import PATH
    from rag.surfaces.mcp.http import serve as serve_http
    from rag.surfaces.sockets import bound, url_of

    guard = Guard.of(args.host, key_file=args.key_file)
    with open_library(args, create=args.writable) as library, bound(args.host, args.port) as listener:
        server = _server(library, args, output)
        url = url_of(listener, PATH)
        return serve_http(server, guard, listener, lambda: output.message(f"rag: MCP at {url}; Ctrl-C ends it"))


def _server(library: Library, args: Namespace, output: Output) -> Server[Any]:
    """The server, once it is said who writes and where texts go."""
    from rag.surfaces.mcp.server import create_server

    if library.writer_notice:
        output.message(f"rag: {library.writer_notice}")
    say_where_texts_go(library, output)
    return create_server(library, writable=args.writable, note=lambda line: output.message(f"rag: {line}"))
