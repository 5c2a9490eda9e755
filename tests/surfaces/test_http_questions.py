"""Questions over HTTP: the same answers as from Python, streamed or not, and errors as one clear object."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from rag.library import Library
from rag.models.fakes import HashEmbedder
from rag.models.scripted import ScriptedServer, say_json
from rag.types import Answer, Summary, Timings

from .conftest import ARTICLES
from .serving import SLOW, opened, post, served

BRIDGE = "How much will the repair of the Tannery Bridge cost?"
MARCH = "How many people marched through Haldrenn?"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("news")
    for name, text in ARTICLES.items():
        (folder / name).write_text(text, encoding="utf-8")
    with opened(folder / "library") as found:
        assert found.add([folder / name for name in ARTICLES]).count("added") == 3
        yield found


@pytest.fixture(scope="module")
def client(library: Library) -> Iterator[httpx.Client]:
    with served(library) as url, httpx.Client(base_url=url, timeout=SLOW) as made:
        yield made


def timeless(reply: dict[str, Any]) -> dict[str, Any]:
    """A reply without how long it took."""
    return {**reply, "timings_ms": None}


def events(text: str) -> list[tuple[str, dict[str, Any]]]:
    """The events of a stream: name and data."""
    found = []
    for block in text.split("\n\n")[:-1]:
        name, data = block.split("\n")
        assert (name[:7], data[:6]) == ("event: ", "data: ")
        found.append((name[7:], json.loads(data[6:])))
    return found


def error(reply: httpx.Response) -> tuple[int, str, str]:
    """Status, type and message of an error, whose form is checked."""
    assert reply.headers["content-type"] == "application/json"
    value = reply.json()
    assert value == {"schema": 1, "error": {"type": value["error"]["type"], "message": value["error"]["message"]}}
    return reply.status_code, value["error"]["type"], value["error"]["message"]


@pytest.mark.parametrize(
    ("question", "filters"),
    [
        (BRIDGE, {}),
        (MARCH, {"publisher": "Haldrenn Courier", "after": "2025-10-01", "before": "2025-10-31"}),
        (MARCH, {"publisher": "Skelbray Post"}),
        (MARCH, {"after": "2031-01-01"}),
        ("Who painted the ceiling of the chapel?", {}),
    ],
)
def test_an_answer_is_the_one_that_python_gives(
    client: httpx.Client, library: Library, question: str, filters: dict[str, str]
) -> None:
    reply = client.post("/v1/ask", json={"question": question, **filters})
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    parsed = {name: date.fromisoformat(v) if name != "publisher" else v for name, v in filters.items()}
    expected = library.ask(question, **parsed)  # type: ignore[arg-type]
    assert timeless(reply.json()) == timeless(expected.to_dict())
    assert dataclasses.replace(Answer.from_dict(reply.json()), timings_ms=expected.timings_ms) == expected


def test_a_stream_gives_each_citation_before_its_statement_and_then_the_answer(client: httpx.Client) -> None:
    whole = client.post("/v1/ask", json={"question": BRIDGE}).json()
    reply = client.post("/v1/ask/stream", json={"question": BRIDGE})
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    *parts, (last, answer) = events(reply.text)
    assert (last, timeless(answer)) == ("answer", timeless(whole))
    assert [value for name, value in parts if name == "citation"] == whole["citations"]
    assert [value for name, value in parts if name == "statement"] == whole["statements"]
    shown: set[int] = set()
    for name, value in parts:
        if name == "citation":
            shown.add(value["number"])
        else:
            assert set(value["citations"]) <= shown


def test_an_abstention_is_streamed_as_an_answer(client: httpx.Client) -> None:
    question = {"question": "Who painted the ceiling of the chapel?"}
    whole = client.post("/v1/ask", json=question).json()
    [(name, answer)] = events(client.post("/v1/ask/stream", json=question).text)
    assert (name, answer["status"], timeless(answer)) == ("answer", "abstained", timeless(whole))


def test_a_follow_up_is_understood_from_the_history(client: httpx.Client, library: Library) -> None:
    said = client.post("/v1/ask", json={"question": BRIDGE}).json()["text"]
    body = {"question": "And when does it start?", "history": [{"question": BRIDGE, "answer": said}]}
    expected = library.chat(past=[(BRIDGE, said)]).ask(body["question"]).to_dict()  # type: ignore[arg-type]
    assert timeless(client.post("/v1/ask", json=body).json()) == timeless(expected)
    assert timeless(events(client.post("/v1/ask/stream", json=body).text)[-1][1]) == timeless(expected)


def test_summaries_hits_and_verdicts_are_those_of_python(client: httpx.Client, library: Library) -> None:
    article = library.articles()[0].id
    for body, expected in (
        ({"id": article, "sentences": 1}, library.summarize(article, sentences=1)),
        ({"about": "the bridge"}, library.summarize(about="the bridge")),
        ({"about": "the bridge", "publisher": "nobody"}, library.summarize(about="the bridge", publisher="nobody")),
    ):
        reply = client.post("/v1/summarize", json=body).json()
        assert timeless(reply) == timeless(expected.to_dict())
        assert dataclasses.replace(Summary.from_dict(reply), timings_ms=Timings()) == dataclasses.replace(
            expected, timings_ms=Timings()
        )
    hits = [hit.to_dict() for hit in library.search("bridge", 2, publisher="Skelbray Post")]
    found = client.post("/v1/search", json={"query": "bridge", "k": 2, "publisher": "Skelbray Post"}).json()
    assert found == {"schema": 1, "query": "bridge", "hits": hits}
    text = "The repair will cost $4.6 million. It will cost $9 million."
    assert client.post("/v1/verify", json={"text": text}).json() == library.verify(text).to_dict()


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("ask", {}, (400, "UserError", "question: is missing")),
        ("ask", {"question": 7}, (400, "UserError", "question: text is needed")),
        ("ask", [], (400, "UserError", "an object with named fields is needed")),
        ("ask", {"question": "x", "publishr": "y"}, (400, "UserError", "publishr: there is no such field")),
        ("ask", {"question": "x", "after": 1735689600}, (400, "UserError", "after: not a date (YYYY-MM-DD)")),
        ("ask", {"question": "x", "after": "2025-02-30"}, (400, "UserError", "after: not a date (YYYY-MM-DD)")),
        ("ask", {"question": "x", "fresh": "yes"}, (400, "UserError", "fresh: true or false is needed")),
        ("ask", {"question": "x", "history": [{}]}, (400, "UserError", "history.0.question: is missing")),
        (
            "ask",
            {"question": "x", "after": "2025-02-02", "before": "2025-02-01"},
            (400, "UserError", "nothing is both after 2025-02-02 and before 2025-02-01: exchange the two dates"),
        ),
        (
            "ask",
            {"question": "x", "library": "sport"},
            (404, "NotFoundError", "no library of that name is served; there are: news"),
        ),
        (
            "ask",
            {"question": " "},
            (400, "UserError", 'the question is empty: type one, such as `rag ask "What happened?"`'),
        ),
        (
            "ask",
            {"question": "y" * 2001},
            (400, "UserError", "the question has 2,001 characters, and 2,000 are allowed (RAG_MAX_QUESTION_CHARS)"),
        ),
        (
            "summarize",
            {},
            (400, "UserError", 'give an article\'s "id" or what the summary is "about", one of them'),
        ),
        (
            "summarize",
            {"id": "000000000000"},
            (404, "NotFoundError", "there is no article '000000000000'; `rag list` shows them"),
        ),
        (
            "summarize",
            {"about": "x", "sentences": 0},
            (400, "UserError", "sentences: input should be greater than or equal to 1"),
        ),
        ("search", {"query": "x", "k": True}, (400, "UserError", "k: a whole number is needed")),
        (
            "verify",
            {"text": ""},
            (400, "UserError", "the text is empty: give one or more sentences to check"),
        ),
    ],
)
def test_what_does_not_fit_is_one_clear_error(
    client: httpx.Client, path: str, body: object, expected: tuple[int, str, str]
) -> None:
    assert error(client.post(f"/v1/{path}", json=body)) == expected
    if path == "ask":
        # Also of a stream the status tells it, not an event.
        assert error(client.post("/v1/ask/stream", json=body)) == expected


@pytest.mark.parametrize(
    ("content", "media_type", "expected"),
    [
        (b"", "application/json", (400, "UserError", "the body is missing: send a JSON object")),
        (b"", "", (415, "MediaTypeError", "send JSON, with Content-Type: application/json")),
        (b"{}", "text/plain", (415, "MediaTypeError", "send JSON, with Content-Type: application/json")),
        (
            b"question=x",
            "application/x-www-form-urlencoded",
            (415, "MediaTypeError", "send JSON, with Content-Type: application/json"),
        ),
        (b"{", "application/json", (400, "UserError", "the body is not JSON (Expecting property name enclosed in "
                                                      "double quotes, line 1 column 2)")),
        (b"\xff\xfe", "application/json", (400, "UserError", "the body is not in UTF-8")),
        (b'{"question": NaN}', "application/json",
         (400, "UserError", "the body is not JSON (NaN is no number there)")),
        (b'{"question": ' + b"9" * 5000 + b"}", "application/json",
         (400, "UserError", "a number in the body has too many digits")),
        (json.dumps({f"field{number}": 1 for number in range(50_000)}).encode(), "application/json",
         (400, "UserError", "an object in the body has more than 200 fields")),
        (json.dumps({"question": "x", "history": [{"question": "a"}] * 40_000}).encode(), "application/json",
         (400, "UserError", "history: list should have at most 100 items after validation, not 40000")),
        (json.dumps({"question": "x", "history": [{"b": "a"}] * 40_000}).encode(), "application/json",
         (400, "UserError", "history.0.question: is missing")),
        (b"[" * 100_000, "application/json", (400, "UserError", "the body is nested too deeply")),
        (b'{"question":' * 50_000, "application/json", (400, "UserError", "the body is nested too deeply")),
    ],
)  # fmt: skip
def test_what_is_no_json_is_one_clear_error(
    client: httpx.Client, content: bytes, media_type: str, expected: tuple[int, str, str]
) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    assert error(client.post("/v1/ask", content=content, headers=headers)) == expected


def test_half_a_character_is_spelled_out_as_everywhere(client: httpx.Client, library: Library) -> None:
    body = b'{"question": "\\ud800 bridge", "publisher": "\\udfff"}'
    reply = client.post("/v1/ask", content=body, headers={"Content-Type": "application/json"})
    expected = library.ask("\ud800 bridge", publisher="\udfff").to_dict()
    assert expected["question"] == "\\ud800 bridge"
    assert timeless(reply.json()) == timeless(expected)
    echoed = client.post("/v1/search", content=b'{"query": "\\ud800"}', headers={"Content-Type": "application/json"})
    assert echoed.json()["query"] == "\ud800"


def test_control_characters_are_escaped_and_say_the_same(client: httpx.Client) -> None:
    reply = client.post("/v1/search", json={"query": "bridge \x1b[31m\u202e"})
    assert reply.json()["query"] == "bridge \x1b[31m\u202e"
    assert b"\x1b" not in reply.content
    assert "\u202e" not in reply.text


def test_a_model_that_cannot_be_reached_fails_as_the_table_says(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second opinion has no fallback: what a model does wrong there is told as it is."""
    monkeypatch.setenv("RAG_LLM_TIMEOUT_SECONDS", "60")
    monkeypatch.setenv("RAG_VERIFY", "llm")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-to-be-shown")
    with ScriptedServer(say_json({"opinions": "nonsense"}), *[say_json({})] * 5) as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.base_url)
        judging = Library.open(library.directory, embedder=HashEmbedder(), llm="openai:scripted")
        with judging as judged, served(judged) as url:
            reply = post(f"{url}/v1/verify", json={"text": "The repair will cost $4.6 million."}, timeout=4 * SLOW)
    status, kind, message = error(reply)
    assert (status, kind) == (502, "ModelReplyError")
    assert "sk-" not in message
