"""What is asked of a library and what is right: the cases of a gold file, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from rag.types import Filters

Split = Literal["dev", "test"]
CaseKind = Literal["question", "conversation", "summary"]


@dataclass(frozen=True, slots=True)
class Words:
    """These words, one after another; case, marks, kinds of quotes and white space do not matter."""

    text: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """A Python regular expression, searched without regard to case."""

    regex: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, in digits or words, within `tolerance` (absolute), near one of the `units` where some are given."""

    number: float
    tolerance: float = 0.0
    units: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """A day, in any usual way of writing it; the year may be left out."""

    date: date


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of several answers at once."""

    parts: tuple[Accepted, ...]


Accepted = Words | Pattern | Figure | Day | AllOf
"""One way for a text to be right."""


@dataclass(frozen=True, slots=True)
class GoldPassage:
    """A passage that must be cited, by its words or by its half-open offsets.

    `article` is an id, URL, title, or the name of the file that it was read from. `words` are the first words
    at `start`, as a guard where offsets are given.
    """

    article: str
    quote: str | None = None
    start: int | None = None
    end: int | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """What is right for one question.

    Any one of `answers` is enough. Every group of `cite` must be cited, by any one of its passages. None of
    `forbidden` may be said. With `abstain` there are neither answers nor citations: the articles do not say.
    """

    abstain: bool = False
    answers: tuple[Accepted, ...] = ()
    cite: tuple[tuple[GoldPassage, ...], ...] = ()
    forbidden: tuple[Accepted, ...] = ()


@dataclass(frozen=True, slots=True)
class GoldTurn:
    """One question, with what is right for it."""

    question: str
    expected: Expected


@dataclass(frozen=True, slots=True)
class Nugget:
    """A fact that a summary should hold: `vital`, or okay to have (Voorhees, TREC 2003 question answering).

    It is said when any of `answers` is.
    """

    text: str
    vital: bool
    answers: tuple[Accepted, ...]


@dataclass(frozen=True, slots=True)
class SummaryRequest:
    """A summary to be made: of one `article`, or `about` a topic, in so many sentences."""

    article: str | None
    about: str | None
    sentences: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case of a gold file: a question (one turn), a conversation (several), or a summary (none).

    `line` is where it stands in its file. `reference` is a summary by a person. `cite` and `forbidden` of a
    summary stand in `expected`. `about` names the article that a question is about whose answer none gives.
    """

    id: str
    file: str
    line: int
    turns: tuple[GoldTurn, ...] = ()
    summary: SummaryRequest | None = None
    expected: Expected = Expected()
    nuggets: tuple[Nugget, ...] = ()
    reference: str | None = None
    filters: Filters = Filters()
    tags: tuple[str, ...] = ()
    split: Split = "dev"
    note: str | None = None
    about: str | None = None

    @property
    def kind(self) -> CaseKind:
        """What is asked for."""
        if self.summary is not None:
            return "summary"
        return "question" if len(self.turns) == 1 else "conversation"

    @property
    def asked(self) -> dict[str, GoldTurn]:
        """What is asked and what is right for it, by the id of the item that comes of it: the case's, with ``#2`` for
        the second turn."""
        if self.summary is not None:
            return {self.id: GoldTurn(f"summary of {self.summary.about or self.summary.article}", self.expected)}
        return {self.id if at == 1 else f"{self.id}#{at}": turn for at, turn in enumerate(self.turns, 1)}

    @property
    def questions(self) -> dict[str, str]:
        """What is asked, by the id of the item that comes of it."""
        return {name: turn.question for name, turn in self.asked.items()}

    @property
    def passages(self) -> tuple[GoldPassage, ...]:
        """All passages of its gold, in the order of its turns."""
        several = [self.expected, *(turn.expected for turn in self.turns)]
        return tuple(passage for expected in several for group in expected.cite for passage in group)
