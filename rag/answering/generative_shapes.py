"""What a language model replies with: the JSON that prompts ask for, quotes before the prose that rests on them."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Quote(_Shape):
    """Words of one passage."""

    passage: str = Field(description="the key of the passage, such as p1")
    words: str = Field(description="the words, copied from the passage character for character")


class DraftStatement(_Shape):
    """A sentence that is to be said, and what it rests on."""

    quotes: Sequence[Quote] = Field(description="the words that bear out all of the sentence")
    text: str = Field(description="one sentence that says no more than its quotes do")


class DraftConflict(_Shape):
    """What passages disagree on."""

    about: str = Field(description="what they disagree on, in a few words")
    values: Sequence[DraftStatement] = Field(description="what each of them says")


class DraftReply(_Shape):
    """A whole reply."""

    answers: bool = Field(description="whether the passages answer at all")
    statements: Sequence[DraftStatement]
    conflicts: Sequence[DraftConflict]


class Repair(_Shape):
    """Another wording for a statement that failed its check."""

    number: int = Field(description="the number of the statement that failed")
    quotes: Sequence[Quote]
    text: str


class Repairs(_Shape):
    """The statements that could be put right."""

    repaired: Sequence[Repair]


class Picks(_Shape):
    """What is worth keeping of one section of a long text."""

    quotes: Sequence[Quote] = Field(description="whole sentences, the most important first")


class BriefQuote(Quote):
    """Words of one passage, not many."""

    words: str = Field(max_length=200)


class BriefStatement(DraftStatement):
    """One short sentence on one quote."""

    quotes: Sequence[BriefQuote] = Field(min_length=1, max_length=1)
    text: str = Field(max_length=200)


class BriefReply(DraftReply):
    """For a small model, which would go on without end where nothing in the form stops it."""

    statements: Sequence[BriefStatement] = Field(max_length=2)
    conflicts: Sequence[DraftConflict] = Field(max_length=0)


class BriefRepair(Repair):
    """Another wording on one quote."""

    quotes: Sequence[BriefQuote] = Field(min_length=1, max_length=1)
    text: str = Field(max_length=200)


class BriefRepairs(Repairs):
    """As `BriefReply`."""

    repaired: Sequence[BriefRepair] = Field(max_length=2)


class BriefPicks(Picks):
    """As `BriefReply`."""

    quotes: Sequence[BriefQuote] = Field(max_length=4)
