"""`rag chat` in a pipe and at a terminal."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rag.library import Library
from rag.models.fakes import HashEmbedder
from rag.types import Statement

from .conftest import Run, hear_interrupts, until_it_waits

MARCH = b"How many people marched through Haldrenn against the closure of the railway?\n"


def test_a_pipe_is_answered_line_by_line(rag: Run, library: Path) -> None:
    result = rag("chat", stdin=MARCH + b"\n/question\n/sources 1\n")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("About 6,500 people marched through Haldrenn")
    assert "> " not in result.out
    assert "as it was typed: How many people marched" in result.out
    assert "»About 6,500 people marched" in result.out
    assert "Officers arrested nine people" in result.out


def test_a_source_is_shown_in_its_whole_article(rag: Run, library: Path) -> None:
    result = rag("chat", stdin=MARCH + b"/article 1\n/article\n/article 9\n/article one\n")
    assert result.err.splitlines() == [
        "rag: name a source by its number: /article 2",
        "rag: there is no source 9 in this conversation: they are numbered 1 to 1",
        "rag: one is no number of a source, such as /article 2",
    ]
    quote = (
        "About 6,500 people marched through Haldrenn on Saturday against the closure of the railway, the police said."
    )
    last = "The ministry wants to shut the line on April 30."
    assert f"»{quote}«" in result.out
    assert result.out.count(last) == 1


def test_one_turn_that_fails_is_one_line_and_the_chat_goes_on(rag: Run, library: Path) -> None:
    lines = [b"x" * 3000, b"/foo \x1b[31m", b"/sources 7", b"/sources two", b"/question", b"/save", MARCH]
    result = rag("chat", stdin=b"\n".join(lines))
    assert result.code == 1
    assert [line[:40] for line in result.err.splitlines()] == [
        "rag: the question has 3,000 characters, ",
        "rag: there is no command /foo: /help lis",
        "rag: there is no source 7 in this conver",
        "rag: two is no number of a source, such ",
        "rag: no question was asked yet",
        "rag: name the conversation: /save NAME",
    ]
    assert result.out.startswith("About 6,500 people marched")


def test_json_is_one_object_with_every_turn(rag: Run, library: Path) -> None:
    result = rag("chat", "--json", stdin=MARCH + b"And how many were arrested?\n/help\n")
    assert result.code == 1
    value = json.loads(result.out)
    assert result.out.count("\n") == 1
    assert set(value) == {"schema", "turns"}
    assert [set(turn) for turn in value["turns"]] == [{"question", "standalone", "answer"}] * 2
    assert value["turns"][1]["question"] == "And how many were arrested?"
    assert value["turns"][1]["standalone"].startswith("how many were arrested — the closure of the railway")
    assert result.err == "rag: /help shows nothing with --json\n"


def test_saved_listed_and_resumed(rag: Run, library: Path) -> None:
    first = rag("chat", stdin=MARCH + b"/save the march\n/chats\n/quit\n" + MARCH)
    assert first.err == "Saved. Go on with it by: rag chat --resume 'the march'\n"
    assert first.out.count("[1] Thousands march") == 1
    assert first.out.endswith("the march\n\n")
    resumed = rag("chat", "--resume", "the march", stdin=b"/sources\n")
    assert resumed.out.startswith("> How many people marched")
    assert "[1] Thousands march to keep the valley railway — Haldrenn Courier, 19 October 2025" in resumed.out
    assert rag("chat", "--resume", "other").code == 1
    again = rag("chat", "--resume", "the march", stdin=MARCH + b"/save\n")
    assert (again.code, again.err) == (0, first.err)
    other = rag("chat", stdin=MARCH + b"/save the march\n/save mine\n/save mine\n")
    refused = "rag: there is a saved chat 'the march' already: choose another name\n"
    assert (other.code, other.err) == (1, refused + 2 * "Saved. Go on with it by: rag chat --resume mine\n")
    assert rag("chat", "--resume", "the march", stdin=b"").out.count("> How many people marched") == 2


def test_a_saved_chat_is_deleted(rag: Run, library: Path) -> None:
    rag("chat", stdin=MARCH + b"/save the march\n")
    rag("chat", stdin=MARCH + b"/save other\n")
    # What goes on under the name loses it too.
    done = rag(
        "chat", "--resume", "the march", stdin=b"/forget  the march\n/chats\n/save\n/forget\n/forget the march\n"
    )
    assert (done.code, done.err.splitlines()) == (
        1,
        [
            "Deleted: the march",
            "rag: name the conversation: /save NAME",
            "rag: name the conversation: /forget NAME, one of those that /chats lists",
            "rag: there is no saved chat 'the march': saved are other",
        ],
    )
    assert done.out.endswith("\nother\n\n")
    assert rag("chat", "--resume", "the march").code == 1
    quiet = rag("chat", "--json", stdin=b"/forget other\n")
    assert (quiet.code, quiet.err, json.loads(quiet.out)["turns"]) == (0, "Deleted: other\n", [])


def test_a_turn_whose_article_is_gone_says_so(rag: Run, library: Path) -> None:
    rag("chat", stdin=MARCH + b"/save x\n")
    with Library.open(library, embedder=HashEmbedder()) as opened:
        for info in opened.articles():
            opened.remove(info.id)
    result = rag("chat", "--resume", "x")
    assert "(removed with its article)" in result.out
    assert "6,500" not in result.out


def test_filters_and_wrong_ones(rag: Run, library: Path) -> None:
    assert "No article passes the filter." in rag("chat", "--publisher", "Nobody", stdin=MARCH).out
    assert rag("chat", "--after", "soon").code == 2


def test_no_control_character_of_an_article_is_shown(rag: Run, library: Path) -> None:
    text = "The \x1b[31mzebra\u202e of Haldrenn escaped at noon.\x07 It ran for 4 miles."
    with Library.open(library, embedder=HashEmbedder()) as opened:
        opened.add({"id": "z", "title": "Zebra \x1b]0;x\x07 escapes", "text": text})
    result = rag("chat", stdin=b"When did the zebra of Haldrenn escape?\n/sources\n/sources 1\n")
    assert "zebra" in result.out
    assert not {"\x1b", "\x07", "\u202e"} & set(result.out + result.err)


@pytest.mark.parametrize("stdin", [b"", b"\xff\xfe\n", b"\x00\n", "何人が行進した?\n".encode(), b"a" * 3_000_000])
def test_any_input_ends_well(rag: Run, library: Path, stdin: bytes) -> None:
    result = rag("chat", stdin=stdin)
    assert result.code == (1 if result.err else 0)
    assert "internal error" not in result.err


@contextmanager
def at_a_terminal(directory: Path, *arguments: str) -> Iterator[tuple[Any, Any]]:
    """The process with a terminal of 80 columns, and a function that reads until it has shown something."""
    master, slave = pty.openpty()
    program = (
        "import sys, rag.models.embeddings as e; from rag.models.fakes import HashEmbedder;"
        "e.load_embedder = lambda _: HashEmbedder(); from rag.surfaces.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, "chat", "--library", str(directory), *arguments]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80", "NO_COLOR": "1"}
    process = subprocess.Popen(
        command,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment,
        start_new_session=True,
        preexec_fn=hear_interrupts,
    )
    os.close(slave)
    shown = b""

    def until(wanted: str) -> str:
        nonlocal shown
        deadline = time.monotonic() + 60
        while wanted.encode() not in shown:
            assert time.monotonic() < deadline, shown
            if select.select([master], [], [], 0.2)[0]:
                shown += os.read(master, 65536)
        before, _, shown = shown.partition(wanted.encode())
        return before.decode(errors="replace")

    def send(text: bytes) -> None:
        os.write(master, text)

    process.send = send  # type: ignore[attr-defined]
    try:
        yield process, until
    finally:
        process.kill()
        process.wait()
        os.close(master)


def test_at_a_terminal_there_is_a_prompt_and_ctrl_d_ends_well(library: Path) -> None:
    with at_a_terminal(library) as (process, until):
        until("> ")
        process.send(MARCH)
        assert "6,500" in until("courier.example/march")
        until("> ")
        process.send(b"\x04")
        assert process.wait(20) == 0


def test_what_fails_at_a_terminal_ends_nothing(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8:strict")
    with at_a_terminal(library) as (process, until):
        until("> ")
        process.send(b"\xff\xfe \xc3\n")
        until("> ")
        process.send(b"/sources \xff\n")
        until("is no number of a source")
        process.send(MARCH)
        assert "6,500" in until("courier.example/march")
        until("> ")
        process.send(b"\x04")
        assert process.wait(20) == 0


def test_ctrl_c_at_the_prompt_leaves(library: Path) -> None:
    with at_a_terminal(library) as (process, until):
        until("> ")
        until_it_waits(process.pid)
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(20) == 130


def test_ctrl_c_during_an_answer_stops_it_alone(rag: Run, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Library.stream
    calls = iter([True, False])

    def interrupted(self: Library, question: str, **filters: Any) -> Iterator[Any]:
        stops = next(calls)
        for event in whole(self, question, **filters):
            yield event
            if stops and isinstance(event, Statement):
                raise KeyboardInterrupt

    monkeypatch.setattr(Library, "stream", interrupted)
    result = rag("chat", stdin=MARCH + b"/question\n" + MARCH)
    assert (result.code, result.err) == (1, "rag: stopped; ask on\nrag: no question was asked yet\n")
    first, *others = result.out.splitlines()
    assert first.startswith("About 6,500 people marched through Haldrenn on Saturday")
    assert others[0] == first
    assert result.out.count("[1] Thousands march") == 1
