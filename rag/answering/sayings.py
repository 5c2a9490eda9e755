"""What is said word for word: spans of articles with those that say the same, checked and cited."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.answering.evidence import Evidence
from rag.grounding.verbatim import check_verbatim, squeeze
from rag.text.words import stem, words
from rag.types import Article, Citation, Span, Statement, Withheld

Lookup = Callable[[str, str], Article | None]
"""The article of an id and a version as it stands in the library now, `None` where it is gone."""

NEAREST = 3


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
    groups: list[tuple[Evidence, _Gist, list[Evidence]]] = []
    for item in evidence:
        gist = _Gist.of(item.text)
        for leader, other, echoes in groups:
            if gist.same_as(other):
                if item.article.id not in {leader.article.id, *(echo.article.id for echo in echoes)}:
                    echoes.append(item)
                break
        else:
            groups.append((item, gist, []))
    return [(leader, echoes) for leader, _, echoes in groups]


_LIGHT = frozenset(
    "a an the of on in at to for that which who it its he his she her they their them was were is are be been had has"
    " have and by from with as this these those also".split()
)
_TURNING = frozenset(
    map(
        stem,
        "not no never none nor neither without may might could would should will can fail failed deny denied refuse"
        " refused reject rejected allege alleged allegedly reportedly claim claimed former nearly almost more less"
        " fewer most least over under about only if unless until before after".split(),
    )
)
_MARK = re.compile(r"[$£€¥%?]")
_CAPITALISED = re.compile(r"\b[A-Z][\w’'-]*")


@dataclass(frozen=True, slots=True)
class _Gist:
    """What must agree for one sentence to bear out another: they may differ in light words alone,
    and one may hold up to two plain words more. Figures and names must come in the same order.
    """

    heavy: frozenset[str]
    figures: tuple[str, ...]
    marks: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> _Gist:
        found = words(text)
        return cls(
            heavy=frozenset(stem(word) for word in found if word not in _LIGHT),
            figures=tuple(word for word in found if word[0].isdigit()),
            marks=tuple(_MARK.findall(text)),
            names=tuple(_CAPITALISED.findall(text)),
        )

    def same_as(self, other: _Gist) -> bool:
        """Whether the two say the same, whichever comes first."""
        more = self.heavy ^ other.heavy
        nested = self.heavy <= other.heavy or other.heavy <= self.heavy
        plain = len(more) <= 2 and not any(word in _TURNING or word.endswith("n't") for word in more)
        shared = set(self.names) & set(other.names)
        ordered = [n for n in self.names if n in shared] == [n for n in other.names if n in shared]
        return nested and plain and ordered and (self.figures, self.marks) == (other.figures, other.marks)


def nearest_of(evidence: Sequence[Evidence], lookup: Lookup) -> tuple[Citation, ...]:
    """Citations of the best sentences for a reader who gets no answer; of none that is gone meanwhile."""
    found: list[Citation] = []
    for item in evidence:
        citation = Citation.of(item.article, item.span, len(found) + 1)
        support, _ = check_verbatim(squeeze(citation.quote), [citation], lookup)
        if support != "unsupported":
            found.append(citation)
        if len(found) == NEAREST:
            break
    return tuple(found)


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
