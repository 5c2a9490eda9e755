"""MCP over streamable HTTP, at one path; who may come in is decided before anything is read."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any

import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.transport_security import TransportSecuritySettings

from rag.surfaces.codes import REFUSALS
from rag.surfaces.guard import Guard
from rag.surfaces.http.failures import Failure, error_body
from rag.surfaces.http.headers import SECURITY
from rag.surfaces.http.limits import Limits
from rag.surfaces.http.protocol import Protocol
from rag.surfaces.output import to_json

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

PATH = "/mcp"
LARGEST_BODY = 16 * 1024 * 1024
"""Bytes of one request; a larger one is refused."""
_BODY_SECONDS = 60.0
_SECONDS_TO_FINISH = 10.0


class App:
    """The ASGI application: `server` over HTTP for whom `guard` lets in. `running` counts the requests in hand."""

    def __init__(self, server: Server[Any], guard: Guard, *, body_seconds: float = _BODY_SECONDS) -> None:
        """A request's body may take `body_seconds` to come."""
        # The guard checks Host and Origin, more strictly than the protocol's package does.
        unchecked = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        self._app = server.streamable_http_app(
            streamable_http_path=PATH, max_request_body_size=LARGEST_BODY, transport_security=unchecked
        )
        self._guard = guard
        self._body_seconds = body_seconds
        self.running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or turn it away."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif found := self._guard.refusal(scope["headers"]):
            await _refuse(*found, send)
        else:
            body = _Body(receive, self._body_seconds)
            # A GET is a client that listens for as long as it is there: nothing is finished by waiting for it.
            counted = scope["method"] == "POST"
            self.running += counted
            try:
                await self._app(scope, body.receive, body.unless_late(send))
            except TimeoutError:
                if not body.late:
                    raise
                await _refuse(408, "the request's body took too long", send)
            finally:
                self.running -= counted


class _Body:
    """A request's body, for which a client has so much time."""

    def __init__(self, receive: Receive, seconds: float) -> None:
        self._receive = receive
        self._until = asyncio.get_running_loop().time() + seconds
        self._whole = False
        self.late = False

    async def receive(self) -> Message:
        """The next part of the body; after the last, whether the client is still there."""
        if self._whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            self.late = True
            raise
        self._whole = not message.get("more_body", False)
        return message

    def unless_late(self, send: Send) -> Send:
        """`send`, but for what the layers below make of the body's being late: that is told otherwise."""

        async def sending(message: Message) -> None:
            if not self.late:
                await send(message)

        return sending


async def _refuse(status: int, message: str, send: Send) -> None:
    body = to_json(error_body(Failure(status, REFUSALS[status], message))).encode()
    headers = {**SECURITY, "Content-Type": "application/json", "Content-Length": str(len(body))}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status == 408:
        headers["Connection"] = "close"
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


class _Listener(uvicorn.Server):
    """uvicorn, which at a signal first lets the requests in hand finish, and at a second one ends at once."""

    def __init__(self, config: uvicorn.Config, app: App, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._served = app
        self._ready = ready
        self._asked: float | None = None
        self.interrupted = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._asked is None:
            self._asked = time.monotonic()
            self.interrupted = sig == signal.SIGINT
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        if self._asked is not None:
            late = time.monotonic() > self._asked + _SECONDS_TO_FINISH
            self.should_exit = self.should_exit or late or not self._served.running
        return await super().on_tick(counter)


def serve(server: Server[Any], guard: Guard, listener: socket.socket, ready: Callable[[], None]) -> bool:
    """Serve until a signal comes, then let calls finish for a few seconds; tells whether it was Ctrl-C.

    `ready` is called once it listens.
    """
    app = App(server, guard)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        # Whoever connects is the client: what a header says of another one is not believed.
        proxy_headers=False,
        http=type("LimitedProtocol", (Protocol,), {"limits": Limits()}),
        ws="none",
        timeout_graceful_shutdown=1,
    )
    listening = _Listener(config, app, ready)
    listening.run(sockets=[listener])
    return listening.interrupted
