"""Server-sent events (WHATWG HTML, section 9.2): a library's stream as a reply."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from rag.surfaces.output import to_json

PING = b": still here\n\n"
"""A comment: it keeps a connection alive on which nothing has come for a while."""


class EventStream(StreamingResponse):
    """A reply that is sent as it comes; what it comes from is closed with it, also when the client goes away."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[bytes, None]) -> None:
        # X-Accel-Buffering: a proxy in between (nginx) hands on what comes at once.
        super().__init__(events, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        async with aclosing(self._events):
            await super().__call__(scope, receive, send)


def encoded(name: str, value: Mapping[str, Any]) -> bytes:
    """One event; JSON has no line breaks of its own, so its data are one line."""
    return f"event: {name}\ndata: {to_json(value)}\n\n".encode()
