"""What clients get: what the library's values become, as OpenAPI describes it. A test holds both together."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from rag.surfaces.http import examples
from rag.surfaces.http.failures import Failure, error_body
from rag.types import AddStatus, Confidence, Engine, PublishedFrom, Reason, Status, Support

Moment = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""A time as it was written down, with its zone."""


class Part(BaseModel):
    """An object within a reply."""

    model_config = ConfigDict(extra="forbid")


class Reply(Part):
    """A whole reply."""

    version_of_form: Annotated[Literal[1], Field(alias="schema")]


class _Place(Part):
    article_id: str
    version: str
    title: str
    publisher: str | None
    author: str | None
    published: date | None
    published_from: PublishedFrom
    url: str | None
    start: int
    end: int
    quote: str


class CitationPart(_Place):
    """The exact words: half-open offsets in Unicode code points into the text of that version of the article."""

    number: int


class StatementPart(Part):
    """One thing that is said, and the numbers of the citations that carry it."""

    text: str
    citations: list[int]
    support: Support
    check: str


class WithheldPart(Part):
    """A statement that failed its check, which is no part of the answer."""

    text: str
    check: str


class ConflictValuePart(Part):
    """One of the values that sources give."""

    value: str
    citations: list[int]


class ConflictPart(Part):
    """What the sources disagree on."""

    about: str
    values: list[ConflictValuePart]


class UsagePart(Part):
    """What a language model used."""

    input_tokens: int
    output_tokens: int
    cost_usd: float | None


class TimingsPart(Part):
    """Milliseconds."""

    retrieve: int
    answer: int


class _Said(Reply):
    status: Status
    reason: Reason | None
    nearest: list[CitationPart]
    text: str
    statements: list[StatementPart]
    withheld: list[WithheldPart]
    conflicts: list[ConflictPart]
    citations: list[CitationPart]
    engine: Engine
    model: str | None
    prompt: str | None
    notice: str | None
    usage: UsagePart
    timings_ms: TimingsPart


class AnswerReply(_Said):
    """An answer, or an abstention with its reason and the nearest passages."""

    question: str


class SummaryReply(_Said):
    """A summary."""

    subject: str


class HitPart(_Place):
    """A passage that was found, best first; of all scores higher is better."""

    score: float
    dense: float
    lexical: float


class HitsReply(Reply):
    """What a search found."""

    query: str
    hits: list[HitPart]


class VerificationReply(Reply):
    """A text, sentence by sentence, each with its verdict and the passages that decided it."""

    supported: bool
    statements: list[StatementPart]
    citations: list[CitationPart]


class _Described(Part):
    id: str
    version: str
    title: str
    publisher: str | None
    author: str | None
    published: date | None
    published_from: PublishedFrom
    confidence: Confidence
    url: str | None
    source: str
    language: str


class ArticleInfoPart(_Described):
    """One article's current version, without its text."""

    characters: int
    chunks: int
    versions: int
    added: Moment


class ArticlesReply(Reply):
    """A page of the list of articles, newest first; `total` is how many pass the filters."""

    total: int
    limit: int
    offset: int
    articles: list[ArticleInfoPart]


class _Version(_Described):
    key: str
    added: Moment | None


class VersionPart(_Version):
    """A version of an article, without its text."""

    characters: int


class ArticleReply(_Version, Reply):
    """One version of an article with its text, and what versions there are, oldest first; `boilerplate` are spans."""

    text: str
    boilerplate: list[tuple[int, int]]
    current: str
    versions: list[VersionPart]


class AddItemPart(Part):
    """What became of one source."""

    source: str
    status: AddStatus
    article_id: str | None
    title: str | None
    chunks: int
    reason: str | None


class AddReply(Reply):
    """What became of all that was sent, in its order; one source that fails stops no other."""

    added: int
    updated: int
    unchanged: int
    failed: int
    skipped: int
    items: list[AddItemPart]


class RemovedPart(Part):
    """An article that is gone, with all its versions."""

    id: str
    title: str


class RemoveReply(Reply):
    """What was removed."""

    removed: list[RemovedPart]


class StateReply(Reply):
    """The server's state."""

    status: str


class ErrorPart(Part):
    """What went wrong, in one line."""

    type: str
    message: str


class ErrorReply(Reply):
    """An error."""

    error: ErrorPart


def json_reply(text: str) -> Response:
    """The reply of a JSON object that is written out."""
    return Response(text, media_type="application/json")


def documented(model: type[Reply], *statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of a route's replies: its result, and the errors that it may give."""
    return {200: {"model": model}, **errors(*statuses)}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of errors: those given, and those that every route may give."""
    said: dict[int | str, dict[str, Any]] = {}
    for status in sorted({400, 401, 403, 408, 413, 421, 429, 431, 500, 503, *statuses}):
        kind, message = examples.ERRORS[status]
        example = error_body(Failure(status, kind, message))
        said[status] = {
            "model": ErrorReply,
            "description": message,
            "content": {"application/json": {"example": example}},
        }
    return said
