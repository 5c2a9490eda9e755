"""Files that are replaced whole or left as they are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def replacing(file: Path) -> Iterator[TextIO]:
    """A stream of UTF-8 that takes the place of `file` when the block ends well, and is thrown away else.

    A link is followed; a device or pipe, which holds nothing to replace, is written to. What no encoding can write is
    spelled out. Raises `OSError`.
    """
    target = file.resolve()
    if target.exists() and not (target.is_file() or target.is_dir()):
        with target.open("w", encoding="utf-8", errors="backslashreplace") as stream:
            yield stream
        return
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with draft.open("x", encoding="utf-8", errors="backslashreplace") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
