"""uvicorn as this server runs it: on a socket that is bound beforehand, with an end to each wait."""

from __future__ import annotations

import signal
import socket
import threading
from types import FrameType
from typing import NamedTuple

import uvicorn
from fastapi import FastAPI

from rag.surfaces.http.limits import Limits
from rag.surfaces.http.protocol import Protocol
from rag.surfaces.http.serving import Serving


class Ending(NamedTuple):
    """How a server ended: whether by an interrupt, and how many calls of the library were `left` running."""

    interrupted: bool
    left: int


class Server(uvicorn.Server):
    """A server that says when it is `ready`, and ends with no signal of its own."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self.interrupted = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take requests on."""
        await super().startup(sockets)
        self.ready.set()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Finish what runs and stop; at the second interrupt at once."""
        self.force_exit = self.force_exit or (self.should_exit and sig == signal.SIGINT)
        self.interrupted = self.interrupted or sig == signal.SIGINT
        self.should_exit = True


def server_of(app: FastAPI, limits: Limits) -> Server:
    """The server of `app`; run it with the sockets that it listens on."""
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=type("LimitedProtocol", (Protocol,), {"limits": limits}),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        # Whoever connects is the client: what a header says of another one is not believed.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=max(1, round(limits.stop_seconds)),
    )
    return Server(config)


def run(app: FastAPI, serving: Serving, listener: socket.socket) -> Ending:
    """Serve until a signal comes, then finish what runs, in so much time as the limits allow."""
    server = server_of(app, serving.limits)
    server.run(sockets=[listener])
    try:
        left = serving.stop(0.0 if server.force_exit else serving.limits.stop_seconds)
    except KeyboardInterrupt:
        return Ending(interrupted=True, left=serving.stop(0.0))
    return Ending(interrupted=server.interrupted, left=left)
