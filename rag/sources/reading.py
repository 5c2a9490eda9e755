"""`read`: whatever names a source in, articles and failures out, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from rag.errors import SourceError
from rag.settings import Settings
from rag.sources import files, web
from rag.sources.documents import read_stream
from rag.sources.rows import called, read_row
from rag.sources.urls import is_url
from rag.sources.worker import Worker
from rag.types import Read, Validators

Known = Callable[[str], Validators | None]


def read(
    inputs: Iterable[str | Path | Mapping[str, object]],
    settings: Settings,
    *,
    validators: Known | None = None,
    stdin: BinaryIO | None = None,
    called: str = "standard input",
) -> Iterator[Read]:
    """Read sources lazily: paths, folders, URLs, ``-`` for `stdin`, which is `called` so, and rows given as mappings.

    Yields one `Read` for each article and each failure, in the order of `inputs`; a bad source never
    raises. `validators` says what is known of a URL: one that has not changed gives ``not_modified``.
    """
    with Worker(seconds=settings.timeout_seconds, max_chars=settings.max_article_chars) as worker:
        for number, given in enumerate(inputs, start=1):
            if isinstance(given, Mapping):
                yield _read_mapping(given, settings, number)
            elif isinstance(given, Path):
                yield from files.read_path(given, settings, worker)
            elif given == "-":
                yield from _read_stdin(stdin, settings, worker, called)
            elif is_url(given):
                yield from web.read_url(given, settings, worker, validators or (lambda _: None))
            elif "://" in given[:12]:
                yield Read(source=given, status="failed", reason="only well-formed http and https URLs are fetched")
            else:
                yield from files.read_path(Path(given), settings, worker)


def _read_mapping(row: Mapping[str, object], settings: Settings, number: int) -> Read:
    source = called(row) or f"row {number}"
    try:
        article = read_row(row, settings, source=source, place=None, number=None)
    except SourceError as exc:
        return Read(source=source, status="failed", reason=str(exc))
    return Read(source=article.source, status="read", article=article)


def _read_stdin(stdin: BinaryIO | None, settings: Settings, worker: Worker, source: str) -> Iterator[Read]:
    if stdin is None:
        yield Read(source=source, status="failed", reason="there is none to read")
        return
    yield from read_stream(stdin, settings, worker, source=source)
