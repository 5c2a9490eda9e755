"""The values inside a case of a gold file: texts, answers, passages, filters, each read or refused in a few words."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from rag.evaluation.cases import Accepted, AllOf, Day, Figure, GoldPassage, Pattern, Words
from rag.evaluation.patterns import probe
from rag.types import Filters

_FORMS: dict[str, tuple[str, ...]] = {
    "all": ("all",),
    "regex": ("regex",),
    "number": ("number", "tolerance", "unit"),
    "date": ("date",),
}
_PASSAGE = ("article", "quote", "start", "end", "words")
_HASH = "#"
"""Parts the id of a case from the number of a turn."""


class Flaw(Exception):  # noqa: N818 - what is wrong in a file; it becomes the line of a `UserError`
    """What is wrong with a value, in a few words; never leaves the room."""


class Fields:
    """The keys of an object, all of them `known`; `what` it is, for a reader."""

    def __init__(self, value: object, known: Sequence[str], what: str) -> None:
        if not isinstance(value, dict):
            raise Flaw(f"{what} is an object with {', '.join(known)}, not {shown(value)}")
        if unknown := [str(key) for key in value if key not in known]:
            raise Flaw(f"{shown(unknown[0])} is not known: {meant(unknown[0], known, what)}")
        self._given: dict[str, Any] = value

    def __contains__(self, key: str) -> bool:
        return key in self._given

    def __getitem__(self, key: str) -> Any:
        return self._given[key]

    def get(self, key: str, default: Any = None) -> Any:
        """The value of `key`, or `default` where it is not there."""
        return self._given.get(key, default)


def meant(given: str, known: Sequence[str], what: str) -> str:
    """Which of the `known` keys may have been meant, else what keys there are."""
    near = difflib.get_close_matches(given.lower(), known, n=1)
    return f"did you mean {near[0]}?" if near else f"{what} has {', '.join(known)}"


def shown(value: object) -> str:
    """A value as a short text."""
    whole = repr(value)
    return whole if len(whole) <= 40 else f"{whole[:39]}…"


def text(value: object, what: str) -> str:
    """A text that says something."""
    if not isinstance(value, str) or not value.strip():
        raise Flaw(f"{what} is a text" + ("" if value is None or value == "" else f", not {shown(value)}"))
    return value.strip()


def texts(value: object, what: str) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(value, list):
        raise Flaw(f"{what} is a list of texts, not {shown(value)}")
    return tuple(text(item, what) for item in value)


def identifier(value: object) -> str:
    """The id of a case."""
    name = text(value, "id")
    if re.search(r"\s", name) or _HASH in name:
        raise Flaw(f"the id {name!r} holds a space or “{_HASH}”: make it one short word")
    return name


def accepted_list(value: object, what: str) -> tuple[Accepted, ...]:
    """The ways to be right, or what must not be said."""
    if not isinstance(value, list) or not value:
        raise Flaw(f"{what} is a list with at least one way to say it" + (", not " + shown(value) if value else ""))
    return tuple(accepted(item, what) for item in value)


def accepted(value: object, what: str) -> Accepted:
    """One way to be right, in any of its forms."""
    if isinstance(value, str):
        if not re.search(r"[^\W_]", value):
            raise Flaw(f"{what}: {shown(value)} holds no word")
        return Words(value)
    if not isinstance(value, dict):
        raise Flaw(f"{what}: {shown(value)} is no text: put it in quotation marks, or write a number, regex or date")
    named = [form for form in _FORMS if form in value]
    if len(named) != 1:
        raise Flaw(f"{what}: {shown(value)} is none of {', '.join(_FORMS)}")
    fields = Fields(value, _FORMS[named[0]], f"{what}: {named[0]}")
    match named[0]:
        case "all":
            return _all_of(fields["all"], what)
        case "regex":
            return _pattern(fields["regex"], what)
        case "number":
            return _figure(fields, what)
        case _:
            return Day(day(fields["date"], f"{what}: date"))


def _all_of(value: object, what: str) -> AllOf:
    if not isinstance(value, list) or len(value) < 2:
        raise Flaw(f"{what}: all is a list of two answers or more")
    return AllOf(tuple(accepted(item, what) for item in value))


def _pattern(value: object, what: str) -> Pattern:
    if isinstance(value, str) and not value.strip():
        raise Flaw(f"{what}: the regex is empty")
    text(value, f"{what}: regex")
    regex = str(value)  # spaces at its ends count
    try:
        compiled = re.compile(regex, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as exc:
        why = exc if isinstance(exc, re.error) else "it is too large"
        raise Flaw(f"{what}: the regex {shown(regex)} cannot be read: {why}") from exc
    if compiled.search(""):
        raise Flaw(f"{what}: the regex {shown(regex)} is found in every text")
    try:
        probe(regex)
    except TimeoutError as exc:
        raise Flaw(f"{what}: {exc}") from exc
    return Pattern(regex)


def _figure(fields: Fields, what: str) -> Figure:
    tolerance = _number(fields.get("tolerance", 0), f"{what}: tolerance")
    if tolerance < 0:
        raise Flaw(f"{what}: tolerance is 0 or more")
    unit = fields.get("unit", [])
    units = (text(unit, f"{what}: unit"),) if isinstance(unit, str) else texts(unit, f"{what}: unit")
    if "unit" in fields and not units:
        raise Flaw(f"{what}: unit is a text, or a list of them")
    return Figure(_number(fields["number"], f"{what}: number"), tolerance, units)


def _number(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Flaw(f"{what} is a number, not {shown(value)}")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise Flaw(f"{what} is too large")
    return found


def day(value: object, what: str) -> date:
    """A day as ``2025-10-18``; YAML reads it as a date by itself."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        found = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.isoformat() != value:
        raise Flaw(f"{what} is a day such as 2025-10-18, not {shown(value)}")
    return found


def cited(value: object) -> tuple[tuple[GoldPassage, ...], ...]:
    """The groups of passages that must be cited, each by any one of its passages."""
    if not isinstance(value, list) or not value:
        raise Flaw("cite is a list with at least one passage")
    groups = [item if isinstance(item, list) else [item] for item in value]
    if not all(groups):
        raise Flaw("cite: a list in it holds no passage")
    return tuple(tuple(_passage(item) for item in group) for group in groups)


def _passage(value: object) -> GoldPassage:
    fields = Fields(value, _PASSAGE, "a passage")
    article = text(fields.get("article"), "cite: article")
    if "quote" in fields:
        if extra := [key for key in ("start", "end", "words") if key in fields]:
            raise Flaw(f"cite: a passage has a quote or {extra[0]}, not both")
        return GoldPassage(article, quote=text(fields["quote"], "cite: quote"))
    start, end = fields.get("start"), fields.get("end")
    for offset in (start, end):
        if not isinstance(offset, int) or isinstance(offset, bool):
            raise Flaw("cite: a passage has a quote, or start and end, which are whole numbers")
    if not 0 <= start < end:
        raise Flaw(f"cite: start {start} and end {end} are no passage")
    words = text(fields["words"], "cite: words") if "words" in fields else None
    return GoldPassage(article, start=start, end=end, words=words)


def filters(value: object) -> Filters:
    """What may be searched."""
    fields = Fields(value, ("publisher", "after", "before"), "filters")
    publisher = text(fields["publisher"], "filters: publisher") if "publisher" in fields else None
    after = day(fields["after"], "filters: after") if "after" in fields else None
    before = day(fields["before"], "filters: before") if "before" in fields else None
    if after and before and after > before:
        raise Flaw(f"filters: nothing is both after {after} and before {before}")
    return Filters(publisher, after, before)
