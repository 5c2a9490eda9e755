from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rag.surfaces import progress as module
from rag.surfaces.progress import progress, waiting

from .conftest import Run


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_silent_where_there_is_no_terminal() -> None:
    stream = io.StringIO()
    with progress(stream) as report:
        assert report is None
    assert stream.getvalue() == ""


def test_silent_where_the_shell_closed_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", None)
    with progress() as report:
        assert report is None
    with waiting("answering"):
        pass


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ask", "How many people marched through Haldrenn?"], "About 6,500 people marched"),
        (["summarize", "https://courier.example/march"], "About 6,500 people marched"),
        (["summarize", "--about", "the railway march"], "About 6,500 people marched"),
        (["search", "march"], "About 6,500 people marched"),
        (["verify", "Officers arrested nine people for blocking the tram lines."], "Officers arrested nine"),
        (["chat"], "About 6,500 people marched"),
        (["reindex"], "Made 3 vectors anew."),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_every_command_that_draws_a_bar_works_where_the_shell_closed_standard_error(
    rag: Run, library: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.setattr("sys.stderr", None)
    result = rag(*arguments, stdin=b"How many people marched through Haldrenn?\n")
    assert (result.code, said in result.out) == (0, True)


def test_an_answer_comes_from_a_process_without_standard_error(library: Path) -> None:
    """As the shell starts it with 2>&-: no file that it opens may take the place of what was closed."""
    command = [sys.executable, "-m", "rag", "--library", str(library), "list", "--json"]
    script = '"$@" 2>&-; exec "$@" --library /nowhere 2>&-'
    done = subprocess.run(["sh", "-c", script, "sh", *command], capture_output=True, text=True, check=False)  # noqa: S607
    first, second = done.stdout.splitlines()
    assert len(json.loads(first)["articles"]) == 3
    assert (done.returncode, json.loads(second)["error"]["type"]) == (2, "UserError")


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


def test_waiting_names_the_one_step_and_is_gone_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.0)
    stream = Terminal()
    with waiting("answering", stream):
        deadline = time.monotonic() + 5
        while "answering" not in stream.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)
    assert "answering" in stream.getvalue()
    assert stream.getvalue().endswith("\x1b[2K")
