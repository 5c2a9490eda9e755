"""The writing lock of a library: one writer at a time, across processes and threads.

The operating system frees it when its holder dies, so a killed writer blocks nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag.errors import BusyError, StorageError


@contextmanager
def writing(directory: Path, seconds: float) -> Iterator[None]:
    """Hold the writing lock of the library in `directory`, waiting for it up to `seconds`.

    Raises `BusyError` when it does not come free in time, `StorageError` when the folder
    cannot be written to.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(directory / "lock", timeout=seconds)
    try:
        lock.acquire()
    except Timeout as exc:
        raise BusyError(
            f"another process has been writing to {directory} for {seconds:g} seconds; "
            "try again, or wait longer with RAG_LOCK_SECONDS"
        ) from exc
    except OSError as exc:
        raise StorageError(f"{directory} cannot be written to: {exc.strerror or exc}") from exc
    try:
        yield
    finally:
        lock.release()
