"""Whether a text says what is accepted: words, a pattern, a figure, a day, or several of these at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

from rag.evaluation.cases import Accepted, AllOf, Day, Figure, Pattern, Words
from rag.evaluation.figures import gives
from rag.evaluation.folding import Tokens, forms, plain
from rag.evaluation.patterns import found
from rag.grounding.dates import Dated, dates
from rag.grounding.reading import Reading, read
from rag.text.dates import full_date

_NUMERIC_DAY = re.compile(r"(?<![\d./-])\d{1,4}([./-])\d{1,2}\1\d{1,4}(?![\d/-]|\.\d)")
_RANGE = re.compile(r" ?[-–—/] ?")
_RANGE_WORDS = frozenset({"and", "to", "or", "until", "through"})


def matches(accepted: Accepted, text: str) -> bool:
    """Whether `text` says what is `accepted`."""
    match accepted:
        case Words(words):
            return any(_stands(wanted, held) for wanted, held in zip(forms(words), forms(text), strict=True))
        case Pattern(regex):
            return found(regex, tuple(dict.fromkeys((text, plain(text)))))
        case Figure():
            return gives(text, accepted)
        case Day(day):
            return day in _days(text, day)
        case AllOf(parts):
            return all(matches(part, text) for part in parts)


def any_matches(answers: Sequence[Accepted], text: str) -> bool:
    """Whether `text` says any one of `answers`."""
    return any(matches(accepted, text) for accepted in answers)


def wordings(answers: Sequence[Accepted]) -> list[str]:
    """`answers` as texts, for metrics that compare words; a pattern has none."""
    return list(dict.fromkeys(text for accepted in answers for text in _texts(accepted)))


def worded(accepted: Accepted) -> str:
    """An accepted answer as one would write it."""
    match accepted:
        case Words(text):
            return text
        case Pattern(regex):
            return f"/{regex}/"
        case Figure(number, tolerance, units):
            within = f" ± {tolerance:,.15g}" if tolerance else ""
            return f"{number:,.15g}{within}" + (f" {'/'.join(units)}" if units else "")
        case Day(day):
            return day.isoformat()
        case AllOf(parts):
            return " and ".join(map(worded, parts))


def _texts(accepted: Accepted) -> Iterator[str]:
    match accepted:
        case Words(words):
            yield words
        case Figure(number, _, units):
            written = f"{number:,.15g}"
            yield from (f"{written} {unit}" for unit in units)
            yield written
        case Day(day):
            month = day.strftime("%B")
            yield from (f"{month} {day.day}, {day.year}", f"{day.day} {month} {day.year}", f"{month} {day.day}")
        case AllOf(parts):
            several = [next(_texts(part), "") for part in parts]
            if all(several):
                yield " ".join(several)
        case Pattern():
            pass


def _stands(wanted: Tokens, held: Tokens) -> bool:
    """Whether words stand in a text one after another."""
    size = len(wanted)
    return bool(size) and any(held[at : at + size] == wanted for at in range(len(held) - size + 1))


def _days(text: str, wanted: date) -> Iterator[date]:
    """The days that `text` names; one without a year is read in the year that is wanted.

    A weekday beside it must be that day's. 03/04/2024 may be either of two days and is none.
    """
    written = plain(text)
    for numeric in _NUMERIC_DAY.finditer(written):
        day = full_date(numeric.group())
        if day:
            yield day
    # Months are read with a capital letter only, since “may” and “march” are words.
    reading = read(re.sub(r"(?<=\d)(st|nd|rd|th)\b", "", written))
    known = dates(reading)
    for item, after in pairwise([*known, None]):
        if item is None or item.month is None or item.day is None:
            continue
        year = item.year or _year_behind(reading, item, after)
        for number in (item.day, *_ranged(reading, item)):
            day = _made(year or wanted.year, item.month, number)
            if day and (number != item.day or item.weekday in (None, day.weekday())):
                yield day


def _year_behind(reading: Reading, item: Dated, after: Dated | None) -> int | None:
    """The year that stands just behind a day, as in ``May 3 in 2024``."""
    between = [word.lower for word in reading.words[item.end : after.start]] if after else []
    return after.year if after and after.month is None and between in ([], ["in"], ["of"]) else None


def _ranged(reading: Reading, item: Dated) -> Iterator[int]:
    """The days that share a month with the one that is read: ``18-20 October``, ``Oct. 18 and 19``."""
    words = reading.words
    month_first = not words[item.start].number
    if month_first and not words[item.end - 1].number:
        return
    at = item.end if month_first else item.start - 1
    step = 1 if month_first else -1
    linked = 0 <= at < len(words) and words[at].lower in _RANGE_WORDS
    other = at + step if linked else at
    if not 0 <= other < len(words) or not re.fullmatch(r"\d{1,2}", words[other].text):
        return
    gap = reading.gap(other if month_first else other + 1)
    following = words[other + 1].lower if other + 1 < len(words) else ""
    counts = month_first and linked and reading.gap(other + 1) == " " and following.isalpha()
    if (linked and gap == " " and not counts) or (not linked and _RANGE.fullmatch(gap)):
        yield int(words[other].text)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
