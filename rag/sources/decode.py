"""Bytes to text: what a file or a page says of its encoding first, a guess last."""

from __future__ import annotations

import codecs
import re

from rag.errors import SourceError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(
    rb"""(?:charset\s*=\s*["']?|<\?xml[^>]{0,80}encoding\s*=\s*["'])([A-Za-z0-9_.:-]+)""", re.IGNORECASE
)
_HEAD_BYTES = 4_096
_SAMPLE_BYTES = 256 * 1024
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffd]")
_MOST_CONTROL = 0.02
# WHATWG's Encoding Standard reads these labels as their Windows supersets, as every browser does.
_SUPERSETS = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "ascii": "cp1252", "us-ascii": "cp1252"}


def decode(data: bytes, *, charset: str | None = None, markup: bool = False) -> str:
    """Return the text of `data`; `charset` is what a header declared, `markup` lets the bytes declare it themselves.

    Raises `SourceError` for what is not text.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _checked(data[len(mark) :].decode(name, "replace"))
    wide = _utf16_without_mark(data)
    if wide:
        return _checked(data.decode(wide, "replace"))
    if b"\x00" in data:
        raise SourceError("is not text (it holds NUL bytes)")
    # Valid UTF-8 beyond ASCII is almost never anything else, whatever was declared.
    for label in ("utf-8", charset, _declared(data) if markup else None):
        if label:
            try:
                return _checked(data.decode(_SUPERSETS.get(label.lower(), label)))
            except (LookupError, UnicodeDecodeError):
                continue
    return _checked(data.decode(_guessed(data), "replace"))


def _declared(data: bytes) -> str | None:
    match = _DECLARED.search(data[:_HEAD_BYTES])
    return match.group(1).decode("ascii") if match else None


def _utf16_without_mark(data: bytes) -> str | None:
    """UTF-16 of a mostly Latin text shows as a NUL in every other byte."""
    sample = data[:_HEAD_BYTES]
    if len(sample) < 4 or len(data) % 2:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > half * 0.7 and even < half * 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > half * 0.7 and odd < half * 0.05 else None


def _guessed(data: bytes) -> str:
    import logging

    from charset_normalizer import from_bytes

    logging.getLogger("charset_normalizer").setLevel(logging.CRITICAL)
    sample = data[:_SAMPLE_BYTES]
    try:
        # A few stray bytes in a long UTF-8 text are damage, not another encoding.
        damaged = sample.decode("utf-8", "replace").count("\ufffd")
        if damaged * 200 < sum(byte > 127 for byte in sample):
            return "utf-8"
        best = from_bytes(sample, cp_isolation=_LIKELY).best() or from_bytes(sample).best()
    except (UnicodeError, ValueError):
        best = None
    return best.encoding if best else "cp1252"


# Encodings that news is found in; without this a short Latin text is now and then taken for a mainframe's.
_LIKELY = [
    "cp1252",
    "cp1250",
    "cp1251",
    "koi8_r",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "shift_jis",
    "euc_jp",
    "gb18030",
    "big5",
    "euc_kr",
]


def _checked(text: str) -> str:
    if len(_CONTROL.findall(text)) > len(text) * _MOST_CONTROL:
        raise SourceError("is not text (too many control characters)")
    return text
