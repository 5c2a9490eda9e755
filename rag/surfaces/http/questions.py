"""Routes that ask something of the articles: ask, stream, summarize, search, verify."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from rag.plain import to_plain
from rag.surfaces.http import examples
from rag.surfaces.http.bodies import AskBody, SearchBody, SummarizeBody, VerifyBody
from rag.surfaces.http.errors import failure, note
from rag.surfaces.http.failures import error_body
from rag.surfaces.http.reading import JsonRoute
from rag.surfaces.http.replies import (
    AnswerReply,
    HitsReply,
    SummaryReply,
    VerificationReply,
    documented,
    errors,
    json_reply,
)
from rag.surfaces.http.serving import Serving, in_thread, serving, streamed
from rag.surfaces.http.sse import PING, EventStream, encoded
from rag.surfaces.output import to_json
from rag.types import SCHEMA, Answer, Citation, Statement

Event = Citation | Statement | Answer

router = APIRouter(route_class=JsonRoute, tags=["questions"])

_EVENT = {
    "type": "object",
    "properties": {
        "event": {"enum": ["citation", "statement", "answer", "error"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
    "required": ["event", "data"],
}
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events `citation`, `statement`, at the end `answer`, or `error`; each has a JSON object as its "
        "data. A citation comes before the statement that needs it, and the answer is what `/v1/ask` gives.",
        "content": {"text/event-stream": {"schema": _EVENT, "example": examples.STREAM}},
    }
}


@router.post("/v1/ask", responses=documented(AnswerReply, 404, 415, 502))
async def ask(body: AskBody, request: Request) -> Response:
    """Answer a question in sentences that each carry their source, or say that the articles do not."""
    state = serving(request)
    library = state.library(body.library)

    def answered() -> str:
        answer = library.chat(past=body.past).ask(body.question, fresh=body.fresh, **body.filters)
        state.metrics.replied(answer)
        return to_json(answer.to_dict())

    return json_reply(await in_thread(request, answered))


@router.post(
    "/v1/ask/stream", status_code=200, response_class=EventStream, responses={**errors(404, 415, 502), **_STREAM}
)
async def stream(body: AskBody, request: Request) -> Response:
    """As `/v1/ask`, but each statement is sent as soon as it is checked."""
    state = serving(request)
    library = state.library(body.library)
    chat = partial(library.chat, past=body.past)
    come = streamed(request, lambda: chat().stream(body.question, fresh=body.fresh, **body.filters))
    try:
        # What is wrong with the question is told by the status, and so is a busy server.
        first = await anext(come)
    except BaseException:
        await come.aclose()
        raise
    return EventStream(_events(first, come, state, request.state.request_id))


async def _events(
    first: Event | None, come: AsyncGenerator[Event | None, None], state: Serving, request_id: str
) -> AsyncGenerator[bytes, None]:
    """The stream's events from the first on; what goes wrong on the way is one too, and the last."""
    try:
        yield _event(first, state)
        async for event in come:
            yield _event(event, state)
    except Exception as error:
        note(error, request_id)
        yield encoded("error", error_body(failure(error)))
    finally:
        await come.aclose()


def _event(event: Event | None, state: Serving) -> bytes:
    if event is None:
        return PING
    if isinstance(event, Answer):
        state.metrics.replied(event)
        return encoded("answer", event.to_dict())
    return encoded("citation" if isinstance(event, Citation) else "statement", to_plain(event))


@router.post("/v1/summarize", responses=documented(SummaryReply, 404, 415, 502))
async def summarize(body: SummarizeBody, request: Request) -> Response:
    """Summarize one article, or what all articles say about a topic, every sentence with its source."""
    state = serving(request)
    library = state.library(body.library)

    def summarized() -> str:
        summary = library.summarize(
            body.id, about=body.about, sentences=body.sentences, fresh=body.fresh, **body.filters
        )
        state.metrics.replied(summary)
        return to_json(summary.to_dict())

    return json_reply(await in_thread(request, summarized))


@router.post("/v1/search", responses=documented(HitsReply, 404, 415, 502))
async def search(body: SearchBody, request: Request) -> Response:
    """Find the passages that fit a query best."""
    library = serving(request).library(body.library)

    def found() -> str:
        hits = library.search(body.query, body.k, **body.filters)
        return to_json({"schema": SCHEMA, "query": body.query, "hits": [hit.to_dict() for hit in hits]})

    return json_reply(await in_thread(request, found))


@router.post("/v1/verify", responses=documented(VerificationReply, 404, 415, 502))
async def verify(body: VerifyBody, request: Request) -> Response:
    """Check any text against the articles, sentence by sentence."""
    library = serving(request).library(body.library)
    return json_reply(
        await in_thread(request, lambda: to_json(library.verify(body.text, **body.filters).to_dict()), kind="slow")
    )
