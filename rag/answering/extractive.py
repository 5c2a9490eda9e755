"""Answers without a language model: the articles' own sentences, chosen for the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag.answering.abstention import answerable
from rag.answering.conflicts import conflicts_in, further
from rag.answering.evidence import TELLING, Evidence, share_held
from rag.answering.fitted import fitted
from rag.answering.questions import Question
from rag.answering.sayings import Lookup, Saying, grouped, nearest_of, state
from rag.answering.units import unit_of
from rag.text.chunks import usable_sentences
from rag.types import Answer, Reason

MAX_STATEMENTS = 3
BEHIND = 2.0
"""A further sentence is said when it is worth at most this much less than the best one's: odds of 1 to 7."""
_NO_MATCH_MEANING, _NO_MATCH_HELD = 0.25, 0.2


def answer(question: Question, evidence: Sequence[Evidence], lookup: Lookup, *, abstain: bool = True) -> Answer:
    """Answer in one to three sentences of `evidence`, each cited, or abstain with the nearest passages.

    Where articles answer differently there are more, one for each, and what they disagree on is said.

    `evidence` comes best first. With `abstain` off, the best sentences are given whatever they
    are worth.
    """
    if not evidence:
        return Answer(question=question.text, status="abstained", reason="no_match")
    chosen = pick(evidence, speech=question.of_speech)
    # Without a figure there is no answer to "how many", however near the sentence is otherwise.
    fits = question.kind not in TELLING or any(leader.traits["fits"] for leader, _ in chosen)
    if abstain and (not fits or answerable(question, evidence) < fitted().threshold):
        return _abstention(question, evidence, lookup)
    groups = further(question, grouped(evidence), [leader for leader, _ in chosen])
    chosen += [(leader, _saying(leader, echoes, speech=question.of_speech)) for leader, echoes in groups]
    statements, withheld, citations = state([saying for _, saying in chosen], lookup)
    if not statements:
        return replace(_abstention(question, evidence, lookup), withheld=withheld)
    return Answer(
        question=question.text,
        status="answered",
        statements=statements,
        withheld=withheld,
        conflicts=conflicts_in(question, chosen, citations),
        citations=citations,
    )


def _abstention(question: Question, evidence: Sequence[Evidence], lookup: Lookup) -> Answer:
    best = evidence[0]
    unrelated = best.meaning < _NO_MATCH_MEANING and share_held(question, best.stems) < _NO_MATCH_HELD
    reason: Reason = "no_match" if unrelated else "not_stated"
    nearest = nearest_of(evidence, lookup)
    return Answer(question=question.text, status="abstained", reason=reason, nearest=nearest)


def pick(evidence: Sequence[Evidence], *, speech: bool = False) -> list[tuple[Evidence, Saying]]:
    """What to say and the evidence that led to it, best first: nothing twice, nothing much worse than the best.

    Where `speech` is asked for, what somebody goes on to say comes along.
    """
    chosen: list[tuple[Evidence, Saying]] = []
    for leader, echoes in grouped(evidence):
        if len(chosen) == MAX_STATEMENTS or leader.worth < evidence[0].worth - BEHIND:
            break
        saying = _saying(leader, echoes, speech=speech)
        if not any(said.overlaps(leader.article, saying.span) for _, said in chosen):
            chosen.append((leader, saying))
    return chosen


def _saying(leader: Evidence, echoes: Sequence[Evidence], *, speech: bool) -> Saying:
    unit = unit_of(leader.article.text, usable_sentences(leader.article), leader.span, speech=speech)
    return Saying(leader.article, unit, tuple((echo.article, echo.span) for echo in echoes))
