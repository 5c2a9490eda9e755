"""What a run gives: replies, their scores, and the run that they belong to, as frozen values that are kept as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, Protocol

from rag.evaluation.cases import Split
from rag.types import Answer, Article, ArticleInfo, Citation, Hit, Summary, Usage, Verification

Kind = Literal["question", "turn", "summary"]
RUN_SCHEMA = 1


class Conversation(Protocol):
    """What a conversation must do to be evaluated: as `rag.chat.Chat`."""

    def ask(
        self, question: str, *, publisher: str | None = None, after: date | None = None, before: date | None = None
    ) -> Answer: ...


class Subject(Protocol):
    """What is evaluated: a `rag.Library`, or something that stands in for one."""

    def ask(
        self, question: str, *, publisher: str | None = None, after: date | None = None, before: date | None = None
    ) -> Answer: ...

    def search(
        self,
        query: str,
        k: int = ...,
        *,
        publisher: str | None = None,
        after: date | None = None,
        before: date | None = None,
    ) -> Sequence[Hit]: ...

    def summarize(
        self,
        reference: str | None = None,
        *,
        about: str | None = None,
        sentences: int = ...,
        publisher: str | None = None,
        after: date | None = None,
        before: date | None = None,
    ) -> Summary: ...

    def chat(self) -> Conversation: ...

    def verify(self, text: str) -> Verification: ...

    def article(self, reference: str, version: str | None = None) -> Article: ...

    def articles(self) -> Sequence[ArticleInfo]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one question, turn of a conversation or summary of a case came to; exactly one of the three is there.

    `found` are the passages that search gives for it, best first (of a question only). `confidence` is the
    engine's own estimate, from 0 to 1, that the articles answer, where it gives one. `error` is one line. `kept` says
    that a model's reply was one that the library had kept: what it took is not known.
    """

    id: str
    answer: Answer | None = None
    summary: Summary | None = None
    error: str | None = None
    found: tuple[Citation, ...] = ()
    confidence: float | None = None
    seconds: float = 0.0
    kept: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """An outcome with its scores.

    `id` is the case's, with ``#2`` for the second turn of a conversation. `cluster` is the article that it is
    about, by its version: what is about one article is not independent. `judging` is what a judge took for the case,
    and stands at its first item. `scores` has a value for each metric that applies
    (names in `rag.evaluation.catalogue`). `passed` is whether it is right in all that its gold asks for, and
    `faults` say why not, one line each.
    """

    id: str
    case: str
    kind: Kind
    tags: tuple[str, ...]
    split: Split
    cluster: str
    outcome: Outcome
    scores: Mapping[str, float]
    passed: bool
    faults: tuple[str, ...] = ()
    judging: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric over several items: its value, its 95% confidence interval, and over how many items."""

    value: float
    low: float
    high: float
    items: int


@dataclass(frozen=True, slots=True)
class GoldFile:
    """A gold file as it was when it was run: its name, the SHA-256 of its bytes, and its number of cases."""

    name: str
    sha256: str
    cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a suite: what was run, over what, and what came of each item."""

    suite: str
    gold: tuple[GoldFile, ...]
    engine: str
    model: str | None
    embedder: str
    articles: int
    fingerprint: str
    seed: int
    started: str
    seconds: float
    versions: Mapping[str, str] = field(default_factory=dict)
    prompts: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Estimate] = field(default_factory=dict)
    items: tuple[Scored, ...] = ()

    def __iter__(self) -> Iterator[Scored]:
        return iter(self.items)
