"""What is said at once: a sentence, with those that it makes no sense or no fair quote without."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

from rag.types import Span

MAX_CHARS = 700
"""A quotation longer than this is not kept whole."""

_LEANING = re.compile(
    r"""["“'‘(]*
    (?:(?:But|And|So|Yet|However|Still|Then|Instead|Meanwhile|Also|Later|Earlier|Afterwards?|In\ addition),?\ )?
    (?:he|she|they|it|his|her|their|its|this|that|these|those|such|both|neither|others
    |the\ (?:former|latter|two|pair|trio|same|move|decision|result|figures?))\b""",
    re.VERBOSE | re.IGNORECASE,
)
_QUOTE_MARK = re.compile(r"[\"“”]")
_SPOKEN_BY_WHOM = re.compile(r"""["“][^"“”]*["”]\s+(?:he|she|they|it)\b""")
_ALL_SPOKEN = re.compile(r"""["“][^"“”]*["”]$""")
_SAID_ON = 2
"""So many sentences of what somebody goes on to say are brought along."""


def leans(text: str) -> bool:
    """Whether a sentence begins with a word that points back to the one before it."""
    return bool(_LEANING.match(text))


def _is_speech_of_one_before(text: str) -> bool:
    """Whether `text` is a quotation with a pronoun for its speaker, or with none."""
    return bool(_SPOKEN_BY_WHOM.match(text) or _ALL_SPOKEN.match(text))


def quotations(text: str, paragraph: Span) -> list[Span]:
    """The quotations of one paragraph; one that is not closed reaches to the paragraph's end."""
    found: list[Span] = []
    opened: int | None = None
    for match in _QUOTE_MARK.finditer(text, paragraph.start, paragraph.end):
        mark, place = match.group(), match.start()
        if opened is None and mark != "”":
            opened = place
        elif opened is not None and mark != "“":
            found.append(Span(opened, place + 1))
            opened = None
    if opened is not None:
        found.append(Span(opened, paragraph.end))
    return found


def paragraph_of(text: str, span: Span) -> Span:
    """The line of `text` that `span` stands in."""
    end = text.find("\n", span.end)
    return Span(text.rfind("\n", 0, span.start) + 1, end if end >= 0 else len(text))


def unit_of(text: str, sentences: Sequence[Span], span: Span, *, speech: bool = False) -> Span:
    """`span`, one of `sentences`, with the neighbours that it needs.

    A sentence out of a longer quotation brings the whole quotation with the words that
    introduce it; one that points back, or does not name who says it, brings the sentence before
    it. Where `speech` is asked for, what the same person goes on to say comes along.
    """
    start, end = whole_quotation(text, sentences, span)
    if speech:
        end = _said_on(text, sentences, Span(start, end))
    if leans(text[start:end]) or _is_speech_of_one_before(text[start:end]):
        before = bisect_right(sentences, start - 1, key=lambda sentence: sentence.start) - 1
        if (
            before >= 0
            and end - sentences[before].start <= MAX_CHARS
            and not text[sentences[before].end : start].strip()
        ):
            start = sentences[before].start
    return Span(start, end)


def _said_on(text: str, sentences: Sequence[Span], span: Span) -> int:
    """Where the quotations end that follow `span` in its paragraph without a name of their own."""
    end = span.end
    first = bisect_left(sentences, end, key=lambda sentence: sentence.start)
    for sentence in sentences[first : first + _SAID_ON]:
        whole = whole_quotation(text, sentences, sentence)
        between = text[end : whole.start]
        if between.strip() or "\n" in between or whole.end - span.start > MAX_CHARS:
            break
        if not _is_speech_of_one_before(text[whole.start : whole.end]):
            break
        end = whole.end
    return end


def whole_quotation(text: str, sentences: Sequence[Span], span: Span) -> Span:
    """`span` widened to the sentences in which the quotation that it is a part of begins and ends."""
    start, end = span
    for quotation in quotations(text, paragraph_of(text, span)):
        if quotation.start < start < quotation.end:
            start = next((s.start for s in sentences if s.start <= quotation.start < s.end), start)
        if quotation.start < end < quotation.end:
            end = next((s.end for s in sentences if s.start < quotation.end <= s.end), end)
    between = [sentence for sentence in sentences if start <= sentence.start and sentence.end <= end]
    unbroken = all(not text[one.end : other.start].strip() for one, other in pairwise(between))
    return Span(start, end) if unbroken and end - start <= MAX_CHARS else span
