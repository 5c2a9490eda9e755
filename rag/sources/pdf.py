"""The text of a PDF. Runs in the worker's process."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

from rag.errors import SourceError

_PAGE_NUMBER = re.compile(r"(?:page )?\W{0,2}\d{1,4}(?: ?(?:of|/) ?\d{1,4})?\W{0,2}", re.IGNORECASE)
_JUNK_TITLE = re.compile(r"microsoft word|untitled|.*\.(?:docx?|indd|pdf|rtf|odt|pages|qxd)$", re.IGNORECASE)


def read_pdf(data: bytes, *, max_chars: int) -> dict[str, Any]:
    """Return text, title, author and creation date of a PDF; raises `SourceError` where it holds no text."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise SourceError("is protected by a password")
        pages: list[str] = []
        length = 0
        for page in reader.pages:
            pages.append(_without_number(page.extract_text()))
            length += len(pages[-1])
            if length > max_chars:
                raise SourceError(f"is longer than {max_chars:,} characters (the limit is RAG_MAX_ARTICLE_CHARS)")
        about: Mapping[str, Any] = reader.metadata or {}
    except PyPdfError as exc:
        raise SourceError(f"is a broken PDF ({' '.join(str(exc).split())[:100]})") from exc
    text = "\n".join(pages)
    if not text.strip():
        raise SourceError("is a PDF without text (a scan? it needs OCR first)")
    title = str(about.get("/Title") or "").strip()
    created = re.match(r"D:(\d{8})", str(about.get("/CreationDate") or ""))
    return {
        "text": text,
        "title": "" if _JUNK_TITLE.match(title) else title,
        "author": str(about.get("/Author") or ""),
        "created": created.group(1) if created else "",
    }


def _without_number(page: str) -> str:
    lines = [line.strip() for line in page.split("\n")]
    while lines and (not lines[-1] or _PAGE_NUMBER.fullmatch(lines[-1])):
        lines.pop()
    if lines and _PAGE_NUMBER.fullmatch(lines[0]):
        del lines[0]
    return "\n".join(lines)
