"""What matters in a quote, given the question: what is shown in bold."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rag.text.words import WORD, content_words, stem, words
from rag.types import Span

_COUNTED = re.compile(
    r"\bhow (?:many|much|long|old|far|often|big|large|tall|high|deep|fast|wide)\b|\bnumber of\b", re.I
)
_DATED = re.compile(r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|time)\b", re.I)

_NUMBER_WORD = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|"
    "nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?|billions?|dozens?"
)
_NUMBER = rf"(?:[$€£¥]?\d+(?:[.,:]\d+)*%?|\b(?:{_NUMBER_WORD})\b)"
_FIGURE = re.compile(rf"{_NUMBER}(?:[ -]{_NUMBER}|-one\b)*(?: (?:percent|per cent|trillion)\b)?", re.I)
_MONTH = (
    r"(?:Jan(?:uary|\.)|Feb(?:ruary|\.)|March|Mar\.|April|Apr\.|May|June|July|Aug(?:ust|\.)"
    r"|Sept?(?:ember|\.)|Oct(?:ober|\.)|Nov(?:ember|\.)|Dec(?:ember|\.))"
)
_DATE = re.compile(
    rf"(?:\d{{1,2}} )?{_MONTH}(?: \d{{1,2}}\b)?(?:,? (?:19|20)\d\d\b)?|\b(?:19|20)\d\d\b"
    r"|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|\b\d{1,2}(?:[.:]\d\d)? ?[ap]\.?m\b\.?"
)
_INITIALS = re.compile(r"\b(?:[A-Z]\.){2,}")


def emphasis(question: str, quote: str) -> list[Span]:
    """The spans of `quote` that matter to `question`, in order and apart from one another.

    They are the question's content words in any of their forms, and where it asks how many or
    when, the figures or the dates.
    """
    wanted = {stem(word) for word in content_words(question) if len(word) > 1}
    found = [match.span() for match in WORD.finditer(quote) if stem(words(match.group())[0]) in wanted]
    initials = set(_INITIALS.findall(question))
    found += [match.span() for match in _INITIALS.finditer(quote) if match.group() in initials]
    dates = [match.span() for match in _DATE.finditer(quote)]
    if _COUNTED.search(question):
        figures = (match.span() for match in _FIGURE.finditer(quote))
        found += [figure for figure in figures if not any(_overlap(figure, when) for when in dates)]
    if _DATED.search(question):
        found += dates
    return _joined((Span(*pair) for pair in found), quote)


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _joined(spans: Iterable[Span], text: str) -> list[Span]:
    """Join spans that overlap, touch, or have nothing but spaces and hyphens between them."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and not text[joined[-1].end : span.start].strip(" -"):
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined
