"""Files and folders."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from rag.errors import SourceError
from rag.settings import Settings
from rag.sources.documents import Kind, Place, read_document, read_line_file, sniff
from rag.sources.draft import too_large
from rag.sources.worker import Worker
from rag.types import Read

KINDS: dict[str, Kind] = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
_ABOUT = re.compile(r"(?:readme(?:\..*)?|licen[cs]e.*|changelog.*)", re.IGNORECASE)
# A broken link or a loop of links cannot be resolved.
_UNREADABLE = (OSError, RuntimeError, ValueError)
_FEED_SUFFIXES = (".xml", ".rss", ".atom")


def read_path(path: Path, settings: Settings, worker: Worker) -> Iterator[Read]:
    """Read a file, or every article in a folder; yields at least one `Read`, never raises."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        yield _failed(path, "there is no such file or folder")
        return
    except _UNREADABLE as exc:
        yield _failed(path, _reason(exc))
        return
    if stat.S_ISDIR(mode):
        yield from _read_folder(path, settings, worker)
    else:
        yield from _read_file(path, settings, worker)


def _read_folder(folder: Path, settings: Settings, worker: Worker) -> Iterator[Read]:
    found = False
    for path in _walk(folder):
        found = True
        if isinstance(path, OSError):
            yield _failed(Path(path.filename), _reason(path))
        else:
            yield from _read_file(path, settings, worker)
    if not found:
        kinds = ", ".join(KINDS)
        yield _failed(folder, f"holds nothing that can be read (looked for {kinds})")


def _walk(folder: Path) -> Iterator[Path | OSError]:
    """The readable files under `folder` in order, and the folders that cannot be opened.

    Links to folders are not followed, and links to files only within `folder`.
    """
    errors: list[OSError] = []
    root = folder.resolve()
    for place, folders, names in os.walk(folder, onerror=errors.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from errors
        errors.clear()
        for name in sorted(names):
            path = Path(place, name)
            if name.startswith(".") or _ABOUT.fullmatch(name) or path.suffix.lower() not in KINDS:
                continue
            if not path.is_symlink() or _inside(path, root):
                yield path
    yield from errors


def _inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root)
    except _UNREADABLE:
        return False


def _read_file(path: Path, settings: Settings, worker: Worker) -> Iterator[Read]:
    try:
        key = str(path.absolute())
        place = Place(source=str(path), key=os.path.normpath(key), stem=path.stem)
        kind = KINDS.get(path.suffix.lower())
        # Opening a pipe or a device could block for ever.
        if not stat.S_ISREG(path.stat().st_mode):
            raise SourceError("is not a regular file")
        with path.open("rb") as stream:
            wide = stream.peek(2)[:2] in (b"\xff\xfe", b"\xfe\xff")
            if kind == "jsonl" and not wide:
                yield from read_line_file(stream, settings, place)
                return
            if path.stat().st_size > settings.max_file_bytes:
                raise SourceError(too_large(settings))
            data = stream.read(settings.max_file_bytes + 1)
        if not data.strip():
            raise SourceError("is empty")
        if kind == "jsonl":
            from rag.sources.decode import decode

            data = decode(data).encode()
        yield from read_document(data, kind or _sniffed(path, data), settings, worker, place)
    except SourceError as exc:
        yield _failed(path, str(exc))
    except _UNREADABLE as exc:
        yield _failed(path, _reason(exc))


def _sniffed(path: Path, data: bytes) -> Kind:
    """The kind of a file that was named, but not by a known suffix."""
    suffix = path.suffix.lower()
    if b"\x00" in data[:4096] or (suffix in (".csv", ".tsv", ".rtf", ".tex", ".docx", ".odt", ".epub")):
        raise SourceError(f"is not of a kind that can be read ({', '.join(KINDS)})")
    kind = sniff(data)
    if suffix in _FEED_SUFFIXES and kind != "html":
        raise SourceError("is XML, and only feeds by URL and XHTML pages are read")
    return kind


def _failed(path: Path, reason: str) -> Read:
    return Read(source=str(path), status="failed", reason=reason)


def _reason(exc: BaseException) -> str:
    if isinstance(exc, PermissionError):
        return "may not be read (permission denied)"
    detail = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
    return f"cannot be read ({' '.join(detail.split())[:120]})"
