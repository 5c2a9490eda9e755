"""JSON bodies, read strictly: what is no JSON, or not sent as such, is told apart from what does not fit."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

from rag.surfaces.http.errors import invalid, refused

Model = TypeVar("Model", bound=BaseModel)

_MOST_FIELDS = 200


class JsonRoute(APIRoute):
    """A route whose body, where it has one, is JSON as RFC 8259 has it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with a request that reads strictly."""
        handle = super().get_route_handler()
        has_body = self.body_field is not None

        async def strict(request: Request) -> Response:
            if has_body and media_type(request) != "application/json":
                raise refused(415, "send JSON, with Content-Type: application/json")
            return await handle(_StrictRequest(request.scope, request.receive))

        return strict


class _StrictRequest(Request):
    async def json(self) -> Any:
        """The body's value."""
        return parsed(await self.body())


def media_type(request: Request) -> str:
    """The kind of the body as the client declares it, in lower case without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def parsed(body: bytes) -> Any:
    """The value of a JSON text in UTF-8; anything else is refused with 400."""
    try:
        return json.loads(body.decode("utf-8-sig"), parse_constant=_no_number, object_pairs_hook=_few)
    except RecursionError as exc:
        raise refused(400, "the body is nested too deeply") from exc
    except UnicodeDecodeError as exc:
        raise refused(400, "the body is not in UTF-8") from exc
    except json.JSONDecodeError as exc:
        raise refused(400, f"the body is not JSON ({exc.msg}, line {exc.lineno} column {exc.colno})") from exc
    except ValueError as exc:
        raise refused(400, "a number in the body has too many digits") from exc


def fitted(model: type[Model], value: object) -> Model:
    """`value` as `model`; one that does not fit is refused with 400."""
    try:
        return model.model_validate(value)
    except ValidationError as exc:
        raise refused(400, invalid(exc.errors())) from exc


def _no_number(name: str) -> NoReturn:
    raise refused(400, f"the body is not JSON ({name} is no number there)")


def _few(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object. Each field too many would be a complaint of its own, and all are made before the first is told."""
    if len(pairs) > _MOST_FIELDS:
        raise refused(400, f"an object in the body has more than {_MOST_FIELDS} fields")
    return dict(pairs)
