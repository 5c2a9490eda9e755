"""What clients send: the bodies of requests, each with an example."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from rag.surfaces.http import examples

_MOST_SAID = 100
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _day(value: object) -> object:
    """Only a day is one: neither a number of seconds nor a time of day."""
    if value is None or isinstance(value, date):
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("not a date (YYYY-MM-DD)")


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
"""A day as ``YYYY-MM-DD``."""

LibraryName = Annotated[str | None, Field(description="which library, where several are served (default: the first)")]


class Body(BaseModel):
    """A JSON object of known fields: one that is mistyped is an error, not a filter that does nothing."""

    model_config = ConfigDict(extra="forbid", strict=True)

    library: LibraryName = None


class Filtered(Body):
    """A body with filters. Dates are inclusive; with one, articles of unknown date are left out."""

    publisher: Annotated[str | None, Field(description="only articles of this publisher")] = None
    after: Annotated[Day | None, Field(description="only articles of this day or later")] = None
    before: Annotated[Day | None, Field(description="only articles of this day or earlier")] = None

    @property
    def filters(self) -> dict[str, Any]:
        """The filters, as the library's methods take them."""
        return {"publisher": self.publisher, "after": self.after, "before": self.before}


class Said(BaseModel):
    """An earlier question of a conversation, and the text of its answer, empty where there was none."""

    model_config = ConfigDict(extra="forbid", strict=True)

    question: str
    answer: str = ""


class AskBody(Filtered):
    """A question."""

    model_config = ConfigDict(json_schema_extra={"examples": examples.ASK})

    question: str
    history: Annotated[
        list[Said],
        Field(
            description="what was asked and said before, oldest first: a follow-up is understood from it",
            max_length=_MOST_SAID,
            fail_fast=True,
        ),
    ] = []
    fresh: Annotated[bool, Field(description="have the model write anew what it has written before")] = False

    @property
    def past(self) -> list[tuple[str, str]]:
        """The history, as the library takes it."""
        return [(said.question, said.answer) for said in self.history]


class SummarizeBody(Filtered):
    """What to summarize: one article, or what all articles say about a topic."""

    model_config = ConfigDict(json_schema_extra={"examples": examples.SUMMARIZE})

    id: Annotated[str | None, Field(description="an article's id")] = None
    about: Annotated[str | None, Field(description="a topic, in place of an article")] = None
    sentences: Annotated[int, Field(description="how many sentences, 1 to 100", ge=1, le=100)] = 5
    fresh: Annotated[bool, Field(description="have the model write anew what it has written before")] = False

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.id is None) == (self.about is None):
            raise ValueError('give an article\'s "id" or what the summary is "about", one of them')
        return self


class SearchBody(Filtered):
    """What to search for."""

    model_config = ConfigDict(json_schema_extra={"examples": examples.SEARCH})

    query: str
    k: Annotated[int, Field(description="how many passages", ge=1, le=1000)] = 8


class VerifyBody(Filtered):
    """A text to check, sentence by sentence."""

    model_config = ConfigDict(json_schema_extra={"examples": examples.VERIFY})

    text: str


class AddBody(Body):
    """What to add: a web page or feed by its URL, or an article as a mapping."""

    model_config = ConfigDict(json_schema_extra={"examples": examples.ADD})

    url: Annotated[str | None, Field(description="an http or https URL; no path of the server's machine")] = None
    article: Annotated[
        dict[str, Any] | None, Field(description="text, title, publisher, published, url, id and the like, as JSON")
    ] = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.url is None) == (self.article is None):
            raise ValueError('give a "url" or an "article", one of them')
        return self
