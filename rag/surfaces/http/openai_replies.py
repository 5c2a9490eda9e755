"""What chat clients get: OpenAI's forms with the whole answer beside them, as values and for the OpenAPI document."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Literal
from uuid import uuid4

from fastapi.exceptions import RequestValidationError

from rag.errors import NotFoundError
from rag.surfaces.http import examples
from rag.surfaces.http.failures import Failure
from rag.surfaces.http.openai_text import message
from rag.surfaces.http.replies import AnswerReply, Part, Reply, errors
from rag.surfaces.output import to_json
from rag.types import SCHEMA, Answer

_STARTED = int(time.time())
_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


class ModelReply(Part):
    """A library, as a model."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelsReply(Part):
    """The libraries that are served."""

    object: Literal["list"]
    data: list[ModelReply]


class MessagePart(Part):
    """The answer in words: Markdown, with its sources under it."""

    role: Literal["assistant"]
    content: str
    refusal: None


class ChoicePart(Part):
    """The one choice that there is."""

    index: Literal[0]
    message: MessagePart
    logprobs: None
    finish_reason: Literal["stop"]


class TokensPart(Part):
    """What a language model read and wrote; nothing without one."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class CompletionReply(Part):
    """A completion; `rag` is the whole answer."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[ChoicePart]
    usage: TokensPart
    rag: AnswerReply


class ChatErrorPart(Part):
    """What went wrong, in one line."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class ChatErrorReply(Reply):
    """An error, with the fields that chat clients read."""

    error: ChatErrorPart


class Completion:
    """One completion: what is the same in all its parts, and each of them as JSON."""

    def __init__(self, model: str, *, with_usage: bool) -> None:
        """`with_usage` is whether a stream ends with what was used."""
        self._with_usage = with_usage
        self._head = {"id": f"chatcmpl-{uuid4().hex}", "created": int(time.time()), "model": model}

    def whole(self, answer: Answer) -> str:
        """All of it in one piece."""
        said = {"role": "assistant", "content": message(answer), "refusal": None}
        choice = {"index": 0, "message": said, "logprobs": None, "finish_reason": "stop"}
        rest = {"choices": [choice], "usage": _usage(answer), "rag": answer.to_dict()}
        return to_json({**self._head, "object": "chat.completion", **rest})

    def chunk(self, delta: Mapping[str, str], end: Answer | None = None) -> str:
        """A piece of a stream; the one that ends the choice has the whole answer."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": "stop" if end else None}
        usage = {"usage": None} if self._with_usage else {}
        rag = {"rag": end.to_dict()} if end else {}
        return to_json({**self._chunk, "choices": [choice], **usage, **rag})

    def usage(self, answer: Answer) -> str | None:
        """The last piece of a stream for who asked for it: what was used."""
        return to_json({**self._chunk, "choices": [], "usage": _usage(answer)}) if self._with_usage else None

    @property
    def _chunk(self) -> dict[str, Any]:
        return {**self._head, "object": "chat.completion.chunk"}


def model_value(name: str) -> dict[str, Any]:
    """A library as OpenAI's clients know a model."""
    return {"id": name, "object": "model", "created": _STARTED, "owned_by": "rag"}


def error_value(known: Failure, error: Exception) -> dict[str, Any]:
    """An error with the fields of this server's and of OpenAI's."""
    kind = _TYPES.get(known.status, "invalid_request_error" if known.status < 500 else "server_error")
    param, code = None, known.type
    if isinstance(error, NotFoundError):
        param, code = "model", "model_not_found"
    elif isinstance(error, RequestValidationError):
        param = next((str(part) for part in error.errors()[0]["loc"] if part != "body"), None)
    return {"schema": SCHEMA, "error": {"message": known.message, "type": kind, "param": param, "code": code}}


def documented(model: type[Part], example: Mapping[str, Any], *statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of a route's replies, as `replies.documented`, with errors of this form."""
    said = {status: {**of, "model": ChatErrorReply} for status, of in errors(*statuses).items()}
    return {200: {"model": model, "content": {"application/json": {"example": example}}}, **said}


def _usage(answer: Answer) -> dict[str, int]:
    used = answer.usage
    total = used.input_tokens + used.output_tokens
    return {"prompt_tokens": used.input_tokens, "completion_tokens": used.output_tokens, "total_tokens": total}


MODEL = {"id": "news", "object": "model", "created": 1795427400, "owned_by": "rag"}
MODELS = {"object": "list", "data": [MODEL]}
_ANSWER = Answer.from_dict(examples.ANSWER)
COMPLETION = {
    "id": "chatcmpl-0b6d2f0c4e7a4c1f9a3d5e8b7c6f1a2d",
    "object": "chat.completion",
    "created": 1795427400,
    "model": "news",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": message(_ANSWER), "refusal": None},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": _usage(_ANSWER),
    "rag": examples.ANSWER,
}
EXAMPLES: Mapping[str, dict[str, Any]] = {"CompletionReply": COMPLETION, "ModelReply": MODEL, "ModelsReply": MODELS}
"""What each reply looks like, by the name of its model."""
