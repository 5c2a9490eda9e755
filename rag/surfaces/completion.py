"""`rag completion`: the script with which a shell completes commands, options and the names of files."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Iterator

from rag.surfaces.given import DONE
from rag.surfaces.output import Output
from rag.types import SCHEMA

FILES = frozenset({"PATH|URL|-", "TEXT|FILE", "FILE", "SUITE", "RUN", "RUN.json", "OUT.html", "BASELINE.json"})
FOLDERS = frozenset({"DIR"})
"""What the help calls arguments that are, or may be, the name of a file, and of a folder."""


def completion(args: Namespace, output: Output) -> int:
    """Print the script for a shell."""
    script = script_for(args.shell)
    if output.as_json:
        output.give({"schema": SCHEMA, "shell": args.shell, "script": script}, tuple)
    else:
        output.line(script.rstrip("\n"))
    return DONE


def script_for(shell: str) -> str:
    """The script for `shell`, one of bash, zsh and fish."""
    import shtab

    from rag.surfaces.cli import build_parser

    parser = build_parser()
    for action in _actions(parser):
        if action.metavar in FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif action.metavar in FOLDERS:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
    return shtab.complete(parser, shell=shell)


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """The arguments of the parser and of those below it."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _actions(below)
