"""A real server on the loopback, in a thread, for the tests of all that speaks HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from rag.library import Library
from rag.models.fakes import HashEmbedder
from rag.settings import Settings
from rag.surfaces.guard import Guard
from rag.surfaces.http.app import create_app
from rag.surfaces.http.limits import Limits
from rag.surfaces.http.running import server_of
from rag.surfaces.http.serving import Serving
from rag.surfaces.sockets import bound, url_of

SLOW = 60.0
"""So many seconds a reply may take where the machine has much else to do."""

get, post = partial(httpx.get, timeout=SLOW), partial(httpx.post, timeout=SLOW)


def opened(directory: Path) -> Library:
    """The library in `directory`, with the small embedder, whatever is set elsewhere."""
    return Library.open(directory, settings=Settings(), embedder=HashEmbedder())


def connected(url: str) -> socket.socket:
    """A plain connection to the server, for what no client would send."""
    place = urlsplit(url)
    return socket.create_connection((place.hostname or "", place.port or 0), timeout=60)


def replied(connection: socket.socket) -> bytes:
    """All that comes until the server closes the connection."""
    received = b""
    while part := connection.recv(65536):
        received += part
    return received


@contextmanager
def served(
    library: Library | Mapping[str, Library],
    *,
    key: str | None = None,
    loopback: bool = True,
    limits: Limits | None = None,
) -> Iterator[str]:
    """Serve a library, by the name `news`, or several by their names, on a free port; gives the base URL.

    With `loopback` off it checks what a server does that is bound elsewhere: the key, neither Host nor Origin.
    """
    libraries = {"news": library} if isinstance(library, Library) else library
    serving = Serving.of(libraries, Guard(key, loopback), limits)
    listener = bound("127.0.0.1", 0)
    server = server_of(create_app(serving), serving.limits)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="served")
    thread.start()
    try:
        assert server.ready.wait(30), "the server did not start"
        yield url_of(listener)
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive(), "the server did not stop"
        assert serving.stop(30) == 0, "a call was left running"
