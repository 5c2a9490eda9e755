"""What all routes share: the libraries, the limits, and the threads that library calls run in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Self, TypeVar, cast

from fastapi import Request
from starlette.requests import ClientDisconnect

from rag.errors import NotFoundError
from rag.library import Library
from rag.surfaces.guard import Guard
from rag.surfaces.http.limits import Limits
from rag.surfaces.http.metrics import Metrics
from rag.surfaces.http.pool import Pool

T = TypeVar("T")
Kind = Literal["question", "slow", "quick"]
"""What a call is: a question, something that may take a minute, or something that is only looked up."""

_QUICK_THREADS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """One server: its libraries by name, the first of them the default, and what it asks of its clients."""

    libraries: Mapping[str, Library]
    guard: Guard
    limits: Limits
    metrics: Metrics = field(default_factory=Metrics)
    pool: Pool
    slow: Pool
    quick: Pool

    @classmethod
    def of(cls, libraries: Mapping[str, Library], guard: Guard, limits: Limits | None = None) -> Self:
        """A server's state; `libraries` are open, and stay the caller's to close."""
        limits = limits or Limits()
        return cls(
            libraries=libraries,
            guard=guard,
            limits=limits,
            pool=Pool(limits.concurrency, limits.waiting, "rag-serve"),
            # What adds or verifies may take a minute: questions do not wait behind it, nor looking something up
            # behind questions.
            slow=Pool(max(1, limits.concurrency // 2), limits.waiting, "rag-serve-slow"),
            quick=Pool(_QUICK_THREADS, limits.waiting, "rag-serve-quick"),
        )

    def library(self, name: str | None) -> Library:
        """The library of that name, the first where none is named; raises `NotFoundError`."""
        if name is None:
            return next(iter(self.libraries.values()))
        if name not in self.libraries:
            raise NotFoundError(f"no library of that name is served; there are: {', '.join(self.libraries)}")
        return self.libraries[name]

    def stop(self, seconds: float) -> int:
        """Take nothing on any more, wait so long for what runs, and return how many calls were left running."""
        until = time.monotonic() + seconds
        return sum(pool.stop(max(0.0, until - time.monotonic())) for pool in (self.pool, self.slow, self.quick))


def serving(request: Request) -> Serving:
    """The state of the server that was asked."""
    return cast(Serving, request.app.state.serving)


async def in_thread(
    request: Request, call: Callable[[], T], *, kind: Kind = "question", done: Callable[[], object] | None = None
) -> T:
    """What a blocking `call` of the library gives.

    A call that waits in line when its client goes away is not made; one that runs then is left to its end, and
    keeps its slot until that. Where too many are in line, the request is refused with 503. In each case `done` is
    called once, when the call is over or will not be made.
    """
    state = serving(request)
    pool = {"question": state.pool, "slow": state.slow, "quick": state.quick}[kind]
    running = asyncio.ensure_future(pool.run(call, done))
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({running, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            raise _client_left()
        return running.result()
    finally:
        leaving.cancel()
        running.cancel()


def streamed(request: Request, make: Callable[[], Iterator[T]]) -> AsyncGenerator[T | None, None]:
    """What the iterator that `make` gives yields, as it comes, and `None` where a sign of life is due.

    It runs in one thread of the pool, which is freed when this is closed, as it is when the client goes away.
    """
    state = serving(request)
    return state.pool.stream(make, state.limits.ping_seconds)


async def _left(request: Request) -> None:
    """Returns when the client has gone away."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _client_left() -> ClientDisconnect:
    return ClientDisconnect()
