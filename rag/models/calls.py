"""One call to a service: within a total time, tried again where that may help, every fault one line.

The call runs in a thread of its own, so that no server can hold the caller beyond the time
allowed, not even one that sends a byte now and then. A thread that is given up ends with its
connection; it is a daemon and keeps no process alive.
"""

from __future__ import annotations

import contextvars
import queue
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from rag.models.faults import Service, explain

T = TypeVar("T")

_chance = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Retries:
    """How often to try, and how long to wait in between (seconds).

    The wait doubles from `first_wait` to at most `longest_wait`, and a random half of it is
    dropped, so that many callers do not come back at the same moment.
    """

    attempts: int = 4
    first_wait: float = 0.5
    longest_wait: float = 8.0

    def wait(self, attempt: int) -> float:
        """Seconds to wait after the attempt of that number, the first being 0."""
        longest: float = min(self.longest_wait, self.first_wait * 2**attempt)
        return longest * _chance.uniform(0.5, 1.0)


USUAL_RETRIES = Retries()


def call(
    attempt: Callable[[], Iterable[T]],
    service: Service,
    *,
    timeout_seconds: float,
    retries: Retries = USUAL_RETRIES,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[T]:
    """Yield what `attempt` gives; begin again after a fault that may pass, unless something was yielded.

    Raises a `ModelError` in one line: at the latest after `timeout_seconds`, all attempts and waits
    together. No exception of the client is chained to it, since that could hold the key.
    """
    deadline = time.monotonic() + timeout_seconds
    for number in range(max(1, retries.attempts)):
        begun = False
        try:
            for item in in_time(attempt, deadline):
                begun = True
                yield item
            return
        except Exception as exc:
            fault = explain(exc, service, timeout_seconds)
        left = deadline - time.monotonic()
        wait = max(retries.wait(number), fault.retry_after)
        if begun or not fault.retryable or number + 1 >= retries.attempts or wait >= left:
            # Raised here and not above, so that the client's exception does not become its context.
            raise fault.error
        sleep(wait)


def in_time(produce: Callable[[], Iterable[T]], deadline: float) -> Iterator[T]:
    """Yield what `produce` gives, made in a thread; `TimeoutError` at `deadline` (of `time.monotonic`)."""
    made: queue.SimpleQueue[tuple[Literal["item", "fault", "end"], Any]] = queue.SimpleQueue()
    given_up = threading.Event()

    def work() -> None:
        try:
            items = iter(produce())
            for item in items:
                made.put(("item", item))
                if given_up.is_set():
                    break
            if close := getattr(items, "close", None):
                close()
            made.put(("end", None))
        except Exception as exc:
            made.put(("fault", exc))

    # The caller's context goes along: LangChain finds its callbacks there.
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(work,), name="rag-model", daemon=True).start()
    try:
        while True:
            try:
                kind, value = made.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise TimeoutError from None
            if kind == "end":
                return
            if kind == "fault":
                raise value
            yield value
    finally:
        given_up.set()
