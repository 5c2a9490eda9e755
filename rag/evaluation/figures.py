"""Whether a text gives a figure: in digits or words, within a tolerance, counted of what it is said to count.

With a unit, a figure fits in one of three ways: the unit is of those that stand at a figure (``4.9 metres``, ``$23``,
``70%``); or it is a word within a few words of the figure, with no other figure between them; or the figure is an
age. A figure that carries another unit of its own (``31 years``, ``31%``) counts nothing else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag.evaluation.cases import Figure
from rag.evaluation.folding import plain
from rag.grounding.dates import Dated, dates
from rag.grounding.quantities import ROUNDING, Quantity, quantities
from rag.grounding.reading import Reading, read
from rag.text.words import STOPWORDS

_REACH = 5
"""How many words away from its figure a unit may stand."""
_LINKS = frozenset("of out the its their and to or than a total about some more".split())
"""Between two figures that count the same thing: ``31 of the 214 people``, ``40 or 50 houses``."""
_AGES = frozenset("year years old age aged".split())
_NONE = frozenset("no none nobody nil".split())
_METRES = 1e6


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One way to give the figure: its value with a unit, in the reader's own form or as the words of a noun."""

    value: float
    tolerance: float
    kind: str
    unit: str
    noun: tuple[str, ...]
    """Empty where no unit is asked for after all: ``million`` is a part of the number."""


def gives(text: str, figure: Figure) -> bool:
    """Whether `text` gives `figure`."""
    reading = read(plain(text))
    wanted = [_wanted(figure, unit) for unit in figure.units]
    calendar = {index: found for found in dates(reading) for index in range(found.start, found.end)}
    several = {item.start: item for item in quantities(reading)}
    if wanted and figure.number == 0 and any(_none_of(reading, each.noun) for each in wanted):
        return True
    for item in several.values():
        if not _is_figure(reading, item):
            continue
        dated = calendar.get(item.start)
        if not wanted:
            if not (dated and dated.month) and _bare_fits(reading, item, figure):
                return True
        elif not (dated and not _counts(reading, item, dated, wanted)) and any(
            _fits(reading, item, several, each) for each in wanted
        ):
            return True
    return False


def _wanted(figure: Figure, unit: str) -> _Wanted:
    """The figure with a unit, as the reader of quantities understands the two together.

    So ``{"number": 4.6, "unit": "million"}`` is 4,600,000, and a percentage is a share.
    """
    words = tuple(word.lower for word in read(plain(unit)).words)
    number = abs(figure.number)
    for written in (f"{number:.15g} {unit}", f"{unit}{number:.15g}"):
        found = quantities(read(plain(written)))
        if found and (found[0].unit or found[0].kind == "times" or not _is(found[0].value, number)):
            scale = found[0].value / number if number else 1.0
            noun = () if not found[0].unit and found[0].kind == "count" else words
            return _Wanted(figure.number * scale, figure.tolerance * scale, found[0].kind, found[0].unit, noun)
    return _Wanted(figure.number, figure.tolerance, "count", "", words)


def _is_figure(reading: Reading, item: Quantity) -> bool:
    """Not a part of a name (``A31``, ``COVID-19``), not a decade (``1880s``), and no word that only implies one."""
    word = reading.words[item.start]
    if word.lower in ("fortnight", "twin", "twins"):
        return False
    if not word.number:
        return True
    before = reading.text[: word.start]
    if re.search(r"[^\W\d_]$|[A-Z]\w*-$", before) and not before.endswith("US"):
        return False
    return not re.match(r"'?s\b", reading.text[word.end : word.end + 3])


def _bare_fits(reading: Reading, item: Quantity, figure: Figure) -> bool:
    """Without a unit: the figure in whatever unit it stands, a share also as a percentage."""
    if item.kind == "clock" or (item.kind == "times" and not reading.words[item.start].number):
        return False
    values = {_signed(reading, item)}
    if item.kind == "part":
        values.add(item.value * 100)
    return any(_near(value, figure.number, figure.tolerance) for value in values | _as_metres(reading, item).keys())


def _fits(reading: Reading, item: Quantity, several: Mapping[int, Quantity], wanted: _Wanted) -> bool:
    value, unit = _signed(reading, item), item.unit
    after, inherited = _after(reading, item, several)
    if not unit and inherited:
        unit, value = inherited, value / 100 if inherited == "%" else value
    metres = _as_metres(reading, item)
    if wanted.unit == "metre" and any(_near(each, wanted.value, wanted.tolerance) for each in metres):
        return True
    if not _near(value, wanted.value, wanted.tolerance):
        return False
    if wanted.kind == "times":
        return item.kind == "times"
    if wanted.unit and (unit == wanted.unit or (wanted.unit == "%" and item.kind == "part")):
        return True
    if item.kind in ("clock", "times"):
        return False
    if not wanted.noun:
        return True
    if item.kind == "ordinal":
        return _starts(after, wanted.noun)
    if unit:
        # What is measured may stand right behind: “66 metres long”, “3.2 million litres of water”.
        measured = after[1:] if after[:1] == ["of"] and unit != "%" else after
        return _starts(measured, wanted.noun)
    if _is_age(reading, item):
        return any(word in _AGES for word in wanted.noun)
    return _holds(after, wanted.noun) or _holds(_before(reading, item, several), wanted.noun)


def _counts(reading: Reading, item: Quantity, dated: Dated, wanted: Sequence[_Wanted]) -> bool:
    """Whether what could be a year counts something all the same: ``in 1847 ships``."""
    behind = [word.lower for word in reading.words[item.end : item.end + 3]]
    together = dated.month is None and reading.gap(item.end) == " "
    return together and any(each.noun and _starts(behind, each.noun) for each in wanted)


def _after(reading: Reading, item: Quantity, several: Mapping[int, Quantity]) -> tuple[list[str], str]:
    """The words behind a figure up to the next one, past those that count the same; and the unit of these."""
    found: list[str] = []
    linked, unit = True, ""
    at, stop = item.end, reading.sentence(item.start).stop
    while at < stop and len(found) < _REACH:
        if ";" in reading.gap(at):
            break
        if at in several:
            if not linked:
                break
            unit = unit or several[at].unit
            at = several[at].end
            continue
        word = reading.words[at].lower
        linked = linked and word in _LINKS
        if not (linked and any(ahead in several for ahead in range(at, min(stop, at + 4)))):
            found.append(word)
        at += 1
    return found, unit


def _before(reading: Reading, item: Quantity, several: Mapping[int, Quantity]) -> list[str]:
    """The words before a figure, back to the one before: none if those are of that one, and this has its own.

    ``12 people and 31 dogs`` has no 31 people, though ``of the 214 people aboard, 31 were hurt`` has.
    """
    ends = {other.end - 1 for other in several.values() if other.start < item.start}
    found: list[str] = []
    for at in range(item.start - 1, max(reading.sentence(item.start).start, item.start - _REACH) - 1, -1):
        if ";" in reading.gap(at + 1):
            break
        if at in ends:
            return [] if _has_own_noun(reading, item) else found
        found.insert(0, reading.words[at].lower)
    return found


def _has_own_noun(reading: Reading, item: Quantity) -> bool:
    if item.end == len(reading.words) or reading.gap(item.end).strip(" -"):
        return False
    return reading.words[item.end].lower not in STOPWORDS


def _is_age(reading: Reading, item: Quantity) -> bool:
    """``Jorun Askelby, 52, has commanded``: a figure between commas behind a name or another word for a person."""
    before = reading.gap(item.start)
    word = reading.words[item.start]
    follows = reading.text[word.end : word.end + 1]
    return bool(item.start) and before == ", " and follows in (",", ".", ";", ")") and 0 < item.value < 120


def _none_of(reading: Reading, noun: tuple[str, ...]) -> bool:
    """Whether a text says that there are none of these."""
    words = [word.lower for word in reading.words]
    return any(word in _NONE and noun and _holds(words[at + 1 : at + 4], noun) for at, word in enumerate(words))


def _signed(reading: Reading, item: Quantity) -> float:
    before = reading.text[: reading.words[item.start].start]
    below = re.search(r"(?:^|[\s(])-[$£€]?$|\bminus $", before, re.IGNORECASE)
    return -item.value if below else item.value


def _as_metres(reading: Reading, item: Quantity) -> dict[float, None]:
    """The value where an ``m`` that touches a figure without a currency may be of metres: ``4.9m``."""
    last = reading.words[item.end - 1]
    touches = item.end - item.start == 2 and last.lower == "m" and not reading.gap(item.end - 1)
    return {item.value / _METRES: None} if touches and not item.unit else {}


def _near(value: float, wanted: float, tolerance: float) -> bool:
    return abs(value - wanted) <= tolerance + ROUNDING * max(abs(value), abs(wanted))


def _is(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=ROUNDING)


def _holds(words: Sequence[str], noun: Sequence[str]) -> bool:
    return any(_starts(words[at:], noun) for at in range(len(words)))


def _starts(words: Sequence[str], noun: Sequence[str]) -> bool:
    return len(words) >= len(noun) and all(_alike(one, other) for one, other in zip(words, noun, strict=False))


def _alike(one: str, other: str) -> bool:
    """Whether two words are one, or one is the other's regular plural."""
    return one == other or other in _plurals(one) or one in _plurals(other)


def _plurals(word: str) -> Iterator[str]:
    yield word + "s"
    yield word + "es"
    if word.endswith("y"):
        yield word[:-1] + "ies"
