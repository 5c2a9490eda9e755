"""A progress bar on standard error for whatever takes longer than a second."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from rag.surfaces.layout import one_line

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from rag.types import Progress

PATIENCE_SECONDS = 1.0
"""Work that is over sooner shows no bar."""


@contextmanager
def progress(stream: TextIO | None = None) -> Iterator[Progress | None]:
    """Yield the callback to report to, or `None` where `stream` is not a terminal or the shell closed it.

    The bar is drawn on `stream`, standard error by default, and gone when the work is over.
    """
    stream = stream or sys.stderr
    if stream is None or not stream.isatty() or os.environ.get("TERM") == "dumb":
        yield None
        return
    drawing = _Drawing(stream)
    timer = threading.Timer(PATIENCE_SECONDS, drawing.start)
    timer.daemon = True
    timer.start()
    try:
        yield drawing.report
    finally:
        timer.cancel()
        drawing.stop()


@contextmanager
def waiting(label: str, stream: TextIO | None = None) -> Iterator[None]:
    """As `progress`, for one step of unknown length."""
    with progress(stream) as report:
        if report is not None:
            report(label, 0, 0)
        yield


class _Drawing:
    """The bar: it keeps count from the beginning, and is seen once it is started."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._state = ("working", 0, 0)
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._over = False

    def report(self, label: str, done: int, total: int) -> None:
        with self._lock:
            self._state = (label, done, total)
            self._update()

    def start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        with self._lock:
            if self._over:
                return
            console = Console(file=self._stream, force_terminal=True, highlight=False, emoji=False)
            self._bar = Progress(
                TextColumn("{task.fields[label]}", markup=False),
                BarColumn(complete_style="cyan", finished_style="cyan", pulse_style="cyan"),
                TextColumn("{task.fields[count]}", markup=False),
                TimeElapsedColumn(),
                console=console,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._task = self._bar.add_task("", label="", count="", total=None)
            self._update()
            self._bar.start()

    def _update(self) -> None:
        if self._bar is None or self._task is None:
            return
        label, done, total = self._state
        count = f"{done:,} of {total:,}" if total else f"{done:,}" if done else ""
        self._bar.update(self._task, label=one_line(label), count=count, completed=done, total=total or None)

    def stop(self) -> None:
        with self._lock:
            self._over = True
            if self._bar is not None:
                self._bar.stop()
