"""Routes on articles: list, show, add, remove."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter, Query, Request, Response
from starlette.datastructures import UploadFile

from rag.errors import NotFoundError
from rag.library import Library
from rag.sources.urls import is_url
from rag.surfaces.http import examples
from rag.surfaces.http.bodies import AddBody, Day
from rag.surfaces.http.errors import refused
from rag.surfaces.http.reading import JsonRoute, fitted, media_type, parsed
from rag.surfaces.http.replies import (
    AddReply,
    ArticleReply,
    ArticlesReply,
    RemoveReply,
    documented,
    json_reply,
)
from rag.surfaces.http.serving import in_thread, serving
from rag.surfaces.layout import one_line
from rag.surfaces.output import to_json
from rag.types import SCHEMA, AddReport, Article

router = APIRouter(route_class=JsonRoute, tags=["articles"])

_ID = re.compile(r"[0-9a-f]{12}", re.ASCII)
_FIELD = "file"
_MOST_FILES = 100
_LONGEST_NAME = 200
_NO_URL = "only http and https URLs are fetched; send a file of yours itself, in the multipart field `file`"

Named = Annotated[str | None, Query(alias="library", description="which library (default: the first)")]

_UPLOAD: dict[str, Any] = {
    "type": "object",
    "properties": {
        _FIELD: {
            "type": "array",
            "items": {"type": "string", "contentMediaType": "application/octet-stream"},
            "description": "files: text, Markdown, HTML, PDF, JSON or JSON Lines",
        }
    },
    "required": [_FIELD],
}
_ADD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": AddBody.model_json_schema(), "examples": {
                name: {"value": value} for name, value in zip(("article", "url"), examples.ADD, strict=True)
            }},
            "multipart/form-data": {"schema": _UPLOAD, "example": {_FIELD: ["The harbour opened on Monday."]}},
        },
    }
}  # fmt: skip


@router.get("/v1/articles", responses=documented(ArticlesReply, 404))
async def listing(
    request: Request,
    publisher: str | None = None,
    after: Day | None = None,
    before: Day | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    library: Named = None,
) -> Response:
    """The current articles, newest first, a page of them at a time."""
    named = serving(request).library(library)

    def listed() -> str:
        found = named.articles(publisher=publisher, after=after, before=before)
        page = [info.to_dict() for info in found[offset : offset + limit]]
        return to_json({"schema": SCHEMA, "total": len(found), "limit": limit, "offset": offset, "articles": page})

    return json_reply(await in_thread(request, listed, kind="quick"))


@router.get("/v1/articles/{id}", responses=documented(ArticleReply, 404))
async def show(request: Request, id: str, version: str | None = None, library: Named = None) -> Response:  # noqa: A002
    """An article's text, the current version's or another's, and what versions there are."""
    named = serving(request).library(library)
    reference = _exact(id)

    def shown() -> str:
        article = named.article(reference, version)
        versions = named.versions(reference)
        value = {
            "schema": SCHEMA,
            **dataclasses.asdict(article),
            "current": named.article(reference).version,
            "versions": [_described(each) for each in versions],
        }
        return to_json(value)

    return json_reply(await in_thread(request, shown, kind="quick"))


@router.post("/v1/articles", responses=documented(AddReply, 404, 415), openapi_extra=_ADD_BODY)
async def add(request: Request, library: Named = None) -> Response:
    """Add files, a web page or feed, or an article; the report says what became of each."""
    named = serving(request).library(library)
    kind = media_type(request)
    if kind == "multipart/form-data":
        return await _add_files(request, named)
    if kind != "application/json":
        raise refused(415, "send JSON, or files as multipart/form-data")
    data = await request.body()
    body = await in_thread(request, lambda: fitted(AddBody, parsed(data)), kind="quick")
    if body.url is not None and not is_url(body.url):
        raise refused(400, _NO_URL)
    if library is None:
        named = serving(request).library(body.library)
    given = body.url if body.article is None else body.article
    assert given is not None
    return json_reply(await in_thread(request, lambda: to_json(named.add(given).to_dict()), kind="slow"))


async def _add_files(request: Request, library: Library) -> Response:
    form = await request.form(max_files=_MOST_FILES, max_fields=_MOST_FILES)
    files = [value for value in form.getlist(_FIELD) if isinstance(value, UploadFile)]

    def close() -> None:
        for _, value in form.multi_items():
            if isinstance(value, UploadFile):
                value.file.close()

    if not files or len(files) < len(form.multi_items()):
        close()
        raise refused(400, f"send files, one or more, each in the multipart field `{_FIELD}`, and nothing else")
    named = [(_name(file), file.file) for file in files]
    return json_reply(
        await in_thread(request, lambda: to_json(_added(library, named).to_dict()), kind="slow", done=close)
    )


def _added(library: Library, files: Sequence[tuple[str, BinaryIO]]) -> AddReport:
    """One report on all files."""
    reports = [library.add("-", stdin=file, called=name) for name, file in files]
    return AddReport(tuple(item for report in reports for item in report.items))


def _name(file: UploadFile) -> str:
    """What to call a file: the last part of the name that the client gave; it is shown, and nothing is opened by it."""
    name = re.split(r"[/\\]", file.filename or "")[-1]
    return one_line(name)[:_LONGEST_NAME] or "upload"


@router.delete("/v1/articles/{id}", responses=documented(RemoveReply, 404))
async def remove(request: Request, id: str, library: Named = None) -> Response:  # noqa: A002
    """Remove an article with all its versions."""
    named = serving(request).library(library)
    reference = _exact(id)

    def removed() -> str:
        article = named.remove(reference)
        return to_json({"schema": SCHEMA, "removed": [{"id": article.id, "title": article.title}]})

    return json_reply(await in_thread(request, removed))


def _exact(reference: str) -> str:
    """A whole id: half of one, which the command line takes, is not enough for a program to remove something by."""
    if not _ID.fullmatch(reference):
        raise NotFoundError("there is no article of that id: an id is 12 hexadecimal digits")
    return reference


def _described(article: Article) -> dict[str, Any]:
    """An article's fields without its text."""
    plain = dataclasses.asdict(article)
    del plain["text"], plain["boilerplate"]
    return {**plain, "characters": len(article.text)}
