"""Words that every surface shows alike, and text of others as it may be shown.

Nothing in it hides text, turns it round, or steers a terminal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.types import PublishedFrom, Reason

HOW_TO_ADD = "The library is empty. Add articles with: rag add PATH-OR-URL"
NOTHING_PASSES = "No article passes the filter."
ABSTENTIONS: Mapping[Reason, str] = {
    "empty_library": HOW_TO_ADD,
    "filtered_out": NOTHING_PASSES,
    "no_match": "Nothing in the articles matches.",
    "not_stated": "The articles do not say.",
}
"""What is said in place of an answer, by the reason."""

_DATE_FROM: Mapping[PublishedFrom, str] = {
    "metadata": "",
    "url": " (date from the address)",
    "text": " (date from the text)",
    "unknown": "",
}

# Controls (ANSI escapes begin with one), bidirectional marks and overrides, other characters that
# show nothing or hide text, and lone surrogates, which cannot be encoded. The line feed is kept.
UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def clean(text: str) -> str:
    """Make `text` safe to show, character for character, so that offsets into it stay right."""
    return UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\t", " ")) if UNSAFE.search(text) else text


def one_line(text: str) -> str:
    """`text` on one line: for titles, names, addresses and reasons."""
    return clean(" ".join(text.split()))


def byline(publisher: str | None, published: date | None, published_from: PublishedFrom) -> str:
    """Publisher and date in words, with where the date is from unless the publisher stated it."""
    when = f"{day(published)}{_DATE_FROM[published_from]}" if published else "undated"
    return f"{one_line(publisher)}, {when}" if publisher else when


def day(published: date) -> str:
    """A date in words, such as ``2 February 2024``."""
    return f"{published.day} {published:%B} {published.year}"
