"""Errors as replies: one JSON object with one line, whatever went wrong."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from rag.errors import RagError
from rag.surfaces import codes
from rag.surfaces.http.failures import RETRY_SECONDS, Failure, error_body
from rag.surfaces.output import to_json

LOG = logging.getLogger("rag.serve")

_LONGEST_MESSAGE = 600
_LONGEST_NAME = 60
_PROBLEMS = {
    "missing": "is missing",
    "extra_forbidden": "there is no such field",
    "model_type": "an object with named fields is needed",
    "model_attributes_type": "an object with named fields is needed",
    "dict_type": "an object with named fields is needed",
    "string_type": "text is needed",
    "int_type": "a whole number is needed",
    "bool_type": "true or false is needed",
    "list_type": "a list is needed",
}
"""What pydantic says in words of its own, by the type of the problem."""
_INTERNAL = "internal error: the server's log says more, under the id of this request"
_ADDRESSES = {404: "there is nothing at this address", 405: "this address does not take that method"}


def refused(status: int, message: str, headers: Mapping[str, str] | None = None) -> HTTPException:
    """The exception to raise for a request that is turned away before the library sees it."""
    return HTTPException(status, message, dict(headers) if headers else None)


def failure(error: Exception) -> Failure:
    """What a client is told of `error`; nothing of what was not foreseen."""
    if isinstance(error, HTTPException):
        known = codes.REFUSALS.get(error.status_code, "UserError" if error.status_code < 500 else "InternalError")
        message = error.detail
        if message == HTTPStatus(error.status_code).phrase:  # the router's own words
            message = _ADDRESSES.get(error.status_code, message.lower())
        return Failure(error.status_code, known, _line(message))
    if isinstance(error, RequestValidationError):
        return Failure(400, codes.REFUSALS[400], _line(invalid(error.errors())))
    message = _line(str(error)) if isinstance(error, RagError) else _INTERNAL
    return Failure(codes.status(error), codes.type_name(error), message)


def error_response(error: Failure, headers: Mapping[str, str] | None = None) -> Response:
    """The reply that tells of `error`."""
    all_headers = dict(headers or {})
    if error.status in (429, 503):
        all_headers.setdefault("Retry-After", str(RETRY_SECONDS))
    if error.status == 401:
        all_headers["WWW-Authenticate"] = "Bearer"
    return Response(to_json(error_body(error)), error.status, all_headers, "application/json")


def invalid(problems: Sequence[Mapping[str, Any]]) -> str:
    """The first of the problems that pydantic found, with where it is; never the value that was sent."""
    problem = problems[0]
    if problem["loc"] == ("body",) and problem["type"] == "missing":
        return "the body is missing: send a JSON object"
    # An unknown field's name is the client's own text.
    parts = [str(part)[:_LONGEST_NAME] for part in problem["loc"] if part not in ("body", "query", "path")]
    said = _PROBLEMS.get(problem["type"]) or str(problem["msg"]).removeprefix("Value error, ")
    said = said[:1].lower() + said[1:]
    return f"{'.'.join(parts)}: {said}" if parts else said


def note(error: Exception, request_id: str) -> None:
    """Log what was not foreseen by its class and place. Its message is left out: it may hold what was asked."""
    if isinstance(error, RagError | HTTPException | RequestValidationError):
        return
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    LOG.error("internal error %s%s id=%s", type(error).__name__, place, request_id)
    LOG.debug("the traceback of id=%s", request_id, exc_info=error)


def install(app: FastAPI) -> None:
    """Have `app` answer every error of a route in this form."""
    for kind in (RagError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _handled)


async def _handled(_request: Request, error: Exception) -> Response:
    return error_response(failure(error), getattr(error, "headers", None))


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_MESSAGE else line[:_LONGEST_MESSAGE] + " …"
