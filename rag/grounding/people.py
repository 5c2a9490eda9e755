"""Who is named in a text, and whom its pronouns mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rag.grounding.reading import Reading
from rag.text.abbreviations import DATES, STARTERS, TIME_ZONES, WEAK_STARTERS

TITLES = {
    "mr": "mister", "mrs": "missis", "ms": "miss", "miss": "miss", "mx": "mx", "dr": "doctor", "doctor": "doctor",
    "prof": "professor", "professor": "professor", "lt": "lieutenant", "lieutenant": "lieutenant",
    "capt": "captain", "captain": "captain", "col": "colonel", "colonel": "colonel", "gen": "general",
    "general": "general", "sgt": "sergeant", "sergeant": "sergeant", "maj": "major", "major": "major",
    "cpl": "corporal", "adm": "admiral", "admiral": "admiral", "cmdr": "commander", "commander": "commander",
    "supt": "superintendent", "superintendent": "superintendent", "insp": "inspector", "inspector": "inspector",
    "det": "detective", "detective": "detective", "const": "constable", "constable": "constable",
    "sen": "senator", "senator": "senator", "rep": "representative", "gov": "governor", "governor": "governor",
    "pres": "president", "president": "president", "rev": "reverend", "reverend": "reverend", "sir": "sir",
    "lord": "lord", "lady": "lady", "dame": "dame", "hon": "honourable", "st": "saint", "saint": "saint",
    "mayor": "mayor", "judge": "judge", "justice": "judge", "minister": "minister", "secretary": "secretary",
    "chief": "chief", "officer": "officer", "king": "king", "queen": "queen", "prince": "prince",
    "princess": "princess", "pope": "pope", "coach": "coach", "chancellor": "chancellor",
    "ambassador": "ambassador", "premier": "premier", "chairman": "chairman", "councillor": "councillor",
}  # fmt: skip
"""What stands before a person's name, and what it is short for."""

HONORIFICS = frozenset("mr mrs ms miss mx dr doctor sir dame lord lady hon rev prof professor st".split())
"""Titles that tell nothing of what a person does."""

COUNTRIES = {
    form: group.split()[0]
    for group in (
        "us usa america american americans|uk britain british britons|france french|germany german germans|"
        "netherlands dutch|spain spanish|greece greek greeks|wales welsh|scotland scottish scots|ireland irish|"
        "denmark danish danes|switzerland swiss|poland polish poles|sweden swedish swedes|turkey turkish turks|"
        "portugal portuguese|norway norwegian|finland finnish finns|england english|europe european eu|china chinese|"
        "russia russian|philippines filipino|thailand thai|israel israeli|iraq iraqi|peru peruvian|"
        "cyprus cypriot|belgium belgian|wales welsh|czechia czech|new zealander"
    ).split("|")
    for form in group.split()
}
"""Names of some countries and their peoples that no ending gives, each with one name for all."""

_CALENDAR = frozenset(word.lower() for word in DATES | TIME_ZONES)
_NO_NAMES = frozenset(word.lower() for word in STARTERS | WEAK_STARTERS) | {"i", "am", "pm"}
_JOINERS = frozenset("of the and & de la van von der den al bin du le".split())
_GENDERED = dict.fromkeys("he him his himself".split(), "m") | dict.fromkeys("she her hers herself".split(), "f")
_MALE, _FEMALE = (
    frozenset({"mr", "sir", "lord", "king", "prince"}),
    frozenset({"mrs", "ms", "miss", "lady", "dame", "queen"}),
)
_LONG_AGO = 4
_OFFICE = re.compile(
    r"(?:er|or|ist|man|woman|person|ian|ant|ent|ary|eur|ress|head|chief|mayor|judge|coach|captain|guard|king|queen|boss"
    r"|cook|pilot|nurse|clerk|smith|wright|author|chair|archaeologist)$"
)
_NO_OFFICE = frozenset(
    """her their other former later never over under after earlier however either neither another whether together
    water river number matter december september october november summer winter centre center order power paper letter
    quarter government parliament statement department agreement percent event different current recent apparent
    important significant ancient movement moment document comment payment investment employment treatment equipment
    settlement announcement judgment floor door major minor poor prior harbour harbor error terror labour labor interior
    superior brother sister mother father daughter went sent spent""".split()
)


@dataclass(frozen=True, slots=True)
class Name:
    """A run of capitalised words that names something: the indices of its words, titles included."""

    start: int
    end: int


def capitalised(reading: Reading, at: int, beside: tuple[Reading, ...] = ()) -> bool:
    """Whether the word at `at` is written as a name: a capital that its place does not owe, or no common word.

    A word that opens a sentence is judged by how this text, and those `beside` it, write it elsewhere.
    """
    word = reading.words[at]
    if not word.capital or word.lower in _CALENDAR:
        return False
    if word.lower in _NO_NAMES:
        return False
    if not word.opens:
        return True
    goes_on = at + 1 < len(reading.words) and _named_on(reading, at + 1)
    if word.lower in TITLES or "-" in word.lower or word.lower in COUNTRIES or word.lower.endswith(("ian", "ese")):
        return True
    cases = [_cases(other) for other in (reading, *beside)]
    small = any(word.lower in one or word.key in one for one, _ in cases)
    own = any(word.lower in one for _, one in cases)
    return (own and (goes_on or not small)) or (goes_on and not small)


@lru_cache(maxsize=64)
def _cases(reading: Reading) -> tuple[frozenset[str], frozenset[str]]:
    """The words that the text writes small, with their roots, and those it writes with a capital of their own."""
    small = {form for word in reading.words if not word.capital for form in (word.lower, word.key)}
    own = {
        word.lower
        for at, word in enumerate(reading.words)
        if word.capital
        and (not word.opens or (at + 1 < len(reading.words) and not word.text.isupper() and _named_on(reading, at + 1)))
    }
    return frozenset(small), frozenset(own)


def _named_on(reading: Reading, at: int) -> bool:
    """Whether the word goes on a name begun just before: a capital, nothing but a space between."""
    word = reading.words[at]
    return word.capital and not word.opens and reading.gap(at) in (" ", ". ") and word.lower not in _CALENDAR


@lru_cache(maxsize=128)
def names(reading: Reading, beside: tuple[Reading, ...] = ()) -> tuple[Name, ...]:
    """The names of a text, in order: runs of capitalised words with nothing but a space between them."""
    return tuple(_runs(reading, beside))


def _runs(reading: Reading, beside: tuple[Reading, ...]) -> Iterator[Name]:
    start: int | None = None
    for at, word in enumerate(reading.words):
        if word.capital and capitalised(reading, at, beside):
            if start is None or word.opens or reading.gaps[at] not in (" ", ". ", " & ", "-"):
                if start is not None:
                    yield Name(start, at)
                start = at
        elif start is not None:
            yield Name(start, at)
            start = None
    if start is not None:
        yield Name(start, len(reading.words))


@lru_cache(maxsize=64)
def antecedents(reading: Reading) -> dict[int, tuple[str, ...]]:
    """For each third-person pronoun, the roots of the name that it most likely means.

    The nearest person of a fitting title before it, at most a few sentences back; outside a quotation
    only names outside quotations count. Without a title the nearest name of a person stands.
    """
    persons = people(reading)
    known = _genders(reading, persons)
    runs = {name.start: name for name in persons}
    met: list[Name] = []
    found: dict[int, tuple[str, ...]] = {}
    for at, word in enumerate(reading.words):
        if at in runs and not word.quoted:
            met.append(runs[at])
        gender = _GENDERED.get(word.lower)
        if not gender or word.quoted:
            continue
        for name in reversed(met[-6:]):
            if reading.words[name.start].sentence < word.sentence - _LONG_AGO:
                break
            surname = reading.words[name.end - 1].key
            if known.get(surname, gender) == gender:
                found[at] = tuple(reading.words[index].key for index in range(name.start, name.end))
                known.setdefault(surname, gender)
                break
    return found


@lru_cache(maxsize=64)
def people(reading: Reading) -> tuple[Name, ...]:
    """The names that are treated as a person's somewhere in the text: by a title, an office, an age, a saying."""
    surnames = set()
    for name in names(reading):
        words = reading.words[name.start : name.end]
        before = reading.words[name.start - 1] if name.start else None
        after = reading.words[name.end] if name.end < len(reading.words) else None
        titled = any(word.lower in TITLES for word in words[:-1])
        lead = reading.gap(name.start)
        called = len(words) > 1 and before is not None and lead in (", ", " ") and is_office(before.lower)
        apposed = (
            len(words) > 1
            and after is not None
            and reading.gap(name.end) == ", "
            and after.lower in {"a", "an", "the", "who", "whose"}
        )
        aged = after is not None and after.number and reading.gap(name.end) == ", "
        speaks = (after is not None and after.lower in {"said", "says", "told", "who", "whose"}) or (
            before is not None and before.lower in {"said", "says"}
        )
        placed = before is not None and before.lower in {"of", "in", "at", "from", "near"} and lead == " "
        if (titled or aged or speaks or called or apposed) and not (placed and not titled):
            surnames.add(words[-1].lower)
    return tuple(name for name in names(reading) if reading.words[name.end - 1].lower in surnames)


def _genders(reading: Reading, persons: tuple[Name, ...]) -> dict[str, str]:
    known = {}
    for name in persons:
        title = reading.words[name.start].lower
        if title in _MALE or title in _FEMALE:
            known[reading.words[name.end - 1].key] = "m" if title in _MALE else "f"
    return known


def is_office(word: str) -> bool:
    """Whether a word looks like what a person is called by: an office, a trade, a part played."""
    return len(word) > 3 and word.isalpha() and word not in _NO_OFFICE and bool(_OFFICE.search(word))


def is_joiner(word: str) -> bool:
    """Whether a small word stands inside names: ``Bank of England``."""
    return word in _JOINERS
