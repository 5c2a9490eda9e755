from __future__ import annotations

import io
import time

import pytest

from rag.surfaces import progress as module
from rag.surfaces.progress import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_silent_where_there_is_no_terminal() -> None:
    stream = io.StringIO()
    with progress(stream) as report:
        assert report is None
    assert stream.getvalue() == ""


def test_silent_on_a_terminal_that_cannot_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with progress(Terminal()) as report:
        assert report is None


def test_silent_while_the_work_is_short() -> None:
    stream = Terminal()
    with progress(stream) as report:
        assert report is not None
        report("adding", 1, 2)
    assert stream.getvalue() == ""


def drawn_after(monkeypatch: pytest.MonkeyPatch, *reports: tuple[str, int, int]) -> str:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.0)
    stream = Terminal()
    with progress(stream) as report:
        assert report is not None
        for each in reports:
            report(*each)
        deadline = time.monotonic() + 5
        while reports[-1][0] not in stream.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)
    return stream.getvalue()


def test_drawn_once_the_work_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = drawn_after(monkeypatch, ("embedding", 1, 4), ("mending", 1200, 4000))
    assert "1,200 of 4,000" in drawn
    assert drawn.endswith("\x1b[2K")  # gone when the work is over


def test_an_unknown_total_shows_the_count_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = drawn_after(monkeypatch, ("adding", 1200, 0))
    assert "1,200" in drawn
    assert " of " not in drawn
