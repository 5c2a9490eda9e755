"""Plain text: the first line may be the title; lines that were broken to fit a page are joined."""

from __future__ import annotations

import re
from itertools import pairwise

from rag.sources.draft import Draft
from rag.text.normalize import normalise

_WRAP_LEAST, _WRAP_MOST = 40, 100
_ENDS = re.compile(r"[.!?:;…。！？][\"”’'»)\]]*$")


def draft_plain(raw: str) -> Draft:
    """Draft the article of a plain text."""
    return Draft(text=unwrap(normalise(raw)))


def unwrap(text: str) -> str:
    """Join the lines of paragraphs that were broken at a fixed width; other text is returned as it is.

    It counts as broken when most lines that have a line below them in their paragraph are nearly as
    long as the longest and end in mid-sentence.
    """
    paragraphs = [paragraph.split("\n") for paragraph in text.split("\n\n")]
    inner = [line for lines in paragraphs for line in lines[:-1]]
    if len(inner) < 3:
        return text
    longest = max(len(line) for lines in paragraphs for line in lines)
    broken = sum(len(line) > longest * 0.7 and not _ENDS.search(line) for line in inner)
    if not _WRAP_LEAST <= longest <= _WRAP_MOST or broken < len(inner) * 0.6:
        return text
    return "\n\n".join(_joined(lines, longest) for lines in paragraphs)


def _joined(lines: list[str], longest: int) -> str:
    joined = lines[0]
    for above, line in pairwise(lines):
        # A line that is much shorter than the page is a line of its own: a list, a heading, a verse.
        whole = len(above) < longest * 0.6 or line.startswith(("- ", "* ", "• "))
        hyphen = bool(re.search(r"[a-z]-$", above)) and bool(re.match(r"[a-z]", line))
        separator = "\n" if whole else "" if hyphen else " "
        joined = f"{joined}{separator}{line.strip()}"
    return joined
