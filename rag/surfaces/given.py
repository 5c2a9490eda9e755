"""What commands share: the library that was named, what was typed, and what is said before texts leave."""

from __future__ import annotations

import dataclasses
import os
import sys
import tempfile
from argparse import Namespace
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from rag.errors import SourceError, UserError
from rag.library import Library
from rag.settings import load_settings
from rag.showing import HOW_TO_ADD, NOTHING_PASSES
from rag.surfaces.output import Output

DONE = 0
FAILED = 1

_MOST_TYPED_BYTES = 8 * 1024 * 1024


def library_directory(given: str | None) -> Path:
    """The library's folder: `given`, else ``RAG_LIBRARY``, else one in the user's data directory."""
    if given is not None and not given.strip():
        raise UserError("--library is empty: name a folder")
    if named := given or os.environ.get("RAG_LIBRARY"):
        return path(named).absolute()
    from platformdirs import user_data_path

    return user_data_path("rag", appauthor=False)


def path(named: str) -> Path:
    """The path that was named, with ``~`` for a home folder; raises `UserError` where that is not known."""
    try:
        return Path(named).expanduser()
    except RuntimeError as exc:
        raise UserError(f"the home folder in {named!r} is not known") from exc


def check_places(named: Mapping[str, str | None]) -> None:
    """Raise `UserError` for a file, by its option, that could not be written once what it is for is made."""
    for option, given in named.items():
        if given is None:
            continue
        file = path(given)
        if file.is_dir() or given.endswith(("/", os.sep)) or not file.name:
            raise UserError(f"{option} {given} is a folder: name a file in it")
        if file.exists() and not file.is_file():
            raise UserError(f"{option} {given} is no plain file")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            # Permissions say too little: of the superuser they keep nothing, and a file system may be read-only.
            with tempfile.TemporaryFile(dir=file.parent):
                pass
        except (OSError, ValueError) as exc:
            raise UserError(f"{option} {given} cannot be written: {getattr(exc, 'strerror', None) or exc}") from exc


def open_library(args: Namespace, *, create: bool = False) -> Library:
    """The library; a folder that was named is made by `add` alone, so that no typing error makes one."""
    named = args.library or os.environ.get("RAG_LIBRARY")
    directory = library_directory(args.library)
    seconds = getattr(args, "timeout", None)
    settings = None
    if seconds is not None:
        settings = dataclasses.replace(load_settings(directory), llm_timeout_seconds=seconds)
    llm = getattr(args, "llm", None)
    return Library.open(directory, settings=settings, llm=llm, create=create or not named)


def filters(args: Namespace) -> dict[str, Any]:
    """The filters, as the library's methods take them."""
    return {"publisher": args.publisher, "after": args.after, "before": args.before}


def typed(words: list[str]) -> str:
    """The words of a question, or with ``-`` what standard input holds."""
    if words != ["-"]:
        return " ".join(words)
    stream = stdin()
    return stream.read(_MOST_TYPED_BYTES).decode("utf-8-sig", errors="replace") if stream else ""


def typed_or_file(words: list[str]) -> str:
    """What the file holds that the one word names, else as `typed`; raises `SourceError` for one that cannot be read.

    A pipe that has a name is a file too: a shell hands over a command's output as ``/dev/fd/63``. What standard
    input holds is never a file's name.
    """
    file = Path(words[0]) if len(words) == 1 and words != ["-"] else None
    if file is None or not _is_file(file):
        return typed(words)
    try:
        with file.open("rb") as opened:
            return opened.read(_MOST_TYPED_BYTES).decode("utf-8-sig", errors="replace")
    except OSError as exc:
        raise SourceError(f"{file} cannot be read: {exc.strerror}") from exc


def _is_file(path: Path) -> bool:
    with suppress(OSError):  # too long for a file's name
        return path.is_file() or path.is_fifo()
    return False


def stdin() -> BinaryIO | None:
    """Standard input, `None` where the shell closed it."""
    return sys.stdin.buffer if sys.stdin else None


def why_nothing(library: Library) -> str:
    """Why nothing was found where articles are asked for: none passes the filters, or there are none."""
    return NOTHING_PASSES if library.articles() else HOW_TO_ADD


def say_where_texts_go(library: Library, output: Output) -> None:
    """Before anything is embedded elsewhere, say where."""
    if library.settings.embeddings and library.embedder_notice:
        output.message(f"rag: {library.embedder_notice}")
