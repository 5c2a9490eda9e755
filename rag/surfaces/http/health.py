"""Routes for those who run the server: is it there, can it serve, what has it done."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from rag.errors import RagError
from rag.surfaces.http.errors import LOG, refused
from rag.surfaces.http.metrics import CONTENT_TYPE
from rag.surfaces.http.replies import StateReply, documented, errors, json_reply
from rag.surfaces.http.serving import in_thread, serving
from rag.surfaces.output import to_json
from rag.types import SCHEMA

router = APIRouter(tags=["health"])

_METRICS: dict[int | str, dict[str, Any]] = {
    200: {"content": {CONTENT_TYPE: {"schema": {"type": "string"}, "example": "rag_articles 16.0\n"}}}
}


@router.get("/healthz", responses=documented(StateReply))
async def health() -> Response:
    """That the server runs; needs no key."""
    return json_reply(to_json({"schema": SCHEMA, "status": "ok"}))


@router.get("/readyz", responses=documented(StateReply))
async def ready(request: Request) -> Response:
    """That every library can be read; needs no key, and names nothing."""
    state = serving(request)

    def readable() -> bool:
        try:
            return all(library.generation >= 0 for library in state.libraries.values())
        except RagError as error:
            LOG.error("not ready: %s", error)
            return False

    if not await in_thread(request, readable, kind="quick"):
        raise refused(503, "a library cannot be read: the server's log says why")
    return json_reply(to_json({"schema": SCHEMA, "status": "ok"}))


@router.get("/metrics", response_class=Response, responses={**errors(), **_METRICS})
async def metrics(request: Request) -> Response:
    """Counts and latencies in the text format of Prometheus."""
    state = serving(request)

    def counted() -> bytes:
        for name, library in state.libraries.items():
            found = library.articles()
            state.metrics.holds(name, len(found), sum(info.chunks for info in found))
        return state.metrics.text()

    return Response(await in_thread(request, counted, kind="quick"), media_type=CONTENT_TYPE)
