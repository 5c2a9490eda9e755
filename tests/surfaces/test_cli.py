"""The parser, the exit codes and what reaches a user when something goes wrong."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from rag.errors import (
    BusyError,
    ConfigError,
    ContextTooLongError,
    FormRefusedError,
    ModelAccessError,
    ModelError,
    ModelReplyError,
    ModelUnavailableError,
    NotFoundError,
    RagError,
    SourceError,
    StorageError,
    UserError,
)
from rag.models.scripted import ScriptedServer, say_json
from rag.surfaces.cli import build_parser, explain
from rag.surfaces.codes import exit_code
from rag.surfaces.commands import COMMANDS
from rag.surfaces.given import library_directory

from .conftest import Result, Run

CODES: dict[type[BaseException], int] = {
    RagError: 1,
    UserError: 2,
    ConfigError: 2,
    NotFoundError: 1,
    SourceError: 1,
    StorageError: 1,
    BusyError: 1,
    OSError: 1,
    RuntimeError: 1,
    MemoryError: 1,
    KeyboardInterrupt: 130,
    BrokenPipeError: 141,
    ModelError: 1,
    ModelUnavailableError: 1,
    ModelAccessError: 2,
    FormRefusedError: 2,
    ContextTooLongError: 1,
    ModelReplyError: 1,
}


def in_a_process(*arguments: str, **options: object) -> Result:
    """Run `python -m rag` as a user does."""
    done = subprocess.run([sys.executable, "-m", "rag", *arguments], capture_output=True, check=False, **options)  # type: ignore[call-overload]
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def descendants(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    yield kind
    for child in kind.__subclasses__():
        yield from descendants(child)


def subparsers() -> dict[str, argparse.ArgumentParser]:
    [action] = [each for each in build_parser()._actions if isinstance(each, argparse._SubParsersAction)]
    return dict(action.choices)


def test_every_command_is_parsed_and_carried_out() -> None:
    assert set(subparsers()) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(rag: Run, name: str) -> None:
    result = rag(name, "--help")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"usage: rag {name} ")
    assert max(map(len, result.out.splitlines())) <= 80
    for action in subparsers()[name]._actions:
        assert action.help, f"{name} {action.dest}"


def test_help_fits_80_columns(rag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    result = rag("--help")
    assert result.code == 0
    assert max(map(len, result.out.splitlines())) <= 80


def test_no_command_prints_the_help_as_wrong_usage(rag: Run) -> None:
    result = rag()
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("usage: rag ")


def test_version(rag: Run) -> None:
    assert rag("--version") == Result(0, f"rag {version('rag')}\n", "")


def test_start_up_is_lazy() -> None:
    program = """
        import sys
        from rag.surfaces.cli import main
        assert main(["--help"]) == 0
        heavy = {"chromadb", "langchain", "langchain_core", "numpy", "onnxruntime", "rich", "trafilatura"}
        print("imported:", sorted(heavy & set(sys.modules)))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("imported: []\n")


def test_every_error_has_its_exit_code() -> None:
    ours = {kind for kind in descendants(RagError) if kind.__module__ == "rag.errors"}
    assert ours <= set(CODES)
    assert {kind: exit_code(kind()) for kind in CODES} == CODES


@pytest.mark.parametrize("error", [error for error in CODES if error is not BrokenPipeError])
def test_every_error_is_one_line_without_a_traceback(
    rag: Run, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def fail(*_: object) -> int:
        raise error("it went\nwrong \x1b[31m")

    monkeypatch.setitem(COMMANDS, "list", fail)
    result = rag("list")
    assert (result.code, result.out) == (CODES[error], "")
    assert result.err.startswith("rag: ")
    assert result.err.count("\n") == 1
    assert "\x1b" not in result.err
    assert "Traceback" not in result.err

    as_json = rag("list", "--json")
    assert json.loads(as_json.out) == {
        "schema": 1,
        "error": {"type": error.__name__, "message": explain(error("it went\nwrong \x1b[31m"))},
    }
    assert (as_json.code, as_json.err) == (result.code, result.err)

    debugged = rag("list", "--debug")
    assert debugged.code == result.code
    assert debugged.err.startswith("Traceback (most recent call last):\n")
    assert debugged.err.endswith(result.err)


def test_messages() -> None:
    assert explain(StorageError("the disk\nis full")) == "the disk is full"
    assert explain(PermissionError(13, "Permission denied", "a.txt")) == "a.txt: Permission denied"
    assert explain(OSError(28, "No space left on device")) == "No space left on device"
    assert explain(KeyboardInterrupt()) == "interrupted; what was stored stays"
    assert explain(ValueError("odd")) == "internal error: ValueError odd (run with --debug for the traceback)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lsit"], "argument COMMAND: invalid choice: 'lsit' (choose from "),
        (["ask"], "the following arguments are required: QUESTION (see `rag ask --help`)"),
        (["list", "--publsher", "x"], "unrecognized arguments: --publsher x (see `rag --help`)"),
        (["list", "--pub", "x"], "unrecognized arguments: --pub x (see `rag --help`)"),
        (["list", "--after", "2024-13-01"], "argument --after: '2024-13-01' is not a date (YYYY-MM-DD) (see"),
        (["list", "--before", "20240201"], "argument --before: '20240201' is not a date (YYYY-MM-DD) (see"),
        (["list", "--before", "2023-02-29"], "argument --before: '2023-02-29' is not a date (YYYY-MM-DD) (see"),
        (["search", "x", "-k", "many"], "argument -k: invalid int value: 'many' (see `rag search --help`)"),
        (["search", "x", "-k", "0"], "k must be 1 or more"),
        (["summarize", "--about", "x", "--sentences", "9" * 20], "a summary has 100 sentences or less"),
        (["list", "--library", " "], "--library is empty: name a folder"),
    ],
)
def test_wrong_usage_is_one_line(rag: Run, library: Path, arguments: list[str], message: str) -> None:
    result = rag(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"rag: {message}")
    assert result.err.count("\n") == 1
    as_json = rag(*arguments, "--json")
    assert json.loads(as_json.out) == {"schema": 1, "error": {"type": "UserError", "message": result.err[5:-1]}}
    assert (as_json.code, as_json.err) == (2, result.err)


def test_options_work_on_either_side(rag: Run, library: Path) -> None:
    plain = rag("list", "--publisher", "Skelbray Post", "--json")
    assert [article["publisher"] for article in json.loads(plain.out)["articles"]] == ["Skelbray Post"]
    assert rag("--json", "list", "--publisher", "Skelbray Post") == plain
    assert rag("--library", str(library), "list", "--json", "--publisher=Skelbray Post") == plain
    # The one that comes last counts, as everywhere.
    assert (
        rag("--library", "elsewhere", "list", "--library", str(library), "--json", "--publisher=Skelbray Post") == plain
    )
    asked = rag("search", "--json", "-k", "1", "cost", "of", "the", "bridge")
    assert json.loads(asked.out)["query"] == "cost of the bridge"
    assert rag("search", "cost", "of", "the", "bridge", "-k", "1", "--json") == asked


def test_which_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert library_directory("given") == tmp_path / "given"
    assert library_directory(None) == tmp_path / "data" / "rag"
    monkeypatch.setenv("RAG_LIBRARY", "")
    assert library_directory(None) == tmp_path / "data" / "rag"
    monkeypatch.setenv("RAG_LIBRARY", "named")
    assert library_directory(None) == tmp_path / "named"
    assert library_directory("given") == tmp_path / "given"


def test_a_home_folder_is_the_same_for_every_option(
    rag: Run, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings of the library come from the folder that is opened, not from one that is named ~."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (library / "rag.toml").write_text("max_question_chars = 5\n")
    for options in ((), ("--timeout", "5")):
        result = rag("ask", "--library", "~/library", *options, "Who marched?")
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith("rag: the question has 12 characters, and 5 are allowed")
    (library / "rag.toml").write_text("prompts = 'mine'\n")
    listed = rag("prompts", "--library", "~/library")
    assert listed.err == f"rag: {library / 'mine'}: there is no such folder of prompts (RAG_PROMPTS)\n"
    assert rag("prompts", "copy", "~/library/mine").code == 0
    assert "mine" in rag("prompts", "--library", "~/library").out
    assert (library / "mine" / "answer.md").is_file()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            ["list", "--library", "~nobody-of-that-name/l"],
            2,
            "the home folder in '~nobody-of-that-name/l' is not known",
        ),
        (["prompts", "copy", "~nobody-of-that-name"], 2, "the home folder in '~nobody-of-that-name' is not known"),
        (["show", "~nobody-of-that-name/a"], 1, "there is no article '~nobody-of-that-name/a'; `rag list` shows them"),
    ],
)
def test_a_home_folder_that_is_not_known(rag: Run, library: Path, arguments: list[str], code: int, said: str) -> None:
    assert rag(*arguments) == Result(code, "", f"rag: {said}\n")


def test_a_second_opinion_on_a_text_says_where_it_goes(
    rag: Run, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "Police said about 6,500 marched through Haldrenn."
    opinion = {"opinions": [{"number": 1, "reason": "where to is not said", "verdict": "unsupported"}]}
    with ScriptedServer(say_json(opinion)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-not-to-be-shown")
        for name in ("RAG_VERIFY", "RAG_LLM"):
            monkeypatch.delenv(name, raising=False)
        unasked = rag("verify", said)
        assert (unasked.code, unasked.err, server.requests) == (0, "", [])
        monkeypatch.setenv("RAG_VERIFY", "llm")
        asked = rag("verify", "--llm", "openai:scripted", "--timeout", "5", said)
        assert [request.path for request in server.requests].count("/v1/chat/completions") == 1
    assert (asked.code, asked.err.count("\n")) == (1, 1)
    assert asked.err.startswith("rag: ")
    assert "openai:scripted" in asked.err
    assert "where to is not said" in asked.out


def test_a_reader_that_stops_reading_is_no_failure_to_report(library: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "rag", "--library", str(library), "list"],
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("arguments", [["list"], ["list", "--json"]])
def test_output_that_cannot_be_written_is_one_line(library: Path, arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "rag", "--library", str(library), *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, b"rag: No space left on device\n")


@pytest.mark.parametrize(
    "surroundings",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LANG": "C", "LC_ALL": "C"},
        {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_a_terminal_without_unicode(library: Path, surroundings: dict[str, str]) -> None:
    environment = {**os.environ, **surroundings}
    result = in_a_process("--library", str(library), "show", "https://courier.example/march", env=environment)
    assert (result.code, result.err) == (0, "")
    assert "Thousands march" in result.out
    as_json = in_a_process("--library", str(library), "list", "--json", env=environment)
    assert len(json.loads(as_json.out)["articles"]) == 3


def test_arguments_that_are_not_text(library: Path) -> None:
    arguments: list[object] = [sys.executable, "-m", "rag", "--library", str(library), "show", b"\xff\xfe\x1b[31m"]
    done = subprocess.run(arguments, capture_output=True, check=False)  # type: ignore[arg-type]
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"rag: there is no article ")
    assert b"\x1b" not in done.stderr


def test_a_terminal_gets_colour_and_a_pipe_does_not(library: Path) -> None:
    pty = pytest.importorskip("pty")
    controller, screen = pty.openpty()
    command = [sys.executable, "-m", "rag", "--library", str(library), "show", "https://courier.example/march"]
    environment = {**os.environ, "COLUMNS": "60"}
    process = subprocess.Popen(command, stdout=screen, stderr=subprocess.PIPE, env=environment)
    drawn = b""
    while b"April 30." not in drawn:
        drawn += os.read(controller, 65536)
    process.communicate(timeout=30)
    os.close(screen)
    os.close(controller)
    lines = drawn.decode().splitlines()
    assert lines[0] == "\x1b[1mThousands march to keep the valley railway\x1b[0m"
    assert max(map(len, lines[4:])) <= 60
    assert "\x1b" not in in_a_process(*command[3:]).out
