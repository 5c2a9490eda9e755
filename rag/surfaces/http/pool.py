"""The threads that library calls run in: so many at once, so many more in line, and no more."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeVar

from rag.surfaces.http.errors import refused

if TYPE_CHECKING:
    from collections.abc import Generator

T = TypeVar("T")

_AHEAD = 64
"""So many values of a stream may wait to be taken: a client that reads slowly does not fill the memory."""


class Pool:
    """Runs blocking calls off the event loop. What waits in line can be taken back, what runs is left to its end."""

    def __init__(self, size: int, waiting: int, name: str) -> None:
        self._executor = ThreadPoolExecutor(size, thread_name_prefix=name)
        self._most = size + waiting
        self._lock = threading.Lock()
        self._futures: set[Future[Any]] = set()
        self._stopping = False

    async def run(self, call: Callable[[], T], done: Callable[[], object] | None = None) -> T:
        """What `call` gives. Where too many are in line, the request is refused with 503.

        `done` is called once, from any thread, when the call is over or will not be made.
        """
        with self._lock:
            future = None
            if not self._stopping and len(self._futures) < self._most:
                future = self._executor.submit(call)
                self._futures.add(future)
        if future is None:
            if done:
                done()
            raise refused(503, "the server is busy: try again in a moment")
        future.add_done_callback(self._forget)
        if done:
            future.add_done_callback(lambda _: done())
        return await asyncio.wrap_future(future)

    async def stream(self, make: Callable[[], Iterator[T]], idle_seconds: float) -> AsyncGenerator[T | None, None]:
        """What the iterator that `make` gives yields, as it comes, and `None` each time nothing came for so long.

        The iterator lives in one thread. Where this one is closed, it is closed too, after its next value.
        """
        loop = asyncio.get_running_loop()
        come: asyncio.Queue[tuple[T] | None] = asyncio.Queue()
        room = threading.Semaphore(_AHEAD)
        given_up = threading.Event()

        def work() -> None:
            with closing(_generator(make())) as values:
                for value in values:
                    room.acquire()
                    if given_up.is_set():
                        return
                    loop.call_soon_threadsafe(come.put_nowait, (value,))

        running = asyncio.ensure_future(self.run(work))
        running.add_done_callback(lambda _: come.put_nowait(None))
        try:
            while True:
                try:
                    async with asyncio.timeout(idle_seconds):
                        value = await come.get()
                except TimeoutError:
                    yield None
                    continue
                if value is None:
                    break
                room.release()
                yield value[0]
            await running
        finally:
            given_up.set()
            room.release()
            running.cancel()

    def stop(self, seconds: float) -> int:
        """Take nothing on, let what runs go on for so long, and return how many calls have not come to their end."""
        with self._lock:
            self._stopping = True
            running = set(self._futures)
        self._executor.shutdown(wait=False, cancel_futures=True)
        return len(wait(running, seconds).not_done)

    def _forget(self, future: Future[Any]) -> None:
        with self._lock:
            self._futures.discard(future)


def _generator(values: Iterator[T]) -> Generator[T, None, None]:
    yield from values
