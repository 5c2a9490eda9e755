"""Runs as JSON files, and the journal of one that is under way."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO, TypeVar

from rag.errors import StorageError, UserError
from rag.evaluation.catalogue import within
from rag.evaluation.outcomes import RUN_SCHEMA, Run, Scored
from rag.files import replacing
from rag.plain import from_plain, to_plain

Kept = TypeVar("Kept")

_FIRST = "journal"


def write_run(run: Run, file: Path) -> None:
    """Keep `run` in `file`, which holds it whole or is left as it was; raises `StorageError`."""
    write_whole(file, _encoded({"schema": RUN_SCHEMA, **_plain(run)}, indent=1) + "\n")


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


def run_file(folder: Path, run: Run) -> Path:
    """Where `run` is kept among the runs in `folder`: the suite's name and when it was started, as a file's name."""
    when = run.started.partition("+")[0].replace(":", "")
    return folder / f"{run.suite}-{when}.json"


def last_run(folder: Path, suite: str) -> Path | None:
    """The file of the run of `suite` in `folder` that was started last, if there is any."""
    found = sorted(file for file in folder.glob(f"{suite}-*.json") if file.name[len(suite) + 1 :][:4].isdigit())
    return found[-1] if found else None


def write_whole(file: Path, text: str) -> None:
    """Have `text` take the place of `file`, in a folder that is made where there is none; raises `StorageError`."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as stream:
            stream.write(text)
    except OSError as exc:
        raise StorageError(f"{file} cannot be written: {exc.strerror or exc}") from exc


class Journal:
    """What of a run is done, case by case, so that a run that was stopped goes on from there.

    The first line says of which run; each line after it holds a case with what came of it. A line that was
    cut short by a kill is passed over. It is used from one thread, and removed once the run is kept. `cases` is
    the number of those that are done.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.cases = 0
        self._stream: TextIO | None = None

    def begin(self, identity: Mapping[str, Any]) -> tuple[dict[str, tuple[Scored, ...]], tuple[str, ...]]:
        """The cases that are done in a run of this identity, and by what an earlier one differed, if one was there.

        Such a one is started over. Raises `StorageError` where the journal cannot be kept.
        """
        wanted = json.loads(_encoded(identity))
        found, done = self._read()
        differing = () if found is None else tuple(name for name in wanted if found.get(name) != wanted[name])
        going_on = found is not None and not differing
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            # What no encoding can write is written as JSON escapes it.
            self._stream = self.file.open("a" if going_on else "w", encoding="utf-8", errors="backslashreplace")
            # The line before may have been cut short.
            self._stream.write("\n" if going_on else "")
        except OSError as exc:
            raise StorageError(f"{self.file} cannot be written: {exc.strerror or exc}") from exc
        if not going_on:
            self._line({_FIRST: RUN_SCHEMA, "identity": wanted})
        self.cases = len(done) if going_on else 0
        return (done if going_on else {}), differing

    def note(self, case: str, items: Sequence[Scored]) -> None:
        """A case is done, and this is what came of it."""
        self.cases += 1
        self._line({"case": case, "items": [_plain_item(item) for item in items]})

    def close(self) -> None:
        """Close the file, which stays."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def discard(self) -> None:
        """Remove the file: the run is kept, or is to be made anew."""
        self.close()
        self.file.unlink(missing_ok=True)

    def _line(self, value: Mapping[str, Any]) -> None:
        assert self._stream is not None, "begin comes first"
        try:
            self._stream.write(_encoded(value) + "\n")
            self._stream.flush()
        except OSError as exc:
            raise StorageError(f"{self.file} cannot be written: {exc.strerror or exc}") from exc

    def _read(self) -> tuple[dict[str, Any] | None, dict[str, tuple[Scored, ...]]]:
        """The identity in the file, and its cases; `None` where there is no journal that can be read."""
        try:
            lines = self.file.read_text(encoding="utf-8", errors="replace").split("\n")
        except OSError:
            return None, {}
        done: dict[str, tuple[Scored, ...]] = {}
        head: dict[str, Any] | None = None
        for number, line in enumerate(lines):
            try:
                value = json.loads(line)
                if number == 0:
                    if value[_FIRST] != RUN_SCHEMA or not isinstance(value["identity"], dict):
                        return None, {}
                    head = value["identity"]
                else:
                    done[value["case"]] = from_plain(tuple[Scored, ...], value["items"])
            except (KeyError, TypeError, ValueError):
                if number == 0:
                    return None, {}
        return head, done


def _plain(run: Run) -> dict[str, Any]:
    return {**to_plain(run), "items": [_plain_item(item) for item in run.items]}


def _plain_item(item: Scored) -> dict[str, Any]:
    """An item with its reply as every surface gives it, text and all."""
    plain: dict[str, Any] = to_plain(item)
    for name in ("answer", "summary"):
        reply = getattr(item.outcome, name)
        if reply is not None:
            plain["outcome"][name] = reply.to_dict()
    return plain


def _encoded(value: Mapping[str, Any], indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
