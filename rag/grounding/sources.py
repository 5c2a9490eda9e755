"""Whether a passage can bear anything out at all: it is the article's own saying, in a language that is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.grounding.alignment import Alignment
from rag.grounding.reading import Passage
from rag.grounding.verbatim import CHECKED_LANGUAGES
from rag.grounding.verdict import Finding
from rag.text.instructions import addresses_a_model

_QUOTATION_MARKS = "\"“‘«'"
_WITHDRAWN = re.compile(
    r"\b(?:earlier version|previously (?:stated|reported|said)|(?:was|were|is) (?:wrong|incorrect|inaccurate|mistaken)"
    r"|incorrectly|mistakenly|misstated|wrongly (?:stated|said|reported|gave|given))\b",
    re.IGNORECASE,
)
_TELLS_OF_IT = re.compile(
    r"\b(?:earlier|previous\w*|first|initial\w*|original\w*|wrong\w*|incorrect\w*|mistake\w*|correct\w*|error|report(?:ed)?|old)\b",
    re.IGNORECASE,
)
_FIRST = re.compile(
    r"\b(?:first|initial|preliminary|provisional|early|original|earlier|interim|previous|old|unofficial)\b",
    re.IGNORECASE,
)
_TIME_WORDS = re.compile(
    r"\b(?:first|initial\w*|preliminary|provisional\w*|early|original\w*|earlier|interim|previous\w*|old|unofficial\w*|before|formerly)\b",
    re.IGNORECASE,
)


def check_sources(alignment: Alignment) -> Iterator[Finding]:
    """Passages that are orders to a reader, page furniture, or withdrawn, bear nothing out as it stands."""
    for passage in alignment.passages:
        sentence = _sentences(passage)
        if addresses_a_model(_likest(alignment, passage).lstrip(_QUOTATION_MARKS)):
            yield Finding("the passage is an instruction to its reader, not a report")
        elif _is_furniture(passage):
            yield Finding("the passage is not part of the article proper", hard=_is_behind(passage))
        elif _WITHDRAWN.search(sentence) and not _TELLS_OF_IT.search(alignment.claim.text):
            yield Finding("the passage tells of a figure or statement that was withdrawn")
    yield from _provisional(alignment)
    yield from _unread(alignment.passages)


def _likest(alignment: Alignment, passage: Passage) -> str:
    """The sentence of the passage that shares most with the statement."""
    reading = passage.reading
    wanted = {word.key for word in alignment.claim.words if word.content}
    shared: dict[int, set[str]] = {}
    for word in passage.words:
        shared.setdefault(word.sentence, set()).update({word.key} & wanted)
    best = max(shared, key=lambda number: len(shared[number]))
    words = reading.words[reading.first[best] : reading.first[best + 1]]
    return reading.text[words[0].start : words[-1].end]


def _sentences(passage: Passage) -> str:
    """The whole sentences that the span stands in."""
    reading = passage.reading
    first = reading.words[reading.sentence(passage.inside.start).start].start
    last = reading.words[reading.sentence(passage.inside.stop - 1).stop - 1].end
    return reading.text[first:last]


def _is_furniture(passage: Passage) -> bool:
    start, end = passage.words[0].start, passage.words[-1].end
    return any(part.start <= start and end <= part.end for part in passage.article.boilerplate)


def _is_behind(passage: Passage) -> bool:
    """Whether the article's own text ends before the passage: what stands there is comments, links, notices."""
    text, start = passage.reading.text, passage.words[0].start
    outside = sum(max(0, part.end - max(part.start, start)) for part in passage.article.boilerplate)
    return outside >= len(text[start:].strip()) * 0.9


def _provisional(alignment: Alignment) -> Iterator[Finding]:
    """A first or earlier value is not told as the value."""
    text = "\n".join(
        passage.reading.text[passage.words[0].start : passage.words[-1].end] for passage in alignment.passages
    )
    found = _FIRST.search(text)
    if (
        found
        and re.search(
            r"\b(?:count|estimate|figure|range|version|record|result|forecast|report|plan)",
            text[found.end() : found.end() + 12],
        )
        and not _TIME_WORDS.search(alignment.claim.text)
    ):
        yield Finding(f"the passage says it of the “{found.group()}” one", hard=False)


def _unread(passages: Sequence[Passage]) -> Iterator[Finding]:
    languages = sorted({passage.article.language for passage in passages} - CHECKED_LANGUAGES)
    if languages:
        yield Finding(f"the passage is in a language that the checks do not read ({', '.join(languages)})")
