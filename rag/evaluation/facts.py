"""What a sentence states that can be asked for: a figure, a day, a name, who said a thing; with a question by rule.

The question is the sentence itself with the fact taken out, as far as the clause goes that holds it: ``Work
starts when?`` It is meant for a person to put better.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from rag.evaluation.cases import Accepted, Day, Figure, Words
from rag.evaluation.matching import matches
from rag.grounding.dates import dates
from rag.grounding.numbers import figures
from rag.grounding.people import HONORIFICS, TITLES, names, people
from rag.grounding.quantities import Quantity
from rag.grounding.reading import Reading, read
from rag.grounding.sayings import sayings
from rag.text.dates import full_date
from rag.types import Article, Span

Kind = Literal["quotation", "figure", "date", "name"]

_QUOTED = range(3, 26)
_CLAUSE_END = re.compile(r"[,;:—]\s| - |[.!?]?[\"”’)]?\Z")
_DATELINE = re.compile(r"\A[A-Z][A-Z .’']{2,40}(?:, [A-Z][\w. ]{2,14})?(?: \([^()]{2,20}\))? (?:—|–|-) ")
_LEADING = re.compile(
    r"(?:\b(?:about|around|roughly|approximately|some|an estimated|more than|less than|fewer than|over|under|at least"
    r"|nearly|almost|up to|just|only|exactly|as many as)\s+)+\Z",
    re.IGNORECASE,
)
_AT_TIME = re.compile(r"\b(?:on|in|by|since|until|from|at|dated|of)\s+\Z", re.IGNORECASE)
_MONEY = ("$", "£", "€", "¥")
_VERB = re.compile(
    r"\b(?:[a-z]+ed|was|were|is|are|has|have|had|will|would|can|could|may|said|says|told|won|led|made|rose|fell|took|gave"
    r"|came|went|stood|began|cost|left|held|paid|lost|met|struck|put|ran|found|bought|sold|hit|opens|starts|costs)\b"
)
_NO_PERSON = frozenset("lines group holdings company council ministry bank trust union club office party works".split())
_SHORTEST_QUESTION = 4
"""Words; a shorter one asks for nothing that could be found."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of one sentence: a question for it, the answer in the sentence's words and as it is matched, the sentence.

    The answer is found in the sentence, and not in the question.
    """

    kind: Kind
    question: str
    said: str
    answer: Accepted
    sentence: str


def facts(article: Article, span: Span) -> Iterator[Fact]:
    """The facts of the sentence at `span` that a question can be made for."""
    text = article.text[span.start : span.end]
    reading = read(article.text)
    inside = reading.within(span)
    if not inside:
        return
    for kind, question, said, answer in (
        *_quotations(reading, inside),
        *_names(reading, inside, span),
        *_figures(reading, inside, span),
        *_dates(reading, inside, span),
    ):
        asked = " ".join(question.split())
        asked = asked[:1].upper() + asked[1:]
        if len(asked.split()) >= _SHORTEST_QUESTION and matches(answer, text) and not matches(answer, asked):
            yield Fact(kind, asked, said, answer, text)


def persons(article: Article) -> list[str]:
    """The people whom the article names in full, most often named first, without their titles."""
    reading = read(article.text)
    counts: dict[str, int] = {}
    full: dict[str, str] = {}
    for name in people(reading):
        bare = [word for word in reading.words[name.start : name.end] if word.lower not in TITLES]
        if not bare or bare[-1].text.endswith("'s") or bare[-1].lower in _NO_PERSON:
            continue
        counts[bare[-1].lower] = counts.get(bare[-1].lower, 0) + 1
        if len(bare) > 1:
            full.setdefault(bare[-1].lower, reading.text[bare[0].start : bare[-1].end])
    return [full[key] for key in sorted(full, key=lambda key: -counts[key])]


_Found = Iterator[tuple[Kind, str, str, Accepted]]


def _quotations(reading: Reading, inside: range) -> _Found:
    """``Who said “…”?`` of words that stand between quotation marks, where the sentence names who says them."""
    quoted = [index for index in inside if reading.words[index].quoted]
    runs = [index for index in quoted if index + 1 not in quoted]
    if not quoted or len(runs) > 1 or len(quoted) not in _QUOTED:
        return
    said = reading.text[reading.words[quoted[0]].start : reading.words[quoted[-1]].end]
    for saying in sayings(reading):
        if saying.verb not in inside:
            continue
        for name in names(reading):
            if name.start in saying.speaker and not reading.words[name.start].quoted:
                surname = reading.words[name.end - 1]
                if surname.lower not in TITLES and not surname.text.endswith("'s"):
                    yield "quotation", f"Who said “{said}”?", surname.text, Words(surname.text)
                return


def _names(reading: Reading, inside: range, span: Span) -> _Found:
    """``Who …?`` where the sentence begins with a person who does something."""
    for name in people(reading):
        words = reading.words[name.start : name.end]
        if name.start != inside.start or name.end not in inside or reading.gap(name.end) != " ":
            continue
        verb = reading.words[name.end]
        if verb.capital or not _VERB.fullmatch(verb.lower) or words[-1].lower in HONORIFICS:
            continue
        rest = reading.text[verb.start : span.end]
        yield "name", f"Who {rest[: _end_of_clause(rest, 24)]}?", words[-1].text, Words(words[-1].text)


def _figures(reading: Reading, inside: range, span: Span) -> _Found:
    taken = 0
    for item in figures(reading):
        if item.start not in inside or item.kind not in ("count", "part") or taken:
            continue
        first = reading.words[item.start]
        if first.quoted or (item.value < 2 and item.kind == "count"):
            continue
        # A number that a name holds, such as a street's.
        if first.capital and first.start > span.start:
            continue
        start = first.start - (reading.text[: first.start].endswith(_MONEY))
        end = reading.words[item.end - 1].end
        unit, asked, end = _asked(reading, item, end, inside)
        if not asked:
            continue
        taken += 1
        before, after = _around(reading.text, span, start, end)
        before = _LEADING.sub("", before)
        question = f"{before}{asked}{after}?"
        value = round(item.value * 100, 6) if item.kind == "part" else item.value
        yield "figure", question, reading.text[start:end], Figure(value, units=(unit,) if unit else ())


def _asked(reading: Reading, item: Quantity, end: int, inside: range) -> tuple[str, str, int]:
    """The unit of a figure, how one asks for it, and where the words end that the question takes the place of."""
    if reading.text[: reading.words[item.start].start].endswith(_MONEY):
        return "", "how much", end
    if item.kind == "part":
        return ("", "what percentage", end) if item.unit == "%" else ("", "", end)
    following = reading.words[item.end] if item.end in inside and reading.gap(item.end) == " " else None
    if item.unit:
        written = reading.words[item.end - 1].text
        return written, f"how many {written}", end
    if following is None or not (following.lower.endswith("s") or following.lower in ("people", "men", "women")):
        return "", "", end
    return following.text, f"how many {following.text}", following.end


def _dates(reading: Reading, inside: range, span: Span) -> _Found:
    for item in dates(reading):
        written = reading.words[item.start]
        if item.start not in inside or not item.month or written.quoted:
            continue
        before, after = _around(reading.text, span, written.start, reading.words[item.end - 1].end)
        before = _AT_TIME.sub("", before)
        if not before.strip():
            continue
        text = item.text.strip()
        day = full_date(text)
        yield "date", f"{before}when{after}?", text, Day(day) if day else Words(text)
        return


def _around(text: str, span: Span, start: int, end: int) -> tuple[str, str]:
    """The sentence before what is asked for, without a dateline, and after it as far as the clause goes."""
    before = _DATELINE.sub("", text[span.start : start])
    after = text[end : span.end]
    clause = after[: _end_of_clause(after, 0)]
    whole = after.rstrip('.!?"”’) ')
    return before, clause if _VERB.search(before + clause) else whole


def _end_of_clause(text: str, at_least: int) -> int:
    """Where the clause ends, `at_least` so many characters on."""
    found = _CLAUSE_END.search(text, min(at_least, len(text)))
    return found.start() if found else len(text)
