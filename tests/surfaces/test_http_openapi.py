"""The OpenAPI document: it says what the server does, and what fits it never makes the server fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from rag.library import Library
from rag.surfaces.http import bodies, examples, replies
from rag.surfaces.http.limits import Limits
from rag.types import Answer, Citation, Conflict, ConflictValue, Span, Statement, Summary, Withheld

from .conftest import ARTICLES
from .serving import get, opened, served

EXAMPLES_AN_OPERATION = 12
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("described")
    for name, text in ARTICLES.items():
        (folder / name).write_text(text, encoding="utf-8")
    with opened(folder / "library") as found:
        assert found.add([folder / name for name in ARTICLES]).count("added") == 3
        yield found


@pytest.fixture(scope="module")
def url(library: Library) -> Iterator[str]:
    with served(library, limits=Limits(rate_per_minute=0)) as base:
        yield base


@pytest.fixture(scope="module")
def document(url: str) -> dict[str, Any]:
    found = get(f"{url}/openapi.json")
    assert found.headers["content-type"] == "application/json"
    value: dict[str, Any] = found.json()
    return value


def test_every_address_is_described_and_no_other(document: dict[str, Any]) -> None:
    described = {(path, method) for path, item in document["paths"].items() for method in item}
    assert described == {
        ("/healthz", "get"),
        ("/metrics", "get"),
        ("/readyz", "get"),
        ("/v1/articles", "get"),
        ("/v1/articles", "post"),
        ("/v1/articles/{id}", "delete"),
        ("/v1/articles/{id}", "get"),
        ("/v1/ask", "post"),
        ("/v1/ask/stream", "post"),
        ("/v1/chat/completions", "post"),
        ("/v1/models", "get"),
        ("/v1/models/{model}", "get"),
        ("/v1/search", "post"),
        ("/v1/summarize", "post"),
        ("/v1/verify", "post"),
    }


def test_no_page_loads_scripts_of_others(url: str) -> None:
    assert [get(f"{url}{path}").status_code for path in ("/docs", "/redoc", "/docs/oauth2-redirect")] == [404] * 3


def test_every_request_and_every_reply_has_an_example(document: dict[str, Any]) -> None:
    without = []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            contents = {f"{method} {path} body": operation.get("requestBody", {}).get("content", {})}
            contents |= {f"{method} {path} {s}": r.get("content", {}) for s, r in operation["responses"].items()}
            assert all(contents[name] for name in contents if not name.endswith("body"))
            for name, content in contents.items():
                for media_type, said in content.items():
                    schema = said.get("schema", {})
                    of_model = document["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], {})
                    if not (said.keys() & {"example", "examples"} or of_model.get("examples")):
                        without.append(f"{name} {media_type}")
    assert without == []


def test_the_examples_are_what_they_stand_for() -> None:
    for name, value in examples.REPLIES.items():
        model = getattr(replies, name)
        assert model.model_validate(value).model_dump(mode="json", by_alias=True).keys() == value.keys()
    for model, several in (
        (bodies.AskBody, examples.ASK),
        (bodies.SummarizeBody, examples.SUMMARIZE),
        (bodies.SearchBody, examples.SEARCH),
        (bodies.VerifyBody, examples.VERIFY),
        (bodies.AddBody, examples.ADD),
    ):
        for value in several:
            model.model_validate(value)
    assert examples.ARTICLE["text"][examples.CITATION["start"] : examples.CITATION["end"]] == examples.CITATION["quote"]
    answer = Answer.from_dict(examples.ANSWER)
    assert answer.to_dict() == examples.ANSWER
    assert Summary.from_dict(examples.SUMMARY).to_dict() == examples.SUMMARY


def held_together(model: type[replies.Reply], value: dict[str, Any]) -> None:
    """The model takes `value`, gives it back unchanged, and knows no field beyond those."""
    made = model.model_validate_json(json.dumps(value))
    assert json.loads(made.model_dump_json(by_alias=True)) == value


def test_the_models_are_the_values_of_the_library(library: Library, url: str) -> None:
    citation = Citation.of(library.article(library.articles()[0].id), Span(0, 5), 1)
    full = {
        "status": "answered",
        "nearest": (citation,),
        "statements": (Statement("x", (1,), "partial", "check"),),
        "withheld": (Withheld("y", "check"),),
        "conflicts": (Conflict("z", (ConflictValue("1", (1,)),)),),
        "citations": (citation,),
        "engine": "generative",
        "model": "m",
        "prompt": "p",
        "notice": "n",
    }
    held_together(replies.AnswerReply, Answer(question="q", **full).to_dict())  # type: ignore[arg-type]
    held_together(replies.SummaryReply, Summary(subject="s", **full).to_dict())  # type: ignore[arg-type]
    for status, reason in (("abstained", "empty_library"), ("abstained", "filtered_out"), ("abstained", "no_match")):
        held_together(replies.AnswerReply, Answer(question="q", status=status, reason=reason).to_dict())  # type: ignore[arg-type]
    held_together(replies.VerificationReply, library.verify("Nine people were arrested.").to_dict())
    hits = {"schema": 1, "query": "x", "hits": [hit.to_dict() for hit in library.search("railway")]}
    held_together(replies.HitsReply, hits)
    held_together(replies.AddReply, library.add([{"text": "x"}, {"text": ""}]).to_dict())
    for path, model in (
        ("/v1/articles", replies.ArticlesReply),
        (f"/v1/articles/{library.articles()[0].id}", replies.ArticleReply),
        ("/healthz", replies.StateReply),
        ("/nothing", replies.ErrorReply),
    ):
        held_together(model, get(f"{url}{path}").json())


def test_what_is_sent_by_the_document_gets_what_the_document_says(url: str, document: dict[str, Any]) -> None:
    schema = schemathesis.openapi.from_dict(document)
    tried = set()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            with suppress(Unsatisfiable):  # nothing is wrong where nothing is taken
                tried.add(operation.label)
                _try(operation.as_strategy(generation_mode=mode), url)
    assert len(tried) == len(list(schema.get_all_operations()))


def _try(cases: SearchStrategy[Case[Any]], url: str) -> None:
    @given(case=cases)
    @settings(
        max_examples=EXAMPLES_AN_OPERATION,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def holds(case: Case[Any]) -> None:
        case.call_and_validate(base_url=url, checks=CHECKS)

    holds()
