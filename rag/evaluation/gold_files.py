"""What stands in a gold file: the entries of JSON Lines or YAML as plain values, each with the line that it is on."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import UserError

if TYPE_CHECKING:
    import yaml

_HALF = re.compile(r"(?<!\\)(?:\\\\)*(\\ud[89a-f][0-9a-f]{2})")
_MOST_DIGITS = 4000
_DEEP = "it is nested too deep"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry and its line, counted from 1; `flaw` says why it could not be read, where it could not."""

    line: int
    value: object = None
    flaw: str = ""


def read_entries(path: Path) -> Iterator[Entry]:
    """The entries of a gold file; raises `UserError` where there is no file, or it is not of a known form."""
    try:
        written = path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise UserError(f"the gold file {path} cannot be read: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise UserError(f"the gold file {path} is not UTF-8: save it as such") from exc
    match path.suffix.lower():
        case ".jsonl":
            return _of_lines(written)
        case ".yaml" | ".yml":
            return _of_yaml(written, path)
        case other:
            raise UserError(f"{path}: a gold file ends in .jsonl, .yaml or .yml, not in {other!r}")


def _of_lines(written: str) -> Iterator[Entry]:
    # Not splitlines: it also splits at characters that stand unescaped inside JSON strings.
    for number, line in enumerate(written.split("\n"), 1):
        if line.strip():
            try:
                value = json.loads(line, object_pairs_hook=_object, parse_constant=_no_number, parse_int=_whole)
            except (ValueError, RecursionError) as exc:
                # Offsets of the parser count from 1 in a line that is a whole document: only its words help.
                why = exc.msg if isinstance(exc, json.JSONDecodeError) else exc
                yield Entry(number, flaw=f"no JSON object: {_DEEP if isinstance(exc, RecursionError) else why}")
            else:
                yield _entry(number, value)


def _entry(line: int, value: object) -> Entry:
    """An entry, refused where a text in it is none: half a character stands nowhere, and no file can hold it."""
    try:
        half = _HALF.search(repr(value))
    except RecursionError:
        return Entry(line, flaw=_DEEP)
    return Entry(line, flaw=f"{half[1]} in a text is half a character") if half else Entry(line, value)


def _whole(digits: str) -> float:
    """A whole number; one of more digits than Python reads is beyond any figure, as ``1e999`` is."""
    return int(digits) if len(digits) <= _MOST_DIGITS else math.inf


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands there twice")
        found[key] = value
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _of_yaml(written: str, path: Path) -> Iterator[Entry]:
    import yaml

    try:
        root = yaml.compose(written, yaml.SafeLoader)
        nodes = _case_nodes(root, path)
        entries = [_entry(node.start_mark.line + 1, _value(node)) for node in nodes]
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        where = f", line {mark.line + 1}" if mark else ""
        raise UserError(f"{path}{where}: no YAML: {' '.join(str(exc.problem).split())}") from exc
    except RecursionError as exc:
        raise UserError(f"{path}: no YAML: {_DEEP}") from exc
    except (yaml.YAMLError, ValueError) as exc:
        why = "a number in it is too large" if "digits" in str(exc) else " ".join(str(exc).split())
        raise UserError(f"{path}: no YAML: {why}") from exc
    return iter(entries)


def _case_nodes(root: yaml.Node | None, path: Path) -> list[yaml.Node]:
    """The entries of a list, or of the one under `cases`."""
    import yaml

    if root is None:
        return []
    if isinstance(root, yaml.MappingNode):
        keys = [key.value for key, _ in root.value]
        if keys != ["cases"]:
            raise UserError(f"{path}: it is a list of cases, or has the key cases and no other")
        root = root.value[0][1]
    if not isinstance(root, yaml.SequenceNode):
        raise UserError(f"{path}: it is a list of cases, or has the key cases and no other")
    return list(root.value)


def _value(node: yaml.Node) -> object:
    """What a node says; raises where a key stands twice in one mapping, of which YAML keeps the last silently."""
    import yaml

    class Loader(yaml.SafeLoader):
        """Reads one node that is there already."""

        def __init__(self) -> None:
            super().__init__("")

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
            made = super().construct_mapping(node, deep)
            if len(made) < len(node.value):
                raise yaml.constructor.ConstructorError(None, None, "a key stands there twice", node.start_mark)
            return made

    loader = Loader()
    try:
        return loader.construct_document(node)
    finally:
        loader.dispose()
