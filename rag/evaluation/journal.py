"""The journal of a run that is under way: what is done stays done when the run is stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from filelock import FileLock, Timeout

from rag.errors import StorageError
from rag.evaluation.outcomes import RUN_SCHEMA, Scored
from rag.evaluation.runs import encoded, plain_item
from rag.plain import from_plain

_FIRST = "journal"
_CHOSEN = ("engine", "model", "embedder", "prompts", "settings")
"""What of a run's identity is chosen from run to run: runs that differ in it have journals of their own."""


class Journal:
    """What of a run is done, case by case, so that a run that was stopped goes on from there.

    The first line says of which run; each line after it holds a case with what came of it. A line that was
    cut short by a kill is passed over. It is used from one thread, and removed once the run is kept. `cases` is
    the number of those that are done. With `fresh`, nothing is gone on from.

    It lies beside `place`, under its name and a hash of how the run is made, so that another engine does not take
    away what one had done. Of two processes with the same run, the first has it; the second is `shared_out`: it
    keeps none.
    """

    def __init__(self, place: Path, *, fresh: bool = False) -> None:
        self.place = place
        self.file: Path | None = None
        self.cases = 0
        self.shared_out = False
        self._fresh = fresh
        self._lock: FileLock | None = None
        self._stream: TextIO | None = None

    def begin(self, identity: Mapping[str, Any]) -> tuple[dict[str, tuple[Scored, ...]], tuple[str, ...]]:
        """The cases that are done in a run of this identity, and by what an earlier one differed, if one was there.

        Such a one is started over. Raises `StorageError` where the journal cannot be kept.
        """
        wanted = json.loads(encoded(identity))
        chosen = json.dumps({name: wanted.get(name) for name in _CHOSEN}, sort_keys=True)
        file = self.place.with_name(f"{self.place.name}-{hashlib.sha256(chosen.encode()).hexdigest()[:8]}.journal")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            if not self._locked(file):
                self.shared_out = True
                return {}, ()
            self.file = file
            return self._opened(file, wanted)
        except OSError as exc:
            self.close()
            raise StorageError(f"{file} cannot be written: {exc.strerror or exc}") from exc

    def note(self, case: str, items: Sequence[Scored]) -> None:
        """A case is done, and this is what came of it."""
        self.cases += 1
        if not self.shared_out:
            self._line({"case": case, "items": [plain_item(item) for item in items]})

    def close(self) -> None:
        """Close the file, which stays, and let others have it."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        if self._lock is not None:
            # Removed while it is still held: whoever comes between the two keeps a journal that another may write too,
            # of which each line is whole.
            with suppress(OSError):
                Path(self._lock.lock_file).unlink(missing_ok=True)
            self._lock.release()
            self._lock = None

    def discard(self) -> None:
        """Remove the file: the run is kept, or nothing of it is worth going on from."""
        self.close()
        if self.file is not None:
            self.file.unlink(missing_ok=True)

    def _locked(self, file: Path) -> bool:
        lock = FileLock(f"{file}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        self._lock = lock
        return True

    def _opened(self, file: Path, wanted: Mapping[str, Any]) -> tuple[dict[str, tuple[Scored, ...]], tuple[str, ...]]:
        found, done = (None, {}) if self._fresh else _read(file)
        differing = () if found is None else tuple(name for name in wanted if found.get(name) != wanted[name])
        going_on = found is not None and not differing
        # What no encoding can write is written as JSON escapes it.
        self._stream = file.open("a" if going_on else "w", encoding="utf-8", errors="backslashreplace")
        # The line before may have been cut short.
        self._stream.write("\n" if going_on else "")
        if not going_on:
            self._line({_FIRST: RUN_SCHEMA, "identity": wanted})
        self.cases = len(done) if going_on else 0
        return (done if going_on else {}), differing

    def _line(self, value: Mapping[str, Any]) -> None:
        assert self._stream is not None, "begin comes first"
        try:
            self._stream.write(encoded(value) + "\n")
            self._stream.flush()
        except OSError as exc:
            raise StorageError(f"{self.file} cannot be written: {exc.strerror or exc}") from exc


def _read(file: Path) -> tuple[dict[str, Any] | None, dict[str, tuple[Scored, ...]]]:
    """The identity in the file, and its cases; `None` where there is no journal that can be read."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").split("\n")
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
