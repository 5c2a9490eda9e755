"""`rag completion`: the scripts for shells, run by the shells that are there."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.surfaces.cli import build_parser
from rag.surfaces.completion import FILES, FOLDERS, script_for

from .conftest import Run

OTHERS = {
    "ID", "MODEL", "N", "NAME", "QUERY", "QUESTION", "SECONDS", "TOPIC", "V", "YYYY-MM-DD", "COMMAND", "HOST", None,
}  # fmt: skip
ASK = """\
source {script}
complete_as_bash_does() {{
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${{#COMP_LINE}}; COMPREPLY=()
    _shtab_rag rag "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD - 1]}}" 2>/dev/null
    printf '%s\\n' "${{COMPREPLY[@]}}" | sort
}}
complete_as_bash_does rag {words}
"""


def actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from actions(below)


def test_it_is_known_of_every_argument_whether_it_is_a_file() -> None:
    names = {action.metavar for action in actions(build_parser())}
    assert names - FILES - FOLDERS == OTHERS
    assert names >= FILES | FOLDERS


def test_the_script_is_printed_and_with_json_one_object(rag: Run) -> None:
    for shell in ("bash", "zsh", "fish"):
        printed = rag("completion", shell)
        assert (printed.code, printed.err) == (0, "")
        assert printed.out.rstrip("\n") == script_for(shell).rstrip("\n")
        assert json.loads(rag("completion", shell, "--json").out) == {
            "schema": 1,
            "shell": shell,
            "script": script_for(shell),
        }
    assert rag("completion", "tcsh").code == 2
    assert rag("completion").code == 2


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not there")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("sea", ["search"]),
        ("s", ["search", "serve", "show", "summarize"]),
        ("ask --pu", ["--publisher"]),
        ("completion ''", ["bash", "fish", "zsh"]),
        ("eval --split ''", ["all", "dev", "test"]),
        ("add sto", ["stories", "story.md"]),
        ("add --library sto", ["stories"]),
        ("--library sto", ["stories"]),
        ("list nothing", [""]),
    ],
)
def test_bash_completes(tmp_path: Path, words: str, expected: list[str]) -> None:
    (tmp_path / "stories").mkdir()
    (tmp_path / "story.md").touch()
    script = tmp_path / "script"
    script.write_text(script_for("bash"), encoding="utf-8")
    asked = ASK.format(script=script, words=words)
    done = subprocess.run(["bash", "-c", asked], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout.splitlines(), done.stderr) == (expected, "")


@pytest.mark.parametrize(("shell", "check"), [("zsh", "-n"), ("fish", "--no-execute"), ("bash", "-n")])
def test_the_shell_can_read_its_script(tmp_path: Path, shell: str, check: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not there")
    script = tmp_path / "script"
    script.write_text(script_for(shell), encoding="utf-8")
    done = subprocess.run([shell, check, script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
