"""Numbers: the same value with the same unit, a rounding that holds, counted of the same thing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from rag.grounding.alignment import Alignment, Place
from rag.grounding.dates import dates
from rag.grounding.morphology import root
from rag.grounding.quantities import ROUNDING, Quantity, apart_from, quantities
from rag.grounding.reading import Reading
from rag.grounding.verdict import Finding

_MUCH = 1.25
_NEAR = 0.9
_ROUND = 0.1
_HALF_ROUND = 0.05
_EXACT = 0.01
_PAIRED = 8
_SPANS_OF_TIME = frozenset({"year", "month", "week", "day", "decade"})
_NEAR_WORDS = 3
_SAME_PLACE = 0.8
_PEOPLE = frozenset("people persons men women children".split())
# One for each person, or what people are called by.
_FOR_PEOPLE = frozenset(
    """votes ballots signatures deaths arrests injuries casualties victims jobs posts places seats tickets names
families
    households patients students pupils teams crews crew staff police fans guests souls lives youths adults others
    civilians nationals relatives heads cases admissions visits hostages refugees babies boys girls wives
husbands""".split()
)
_PERSON = re.compile(r"(?:[eo]rs|ists|ants|ents|ees|ians|men|women|mates|kids|cts)$")
# Words for a number that may stand for things which the passage lists one by one.
_IMPLIED = frozenset({"both", "pair", "couple", "twin", "twins", "trio", "twice", "double"})

Held = tuple[int, Quantity]
"""The number of a passage, and a quantity in it."""


def check_numbers(alignment: Alignment) -> Iterator[Finding]:
    """Each number of the statement against those of the passages."""
    claim = alignment.claim
    held = [
        (number, item)
        for number, passage in enumerate(alignment.passages)
        for item in figures(passage.reading, passage.inside)
        if item.start in passage.inside
    ]
    for item in figures(claim):
        if item.value != 1 or item.kind == "ordinal":
            yield from _check(alignment, item, held)
    yield from _swapped(alignment, held)


@lru_cache(maxsize=256)
def figures(reading: Reading, inside: range | None = None) -> tuple[Quantity, ...]:
    """The numbers of a text, or of the sentences `inside`, that are not of a calendar date."""
    taken = {index for found in dates(reading, inside) for index in range(found.start, found.end)}
    return tuple(apart_from(quantities(reading, inside), taken))


def _check(alignment: Alignment, item: Quantity, held: Sequence[Held]) -> Iterator[Finding]:
    fits = [(entry, borne(item, entry[1])) for entry in held]
    own = [entry for entry, degree in fits if degree]
    if not own:
        if _is_difference(item, alignment.claim, held):
            yield Finding(f"the passage gives the figures from which {item.text} follows, not {item.text}", hard=False)
            return
        if item.text.lower() in _IMPLIED and not any(entry[1].kind == item.kind for entry in held):
            yield Finding(f"the passage does not say “{item.text}”", hard=False)
            return
        loose = item.kind == "ordinal" and not item.text[0].isdigit() and item.value < 3
        # How long between two dates may be reckoned from them.
        loose = loose or (item.unit in _SPANS_OF_TIME and not any(entry.unit == item.unit for _, entry in held))
        here = item.kind == "ordinal" and _in_its_place(alignment, item, held)
        yield Finding(_missing(alignment, item, held), hard=here or not loose)
        return
    stated = {other.value for other in figures(alignment.claim)}
    others = [
        entry
        for entry, degree in fits
        if not degree
        and comparable(item, entry[1])
        and entry[1].value not in stated
        and entry[1].text.lower() not in _IMPLIED
    ]
    rival = alignment.rival(item.start, _places(own), _places(others))
    behind = _behind_another(alignment, item, own, [entry for entry, degree in fits if not degree])
    if behind is not None:
        yield Finding(f"the passage says {_bounded(behind)} {_counted(alignment.claim, item)}, not {_bounded(item)}")
    elif rival is not None:
        other = next(entry[1] for entry in others if (entry[0], entry[1].start) == rival)
        yield Finding(f"the passage gives {other.text} there; {own[0][1].text} is of something else")
    elif max(degree for _, degree in fits) < 2:
        best = max(fits, key=lambda fit: fit[1])[0][1]
        yield Finding(f"the passage says {_bounded(best)}, the statement {_bounded(item)}", hard=False)
    elif (thing := _people_for_things(alignment, item, own)) is not None:
        yield Finding(f"the passage counts {thing} with {own[0][1].text}, not people")
    elif _other_thing(alignment, item, own) or _other_neighbours(alignment, item, own):
        yield Finding(f"the passage does not count the same thing with {item.text}", hard=False)


def _swapped(alignment: Alignment, held: Sequence[Held]) -> Iterator[Finding]:
    """Two numbers of the statement that the passages give, each of what the other is said of."""
    said = [
        (item, _places([entry for entry in held if borne(item, entry[1])]))
        for item in figures(alignment.claim)
        if item.value != 1 and not _ends_range(alignment.claim, item)
    ]
    for number, (one, ones) in enumerate(said):
        for other, others in said[number + 1 : number + 1 + _PAIRED]:
            if not (ones and others and comparable(one, other)) or set(ones) & set(others):
                continue
            if alignment.swapped(one.start, ones, other.start, others) or alignment.exchanged(
                one.start, ones, other.start, others
            ):
                yield Finding(f"the passage has {one.text} and {other.text} the other way round")


def _ends_range(reading: Reading, item: Quantity) -> bool:
    """Whether the number is the upper one of a range, which is said of what the lower one is."""
    before = [reading.words[index].lower for index in range(max(0, item.start - 3), item.start)]
    return bool(before) and (before[-1] in ("to", "and") or "–" in reading.gap(item.start))


def _places(entries: Sequence[Held]) -> list[Place]:
    return [(number, item.start) for number, item in entries]


def comparable(one: Quantity, other: Quantity) -> bool:
    """Whether two numbers could be of one quantity: of one kind, with units that do not exclude each other."""
    if one.kind != other.kind:
        return False
    return one.unit == other.unit or not (one.unit and other.unit)


def borne(said: Quantity, held: Quantity) -> int:
    """Whether the number `held` in a passage bears out the one that is `said`: 2 wholly, 1 loosely, 0 not."""
    if not _units_agree(said, held):
        return 0
    if said.kind != held.kind:
        return 1
    ours, theirs = said.value, held.value
    same = math.isclose(ours, theirs, rel_tol=ROUNDING)
    match said.bound:
        case "":
            if same:
                return 2 if held.bound in ("", "~") or said.kind == "clock" else 1
            return 1 if _close(ours, theirs, _EXACT) and _is_rounded(ours, theirs) else 0
        case "~":
            fraction = said.kind == "part" and not said.unit
            rounded = (
                (fraction or _digits(ours) <= _digits(theirs))
                and _close(ours, theirs, _ROUND)
                and _is_rounded(ours, theirs)
            )
            return 2 if same or rounded else 0
        case ">":
            if same:
                return 2 if held.bound == ">" else 1 if held.bound == "" and "least" in said.text else 0
            return 0 if theirs < ours or held.bound == "<" else 2 if theirs <= ours * _MUCH else 1
        case "<":
            if same:
                return 2 if held.bound == "<" else 0
            return 0 if theirs > ours or held.bound == ">" else 2 if theirs >= ours * _NEAR else 0


def _units_agree(said: Quantity, held: Quantity) -> bool:
    if said.kind != held.kind:
        if said.kind == "count" and held.kind == "clock":
            return not said.unit and said.value <= 12 and (held.value - said.value * 60) % 720 == 0
        return {said.kind, held.kind} == {"count", "times"} and said.value == 2
    if said.unit == held.unit or not said.unit or said.kind == "part":
        return True
    # A unit may be understood in the passage (a table's head, "aged 44"), never another.
    return not held.unit and said.unit in ("year", "dollar", "pound", "euro")


def _close(one: float, other: float, share: float) -> bool:
    return abs(one - other) <= share * max(abs(one), abs(other))


def _is_rounded(rounded: float, exact: float) -> bool:
    """Whether `rounded` is `exact` at its own number of significant digits, or one of a half step nearer."""
    if rounded == 0 or exact == 0:
        return rounded == exact
    digits = _digits(rounded)
    for more in (digits, digits + 1):
        step = 10 ** (math.floor(math.log10(abs(exact))) - more + 1)
        if abs(rounded - exact) <= step * 0.5 + 1e-9:
            return True
    return _close(rounded, exact, _HALF_ROUND)


def _digits(value: float) -> int:
    """How many significant digits a number is written with."""
    return len(f"{abs(value):.10e}".split("e")[0].replace(".", "").rstrip("0")) or 1


def _is_difference(item: Quantity, claim: Reading, held: Sequence[Held]) -> bool:
    """Whether the number is the difference of two others of the statement that passages bear out."""
    said = [
        other.value
        for other in figures(claim)
        if other.start != item.start and any(borne(other, entry) for _, entry in held)
    ]
    return any(
        math.isclose(abs(one - other), item.value, rel_tol=1e-6) for one in said for other in said if one != other
    )


def _missing(alignment: Alignment, item: Quantity, held: Sequence[Held]) -> str:
    like = [entry for entry in held if comparable(item, entry[1])] or [
        entry for entry in held if entry[1].value == item.value or entry[1].kind == item.kind
    ]
    place = alignment.best(item.start, _places(like))
    if place is None:
        return f"the passage does not give {item.text}"
    other = next(entry[1] for entry in like if (entry[0], entry[1].start) == place)
    return f"the passage says {_bounded(other)}, not {_bounded(item)}"


_SAID = {"": "", "~": "about ", ">": "more than ", "<": "less than "}


def _bounded(item: Quantity) -> str:
    return _SAID[item.bound] + item.text


def _behind_another(
    alignment: Alignment, item: Quantity, own: Sequence[Held], others: Sequence[Held]
) -> Quantity | None:
    """Another number of the passages that counts what the statement counts, where none that bears it out does."""

    def counted(entry: Held) -> str:
        return root(_counted(alignment.passages[entry[0]].reading, entry[1]).lower())

    wanted = root(_counted(alignment.claim, item).lower())
    stated = {root(_counted(alignment.claim, other).lower()) for other in figures(alignment.claim)} - {wanted, ""}
    if not stated & {counted(entry) for entry in own}:
        return None
    if not wanted or item.unit or item.kind != "count" or wanted in {counted(entry) for entry in own}:
        return None
    near = {
        word.key
        for number, entry in own
        for word in alignment.passages[number].reading.words[entry.end : entry.end + _NEAR_WORDS]
    }
    if wanted in near:
        return None
    return next((entry[1] for entry in others if comparable(item, entry[1]) and counted(entry) == wanted), None)


def _in_its_place(alignment: Alignment, item: Quantity, held: Sequence[Held]) -> bool:
    """Whether the passage has another number of the kind where the statement has this one."""
    others = _places([entry for entry in held if comparable(item, entry[1])])
    place = alignment.best(item.start, others)
    return place is not None and alignment.closeness(item.start, place) >= _SAME_PLACE


def _people_for_things(alignment: Alignment, item: Quantity, own: Sequence[Held]) -> str | None:
    """What the passages count with the number, where the statement counts people and that is no word for them."""
    if item.kind != "count" or item.unit or _counted(alignment.claim, item).lower() not in _PEOPLE:
        return None
    things = [_counted(alignment.passages[number].reading, entry) for number, entry in own]
    if any(
        not thing or thing.lower() in _PEOPLE | _FOR_PEOPLE or _PERSON.search(thing) or thing[0].isupper()
        for thing in things
    ):
        return None
    return things[0]


def _counted(reading: Reading, item: Quantity) -> str:
    """The word right behind the number where it is a plural, else nothing."""
    if item.end >= len(reading.words) or reading.gap(item.end) != " ":
        return ""
    word = reading.words[item.end].text
    return word if word.endswith("s") or word.lower() in _PEOPLE else ""


def _other_neighbours(alignment: Alignment, item: Quantity, own: Sequence[Held]) -> bool:
    """Whether most words next to the number in the statement stand near none of the numbers that bear it out."""
    claim = alignment.claim
    beside = {claim.words[index].key for index in claim.window(item.start, 4) if claim.words[index].content}
    beside = {key for key in beside if not key[0].isdigit()}
    best = 0
    for number, entry in own:
        reading = alignment.passages[number].reading
        near = {reading.words[index].key for index in reading.window(entry.start, 7)}
        best = max(best, len(beside & near))
    return best * 2 < len(beside)


def _other_thing(alignment: Alignment, item: Quantity, own: Sequence[Held]) -> bool:
    """Whether what the statement counts stands near none of the numbers that bear it out."""
    claim = alignment.claim
    counted = [
        claim.words[index].key
        for index in range(item.end, min(item.end + 2, len(claim.words)))
        if claim.words[index].content and claim.words[index].sentence == claim.words[item.start].sentence
    ][:1]
    if not counted or item.unit or item.kind != "count":
        return False
    for number, entry in own:
        reading = alignment.passages[number].reading
        near = {reading.words[index].key for index in reading.window(entry.start, 8)}
        if counted[0] in near:
            return False
    return True
