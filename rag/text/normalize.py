"""One way of writing a text down, so that offsets into it mean the same everywhere and for ever."""

from __future__ import annotations

import re
import unicodedata

# The most combining marks that Unicode's Stream-Safe Text Format (UAX 15, section 13) lets follow one character.
# Longer runs make normalisation quadratic.
_MAX_MARKS = 30

_NEWLINES = re.compile("\r\n?|[\n\v\f\x85\u2028\u2029]")
_SPACES = re.compile("[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# Controls, soft hyphen, zero-width characters, bidirectional marks and overrides, and the tag characters in
# which text can be hidden from a reader.
_INVISIBLE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
# The two joiners are spelling in Persian, in Indic scripts and in emoji; after anything else they are invisible.
_JOINERS = re.compile("(?<![\u0600-\u1fff\ua000-\ud7ff\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_BLANK_LINES = re.compile("\n{3,}")


def normalise(raw: str) -> str:
    """Return `raw` as it is kept: LF, plain spaces, no invisible characters, NFC, at most one blank line.

    Trailing spaces and outer white space go; lone surrogates become U+FFFD. Idempotent.
    """
    text = _SURROGATES.sub("\ufffd", _NEWLINES.sub("\n", raw))
    text = _composed(_INVISIBLE.sub("", _SPACES.sub(" ", text)))
    text = _composed(_JOINERS.sub("", text))
    text = "\n".join(line.rstrip(" ") for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", text).strip()


def one_line(raw: str) -> str:
    """Return `raw` normalised and on one line, each run of white space one space: for titles and names."""
    return " ".join(normalise(raw).split())


def _composed(text: str) -> str:
    if unicodedata.is_normalized("NFC", text):
        return text
    kept: list[str] = []
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= _MAX_MARKS:
            kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept))
