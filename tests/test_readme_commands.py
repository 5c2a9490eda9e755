"""The README shows the real help of every command. `python -m tests.test_readme_commands` writes it anew."""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path

import pytest

from rag.surfaces.cli import build_parser

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- commands -->\n", "<!-- /commands -->"
# Later editions lay out and colour the help in another way.
LAID_OUT = sys.version_info < (3, 13)


def commands() -> dict[str, tuple[str, argparse.ArgumentParser]]:
    """The help's line on each command, and its parser."""
    [action] = [each for each in build_parser()._actions if isinstance(each, argparse._SubParsersAction)]
    lines = {choice.dest: choice.help or "" for choice in action._choices_actions}
    return {name: (lines[name], parser) for name, parser in action.choices.items()}


def described() -> str:
    """What stands in the README."""
    parts = [
        f"<details><summary><code>rag {name}</code>: {line.replace('`', '')}</summary>\n\n"
        f"```\n{parser.format_help().strip()}\n```\n\n</details>\n"
        for name, (line, parser) in commands().items()
    ]
    return BEGIN + "".join(parts) + END


def shown() -> str:
    text = README.read_text(encoding="utf-8")
    return BEGIN + text.split(BEGIN)[1].split(END)[0] + END


@pytest.mark.skipif(not LAID_OUT, reason="this Python lays the help out in another way")
def test_the_readme_has_the_help_of_every_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert shown() == described()


@pytest.mark.parametrize("name", commands())
def test_no_option_is_missing(name: str) -> None:
    found = re.search(rf"<code>rag {name}</code>.*?</details>", shown(), re.DOTALL)
    assert found
    for action in commands()[name][1]._actions:
        assert all(option in found[0] for option in action.option_strings)
        assert " ".join((action.help or "").split()) in " ".join(found[0].split())


if __name__ == "__main__":
    os.environ["COLUMNS"] = "80"
    README.write_text(README.read_text(encoding="utf-8").replace(shown(), described()), encoding="utf-8")
