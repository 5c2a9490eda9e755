"""What is typed in `rag chat`: the history of the arrow keys, and what Tab completes."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.surfaces.lines import History

from .conftest import Run
from .test_chat_command import MARCH, at_a_terminal

UP, TAB, END = b"\x1b[A", b"\t", b"\x04"


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "data" / "history" / "one")


def mode(file: Path) -> int:
    return file.stat().st_mode & 0o777


def test_lines_are_kept_in_order_for_the_user_alone(history: History, tmp_path: Path) -> None:
    assert history.lines() == []
    for line in ("first", " a secret", "", "   ", "second ü", "broken \udcff", "first"):
        history.keep(line)
    assert history.lines() == ["first", "second ü", "broken ?", "first"]
    assert (mode(tmp_path / "data/history"), mode(tmp_path / "data/history/one")) == (0o700, 0o600)


def test_a_file_that_others_could_read_is_closed_to_them(history: History, tmp_path: Path) -> None:
    history.keep("one")
    file = tmp_path / "data/history/one"
    file.chmod(0o644)
    history.keep("two")
    assert mode(file) == 0o600


def test_each_library_has_its_own_in_the_users_data_directory(tmp_path: Path) -> None:
    History.of(tmp_path / "a").keep("of a")
    History.of(tmp_path / "b").keep("of b")
    assert (History.of(tmp_path / "a").lines(), History.of(tmp_path / "b").lines()) == (["of a"], ["of b"])
    assert len(list((tmp_path / "data/rag/history").iterdir())) == 2
    assert not (tmp_path / "a").exists()


def test_a_long_history_is_cut_to_its_end(history: History, tmp_path: Path) -> None:
    history.keep("x")
    file = tmp_path / "data/history/one"
    file.write_text("".join(f"line {number}\n" for number in range(5_000)), encoding="utf-8")
    expected = [f"line {number}" for number in range(4_000, 5_000)]
    assert (history.lines(), history.lines()) == (expected, expected)
    assert (file.read_text(encoding="utf-8").count("\n"), mode(file)) == (1_000, 0o600)
    file.write_bytes(b"\xff" * 700_000 + b"\nlast\n")
    assert history.lines() == ["last"]
    assert file.read_bytes() == b"last\n"
    assert [each.name for each in file.parent.iterdir()] == ["one"]


def test_what_cannot_be_kept_makes_nothing_fail(history: History, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file, not a folder")
    history.keep("line")
    assert history.lines() == []
    folder = History(tmp_path)
    folder.keep("line")
    assert folder.lines() == []
    (tmp_path / "target").write_text("other\n")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    History(tmp_path / "link").keep("line")
    assert (tmp_path / "target").read_text() == "other\n"


def test_tab_completes_and_the_arrow_keys_bring_back_what_was_typed_another_day(library: Path, tmp_path: Path) -> None:
    with at_a_terminal(library) as (process, until):
        until("> ")
        process.send(MARCH)
        until("courier.example/march")
        until("> ")
        process.send(b"/save the march\n")
        until("Saved.")
        until("> ")
        process.send(b"/art" + TAB + b" 1\n")
        assert "April 30" in until("characters 0")
        until("> ")
        process.send(b"/forget t" + TAB + b"\n")
        until("Deleted: the march")
        until("> ")
        process.send(END)
        assert process.wait(20) == 0
    (file,) = (tmp_path / "data/rag/history").iterdir()
    kept = file.read_bytes()
    # What is completed ends with a space in some editions of readline.
    assert b"\n".join(line.rstrip() for line in kept.replace(b"  ", b" ").split(b"\n")) == (
        MARCH + b"/save the march\n/article 1\n/forget the march\n"
    )
    assert mode(file) == 0o600
    with at_a_terminal(library) as (process, until):
        until("> ")
        process.send(UP * 4 + b"\n")
        assert "6,500" in until("courier.example/march")
        until("> ")
        process.send(END)
        assert process.wait(20) == 0
    assert file.read_bytes() == kept + MARCH


def test_no_history_keeps_nothing(library: Path, tmp_path: Path) -> None:
    with at_a_terminal(library, "--no-history") as (process, until):
        until("> ")
        process.send(MARCH)
        until("courier.example/march")
        until("> ")
        process.send(UP + END)
        process.send(b"\x15" + END)
        assert process.wait(20) == 0
    assert not (tmp_path / "data/rag").exists()


def test_what_a_pipe_brings_is_no_history(rag: Run, library: Path, tmp_path: Path) -> None:
    assert rag("chat", stdin=MARCH).code == 0
    assert not (tmp_path / "data/rag").exists()
