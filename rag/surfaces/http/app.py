"""The application: the routers, the errors, and what every request passes on its way in and out."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from rag.surfaces.http import articles, errors, examples, health, openai, openai_replies, page, questions
from rag.surfaces.http.passing import Passing
from rag.surfaces.http.serving import Serving

_ABOUT = (
    "Ask questions of news articles. Every sentence of an answer carries its source, to the exact character: "
    "`text[start:end] == quote`, counted in Unicode code points, in that version of the article."
)
_EXAMPLES = {**examples.REPLIES, **openai_replies.EXAMPLES}


class _App(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, made once: what does not fit is 400 here, where FastAPI says 422."""
        if self.openapi_schema is None:
            document = get_openapi(title=self.title, version=self.version, description=_ABOUT, routes=self.routes)
            for operation in (each for path in document["paths"].values() for each in path.values()):
                operation["responses"].pop("422", None)
                _tell_errors_in_json(operation["responses"])
                _show_example(operation["responses"].get("200", {}))
            for name in ("HTTPValidationError", "ValidationError"):
                document["components"]["schemas"].pop(name, None)
            document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
            # A key is asked for where the server has one: on the loopback it may have none.
            document["security"] = [{}, {"key": []}]
            self.openapi_schema = document
        return self.openapi_schema


def _tell_errors_in_json(responses: dict[str, dict[str, Any]]) -> None:
    """Of a route that streams, FastAPI takes the errors for a stream too."""
    for status, response in responses.items():
        streamed = response.get("content", {}).pop("text/event-stream", None) if status != "200" else None
        if streamed:
            response["content"]["application/json"].update(streamed)


def _show_example(response: dict[str, Any]) -> None:
    """Put the example in by hand: FastAPI would leave out what is null in it."""
    content = response.get("content", {}).get("application/json", {})
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    if name in _EXAMPLES:
        content["example"] = _EXAMPLES[name]


def create_app(serving: Serving) -> FastAPI:
    """The application that serves `serving`."""
    app = _App(
        title="rag",
        version=version("rag"),
        # Their pages load scripts from a third party.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.serving = serving
    errors.install(app)
    for each in (questions, articles, openai, health, page):
        app.include_router(each.router)
    app.add_middleware(Passing, serving=serving)
    return app
