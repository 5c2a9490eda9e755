"""When an article was published, where that was read, and how sure it is.

A date that is not stated is unknown: today's date and a copyright year are never used, and a date
more than a day ahead of the clock is rejected. A date is the day as the publisher wrote it, in the
publisher's own time zone.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from rag.types import Confidence, PublishedFrom


class Dated(NamedTuple):
    """A date, where it was read, and how sure it is."""

    published: date | None
    published_from: PublishedFrom
    confidence: Confidence


UNKNOWN = Dated(None, "unknown", "none")

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar januari janvier janv enero ene gennaio gen janeiro",
            "february feb februar februari février fevrier févr febrero febbraio fevereiro",
            "march mar märz marz maart mars marzo março",
            "april apr avril abril abr aprile",
            "may mai mei mayo maggio maio",
            "june jun juni juin junio giugno junho",
            "july jul juli juillet juil julio luglio julho",
            "august aug augustus août aout agosto ago",
            "september sep sept septembre septiembre settembre setembro",
            "october oct oktober okt octobre octubre ottobre outubro",
            "november nov novembre noviembre novembro",
            "december dec dezember dez décembre décembre déc diciembre dic dicembre dezembro",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = "(" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_ISO = re.compile(r"(?<!\d)((?:19|20)\d\d)([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_COMPACT = re.compile(r"(?<!\d)((?:19|20)\d\d)(\d\d)(\d\d)(?!\d)")
_MONTH_FIRST = re.compile(rf"\b{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?,? ((?:19|20)\d\d)\b", re.IGNORECASE)
_DAY_FIRST = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th|er|º|\.)?[ -](?:(?:de|of) )?{_MONTH}(?: (?:de|del))?,?[ -]((?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})([-/.])(\d{1,2})\2((?:19|20)\d\d)(?!\d)")
_EAST_ASIAN = re.compile(r"((?:19|20)\d\d) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일]")
_MONTH_ONLY = re.compile(rf"(?:{_MONTH} ((?:19|20)\d\d)|((?:19|20)\d\d)-(\d\d))", re.IGNORECASE)

_URL_DATE = re.compile(r"/((?:19|20)\d\d)([/-]?)(\d{1,2}|[a-z]{3})\2(\d{1,2})(?=[/._-]|$)", re.IGNORECASE)
_URL_TAIL = re.compile(r"[-_]((?:19|20)\d\d)-?(\d\d)-?(\d\d)(?=[/._-]|$)")

_LABEL = re.compile(
    r"^\W*(first published|originally published|published|posted|date|publié|veröffentlicht|publicado|pubblicato"
    r"|(?:last )?(?:updated|modified))\b",
    re.IGNORECASE,
)
_CHANGED = re.compile(r"^\W*(?:last )?(?:updated|modified)\b", re.IGNORECASE)
_EMBED = re.compile(r"^[—–-]{1,2} ?.{0,80}\(@\w{1,20}\) (?=\w)")
_DATELINE = re.compile(r"^[A-Z][A-Z .'’-]+(?:, [A-Z][\w.]*(?: [A-Z][\w.]*)?)?,? ?[(,—–-]? ?(?=\w)")
_COPYRIGHT = re.compile(r"©|\(c\)|\bcopyright\b", re.IGNORECASE)
_HEAD_CHARS = 4_000
_HEAD_LINES = 12
_STAMP_WORDS = 16


def parse_date(value: object, *, now: datetime | None = None) -> tuple[date, Confidence] | None:
    """Read a date as feeds, metadata and people write them, or return `None`.

    ``high`` is a full date, ``medium`` one that names only its month (the first of it is returned).
    03/04/2024 is the 3rd of April to one half of the world and the 4th of March to the other: it
    is unknown. 13/04/2024 can be read in one way only.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, datetime):
        return _believed(value.date(), "high", now)
    if isinstance(value, date):
        return _believed(value, "high", now)
    text = " ".join(str(value).split())[:200] if isinstance(value, str | int | float) else ""
    if re.fullmatch(r"\d{9,10}(?:\.\d+)?|\d{12,13}", text):
        seconds = float(text) / (1000 if len(text.split(".")[0]) > 10 else 1)
        return _believed(datetime.fromtimestamp(seconds, UTC).date(), "high", now)
    found = full_date(text)
    if found:
        return _believed(found, "high", now)
    month = _MONTH_ONLY.fullmatch(text)
    if month:
        name, year, iso_year, iso_month = month.groups()
        made = _made(iso_year or year, iso_month or _MONTHS[name.lower()], 1)
        return _believed(made, "medium", now) if made else None
    return None


def date_in_metadata(value: object, *, now: datetime | None = None) -> Dated:
    """Read a date that a source states about itself."""
    found = parse_date(value, now=now)
    return Dated(found[0], "metadata", found[1]) if found else UNKNOWN


def date_in_url(url: str, *, now: datetime | None = None) -> Dated:
    """Read a full date out of a URL's path (``/2024/02/03/`` and its like): ``medium`` at best."""
    path = re.sub(r"^[a-z]+://[^/]*|[?#].*", "", url, flags=re.IGNORECASE)
    match = _URL_DATE.search(path)
    year, month, day = match.group(1, 3, 4) if match else ("", "", "")
    if not match:
        tail = _URL_TAIL.search(path)
        year, month, day = tail.groups() if tail else ("", "", "")
    made = _made(year, _MONTHS.get(month.lower(), month), day)
    found = _believed(made, "medium", now) if made else None
    return Dated(found[0], "url", "medium") if found else UNKNOWN


def date_in_text(text: str, *, now: datetime | None = None) -> Dated:
    """Read the date that the text states for itself: a labelled line, a stamp, a dateline, an embed's date.

    ``low`` at best. A date in running prose may be that of anything and is not used.
    """
    lines = [line.strip() for line in text[:_HEAD_CHARS].split("\n") if line.strip()]
    tail = [line.strip() for line in text[-1_000:].split("\n") if line.strip() and _LABEL.match(line)]
    labelled = [line for line in [*lines, *tail] if _LABEL.match(line) and len(line.split()) <= _STAMP_WORDS]
    first = [line for line in labelled if not _CHANGED.match(line)]
    stamps = [line for line in lines[:_HEAD_LINES] if _is_stamp(line)]
    datelines = [line[:80] for line in lines[:_HEAD_LINES] if _DATELINE.match(line)]
    embeds = [line for line in lines if _EMBED.match(line)]
    for line in [*first, *stamps, *datelines, *labelled, *embeds]:
        made = None if _COPYRIGHT.search(line) else full_date(line)
        found = _believed(made, "low", now) if made else None
        if found:
            return Dated(found[0], "text", "low")
    return UNKNOWN


def _is_stamp(line: str) -> bool:
    return len(line.split()) <= _STAMP_WORDS and not re.search(r"[a-z]{2}[.!?][\"”]?$", line)


def full_date(text: str) -> date | None:
    """The first full date in `text` that can be read in one way only."""
    found: list[tuple[int, date]] = []
    for pattern, order in (
        (_ISO, (1, 3, 4)),
        (_EAST_ASIAN, (1, 2, 3)),
        (_COMPACT, (1, 2, 3)),
        (_MONTH_FIRST, (3, 1, 2)),
        (_DAY_FIRST, (3, 2, 1)),
    ):
        for match in pattern.finditer(text):
            year, month, day = match.group(*order)
            made = _made(year, _MONTHS.get(month.lower(), month), day)
            if made:
                found.append((match.start(), made))
    for match in _NUMERIC.finditer(text):
        made = _numeric(*match.groups())
        if made:
            found.append((match.start(), made))
    return min(found)[1] if found else None


def _numeric(first: str, separator: str, second: str, year: str) -> date | None:
    # With full stops the day comes first everywhere; otherwise only a number above 12 settles the order.
    if separator == "." or int(first) > 12 or first == second:
        return _made(year, second, first)
    return _made(year, first, second) if int(second) > 12 else None


def _made(year: str, month: str | int, day: str | int) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _believed(found: date, confidence: Confidence, now: datetime | None) -> tuple[date, Confidence] | None:
    latest = (now or datetime.now(UTC)).date() + timedelta(days=1)
    return (found, confidence) if found <= latest else None
