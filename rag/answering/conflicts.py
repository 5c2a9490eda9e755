"""Where articles answer a question differently: what further ones say, and which values disagree.

Which of two articles is right cannot be told from their words, so a reader is shown both. That they disagree is said
only where the values are of one kind, each the one in its sentence that the question asks for, and of one subject.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from itertools import combinations

from rag.answering.answer_values import Value, value_of
from rag.answering.evidence import Evidence, share_held, stems_of
from rag.answering.questions import Kind, Question
from rag.answering.sayings import Saying
from rag.grounding.verbatim import CHECKED_LANGUAGES, squeeze
from rag.types import Citation, Conflict, ConflictValue

Group = tuple[Evidence, list[Evidence]]
"""A sentence, and those of other articles that say the same."""

MOST = 5
"""So many statements are given at most where articles answer differently."""
ANSWERS = -1.25
"""The reader's log-odds from which a sentence of a further article is shown: one in five of these answers."""
_SURE = 2.0
"""The log-odds from which the reader is believed though the words around the sentence are others."""
_SAME_SUBJECT = 0.5
"""The least cosine between two sentences that disagree: below it they mostly speak of different things."""
_HELD = 0.4
"""The least share of the question's words that a further article's passage holds with its title."""
_ALIKE = 0.6
"""The cosine from which two sentences speak of one thing, however the question calls it."""
_MEASURED: frozenset[Kind] = frozenset({"number", "money", "duration"})
"""Kinds of which a sentence that answers gives a value."""
_CORRECTING = re.compile(
    r"\b(?:earlier version|correct(?:ion|ed)|misstated|wrongly|originally|amended)\b", re.IGNORECASE
)
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
_INVERTED = re.compile(
    r"\b(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might)\b", re.IGNORECASE
)


def further(question: Question, groups: Sequence[Group], chosen: Sequence[Evidence]) -> list[Group]:
    """Of `groups`, which come best first, those of articles not among `chosen` that answer with another value."""
    found: list[Group] = []
    for leader, echoes in groups:
        shown = [*chosen, *(other for other, _ in found)]
        if len(shown) >= MOST:
            break
        if leader.answers is None or leader.answers < ANSWERS or not leader.traits["fits"]:
            continue
        elsewhere = all(leader.article.id != other.article.id for other in shown)
        if elsewhere and _of_subject(question, leader, shown) and _otherwise(question, leader, shown):
            found.append((leader, echoes))
    return found


def _otherwise(question: Question, item: Evidence, shown: Sequence[Evidence]) -> bool:
    """Whether a sentence gives another value than those shown, as far as can be told."""
    value = value_of(question, item.text)
    if value is None:
        return question.kind not in _MEASURED
    others = [value_of(question, other.text) for other in shown]
    return not any(other is not None and value.same_as(other) for other in others)


def conflicts_in(
    question: Question, said: Sequence[tuple[Evidence, Saying]], citations: Sequence[Citation]
) -> tuple[Conflict, ...]:
    """The disagreement among what is `said` in answer, if there is one: each value with the citations that give it.

    The newest value comes first: a later one may mend an earlier one.
    """
    groups: list[tuple[Value, list[tuple[Evidence, Saying]]]] = []
    for leader, saying in said:
        value = _stated(question, leader)
        if value is None or not _of_subject(question, leader, [other for other, _ in said]):
            continue
        known = next((several for other, several in groups if value.same_as(other)), None)
        if known is None:
            groups.append((value, [(leader, saying)]))
        else:
            known.append((leader, saying))
    opposed = {
        place
        for one, other in combinations(range(len(groups)), 2)
        if groups[one][0].differs_from(groups[other][0]) and _opposed(groups[one][1], groups[other][1])
        for place in (one, other)
    }
    values = [_cited(value, several, citations) for place, (value, several) in enumerate(groups) if place in opposed]
    held = [value for value in values if value.citations]
    dates = {citation.number: citation.published or date.min for citation in citations}
    held.sort(key=lambda value: max(dates[number] for number in value.citations), reverse=True)
    return (Conflict(_subject(question.text), tuple(held)),) if len(held) > 1 else ()


def _stated(question: Question, item: Evidence) -> Value | None:
    """The value that a sentence answers with, where it is sure to answer this very question."""
    if item.answers is None or item.answers < ANSWERS or item.article.language not in CHECKED_LANGUAGES:
        return None
    if _CORRECTING.search(item.text) or not question.names <= _around(item):
        return None
    return value_of(question, item.text)


def _of_subject(question: Question, item: Evidence, shown: Sequence[Evidence]) -> bool:
    """Whether a sentence is of what the question asks: by the reader, the words around it, or one that is shown."""
    if item.answers is not None and item.answers >= _SURE:
        return True
    alike = any(float(item.vector @ other.vector) >= _ALIKE for other in shown if other is not item)
    return alike or share_held(question, _around(item)) >= _HELD


def _around(item: Evidence) -> frozenset[str]:
    return stems_of(item.hit.chunk.text) | stems_of(item.article.title)


def _opposed(ours: Sequence[tuple[Evidence, Saying]], theirs: Sequence[tuple[Evidence, Saying]]) -> bool:
    """Whether articles stand against each other: none gives both values, and both speak of one thing at one time."""
    if {leader.article.id for leader, _ in ours} & {leader.article.id for leader, _ in theirs}:
        return False
    one, other = ours[0][0], theirs[0][0]
    years, others = (set(_YEAR.findall(leader.text)) for leader in (one, other))
    at_other_times = one.traits["fits_figure"] > 0 and years and others and not years & others
    return not at_other_times and float(one.vector @ other.vector) >= _SAME_SUBJECT


def _cited(value: Value, several: Sequence[tuple[Evidence, Saying]], citations: Sequence[Citation]) -> ConflictValue:
    places = [
        place
        for leader, saying in several
        for place in ((leader.article.id, leader.span), *((article.id, span) for article, span in saying.echoes))
    ]
    numbers = [
        citation.number
        for citation in citations
        if value.text in squeeze(citation.quote)
        and any(
            citation.article_id == article and citation.start <= span.start and span.end <= citation.end
            for article, span in places
        )
    ]
    return ConflictValue(value.text, tuple(numbers))


def _subject(question: str) -> str:
    """The question as it goes on from “The articles disagree on”; the question itself where it cannot."""
    asked = " ".join(question.split())
    if _INVERTED.search(asked) or not re.match(r"(?:how|what|which|who|when|where)\b", asked, re.IGNORECASE):
        return asked
    bare = asked.rstrip(" ?")
    return bare[0].lower() + bare[1:]
