"""What the checks are given and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rag.types import Article, Span, Support

RANK: Mapping[Support, int] = {"unsupported": 0, "partial": 1, "verified": 2}
"""Verdicts in order, higher for better."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage that a statement cites: a span of an article."""

    article: Article
    span: Span

    @property
    def text(self) -> str:
        """The article's own characters."""
        return self.article.text[self.span.start : self.span.end]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far the cited passages bear a statement out, and the check that decided, for a reader."""

    support: Support
    check: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found wrong. A hard one refutes; another leaves something unconfirmed."""

    text: str
    hard: bool = True
