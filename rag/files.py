"""Files that are replaced whole or left as they are."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def replacing(file: Path) -> Iterator[TextIO]:
    """A stream of UTF-8 that takes the place of `file` when the block ends well, and is thrown away else.

    The file keeps its mode, and of several writers the last one's is there, whole. A link is followed; a device or
    pipe, which holds nothing to replace, is written to. What no encoding can write is spelled out. Raises `OSError`.
    """
    target = file.resolve()
    if target.exists() and not (target.is_file() or target.is_dir()):
        with target.open("w", encoding="utf-8", errors="backslashreplace") as stream:
            yield stream
        return
    # A name of its own: of two writers at once each has a draft, and what a killed one left is in nobody's way.
    draft = target.with_name(f".rag-{secrets.token_hex(8)}.part")
    stream = draft.open("x", encoding="utf-8", errors="backslashreplace")
    try:
        with stream:
            if target.is_file():
                draft.chmod(stat.S_IMODE(target.stat().st_mode))
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
