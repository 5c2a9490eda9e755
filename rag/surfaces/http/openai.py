"""OpenAI's protocol: any chat client talks to a library as to a model."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from rag.errors import RagError
from rag.surfaces.http.errors import failure, note
from rag.surfaces.http.openai_messages import CompletionRequest
from rag.surfaces.http.openai_replies import (
    COMPLETION,
    MODEL,
    MODELS,
    Completion,
    CompletionReply,
    ModelReply,
    ModelsReply,
    documented,
    error_value,
    model_value,
)
from rag.surfaces.http.openai_text import after_statements, marked
from rag.surfaces.http.reading import JsonRoute
from rag.surfaces.http.replies import json_reply
from rag.surfaces.http.serving import Serving, in_thread, serving, streamed
from rag.surfaces.http.sse import PING, EventStream
from rag.surfaces.output import to_json
from rag.types import Answer, Statement

if TYPE_CHECKING:
    from rag.answering.generative import Event


class _ChatRoute(JsonRoute):
    """A route whose errors have the form that chat clients read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with such errors."""
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except (RagError, HTTPException, RequestValidationError) as error:
                known = failure(error)
                headers = dict(getattr(error, "headers", None) or {})
                return Response(to_json(error_value(known, error)), known.status, headers, "application/json")

        return handled


router = APIRouter(prefix="/v1", route_class=_ChatRoute, tags=["for chat clients"])


@router.get("/models", responses=documented(ModelsReply, MODELS))
async def models(request: Request) -> Response:
    """Each library, as a model."""
    return json_reply(to_json({"object": "list", "data": [model_value(name) for name in serving(request).libraries]}))


@router.get("/models/{model:path}", responses=documented(ModelReply, MODEL, 404))
async def model(model: str, request: Request) -> Response:
    """One library, as a model."""
    serving(request).library(model)
    return json_reply(to_json(model_value(model)))


@router.post("/chat/completions", responses=documented(CompletionReply, COMPLETION, 404, 415, 502))
async def complete(wanted: CompletionRequest, request: Request) -> Response:
    """Answer the last message of the user, at once or with `stream` as server-sent events.

    The text has its sources under it; the whole Answer is in the field `rag`, of a stream in the chunk that ends it.
    """
    state = serving(request)
    library = state.library(wanted.model)
    question, past = wanted.conversation()
    chat = partial(library.chat, past=past)
    completion = Completion(wanted.model, with_usage=wanted.with_usage)
    if wanted.stream:
        come = streamed(request, lambda: chat().stream(question, **wanted.options))
        try:
            # What is wrong with the question is told by the status, and so is a busy server.
            first = await anext(come)
        except BaseException:
            await come.aclose()
            raise
        return EventStream(_data(_chunks(first, come, completion, state), request.state.request_id))

    def answered() -> str:
        answer = chat().ask(question, **wanted.options)
        state.metrics.replied(answer)
        return completion.whole(answer)

    return json_reply(await in_thread(request, answered))


async def _chunks(
    first: Event | None, come: AsyncGenerator[Event | None, None], completion: Completion, state: Serving
) -> AsyncGenerator[str | None, None]:
    """The chunks of a stream: each statement as it comes, then all that belongs to it; `None` for a sign of life."""
    try:
        yield completion.chunk({"role": "assistant", "content": ""})
        event, space = first, ""
        while not isinstance(event, Answer):
            if event is None:
                yield None
            elif isinstance(event, Statement):
                yield completion.chunk({"content": space + marked(event)})
                space = " "
            event = await anext(come)
        state.metrics.replied(event)
        if rest := after_statements(event):
            yield completion.chunk({"content": rest})
        yield completion.chunk({}, end=event)
        if used := completion.usage(event):
            yield used
        yield "[DONE]"
    finally:
        await come.aclose()


async def _data(chunks: AsyncGenerator[str | None, None], request_id: str) -> AsyncGenerator[bytes, None]:
    """The bytes of a stream; what goes wrong on the way is told in it, and ends it."""
    try:
        async for chunk in chunks:
            yield PING if chunk is None else f"data: {chunk}\n\n".encode()
    except Exception as error:
        note(error, request_id)
        yield f"data: {to_json(error_value(failure(error), error))}\n\n".encode()
    finally:
        await chunks.aclose()
