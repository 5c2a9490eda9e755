"""One error tree, as its docstring draws it, and no other."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import rag
from rag import errors

CLASSES = {name: value for name, value in vars(errors).items() if inspect.isclass(value)}
# Raised to be caught within the same room, or in a process of its own.
INTERNAL = {"ValueError", "TypeError", "EOFError", "TimeoutError", "Flaw"}


def drawn() -> dict[str, str]:
    """Each class of the tree in the docstring, with the one above it."""
    lines = re.findall(r"^( *[│├└─ ]*)(\w+Error)\b", errors.__doc__ or "", re.MULTILINE)
    above: list[tuple[int, str]] = []
    tree: dict[str, str] = {}
    for indent, name in lines:
        while above and above[-1][0] >= len(indent):
            above.pop()
        tree[name] = above[-1][1] if above else "Exception"
        above.append((len(indent), name))
    return tree


def test_the_tree_is_the_one_that_is_drawn() -> None:
    assert drawn() == {name: kind.__bases__[0].__name__ for name, kind in CLASSES.items()}
    assert [name for name, parent in drawn().items() if parent == "Exception"] == ["RagError"]


def test_every_error_is_public_and_explained() -> None:
    assert set(CLASSES) <= set(rag.__all__)
    assert all((kind.__doc__ or "").strip() for kind in CLASSES.values())


def test_nothing_else_is_raised_on_purpose() -> None:
    """What is raised by name in the package is of the tree, or one of the few that stay inside."""
    raised: dict[str, list[str]] = {}
    package = Path(rag.__file__).parent
    for file in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise):
                what = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
                if isinstance(what, ast.Name) and what.id[0].isupper():
                    raised.setdefault(what.id, []).append(f"{file.relative_to(package)}:{node.lineno}")
    assert {name: places for name, places in raised.items() if name not in {*CLASSES, *INTERNAL}} == {}
    assert {"UserError", "ConfigError", "NotFoundError", "SourceError", "StorageError", "BusyError"} <= set(raised)


def test_no_second_root() -> None:
    """No other exception class is defined anywhere in the package."""
    package = Path(rag.__file__).parent
    found = [
        f"{file.relative_to(package)}: {node.name}"
        for file in sorted(package.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and node.name.endswith(("Error", "Exception")) and file.name != "errors.py"
    ]
    assert found == []
