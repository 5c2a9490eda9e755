"""A text of a user's against the library: passages are found for each sentence, and the checks decide."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rag.answering.evidence import Evidence as Ranked
from rag.grounding.texts import check_text
from rag.grounding.verdict import Evidence
from rag.types import Citation, Span, Statement, Verification

_MARKER = re.compile(r"\s?\[\d{1,3}\]\Z")
_LONGEST_MARKER = 6
"""The markers of citations, such as those of an answer that was pasted in: no part of what is said."""

TRIED = 6
"""So many passages are tried for a sentence, the nearest first."""


def verify(text: str, rank: Callable[[str], Sequence[Ranked]]) -> Verification:
    """Check each sentence of `text` by the sentences that `rank` finds for it, best first.

    A sentence keeps its best verdict, and cites what decided it, also where that refutes it.
    """

    text = _unmarked(text)

    meanings: dict[str, float] = {}

    def find(sentence: str) -> list[Evidence]:
        tried = rank(sentence)[:TRIED]
        meanings.clear()
        meanings.update((item.text, item.meaning) for item in tried)
        return [Evidence(item.article, item.span) for item in tried]

    def similarity(_: str, others: Sequence[str]) -> list[float]:
        # Ranking has compared each with the sentence already.
        return [meanings[other] for other in others]

    numbers: dict[tuple[str, Span], int] = {}
    citations: list[Citation] = []
    statements: list[Statement] = []
    for checked in check_text(text, find, similarity):
        cited = []
        for evidence in checked.evidence:
            key = (evidence.article.id, evidence.span)
            if key not in numbers:
                numbers[key] = len(citations) + 1
                citations.append(Citation.of(evidence.article, evidence.span, numbers[key]))
            cited.append(numbers[key])
        said = " ".join(text[checked.span.start : checked.span.end].split())
        statements.append(Statement(said, tuple(cited), checked.verdict.support, checked.verdict.check))
    return Verification(tuple(statements), tuple(citations))


def _unmarked(text: str) -> str:
    """`text` without markers, nor such as arise where one stood inside another; in linear time."""
    kept: list[str] = []
    for character in text:
        kept.append(character)
        if character == "]" and (found := _MARKER.search("".join(kept[-_LONGEST_MARKER:]))):
            del kept[-len(found.group()) :]
    return "".join(kept)
