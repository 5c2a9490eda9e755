"""Runs as JSON files: kept whole, read back, and found again by when they were started."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from rag.errors import StorageError, UserError
from rag.evaluation.catalogue import within
from rag.evaluation.outcomes import RUN_SCHEMA, Run, Scored
from rag.files import replacing
from rag.plain import from_plain, to_plain

Kept = TypeVar("Kept")

_STARTED = r"\d{4}-\d\d-\d\dT\d{6}\.\d{3}"


def write_run(run: Run, file: Path) -> None:
    """Keep `run` in `file`, which holds it whole or is left as it was; raises `StorageError`."""
    write_whole(file, encoded({"schema": RUN_SCHEMA, **_plain(run)}, indent=1) + "\n")


def read_run(file: Path) -> Run:
    """The run that `write_run` kept in `file`; raises `UserError` where there is none that can be read."""
    if not file.exists():
        raise UserError(f"there is no run {file}")
    return read_kept(file, Run, RUN_SCHEMA, "run that was written by rag", _check_bounds)


def read_kept(file: Path, kind: type[Kept], schema: int, what: str, check: Callable[[Kept], None]) -> Kept:
    """The value of `kind` in a JSON file; raises `UserError` where it is no such `what`, or `check` refuses it."""
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(plain, dict) or plain.get("schema") != schema:
            raise ValueError(f"its schema is not {schema}")
        kept: Kept = from_plain(kind, plain)
        check(kept)
    except OSError as exc:
        raise UserError(f"{file} cannot be read: {exc.strerror}") from exc
    except ValueError as exc:
        raise UserError(f"{file} is no {what}: {' '.join(str(exc).split())}") from exc
    return kept


def _check_bounds(run: Run) -> None:
    """Raise `ValueError` where a figure is none that its metric can have: the file was edited."""
    figures = [(f"{item.id} has", name, value) for item in run.items for name, value in item.scores.items()]
    for name, found in run.metrics.items():
        figures += [("the run has", name, value) for value in (found.value, found.low, found.high)]
    for whose, name, value in figures:
        if not within(name, value):
            raise ValueError(f"{whose} {name} {value:g}, which that cannot be")


def run_file(folder: Path, key: str, run: Run) -> Path:
    """Where `run` is kept among the runs in `folder`: its suite's key and when it was started, as a file's name."""
    when = run.started.partition("+")[0].replace(":", "")
    return folder / f"{key}-{when}.json"


def last_run(folder: Path, key: str) -> Path | None:
    """The file of the run in `folder` that was started last, of the suite with this key, if there is any."""
    named = re.compile(f"{re.escape(key)}-{_STARTED}[.]json")
    found = sorted(file for file in folder.glob("*.json") if named.fullmatch(file.name))
    return found[-1] if found else None


def earlier_run(folder: Path, key: str, suite: str, file: Path | None) -> Run:
    """The run in `file`, or the last one in `folder` of the suite with this key.

    Raises `UserError` where there is none, or it is one of another suite than `suite`.
    """
    found = last_run(folder, key) if file is None else file
    if found is None:
        raise UserError(f"there is no earlier run of {suite} in {folder}")
    earlier = read_run(found)
    if earlier.suite != suite:
        raise UserError(f"{found} is a run of {earlier.suite}, not of {suite}")
    return earlier


def write_whole(file: Path, text: str) -> None:
    """Have `text` take the place of `file`, in a folder that is made where there is none; raises `StorageError`."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as stream:
            stream.write(text)
    except OSError as exc:
        raise StorageError(f"{file} cannot be written: {exc.strerror or exc}") from exc


def _plain(run: Run) -> dict[str, Any]:
    return {**to_plain(run), "items": [plain_item(item) for item in run.items]}


def plain_item(item: Scored) -> dict[str, Any]:
    """An item with its reply as every surface gives it, text and all."""
    plain: dict[str, Any] = to_plain(item)
    for name in ("answer", "summary"):
        reply = getattr(item.outcome, name)
        if reply is not None:
            plain["outcome"][name] = reply.to_dict()
    return plain


def encoded(value: Mapping[str, Any], indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
