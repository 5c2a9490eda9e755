"""A statement against the passages that it cites: every check, then how much of it they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rag.grounding.alignment import Alignment
from rag.grounding.coverage import Similarity, cover
from rag.grounding.dates import check_dates
from rag.grounding.directions import check_directions
from rag.grounding.names import check_names
from rag.grounding.numbers import check_numbers
from rag.grounding.offices import check_offices
from rag.grounding.polarity import check_polarity
from rag.grounding.possessors import check_possessors
from rag.grounding.quantifiers import check_quantifiers
from rag.grounding.reading import passages, read
from rag.grounding.relations import check_relations
from rag.grounding.sameness import same_sentences
from rag.grounding.sources import check_sources
from rag.grounding.speakers import check_speakers
from rag.grounding.stances import check_stances
from rag.grounding.verdict import Evidence, Finding, Verdict

_LONGEST = 250
_PARTLY = 0.3
_HARDLY = 0.1
_ALIKE = 0.5

Check = Callable[[Alignment], Iterator[Finding]]
CHECKS: tuple[Check, ...] = (
    check_sources,
    check_numbers,
    check_dates,
    check_names,
    check_offices,
    check_possessors,
    check_speakers,
    check_polarity,
    check_directions,
    check_stances,
    check_quantifiers,
    check_relations,
)


def check_statement(statement: str, evidence: Sequence[Evidence], similarity: Similarity | None = None) -> Verdict:
    """Judge a statement by the passages that it cites.

    Unsupported when one hard check fails, or when the passages hold too little of it; verified when all
    checks pass and it says whole sentences of theirs word for word; partial otherwise. `similarity`
    may confirm that a paraphrase speaks of the same thing; it overrides no check and verifies nothing.
    """
    claim = read(statement)
    if not claim.words:
        return Verdict("unsupported", "there is nothing to check")
    if len(claim.words) > _LONGEST:
        return Verdict("unsupported", "the statement is too long to be checked")
    cited = passages([(item.article, item.span) for item in evidence])
    if not cited:
        return Verdict("unsupported", "it cites nothing")
    alignment = Alignment.of(claim, cited)
    soft: list[str] = []
    for check in CHECKS:
        for finding in check(alignment):
            if finding.hard:
                return Verdict("unsupported", finding.text)
            soft.append(finding.text)
    held = cover(alignment)
    enough = held.share >= _PARTLY or (
        similarity is not None
        and held.share >= _HARDLY
        and max(similarity(statement, [item.text for item in evidence]), default=0.0) >= _ALIKE
    )
    if not held.wanted:
        return Verdict("unsupported", "it says too little to be checked")
    if not enough:
        return Verdict("unsupported", f"the passage does not speak of {_listed(held.missing)}")
    if soft:
        return Verdict("partial", soft[0])
    if held.missing:
        return Verdict("partial", f"not confirmed: {_listed(held.missing)}")
    if not held.in_order:
        return Verdict("partial", "the passage says it in another order, which may change who or what is meant")
    if not same_sentences(alignment):
        return Verdict("partial", "the passage holds its words, among others that may change what is meant")
    return Verdict("verified", "a whole sentence of the article, word for word")


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"“{word}”" for word in dict.fromkeys(words[:4]))
