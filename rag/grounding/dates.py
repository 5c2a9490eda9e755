"""Days, months, years and weekdays: what a text names, and whether two of them can be one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from rag.grounding.alignment import Alignment, Place
from rag.grounding.reading import Passage, Reading, scan
from rag.grounding.verdict import Finding

_MONTHS = "january february march april may june july august september october november december".split()
_SHORT = {name[:3]: number for number, name in enumerate(_MONTHS, 1)} | {"sept": 9}
MONTH = {name: number for number, name in enumerate(_MONTHS, 1)} | _SHORT
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
WEEKDAY = {name: number for number, name in enumerate(_DAYS)} | {
    short: number for number, shorts in enumerate("mon|tue tues|wed|thu thur thurs|fri|sat|sun".split("|"))
    for short in shorts.split()
}  # fmt: skip
_RELATIVE = {"yesterday": -1, "today": 0, "tomorrow": 1}
_BEGINNING = WEEKDAY.keys() | MONTH.keys() | _RELATIVE.keys()
"""Words that a date may begin with, numbers apart."""
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")


@dataclass(frozen=True, slots=True)
class Dated:
    """A date as it is written: the indices of its words, and what it says; `None` where it says nothing."""

    start: int
    end: int
    text: str
    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    shift: int | None = None


def check_dates(alignment: Alignment) -> Iterator[Finding]:
    """Each date of the statement against those of the passages, read with their articles' dates."""
    held = [(number, item) for number, passage in enumerate(alignment.passages) for item in _of_passage(passage)]
    for item in dates(alignment.claim):
        own = [entry for entry in held if _agree(item, entry[1], alignment.passages[entry[0]])]
        if not own:
            if _of_article(item, alignment.passages):
                continue
            yield Finding(_missing(alignment, item, held))
            continue
        stated = [other for other in dates(alignment.claim) if other is not item]
        others = [
            entry
            for entry in held
            if entry not in own
            and _precision(entry[1]) & _precision(item)
            and not any(_agree(other, entry[1], alignment.passages[entry[0]]) for other in stated)
        ]
        rival = alignment.rival(item.start, _places(own), _places(others))
        if rival is not None:
            other = next(entry[1] for entry in others if (entry[0], entry[1].start) == rival)
            yield Finding(f"the passage gives {other.text} for that, not {item.text}")


@lru_cache(maxsize=256)
def dates(reading: Reading, inside: range | None = None) -> tuple[Dated, ...]:
    """The dates of a text, or of the sentences `inside`, in order."""
    return scan(reading, _date, inside)


def _date(reading: Reading, at: int) -> Dated | None:
    """One date from the word at `at`: weekday, month and day in either order, year, each of them optional."""
    words, size = reading.words, len(reading.words)
    if not words[at].number and words[at].lower not in _BEGINNING:
        return None
    parts: dict[str, int] = {}
    end = at
    while end < size and words[end].sentence == words[at].sentence:
        word, lower = words[end], words[end].lower
        gap = reading.gap(end)
        if end > at and not re.fullmatch(r"[.,]{0,2}\s", gap):
            break
        after = words[end + 1] if end + 1 < size else None
        if word.capital and lower in WEEKDAY and len(lower) != 3 and "weekday" not in parts:
            parts["weekday"] = WEEKDAY[lower]
        elif _is_month(reading, end) and "month" not in parts:
            parts["month"] = MONTH[lower]
        elif word.number and _YEAR.fullmatch(word.text) and "year" not in parts and _is_year(reading, end, parts):
            parts["year"] = int(word.text)
        elif word.number and "day" not in parts and _is_day(reading, end, "month" in parts and "," not in gap):
            parts["day"] = int(word.text)
            if after and after.lower in ("st", "nd", "rd", "th"):
                end += 1
            if end + 1 < size and words[end + 1].lower == "of" and "month" not in parts:
                end += 1
        elif lower in _RELATIVE and not parts:
            parts["shift"] = _RELATIVE[lower]
        else:
            break
        end += 1
    if not parts:
        return None
    text = reading.text[words[at].start : words[end - 1].end]
    return Dated(at, end, text, **parts)


def _is_day(reading: Reading, at: int, after_month: bool) -> bool:
    """Whether the number at `at` is the day of a month just before it, or just behind it."""
    word = reading.words[at]
    if not re.fullmatch(r"\d{1,2}", word.text) or not 1 <= int(word.text) <= 31:
        return False
    if after_month:
        return True
    following = at + 1
    for skipped in (("st", "nd", "rd", "th"), ("of",)):
        if following < len(reading.words) and reading.words[following].lower in skipped:
            following += 1
    return following < len(reading.words) and _is_month(reading, following)


def _is_month(reading: Reading, at: int) -> bool:
    word = reading.words[at]
    if word.lower not in MONTH or not word.capital:
        return False
    if word.lower in (
        "may",
        "march",
        "mar",
        "jun",
        "jan",
        "dec",
        "sep",
        "sept",
        "oct",
        "nov",
        "apr",
        "jul",
        "aug",
        "feb",
    ):
        near = [reading.words[index] for index in (at - 1, at + 1) if 0 <= index < len(reading.words)]
        dated = any(other.number for other in near)
        lead = near[0].lower if at else ""
        return dated or lead in (
            "in",
            "of",
            "since",
            "until",
            "by",
            "last",
            "next",
            "from",
            "mid",
            "early",
            "late",
            "that",
            "and",
            "to",
        )
    return True


def _is_year(reading: Reading, at: int, parts: dict[str, int]) -> bool:
    """A four-digit number is a year behind a month or a small word, and where nothing is counted with it."""
    if "month" in parts:
        return True
    before = reading.words[at - 1].lower if at else ""
    gap = reading.gap(at)
    if gap[-1:] in "$£€" and gap[-1:]:
        return False
    after = reading.words[at + 1].lower if at + 1 < len(reading.words) and reading.gap(at + 1) == " " else ""
    if after in ("people", "votes", "metres", "dollars", "tonnes", "of", "homes", "men", "women", "workers", "miles"):
        return False
    return before in (
        "in", "since", "of", "from", "to", "until", "by", "during", "after", "before", "early", "late", "year", "and",
        "mid", "spring", "summer", "autumn", "winter", "fall", "for", "between", "around", "about", "says", "dated",
        "date", "q1", "q2", "q3", "q4", "against", "than", "the", "to", "at", "with", "on", "through", "end",
    ) or gap.endswith("(")  # fmt: skip


def _of_passage(passage: Passage) -> list[Dated]:
    """The dates of the span, and of the heading of the section that it stands in."""
    reading, inside, heading = passage.reading, passage.inside, _heading(passage)
    found = [item for item in dates(reading, inside) if item.start in inside]
    return found + [item for item in dates(reading, heading) if item.start in heading and item.end <= heading.stop]


def _heading(passage: Passage) -> range:
    """The last line before the span that is short and has no full stop: a heading, where there is one."""
    text, words = passage.reading.text, passage.reading.words
    start = words[passage.inside.start].start
    at = text.rfind("\n", 0, start)
    for _ in range(12):
        begin = text.rfind("\n", 0, max(at, 0)) + 1
        line = text[begin : max(at, 0)].strip()
        if line and len(line) < 60 and line[-1] not in '.!?”"|:':
            inside = [index for index, word in enumerate(words) if begin <= word.start < at]
            return range(inside[0], inside[-1] + 1) if inside else range(0)
        if begin == 0:
            break
        at = begin - 1
    return range(0)


def _agree(said: Dated, held: Dated, passage: Passage) -> bool:
    """Whether both can be one day, month or year, the passage's read by its article's date."""
    ours, theirs = _days(said, passage), _days(held, passage)
    if said.weekday is not None and said.weekday == held.weekday and said.day is None and said.month is None:
        return True
    if ours and theirs:
        return bool(ours & theirs)
    if said.day is None and said.month is None and said.weekday is None and said.shift is None:
        years = {day.year for day in theirs} or ({held.year} if held.year else _years(held, passage))
        return said.year in years
    if said.day is None and said.month is not None and said.weekday is None:
        if theirs:
            return any(day.month == said.month and said.year in (None, day.year) for day in theirs)
        return held.month == said.month and (said.year is None or said.year in _years(held, passage))
    if held.day is None and held.month is not None and held.month == said.month:
        return False
    return False


def _years(held: Dated, passage: Passage) -> set[int]:
    if held.year:
        return {held.year}
    published = passage.article.published
    if not published or held.month is None:
        return set()
    after = held.month > published.month
    return {published.year - 1, published.year} if after else {published.year, published.year + 1}


def _days(item: Dated, passage: Passage) -> set[date]:
    """The days that a date may mean in an article: a weekday the nearest on either side of its date."""
    published = passage.article.published
    if item.day is not None and item.month is not None:
        years = [item.year] if item.year else [published.year + shift for shift in (-1, 0, 1)] if published else [2000]
        found = {made for year in years if year and (made := _made(year, item.month, item.day))}
        if not item.year and published:
            found = {day for day in found if abs((day - published).days) <= 200}
        return found if item.weekday is None else {day for day in found if day.weekday() == item.weekday}
    if published and item.weekday is not None and item.month is None:
        back = (published.weekday() - item.weekday) % 7
        return {published - timedelta(back), published - timedelta(back - 7)}
    if published and item.shift is not None:
        return {published + timedelta(item.shift)}
    return set()


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _of_article(item: Dated, passages: Sequence[Passage]) -> bool:
    """Whether the date is no more than the year or month of the article itself."""
    for passage in passages:
        published = passage.article.published
        bare = item.weekday is None and item.day is None and item.shift is None
        if published and bare and item.month in (None, published.month) and item.year in (None, published.year):
            return _dates_nothing_else(passage)
    return False


def _dates_nothing_else(passage: Passage) -> bool:
    """Whether the span names no other year or month, so that its events are of the article's own time."""
    told = dates(passage.reading, passage.inside)
    return not any(item.year or item.month for item in told if item.start in passage.inside)


def _precision(item: Dated) -> frozenset[str]:
    return frozenset(
        name
        for name, value in (
            ("day", item.day),
            ("day", item.weekday),
            ("day", item.shift),
            ("month", item.month),
            ("year", item.year),
        )
        if value is not None
    )


def _places(entries: Sequence[tuple[int, Dated]]) -> list[Place]:
    return [(number, item.start) for number, item in entries]


def _missing(alignment: Alignment, item: Dated, held: Sequence[tuple[int, Dated]]) -> str:
    like = [entry for entry in held if _precision(entry[1]) & _precision(item)]
    place = alignment.best(item.start, _places(like))
    if place is None:
        return f"the passage does not give the date {item.text}"
    other = next(entry[1] for entry in like if (entry[0], entry[1].start) == place)
    return f"the passage says {other.text}, not {item.text}"
