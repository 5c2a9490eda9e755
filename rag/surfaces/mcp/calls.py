"""Calls of the library, each in a thread of its own: none holds up the others, and a client may give up on one."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable
from itertools import count
from typing import TypeVar

import anyio
from anyio import from_thread, to_thread
from mcp.server.session import ServerSession

from rag.errors import BusyError
from rag.surfaces.mcp.tools import Step

T = TypeVar("T")

_AT_ONCE = 8
_MOST_WAITING = 64


class Calls:
    """Runs calls in threads: so many at once, and those that only look something up apart from the others."""

    def __init__(self) -> None:
        self._quick = anyio.CapacityLimiter(_AT_ONCE)
        self._slow = anyio.CapacityLimiter(_AT_ONCE)

    async def run(self, work: Callable[[Step], T], session: ServerSession, *, quick: bool) -> T:
        """What `work` gives; the steps that it takes are told to the client, if it wants to know.

        A call that was cancelled ends at its next step. Raises what `work` raises, and `BusyError` where too many
        wait already.
        """
        limiter = self._quick if quick else self._slow
        if limiter.statistics().tasks_waiting >= _MOST_WAITING:
            raise BusyError("the server is busy: try again in a while")
        numbers = count(1)

        def step(message: str) -> None:
            from_thread.check_cancelled()
            from_thread.run(session.report_progress, float(next(numbers)), None, message)

        try:
            return await to_thread.run_sync(work, step, limiter=limiter)
        except concurrent.futures.CancelledError:
            # Raised in the thread, where a cancellation is no more than an error; here it is one again.
            await anyio.lowlevel.checkpoint()
            raise
