"""What is said word for word: spans of articles with those that say the same, checked and cited."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.answering.evidence import Evidence
from rag.grounding.verbatim import check_verbatim, squeeze
from rag.text.words import words
from rag.types import Article, Citation, Span, Statement, Withheld

Lookup = Callable[[str, str], Article | None]
"""The article of an id and a version as it stands in the library now, `None` where it is gone."""

_SAME_MEANING, _SAME_WORDS = 0.93, 0.75


@dataclass(frozen=True, slots=True)
class Saying:
    """A span that is said, and spans of other articles that say the same (`echoes`)."""

    article: Article
    span: Span
    echoes: tuple[tuple[Article, Span], ...] = ()

    def overlaps(self, article: Article, span: Span) -> bool:
        """Whether `span` of `article` shares characters with what is said."""
        return article.id == self.article.id and span.start < self.span.end and self.span.start < span.end


def grouped(evidence: Sequence[Evidence]) -> list[tuple[Evidence, list[Evidence]]]:
    """Near-identical sentences together: the best of each group, and one more of each other article."""
    groups: list[tuple[Evidence, list[Evidence]]] = []
    for item in evidence:
        for leader, echoes in groups:
            if _same(item, leader):
                if item.article.id not in {leader.article.id, *(echo.article.id for echo in echoes)}:
                    echoes.append(item)
                break
        else:
            groups.append((item, []))
    return groups


def _same(one: Evidence, other: Evidence) -> bool:
    """Whether two sentences say the same: alike in meaning or in words, and equal in every figure and negation."""
    shared, union = one.stems & other.stems, one.stems | other.stems
    alike = float(one.vector @ other.vector) >= _SAME_MEANING or len(shared) >= _SAME_WORDS * len(union)
    return alike and _hard_words(one) == _hard_words(other)


def _hard_words(evidence: Evidence) -> set[str]:
    return {word for word in words(evidence.text) if word[0].isdigit() or word in ("not", "no", "never")}


def state(
    sayings: Sequence[Saying], lookup: Lookup
) -> tuple[tuple[Statement, ...], tuple[Withheld, ...], tuple[Citation, ...]]:
    """Write out what is to be said, each statement checked against the articles as they stand now."""
    statements: list[Statement] = []
    withheld: list[Withheld] = []
    citations: list[Citation] = []
    for saying in sayings:
        spans = [(saying.article, saying.span), *saying.echoes]
        cited = [Citation.of(article, span, len(citations) + place) for place, (article, span) in enumerate(spans, 1)]
        text = squeeze(cited[0].quote)
        support, check = check_verbatim(text, cited, lookup)
        if support == "unsupported":
            withheld.append(Withheld(text, check))
        else:
            statements.append(Statement(text, tuple(citation.number for citation in cited), support, check))
            citations += cited
    return tuple(statements), tuple(withheld), tuple(citations)
