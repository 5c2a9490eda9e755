"""What every request passes: an id, the guard, the limits; and on the way out headers, a line in the log, a count."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from contextlib import suppress
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.surfaces.codes import REFUSALS
from rag.surfaces.http.errors import error_response, failure, note, refused
from rag.surfaces.http.failures import Failure
from rag.surfaces.http.headers import SECURITY
from rag.surfaces.http.limits import Limits
from rag.surfaces.http.rates import Rates
from rag.surfaces.http.serving import Serving

ACCESS = logging.getLogger("rag.serve.access")

UPLOADS = "/v1/articles"
"""The one address whose bodies bring articles."""

_OPEN = ("/", "/healthz", "/readyz")
_OPEN_BELOW = "/assets/"
_REQUEST_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)
_NO_ROUTE = "none"
_CLIENT_LEFT = 499
_DRAIN_SECONDS = 1.0
_CLOSE = {"Connection": "close"}


class Passing:
    """The outermost layer: whatever happens below it, a request gets one reply, one id, one line in the log."""

    def __init__(self, app: ASGIApp, serving: Serving) -> None:
        self.app = app
        self.serving = serving
        self.rates = Rates(serving.limits.rate_per_minute, serving.limits.burst)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or turn it away."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.monotonic()
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0
        sent = 0

        async def sending(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in SECURITY.items():
                    headers.setdefault(name, value)
            sent += len(message.get("body", b""))
            await send(message)

        body = _Body(receive, scope, self.serving.limits)
        try:
            refusal = self._refusal(scope) or body.refusal
            if refusal is None:
                await self.app(scope, body.receive, sending)
            else:
                # What is left of a body must not be taken for the next request.
                kept = await body.drained() and refusal.status != 413
                await error_response(refusal, None if kept else _CLOSE)(scope, receive, sending)
        except ClientDisconnect:
            status = status or _CLIENT_LEFT
        except Exception as error:
            note(error, request_id)
            if status:
                raise  # too late to tell the client in words: the connection is cut
            await error_response(failure(error))(scope, receive, sending)
        finally:
            seconds = time.monotonic() - started
            route = getattr(scope.get("route"), "path", _NO_ROUTE)
            self.serving.metrics.requested(scope["method"], route, status or _CLIENT_LEFT, seconds)
            client = scope["client"][0] if scope["client"] else "-"
            ACCESS.info(
                "%s %s %s %d %.0fms %dB id=%s",
                client, scope["method"], route, status or _CLIENT_LEFT, seconds * 1000, sent, request_id,
            )  # fmt: skip

    def _refusal(self, scope: Scope) -> Failure | None:
        """Why the request is turned away before its body is read."""
        if sum(len(name) + len(value) for name, value in scope["headers"]) > self.serving.limits.head_bytes:
            return Failure(431, REFUSALS[431], "the request's headers are too large")
        path = scope["path"]
        open_to_all = path in _OPEN or path.startswith(_OPEN_BELOW)
        found = self.serving.guard.refusal(scope["headers"], open_to_all=open_to_all)
        foreign = found is not None and found[0] in (403, 421)
        # What another page sends must not use up what the user may do.
        if not foreign and scope["client"] and not self.rates.take(scope["client"][0]):
            return Failure(429, REFUSALS[429], "too many requests: wait a little")
        return found and Failure(found[0], REFUSALS[found[0]], found[1])


class _Body:
    """A request's body, within its bounds of size and time."""

    def __init__(self, receive: Receive, scope: Scope, limits: Limits) -> None:
        self._receive = receive
        headers = Headers(scope=scope)
        uploading = scope["method"] == "POST" and scope["path"] == UPLOADS
        self._most = limits.upload_bytes if uploading else limits.body_bytes
        declared = headers.get("content-length", "")
        self._declared = int(declared) if declared.isdecimal() else 0
        # Who asks first whether to send is told no before it has.
        self._coming = "expect" not in headers
        self._limits = limits
        self._started = asyncio.get_running_loop().time()
        self._read = 0
        self._whole = False

    @property
    def refusal(self) -> Failure | None:
        """Why the body is refused by what its headers say."""
        return Failure(413, REFUSALS[413], self._too_large) if self._declared > self._most else None

    @property
    def _too_large(self) -> str:
        return f"the body is larger than {self._most:,} bytes"

    async def receive(self) -> Message:
        """The next part of the body; after the last, whether the client is still there."""
        if self._whole:
            return await self._receive()
        seconds = self._limits.body_seconds + self._read / self._limits.slowest_bytes
        try:
            async with asyncio.timeout_at(self._started + seconds):
                message = await self._receive()
        except TimeoutError as exc:
            raise refused(408, "the request's body took too long", _CLOSE) from exc
        self._read += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._read > self._most:
            await self.drained()
            raise refused(413, self._too_large, _CLOSE)
        return message

    async def drained(self) -> bool:
        """Take in for a moment what still comes: a client that is cut off while it sends may not read why.

        Tells whether that was all of it.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while self._coming and not self._whole:
                    self._whole = not (await self._receive()).get("more_body", False)
        return self._whole


def _request_id(scope: Scope) -> str:
    """The id that the client gave where it is a plain one, else a new one."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid4().hex
