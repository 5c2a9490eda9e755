"""The sources of a reply against the articles: exact or not, what they bear out, and which gold passages they serve."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from rag.errors import NotFoundError
from rag.evaluation.cases import Expected
from rag.evaluation.locating import Located, Place
from rag.evaluation.metrics.citations import Cited, citation_precision, citation_recall, of_use
from rag.evaluation.metrics.retrieval import hits_at, ndcg_at, recall_at, reciprocal_rank
from rag.evaluation.outcomes import Subject
from rag.grounding.statements import check_statement
from rag.grounding.verdict import Evidence
from rag.types import Answer, Article, Citation, Span, Summary

Group = tuple[Place, ...]
"""Passages of which any one is to be cited."""

_CUT = 10
_FIRST = 4


class Verdicts(Protocol):
    """What judges in place of the checks and of matching words: `rag.evaluation.judging.Judge`."""

    def supports(self, statement: str, passages: Sequence[str]) -> bool | None:
        """Whether `passages`, taken together, bear out `statement`; `None` where there is no verdict."""
        ...

    def answers(self, question: str, accepted: Sequence[str], reply: str) -> bool | None:
        """Whether `reply` gives one of the `accepted` answers to `question`; `None` where there is no verdict."""
        ...


class _Unscored(Exception):  # noqa: N818 - a missing verdict is no error; it leaves a statement out
    """There is no verdict."""


class Sources:
    """The citations of one reply, with their articles, each read once."""

    def __init__(self, reply: Answer | Summary, subject: Subject, judge: Verdicts | None = None) -> None:
        self._reply = reply
        self._subject = subject
        self._judge = judge
        self._articles: dict[tuple[str, str], Article | None] = {}
        self._verdicts: dict[tuple[str, tuple[Citation, ...]], bool | None] = {}
        numbered = {citation.number: citation for citation in reply.citations}
        referred = [number for statement in reply.statements for number in statement.citations]
        referred += [n for conflict in reply.conflicts for value in conflict.values for n in value.citations]
        self.dangling = tuple(dict.fromkeys(number for number in referred if number not in numbered))
        """Numbers that are referred to, of which there is no citation."""
        self.cited = tuple(numbered[number] for number in dict.fromkeys(referred) if number in numbered)
        self._statements = [
            Cited(statement.text, tuple(numbered[number] for number in statement.citations if number in numbered))
            for statement in reply.statements
        ]

    @property
    def inexact(self) -> tuple[Citation, ...]:
        """What does not stand at its offsets, character for character, in the version that it names."""
        return tuple(each for each in (*self._reply.citations, *self._reply.nearest) if not self._is_exact(each))

    def exact_share(self) -> float | None:
        """The share of citations and nearest passages that stand where they say; `None` where there is none.

        A number that refers to none of them stands nowhere.
        """
        total = len(self._reply.citations) + len(self._reply.nearest) + len(self.dangling)
        return 1 - (len(self.inexact) + len(self.dangling)) / total if total else None

    def unsupported(self) -> float | None:
        """The share of statements that the checks find unsupported by what they cite; `None` where there is none."""
        if not self._statements:
            return None
        return sum(not self._checks(one.text, one.passages) for one in self._statements) / len(self._statements)

    def bearing(self) -> Iterator[tuple[str, float]]:
        """Citation recall and precision over the statements on which there is a verdict."""
        decided = [statement for statement in self._statements if self._is_decided(statement)]
        if decided:
            yield "citation_recall", citation_recall(decided, self._entails)
        if any(statement.passages for statement in decided):
            yield "citation_precision", citation_precision(decided, self._entails)

    def _is_decided(self, statement: Cited[Citation]) -> bool:
        """Whether there is a verdict on all that the two metrics ask of `statement`."""
        try:
            of_use(statement, self._entails)
        except _Unscored:
            return False
        return True

    def _entails(self, statement: str, passages: Sequence[Citation]) -> bool:
        key = statement, tuple(passages)
        if key not in self._verdicts:
            self._verdicts[key] = (
                self._judge.supports(statement, [each.quote for each in passages])
                if self._judge
                else self._checks(statement, passages)
            )
        verdict = self._verdicts[key]
        if verdict is None:
            raise _Unscored
        return verdict

    def _checks(self, statement: str, passages: Sequence[Citation]) -> bool:
        found = [(self._article(each), each) for each in passages]
        evidence = [Evidence(article, Span(each.start, each.end)) for article, each in found if article]
        return check_statement(statement, evidence).support != "unsupported"

    def _is_exact(self, citation: Citation) -> bool:
        article = self._article(citation)
        inside = article is not None and 0 <= citation.start < citation.end <= len(article.text)
        return article is not None and inside and article.text[citation.start : citation.end] == citation.quote

    def _article(self, citation: Citation) -> Article | None:
        key = citation.article_id, citation.version
        if key not in self._articles:
            try:
                self._articles[key] = self._subject.article(*key)
            except NotFoundError:
                self._articles[key] = None
        return self._articles[key]


def groups(expected: Expected, located: Located) -> tuple[Group, ...]:
    """The gold passages of a question, group by group, where they stand."""
    return tuple(tuple(located[passage] for passage in group) for group in expected.cite)


def serves(citation: Citation, place: Place) -> bool:
    """Whether `citation` will do for a gold passage: of the same version of the same article, it covers the passage
    or overlaps at least half of the shorter of the two."""
    if (citation.article_id, citation.version) != (place.article.id, place.article.version):
        return False
    shared = min(citation.end, place.span.end) - max(citation.start, place.span.start)
    shorter = min(citation.end - citation.start, place.span.end - place.span.start)
    return shared > 0 and 2 * shared >= shorter


def served(citations: Sequence[Citation], group: Group) -> bool:
    """Whether any of `citations` will do for any passage of `group`."""
    return any(serves(citation, place) for citation in citations for place in group)


def retrieval(found: Sequence[Citation], wanted: Sequence[Group]) -> dict[str, float]:
    """How well a search finds the gold passages; every group is one key, found where a passage of it is first found.

    Where one passage that is found serves several groups, it fills their places at once.
    """
    gold = {_key(number) for number in range(len(wanted))}
    first, ranked = _ranked(found[:_FIRST], wanted), _ranked(found[:_CUT], wanted)
    # The cut is made in passages found, of which each may stand for several keys.
    return {
        f"hits_at_{_FIRST}": hits_at(first, gold, max(1, len(first))),
        f"hits_at_{_CUT}": hits_at(ranked, gold, max(1, len(ranked))),
        f"recall_at_{_CUT}": recall_at(ranked, gold, max(1, len(ranked))),
        f"mrr_at_{_CUT}": reciprocal_rank(ranked, gold, max(1, len(ranked))),
        f"ndcg_at_{_CUT}": ndcg_at(ranked, gold, max(_CUT, len(ranked))),
    }


def _ranked(found: Sequence[Citation], wanted: Sequence[Group]) -> list[str]:
    ranked: list[str] = []
    for place, citation in enumerate(found):
        keys = [_key(number) for number, group in enumerate(wanted) if served([citation], group)]
        # What only serves again keeps its place, as something else.
        ranked += [key for key in keys if key not in ranked] or [f"found {place}"]
    return ranked


def _key(number: int) -> str:
    return f"g{number}"
