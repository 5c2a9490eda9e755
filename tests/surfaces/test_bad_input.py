"""What a user may do wrong, or find wrong: one clear line each, the right exit code, nothing lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from rag.showing import UNSAFE

from .conftest import Result, Run, hear_interrupts, until_it_waits

EMPTY = "The library is empty. Add articles with: rag add PATH-OR-URL\n"


@pytest.mark.parametrize("arguments", [["ask", "Why?"], ["search", "why"], ["list"], ["summarize", "--about", "x"]])
def test_an_empty_library_says_how_to_add(rag: Run, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "library").mkdir()
    assert rag(*arguments) == Result(0, EMPTY, "")
    as_json = rag(*arguments, "--json")
    assert as_json.code == 0
    assert json.loads(as_json.out).get("reason", "empty_library") == "empty_library"


@pytest.mark.parametrize(
    "arguments",
    [["ask", "Why?"], ["search", "why"], ["list"], ["summarize", "x"], ["show", "x"], ["remove", "x"]]
    + [["refresh"], ["export", "-"], ["reindex"], ["doctor"]],
)
def test_a_mistyped_library_is_named_and_not_made(rag: Run, tmp_path: Path, arguments: list[str]) -> None:
    said = f"rag: there is no library in {tmp_path / 'typo'}: check the name, or make one with `rag add`\n"
    assert rag(*arguments, "--library", str(tmp_path / "typo")) == Result(2, "", said)
    assert not (tmp_path / "typo").exists()


def test_a_folder_of_other_things_is_no_library(rag: Run, tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "a.txt").write_text("A paper.")
    assert rag("list", "--library", str(tmp_path / "papers")).code == 2
    assert [file.name for file in (tmp_path / "papers").iterdir()] == ["a.txt"]


def test_the_default_library_needs_no_making(rag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAG_LIBRARY")
    assert rag("ask", "Why?") == Result(0, EMPTY, "")


@pytest.mark.parametrize("question", ["", "   ", "\n"])
def test_an_empty_question(rag: Run, library: Path, question: str) -> None:
    for arguments, stdin in ((["ask", question], b""), (["ask", "-"], question.encode())):
        result = rag(*arguments, stdin=stdin)
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith("rag: the question is empty")
        assert result.err.count("\n") == 1


@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_question_of_a_megabyte(rag: Run, library: Path, command: str) -> None:
    long = "why " * 250_000
    for result in (rag(command, long), rag(command, "-", stdin=long.encode())):
        assert (result.code, result.out) == (2, "")
        what = {"ask": "question", "search": "query"}[command]
        assert result.err.startswith(f"rag: the {what} has 999,999 characters, and 2,000 are allowed")
        assert result.err.count("\n") == 1


def test_what_is_typed_to_be_checked_is_no_file(
    rag: Run, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "draft.txt").write_text("Officers arrested nine people for blocking the tram lines.")
    assert rag("verify", "draft.txt").code == 0
    typed = rag("verify", "-", "--json", stdin=b"draft.txt")
    assert (typed.code, [each["text"] for each in json.loads(typed.out)["statements"]]) == (1, ["draft.txt"])
    both = rag("verify", "--json", "draft.txt", "draft.txt")
    assert [each["text"] for each in json.loads(both.out)["statements"]] == ["draft.txt draft.txt"]
    # With the name of a file that is too long for one, and of a folder.
    for text in ("word " * 400, str(tmp_path)):
        assert rag("verify", text).code == 1


def test_a_pipe_with_a_name_is_a_file(rag: Run, library: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "63"
    os.mkfifo(pipe)
    text = "Officers arrested nine people for blocking the tram lines."
    writer = threading.Thread(target=pipe.write_text, args=(text,), daemon=True)
    writer.start()
    result = rag("verify", "--json", str(pipe))
    assert (result.code, [each["text"] for each in json.loads(result.out)["statements"]]) == (0, [text])


@pytest.mark.skipif(not Path("/proc/self/mem").is_file(), reason="there is no file here that root cannot read")
def test_a_file_to_check_that_cannot_be_read_is_named(rag: Run, library: Path) -> None:
    assert rag("verify", "/proc/self/mem") == Result(1, "", "rag: /proc/self/mem cannot be read: Input/output error\n")


def test_of_a_large_file_to_check_no_more_is_read_than_could_be_typed(rag: Run, library: Path, tmp_path: Path) -> None:
    """A terabyte of nothing, which takes no room on the disk, and would take it all in memory."""
    large = tmp_path / "large.txt"
    with large.open("wb") as file:
        file.truncate(1024**4)
    result = rag("verify", str(large))
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("rag: the text has 8,388,608 characters, and 50,000 are allowed")


def test_a_question_that_is_not_text(rag: Run, library: Path) -> None:
    result = rag("ask", "-", "--json", stdin=b"wh\xffy\x00 march\x1b[31m?")
    assert result.code == 0
    assert not UNSAFE.search(result.out.rstrip("\n"))


@pytest.mark.parametrize(
    "make",
    [
        lambda path: None,
        lambda path: path.mkdir(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(bytes(range(256)) * 40),
    ],
    ids=["missing", "nothing readable", "empty", "binary"],
)
def test_what_cannot_be_added(rag: Run, library: Path, tmp_path: Path, make: object) -> None:
    path = tmp_path / "given.txt"
    make(path)  # type: ignore[operator]
    result = rag("add", str(path))
    assert (result.code, result.out) == (1, "Failed 1.\n")
    assert result.err.startswith(f"  {path}: ")
    assert result.err.count("\n") == 1
    assert "3 articles" in rag("list").out


def test_an_unknown_article(rag: Run, library: Path) -> None:
    for command in ("show", "remove", "summarize"):
        assert rag(command, "ffff") == Result(1, "", "rag: there is no article 'ffff'; `rag list` shows them\n")


def test_a_library_that_is_a_file(rag: Run, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    result = rag("list", "--library", str(file))
    assert result == Result(1, "", f"rag: {file} is a file; a library is a folder\n")
    assert file.read_text() == "mine"


def test_a_wrong_setting(rag: Run, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_TIMEOUT_SECONDS", "soon")
    result = rag("list")
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)


def test_a_read_only_library_can_be_read_and_says_why_it_is_not_written(library: Path, tmp_path: Path) -> None:
    """Mode bits do not bind root, so the kernel is asked for a read-only mount where it gives one."""
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    script = (
        f"mount --bind '{library}' '{mounted}' && mount -o remount,bind,ro '{mounted}' || exit 77;"
        f"'{sys.executable}' -m rag --library '{mounted}' list; echo \"=> $?\";"
        f"'{sys.executable}' -m rag --library '{mounted}' remove https://courier.example/march; echo \"=> $?\""
    )
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", script],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("this system gives no read-only mount")
    assert "3 articles, 3 chunks.\n=> 0\n" in done.stdout
    assert done.stdout.endswith("=> 1\n")
    assert done.stderr.startswith("rag: ")
    assert done.stderr.count("\n") == 1
    assert "read-only" in done.stderr


def test_articles_cannot_speak_to_the_terminal(rag: Run, library: Path, tmp_path: Path) -> None:
    hostile = tmp_path / "hostile\x1b[31m.txt"
    hostile.write_text(
        "Title \x1b]0;pwned\x07 [bold red]\u202e\n\nThe zebra\x1b[2J crossed [link=x]the road\u2066 on Monday.\n"
    )
    pages = [
        rag("add", str(hostile)),
        rag("list"),
        rag("search", "zebra", "-k", "1"),
        rag("ask", "What did the zebra cross?"),
    ]
    for page in pages:
        assert not UNSAFE.search(page.out.replace("\n", ""))
        assert not UNSAFE.search(page.err.replace("\n", ""))
    assert "[bold red]" in pages[1].out
    assert "[link=x]" in pages[2].out


def test_an_interruption_is_one_line(library: Path, tmp_path: Path) -> None:
    """Interrupted while it waits for the rest of its input, as by Ctrl-C."""
    process = subprocess.Popen(
        [sys.executable, "-m", "rag", "--library", str(library), "add", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=hear_interrupts,
    )
    assert process.stdin is not None
    process.stdin.write(b"A story")
    process.stdin.flush()
    until_it_waits(process.pid)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, b"", b"rag: interrupted; what was stored stays\n")


def test_an_installed_embedder_answers_in_a_process_of_its_own(tmp_path: Path) -> None:
    """The whole way once as a user goes it, with the weights that ship."""
    story = tmp_path / "story.txt"
    story.write_text("Harbour opens\n\nThe new harbour opened on Monday. The mayor said it cost $4.6 million.\n")
    environment = {**os.environ, "RAG_LIBRARY": str(tmp_path / "library")}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "rag", *arguments], capture_output=True, text=True, check=False, env=environment
        )

    added = run("add", str(story))
    assert (added.returncode, added.stderr) == (0, "")
    answer = run("ask", "How", "much", "did", "the", "harbour", "cost?")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "it cost $4.6 million." in answer.stdout.splitlines()[0]
