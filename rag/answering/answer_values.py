"""The figure, date or name in a sentence that a question asks for, where it is clear which one that is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from rag.answering.questions import Kind, Question
from rag.grounding.dates import Dated, dates
from rag.grounding.numbers import borne, comparable, figures
from rag.grounding.people import COUNTRIES, TITLES, names
from rag.grounding.quantities import Quantity
from rag.grounding.reading import Reading, read
from rag.grounding.verbatim import squeeze
from rag.text.words import STOPWORDS, WORD, stem, words

T = TypeVar("T")

_MONEY = frozenset("dollar pound euro yen cent pence".split())
_TIME = frozenset("second minute hour day week month year decade century".split())
_COUNTED = re.compile(r"\bhow (?:many|much) (?:\w+ ){0,1}?(\w+)", re.IGNORECASE)
_COSTS = re.compile(r"^what\b.*\bcosts?\b", re.IGNORECASE)
_BEHIND_FIGURE = 3
_BEFORE_NAME = 4
_BEHIND_EVENT = 5
_SAME_START = 5
_SIGNS = ("$", "£", "€", "¥")
_HEDGE = re.compile(
    r"\b(?:about|around|some|roughly|approximately|nearly|almost|over|under|circa|up to|at least"
    r"|(?:more|less|fewer) than)\s+$",
    re.IGNORECASE,
)
_ONE_HOLDER = re.compile(
    r"\bwho (?:is|was|were|are) (?:\w+ )?the\b|\bwho(?:se)? (?:first )?(?:won|directed|wrote|founded|invented|designed"
    r"|composed|created|produced|discovered|built|painted|owns|owned|leads|recorded|performed|sang)\b",
    re.IGNORECASE,
)
"""Questions that one person or body answers: of two who are named for others, both may be right."""
_ONE_PLACE = re.compile(r"\b(?:what|which) (?:city|town|country|state|village)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Value:
    """A value as its sentence writes it, and what it means: a quantity, a date, or the words of a name."""

    text: str
    meaning: Quantity | Dated | frozenset[str]

    def same_as(self, other: Value) -> bool:
        """Whether the two are one value: written differently, rounded, or one more exact."""
        match self.meaning, other.meaning:
            case Quantity() as one, Quantity() as two:
                return max(borne(one, two), borne(two, one)) > 0
            case Dated() as one, Dated() as two:
                return _shared(one, two) > 0 and not _apart(one, two)
            case frozenset() as one, frozenset() as two:
                return bool(one & two)
        return False

    def differs_from(self, other: Value) -> bool:
        """Whether one can be compared with the other and is not the same."""
        match self.meaning, other.meaning:
            case Quantity() as one, Quantity() as two:
                return comparable(one, two) and not self.same_as(other)
            case Dated() as one, Dated() as two:
                return _apart(one, two)
            case frozenset() as one, frozenset() as two:
                return not one & two
        return False


def value_of(question: Question, sentence: str) -> Value | None:
    """What `sentence` answers `question` with; `None` where nothing in it, or more than one thing, may be that."""
    reading = read(sentence)
    kind: Kind = "money" if _COSTS.search(question.text) else question.kind
    match kind:
        case "number" | "money" | "duration":
            return _figure(question, kind, reading)
        case "date":
            return _date(question, reading)
        case "person" | "name" if kind == "name" or _ONE_HOLDER.search(question.text):
            return _name(question, reading)
        case "place" if _ONE_PLACE.search(question.text):
            return _name(question, reading)
    return None


def _figure(question: Question, kind: Kind, reading: Reading) -> Value | None:
    counted = _COUNTED.search(question.text)
    wanted = stem(counted.group(1).lower()) if counted else ""
    found = [
        item
        for item in figures(reading)
        if item.kind in ("count", "part")
        and (item.value != 1 or item.unit)
        and item.text not in question.figures
        and (kind != "money" or item.unit in _MONEY)
        and (kind != "duration" or item.unit in _TIME)
        and (kind != "number" or item.unit not in _MONEY | _TIME or stem(item.unit) == wanted)
    ]
    named = [item for item in found if wanted and wanted in _behind(reading, item)]
    chosen = _only(named) or _only(found)
    return None if chosen is None else Value(_hedged(reading, chosen), chosen)


def _hedged(reading: Reading, item: Quantity | Dated) -> str:
    """The figure or date with the words before it that say how exact it is."""
    start = reading.words[item.start].start
    start -= reading.text[start - 1 : start] in _SIGNS
    hedge = _HEDGE.search(reading.text, 0, start)
    return squeeze((reading.text[hedge.start() : start] if hedge else "") + item.text)


def _behind(reading: Reading, item: Quantity) -> set[str]:
    last = max(item.end - 1, item.start)
    return {stem(word.lower) for word in reading.words[last : item.end + _BEHIND_FIGURE]}


def _date(question: Question, reading: Reading) -> Value | None:
    found = [item for item in dates(reading) if item.year or (item.month and item.day)]
    found = [item for item in found if str(item.year) not in question.figures]
    # What happened is told last: "When was the hall built?"
    small = [match.group() for match in WORD.finditer(question.text) if match.group()[0].islower()]
    event = next((stem(word) for word in reversed(small) if word not in STOPWORDS), "")
    told = [at for at, word in enumerate(reading.words) if stem(word.lower) == event]
    chosen = _only(found) or _only([item for item in found if any(0 < item.start - at <= _BEHIND_EVENT for at in told)])
    return None if chosen is None else Value(_hedged(reading, chosen), chosen)


def _name(question: Question, reading: Reading) -> Value | None:
    found = []
    for name in names(reading):
        own = [word.lower for word in reading.words[name.start : name.end]]
        bare = frozenset(word for word in own if word not in TITLES and word not in STOPWORDS)
        peoples = question.kind != "place" and all(word in COUNTRIES for word in bare)
        if bare and not peoples and not any(stem(word) in question.weights for word in bare):
            start, end = reading.words[name.start].start, reading.words[name.end - 1].end
            lead = [word.lower for word in reading.words[max(0, name.start - _BEFORE_NAME) : name.start]]
            found.append((any(_told(question, word) for word in lead), Value(squeeze(reading.text[start:end]), bare)))
    return _only([value for led, value in found if led]) or _only([value for _, value in found])


def _told(question: Question, word: str) -> bool:
    """Whether `word` is, in some form, one of the question's own content words."""
    if word in STOPWORDS:
        return False
    begun = word[:_SAME_START]
    return stem(word) in question.weights or any(
        len(begun) == _SAME_START and other.startswith(begun) for other in words(question.text)
    )


def _only(found: Sequence[T]) -> T | None:
    return found[0] if len(found) == 1 else None


def _shared(one: Dated, other: Dated) -> int:
    return sum(a is not None and b is not None for a, b in _parts(one, other))


def _apart(one: Dated, other: Dated) -> bool:
    return any(a is not None and b is not None and a != b for a, b in _parts(one, other))


def _parts(one: Dated, other: Dated) -> list[tuple[int | None, int | None]]:
    return [(one.year, other.year), (one.month, other.month), (one.day, other.day)]
