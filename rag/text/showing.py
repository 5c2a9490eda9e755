"""Text of others as it may be shown: nothing in it hides text, turns it round, or steers a terminal."""

from __future__ import annotations

import re

# Controls (ANSI escapes begin with one), bidirectional marks and overrides, other characters that
# show nothing or hide text, and lone surrogates, which cannot be encoded. The line feed is kept.
UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def clean(text: str) -> str:
    """Make `text` safe to show, character for character, so that offsets into it stay right."""
    return UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\t", " ")) if UNSAFE.search(text) else text
