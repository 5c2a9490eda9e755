"""Numbers in a text with what is counted: digits or words, magnitude, unit, and how exact they claim to be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rag.grounding.reading import Reading, scan

Bound = Literal["", "~", ">", "<"]
"""How a number is meant: exactly, about, more than (or at least), less than (or at most, or nearly)."""

_ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen""".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
ROUNDING = 1e-12
"""The share of a value by which floating-point arithmetic may move it: far below the last digit of a figure in news."""

SMALL = {word: float(value) for value, word in enumerate(_ONES)} | {
    word: float(value) for value, word in enumerate(_TENS, 2) for value in (value * 10,)
}
MAGNITUDES = {
    "hundred": 1e2, "thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6, "mn": 1e6, "mln": 1e6, "millions": 1e6,
    "billion": 1e9, "bn": 1e9, "b": 1e9, "billions": 1e9, "trillion": 1e12, "tn": 1e12, "dozen": 12.0,
}  # fmt: skip
_ORDINALS = {
    word: float(value)
    for value, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
        "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split(), 1
    )
}  # fmt: skip
_PARTS = {"half": 2.0, "halves": 2.0, "third": 3.0, "thirds": 3.0, "quarter": 4.0, "quarters": 4.0, "fifth": 5.0,
          "fifths": 5.0, "tenth": 10.0, "tenths": 10.0}  # fmt: skip
_TIMES = {"twice": 2.0, "double": 2.0, "doubled": 2.0, "doubling": 2.0, "doubles": 2.0, "thrice": 3.0, "treble": 3.0,
          "trebled": 3.0, "triple": 3.0, "tripled": 3.0, "quadrupled": 4.0, "halved": 0.5, "halving": 0.5}  # fmt: skip
_SETS = {"both": 2.0, "pair": 2.0, "couple": 2.0, "twin": 2.0, "twins": 2.0, "trio": 3.0, "decade": 10.0,
         "fortnight": 2.0, "century": 100.0}  # fmt: skip
_COUNTING = frozenset("hundred thousand million billion dozen noon midday midnight".split()).union(
    SMALL, _TIMES, _SETS, _PARTS, _ORDINALS
)
"""Words that a number may begin with, figures apart."""

_UNITS = {
    form: group.split()[0]
    for group in (
        "% percent pct|point points|dollar dollars usd|euro euros eur|pound pounds gbp sterling|cent cents|pence penny|"
        "yen|kilometre kilometres kilometer kilometers km kms|mile miles mi|metre metres meter meters|yard yards|"
        "foot feet ft|inch inches|centimetre centimetres centimeter centimeters cm|millimetre millimetres millimeter "
        "millimeters mm|tonne tonnes|ton tons|kilogram kilograms kilo kilos kg kgs|gram grams|ounce ounces|"
        "litre litres liter liters|gallon gallons|hectare hectares|acre acres|second seconds|minute minutes mins|"
        "hour hours hrs|day days|week weeks|month months|year years yr yrs|decade decades|century centuries|knot knots|"
        "degree degrees|barrel barrels|mph|kph|megawatt megawatts mw|kilowatt kilowatts|gigawatt gigawatts"
    ).split("|")
    for form in group.split()
}
_MONEY = {"$": "dollar", "£": "pound", "€": "euro", "¥": "yen"}
_CLOCK = re.compile(r"\s?([ap])\.?\s?m\b", re.IGNORECASE)
_ABOVE = (
    "more than|over|above|at least|exceeding|exceeded|exceeds|upwards of|upward of|in excess of|"
    "greater than|higher than|no fewer than|not less than|no less than|well over|just over|topped|"
    "topping|passed|beyond|longer than"
)
_BELOW = (
    "less than|fewer than|under|below|nearly|almost|up to|at most|not more than|no more than|"
    "just under|close to|approaching|as many as|as much as|lower than|within|shorter than"
)
_ABOUT = (
    "about|around|roughly|approximately|some|circa|an estimated|estimated|nearly about|or so|"
    "in the region of|a little over|a little under"
)


def _lead(forms: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|[\s(—–-])(?:{forms})\s+(?:the |a |an |its |their |to )?$", re.IGNORECASE)


_BEFORE: tuple[tuple[Bound, re.Pattern[str]], ...] = (
    (">", _lead(_ABOVE)),
    ("<", _lead(_BELOW)),
    ("~", _lead(_ABOUT)),
)
_AFTER: tuple[tuple[Bound, re.Pattern[str]], ...] = (
    (">", re.compile(r"^(?:\+|\s?plus\b|(?:\s\w+)? or (?:more|over|above)\b)", re.IGNORECASE)),
    ("<", re.compile(r"^(?:\s\w+)? or (?:less|fewer|under)\b", re.IGNORECASE)),
    ("~", re.compile(r"^(?:-odd\b|-ish\b|(?:\s\w+)? or so\b)", re.IGNORECASE)),
)
_LOOK = 24
_MOST_WORDS = 14

Kind = Literal["count", "part", "ordinal", "clock", "times"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number: the indices of its words, its value, unit (canonical, or empty) and exactness."""

    start: int
    end: int
    value: float
    kind: Kind
    unit: str
    bound: Bound
    text: str


@lru_cache(maxsize=256)
def quantities(reading: Reading, inside: range | None = None) -> tuple[Quantity, ...]:
    """The numbers of a text, or of the sentences `inside`, in order, dates among them; linear in the length."""
    return scan(reading, _quantity, inside)


def _quantity(reading: Reading, at: int) -> Quantity | None:
    word = reading.words[at]
    if word.number:
        return _digits(reading, at)
    lower = word.lower
    if lower not in _COUNTING:
        return None
    if lower in SMALL or lower in ("hundred", "thousand", "million", "billion", "dozen"):
        vague = lower not in SMALL and at > 0 and reading.words[at - 1].lower in ("few", "several", "many", "some")
        return None if vague else _spelled(reading, at)
    if lower in _TIMES:
        return _made(reading, at, at + 1, _TIMES[lower], "times")
    if lower in ("noon", "midday", "midnight"):
        return _made(reading, at, at + 1, 0.0 if lower == "midnight" else 720.0, "clock")
    if lower in _SETS and lower not in ("decade", "century"):
        return _made(reading, at, at + 1, _SETS[lower], "count")
    before = reading.words[at - 1].lower if at else ""
    if lower in _PARTS and (before in ("a", "an", "one", "about", "over", "nearly", "than") or lower == "half"):
        return _made(reading, at, at + 1, 1 / _PARTS[lower], "part") if _is_part(reading, at) else None
    if lower in _ORDINALS and not (at and reading.words[at - 1].number):
        return _made(reading, at, at + 1, _ORDINALS[lower], "ordinal")
    return None


def _is_part(reading: Reading, at: int) -> bool:
    """``half a year`` and ``a quarter of``: not ``half-time``, ``the second half`` or ``the quarter``."""
    after = reading.words[at + 1].lower if at + 1 < len(reading.words) else ""
    gap = reading.gap(at + 1)
    before = reading.words[at - 1].lower if at else ""
    return "-" not in gap and before not in ("first", "second", "the", "other") and after not in ("time", "an")


def _digits(reading: Reading, at: int) -> Quantity | None:
    word = reading.words[at]
    plain = word.text
    tail = reading.text[word.end : word.end + 8]
    clock = _CLOCK.match(tail)
    if clock and re.fullmatch(r"\d{1,2}(?:[.:]\d\d)?", plain):
        hours, _, minutes = plain.replace(":", ".").partition(".")
        value = (int(hours) % 12 + (12 if clock.group(1).lower() == "p" else 0)) * 60 + int(minutes or 0)
        return _made(reading, at, at + 2, float(value), "clock", text=f"{plain}{clock.group()}")
    if ":" in plain:
        return None
    number = plain.replace(",", "") if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?", plain) else ""
    if not number or len(number) > 20:
        return None
    if re.match(r"(?:st|nd|rd|th)\b", tail):
        return _made(reading, at, at + 2, float(number), "ordinal", text=plain + tail[:2])
    return _scaled(reading, at, at + 1, float(number))


def _spelled(reading: Reading, at: int) -> Quantity | None:
    """``eighty-five``, ``two hundred and eleven``, ``a dozen``; stops where the words make no number."""
    total = current = 0.0
    end = at
    words = reading.words
    part = ""
    while end < min(len(words), at + _MOST_WORDS) and words[end].sentence == words[at].sentence:
        lower = words[end].lower
        gap = reading.gap(end) if end > at else " "
        if end > at and gap.strip(" -‐‑–") != "":
            break
        if lower in SMALL:
            if end > at and SMALL[lower] >= 20 and current % 100:
                break
            if end > at and SMALL[lower] < 20 and current % 10 and words[end - 1].lower in SMALL:
                break
            current += SMALL[lower]
        elif lower in ("hundred", "dozen"):
            current = (current or 1) * MAGNITUDES[lower]
        elif lower in MAGNITUDES and len(lower) > 3:
            total, current = total + (current or 1) * MAGNITUDES[lower], 0.0
        elif lower in _PARTS and lower.endswith("s") and end == at + 1:
            part = lower
            end += 1
            break
        elif not (
            lower == "and" and words[end - 1].lower in ("hundred", "thousand", "million") and end + 1 < len(words)
            and words[end + 1].lower in SMALL
        ):  # fmt: skip
            break
        end += 1
    if part:
        return _made(reading, at, end, current / _PARTS[part], "part")
    if end + 1 < len(words) and end == at + 1 and words[end].lower == "point" and words[end + 1].lower in SMALL:
        return _made(reading, at, end + 2, current + SMALL[words[end + 1].lower] / 10, "count")
    return _scaled(reading, at, end, total + current)


def _scaled(reading: Reading, at: int, end: int, value: float) -> Quantity:
    """Take in magnitude words and letters after the figure."""
    while end < min(len(reading.words), at + _MOST_WORDS) and reading.gap(end) in ("", " ", "-"):
        lower = reading.words[end].lower
        if lower not in MAGNITUDES or (lower == "m" and not _is_money(reading, at) and reading.gap(end)):
            break
        if len(lower) <= 3 and reading.gap(end) == " " and lower not in ("bn", "mn", "tn", "mln"):
            break
        value *= MAGNITUDES[lower]
        end += 1
    return _made(reading, at, end, value, "count")


def _is_money(reading: Reading, at: int) -> bool:
    return reading.gap(at)[-1:] in _MONEY


def _made(reading: Reading, at: int, end: int, value: float, kind: Kind, text: str = "") -> Quantity:
    before = reading.text[max(0, reading.words[at].start - _LOOK) : reading.words[at].start]
    unit = _MONEY.get(reading.gap(at)[-1:], "")
    lead = before.rstrip("$£€¥ ") + " "
    bare = lead.removesuffix("US ") if before.endswith("US$") else lead
    stop = reading.words[end - 1].end
    tail = reading.text[stop : stop + _LOOK]
    if not unit and kind in ("count", "part"):
        unit, end = _unit(reading, end, tail)
    if kind == "count" and unit == "%":
        kind, value = "part", value / 100
    follows = reading.text[reading.words[end - 1].end : reading.words[end - 1].end + _LOOK]
    bound: Bound = next((mark for mark, form in _BEFORE if form.search(bare)), "")
    if bound == "<" and re.search(r"(?:no|not) (?:fewer|less) than\s*$", bare, re.IGNORECASE):
        bound = ">"
    bound = bound or next((mark for mark, form in _AFTER if form.search(tail) or form.search(follows)), "")
    if kind == "count" and tail.startswith(" times"):
        kind = "times"
    return Quantity(at, end, value, kind, unit, bound, text or _written(reading, at, end))


def _unit(reading: Reading, end: int, tail: str) -> tuple[str, int]:
    if tail.lstrip().startswith("%"):
        return "%", end
    if end < len(reading.words) and reading.gap(end) in (" ", "-", "", "–", "‑"):
        lower = reading.words[end].lower
        if lower == "per" and end + 1 < len(reading.words) and reading.words[end + 1].lower == "cent":
            return "%", end + 2
        if lower == "percentage":
            return "point", end + 1
        if lower in ("square", "cubic") and end + 1 < len(reading.words):
            return lower + " " + _UNITS.get(reading.words[end + 1].lower, ""), end + 2
        if lower in _UNITS:
            return _UNITS[lower], end + 1
    return "", end


def _written(reading: Reading, at: int, end: int) -> str:
    start, stop = reading.words[at].start, reading.words[end - 1].end
    if reading.gap(at)[-1:] in _MONEY:
        start -= 1
    if reading.text[stop : stop + 1] == "%":
        stop += 1
    return " ".join(reading.text[start:stop].split())


def apart_from(found: Sequence[Quantity], taken: set[int]) -> list[Quantity]:
    """The numbers of `found` none of whose words are `taken`."""
    return [item for item in found if not taken.intersection(range(item.start, item.end))]
