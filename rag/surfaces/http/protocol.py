"""uvicorn's HTTP/1.1 protocol with an end to each wait: for a request, and for a client that reads no reply."""

from __future__ import annotations

import asyncio
import sys
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from rag.surfaces.codes import REFUSALS
from rag.surfaces.http.failures import RETRY_SECONDS, Failure, error_body
from rag.surfaces.http.headers import SECURITY
from rag.surfaces.http.limits import Limits
from rag.surfaces.output import to_json

_LINGER_SECONDS = 1.0


class Protocol(H11Protocol):
    """One connection.

    uvicorn bounds how long an idle connection is kept, but not how slowly a request's head may come, nor how long
    a reply waits to be read, nor how many connections there are.
    """

    limits: Limits

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        # Its line would hold the query.
        self.access_log = False
        self._refused = False
        self._head: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection on, or turn it away."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            self._refuse(503, "the server is busy: try again in a moment")
        else:
            self._head = self.loop.call_later(self.limits.head_seconds, self._head_is_late)

    def data_received(self, data: bytes) -> None:
        """Hand what came on; between requests, the next one's head must be whole in time."""
        if not self._refused:
            super().data_received(data)
            self._watch_head()

    def on_response_complete(self) -> None:
        """Go on with what came meanwhile."""
        super().on_response_complete()
        if self.conn.trailing_data[0]:
            self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_head()
        self._stop_unread()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client does not read: after a while nothing waits for it any more."""
        super().pause_writing()
        self._unread = self.loop.call_later(self.limits.write_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads again."""
        self._stop_unread()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """Reply to what cannot be read as HTTP in the form of all errors; called while that exception is handled."""
        if getattr(sys.exception(), "error_status_hint", 400) == 431:
            self._refuse(431, "the request's line and headers are too large")
        else:
            self._refuse(400, "this is no HTTP request that can be read")

    def _watch_head(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_head()
        elif self._head is None and not self._refused and not self.transport.is_closing():
            self._head = self.loop.call_later(self.limits.head_seconds, self._head_is_late)

    def _stop_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _stop_unread(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _head_is_late(self) -> None:
        self._head = None
        if self.cycle is None or self.cycle.response_complete:
            self._refuse(408, "the request's headers took too long")

    def _refuse(self, status: int, message: str) -> None:
        """Reply in place of the application, and close."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self._stop_head()
        self._unset_keepalive_if_required()
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            if self.cycle.response_started:
                self.transport.abort()
                return
        body = to_json(error_body(Failure(status, REFUSALS[status], message))).encode()
        headers = {
            **SECURITY,
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Connection": "close",
            "X-Request-ID": uuid4().hex,
        }
        if status == 503:
            headers["Retry-After"] = str(RETRY_SECONDS)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
        self.transport.write(f"{line}{head}\r\n".encode("ascii") + body)
        # What still comes is taken in for a moment: a client that is cut off while it sends may not read why.
        self.transport.write_eof()
        self.loop.call_later(_LINGER_SECONDS, self.transport.close)
