"""Each way in which a provider can fail, over a real connection: one clear line, of the right kind, without the key."""

from __future__ import annotations

import logging
import socket
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from pydantic import BaseModel, ConfigDict

from rag.errors import (
    ConfigError,
    ContextTooLongError,
    ModelAccessError,
    ModelError,
    ModelReplyError,
    ModelUnavailableError,
)
from rag.models.calls import Retries
from rag.models.chat import load_chat
from rag.models.chat_model import ChatModel
from rag.models.faults import one_line, redact
from rag.models.scripted import (
    Fail,
    Raw,
    Reply,
    Say,
    ScriptedServer,
    cut_at_limit,
    dropped,
    empty,
    no_credit,
    no_such_model,
    rate_limited,
    refuses,
    say_json,
    slow,
    too_long,
    wrong_key,
)
from rag.types import Usage

KEY = "sk-proj-Zx81kQ-secret_0123456789abcdef"
QUICK = Retries(attempts=3, first_wait=0.01, longest_wait=0.02)


class Counted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: int
    sources: list[str]


def model(server: ScriptedServer, *, seconds: float = 5.0, retries: Retries = QUICK, key: str = KEY) -> ChatModel:
    environment = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": key}
    chat = load_chat("openai:scripted", timeout_seconds=seconds, retries=retries, environment=environment)
    assert chat is not None
    return chat


def complete(chat: ChatModel) -> object:
    return chat.complete("How many?")


def structured(chat: ChatModel) -> object:
    return chat.parse(chat.complete("How many?", Counted).text, Counted)


def streamed(chat: ChatModel) -> object:
    return "".join(chat.stream("How many?"))


def structured_stream(chat: ChatModel) -> object:
    return chat.parse("".join(chat.stream("How many?", Counted)), Counted)


WAYS = [complete, structured, streamed, structured_stream]


def fault(
    reply: Reply, ask: Callable[[ChatModel], object], *, seconds: float = 5.0
) -> tuple[ModelError, ScriptedServer]:
    with ScriptedServer(reply) as server, pytest.raises(ModelError) as caught:
        ask(model(server, seconds=seconds))
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value, server


STATUSES: list[tuple[Reply, type[ModelError], str, int]] = [
    (wrong_key(KEY), ModelAccessError, "openai:scripted refuses the key: check OPENAI_API_KEY", 1),
    (Fail(403, "Not for you"), ModelAccessError, "openai:scripted does not allow this key to do that: Not for you", 1),
    (
        no_credit(),
        ModelAccessError,
        "openai:scripted: the account has no credit left; see the provider's billing page",
        1,
    ),
    (Fail(400, "Bad top_p"), ModelAccessError, "openai:scripted rejects the request (400): Bad top_p", 1),
    (
        too_long(),
        ContextTooLongError,
        "the question and its passages are too long for openai:scripted: use fewer passages or another model",
        1,
    ),
    (
        Raw(b'{"error":{"code":400,"message":"request (9 tokens)","type":"exceed_context_size_error"}}', 400),
        ContextTooLongError,
        "the question and its passages are too long for openai:scripted: use fewer passages or another model",
        1,
    ),
    (
        rate_limited(),
        ModelUnavailableError,
        "openai:scripted takes no more requests for now (429): try again later",
        3,
    ),
    (Fail(500), ModelUnavailableError, "openai:scripted failed (500): try again later", 3),
    (Fail(503), ModelUnavailableError, "openai:scripted failed (503): try again later", 3),
    (Raw(b"<html>Bad gateway", 502), ModelUnavailableError, "openai:scripted failed (502): try again later", 3),
]


@pytest.mark.parametrize("ask", [structured, streamed])
@pytest.mark.parametrize(("reply", "kind", "line", "requests"), STATUSES)
def test_a_status(
    reply: Reply, kind: type[ModelError], line: str, requests: int, ask: Callable[[ChatModel], object]
) -> None:
    error, server = fault(reply, ask)
    assert (type(error), str(error)) == (kind, line)
    assert len(server.requests) == requests


def test_no_such_model_names_the_model_and_the_server() -> None:
    error, server = fault(no_such_model(), complete)
    assert type(error) is ModelAccessError
    where = server.base_url.removeprefix("http://").removesuffix("/v1")
    assert str(error).startswith(f"there is no openai:scripted at {where}: check the model's name and the base URL (")
    assert len(server.requests) == 1


@pytest.mark.parametrize("ask", WAYS)
def test_what_passes_is_tried_again(ask: Callable[[ChatModel], object]) -> None:
    answer = say_json({"number": 85, "sources": []})
    with ScriptedServer(Fail(500), rate_limited(0), answer) as server:
        assert ask(model(server))
        assert len(server.requests) == 3


def test_retry_after_is_kept() -> None:
    with ScriptedServer(rate_limited(0.3), Say("Done.")) as server:
        started = time.monotonic()
        assert model(server).complete("?").text == "Done."
        assert 0.3 <= time.monotonic() - started < 3


@pytest.mark.parametrize(
    "after", ["30", format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)], ids=["seconds", "date"]
)
def test_a_longer_wait_than_is_allowed_is_said_at_once(after: str) -> None:
    started = time.monotonic()
    error, server = fault(rate_limited(after), complete, seconds=2)
    assert time.monotonic() - started < 1
    assert type(error) is ModelUnavailableError
    assert str(error).startswith("openai:scripted takes no more requests for now (429): try again in ")
    assert str(error).endswith(" seconds, as it asks")
    assert len(server.requests) == 1


@pytest.mark.parametrize("after", ["soon", "-5", "", "nan", "99999999999999999999 GMT", "Mon, 99 Foo 2024"])
def test_a_retry_after_that_says_nothing_is_passed_over(after: str) -> None:
    error, server = fault(rate_limited(after), complete)
    assert str(error) == "openai:scripted takes no more requests for now (429): try again later"
    assert len(server.requests) == 3


@pytest.mark.parametrize("ask", WAYS)
def test_a_slow_server_is_given_up_in_time(ask: Callable[[ChatModel], object]) -> None:
    started = time.monotonic()
    error, _ = fault(slow("late", 20), ask, seconds=0.3)
    assert time.monotonic() - started < 1.5
    assert type(error) is ModelUnavailableError
    assert str(error) == "openai:scripted gave no reply within 0.3 seconds: try again, or allow more time"


def test_a_server_that_trickles_is_given_up_in_time() -> None:
    """Each piece comes soon enough for a limit on silence; the whole does not."""
    started = time.monotonic()
    error, _ = fault(Say("word " * 200, delay=0.05), streamed, seconds=0.4)
    assert time.monotonic() - started < 1.5
    assert "within 0.4 seconds" in str(error)


def test_all_attempts_together_keep_to_the_time() -> None:
    started = time.monotonic()
    many = Retries(attempts=1000, first_wait=0.05, longest_wait=0.05)
    with ScriptedServer(Fail(500, delay=0.02)) as server:
        chat = model(server, seconds=0.5, retries=many)
        started = time.monotonic()
        with pytest.raises(ModelUnavailableError):
            chat.complete("?")
        assert time.monotonic() - started < 1
        assert 3 <= len(server.requests) <= 25


@pytest.mark.parametrize("ask", WAYS)
def test_a_server_that_is_not_there(ask: Callable[[ChatModel], object]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        environment = {"OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1"}
        chat = load_chat("openai:m", retries=QUICK, environment=environment)
        assert chat is not None
        with pytest.raises(ModelUnavailableError) as caught:
            ask(chat)
    assert str(caught.value) == f"openai:m cannot be reached at 127.0.0.1:{port}: is the server running?"


@pytest.mark.parametrize("quietly", [False, True])
@pytest.mark.parametrize("ask", [streamed, structured_stream])
def test_a_stream_that_breaks_off(ask: Callable[[ChatModel], object], quietly: bool) -> None:
    error, server = fault(dropped('{"number": 85, "sources": []}', 2, quietly=quietly), ask)
    assert type(error) is ModelUnavailableError
    assert str(error) == "the reply of openai:scripted broke off: try again"
    # The pieces were given out: beginning again would repeat them.
    assert len(server.requests) == 1 or not quietly


@pytest.mark.parametrize("quietly", [False, True])
@pytest.mark.parametrize("ask", [streamed, structured_stream])
def test_a_stream_that_breaks_off_before_its_first_word_is_tried_again(
    ask: Callable[[ChatModel], object], quietly: bool
) -> None:
    with ScriptedServer(dropped("x", 0, quietly=quietly), say_json({"number": 85, "sources": []})) as server:
        assert ask(model(server))
        assert len(server.requests) == 2


def test_a_reply_that_breaks_off_is_tried_again() -> None:
    with ScriptedServer(dropped("x"), Say("Whole.")) as server:
        assert model(server).complete("?").text == "Whole."
    error, server = fault(dropped("x"), complete)
    assert str(error) == "the reply of openai:scripted broke off: try again"
    assert len(server.requests) == 3


@pytest.mark.parametrize("ask", WAYS)
def test_an_empty_answer(ask: Callable[[ChatModel], object]) -> None:
    error, server = fault(empty(), ask)
    assert (type(error), str(error)) == (
        ModelReplyError,
        "openai:scripted gave an empty answer: try again, or another model",
    )
    assert len(server.requests) == 1


@pytest.mark.parametrize("ask", [complete, structured, structured_stream])
def test_a_refusal(ask: Callable[[ChatModel], object]) -> None:
    error, _ = fault(refuses("I can't help with that."), ask)
    assert (type(error), str(error)) == (
        ModelReplyError,
        "openai:scripted refused to answer: I can't help with that.",
    )


@pytest.mark.parametrize("ask", WAYS)
def test_a_filtered_answer(ask: Callable[[ChatModel], object]) -> None:
    error, _ = fault(Say("The", finish="content_filter"), ask)
    assert type(error) is ModelReplyError
    assert str(error).startswith("openai:scripted refused to answer")


@pytest.mark.parametrize("ask", WAYS)
def test_an_answer_cut_at_its_limit(ask: Callable[[ChatModel], object]) -> None:
    error, _ = fault(cut_at_limit('{"number": 8'), ask)
    assert type(error) is ModelReplyError
    assert str(error) == "the reply of openai:scripted was cut at its limit on tokens: ask for less, or raise it"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"number": 85, "sour', "is JSON that breaks off in the middle"),
        ('{"number": 85, "sources": ["a", "b', "is JSON that breaks off in the middle"),
        ("Eighty-five sites.", "is not the JSON that it was asked for"),
        ('{"number": 85} and more', "is not the JSON that it was asked for"),
        ('{"number": "many", "sources": []}', "is JSON of another shape: number: "),
        ('{"number": 85}', "is JSON of another shape: sources: "),
        ('{"number": 85, "sources": [], "other": 1}', "is JSON of another shape: other: "),
        ("[1, 2]", "is JSON of another shape: the whole: "),
        ('{"number": 85, "sources": [{"key": 1}]}', "is JSON of another shape: sources.0: "),
    ],
)
@pytest.mark.parametrize("ask", [structured, structured_stream])
def test_json_that_is_cut_or_of_another_shape(ask: Callable[[ChatModel], object], text: str, line: str) -> None:
    error, _ = fault(Say(text), ask)
    assert type(error) is ModelReplyError
    assert str(error).startswith(f"the reply of openai:scripted {line}")


NO_REPLIES = {
    "no choices": Raw(b"{}"),
    "null": Raw(b'{"choices": null}'),
    "another JSON": Raw(b"[]"),
    "HTML": Raw(b"<!doctype html><p>It works!", content_type="text/html"),
    "HTML that says it is JSON": Raw(b"<!doctype html><p>It works!"),
    "binary": Raw(bytes(range(256)), content_type="application/octet-stream"),
    "binary that says it is JSON": Raw(bytes(range(256))),
    "nothing": Raw(b""),
}


@pytest.mark.parametrize("raw", NO_REPLIES.values(), ids=NO_REPLIES.keys())
@pytest.mark.parametrize("ask", WAYS)
def test_a_server_that_is_none_of_a_chat_model_is_named(ask: Callable[[ChatModel], object], raw: Raw) -> None:
    error, server = fault(raw, ask)
    host = server.base_url.removeprefix("http://").removesuffix("/v1")
    said = f"{host} answered, but not as an OpenAI-compatible server does: check OPENAI_BASE_URL"
    assert (type(error), str(error)) == (ModelReplyError, said)


def test_a_reply_without_any_choice() -> None:
    error, _ = fault(Raw(b'{"choices": []}'), complete)
    assert type(error) is ModelReplyError


EVERY_FAULT: list[Reply] = [
    *(reply for reply, *_ in STATUSES),
    wrong_key(f"{KEY[:8]}***{KEY[-4:]}"),
    Fail(400, f"no header 'Bearer {KEY}'"),
    Fail(404, f"no model for {KEY}"),
    Fail(403, f"key={KEY} " + "x" * 250 + KEY),
    Raw(f"<html>{KEY}".encode(), 500),
    Raw(f'"{KEY}'.encode()),
    Raw(f'{{"error": {{"message": "{KEY}"}}}}'.encode()),
    refuses(f"I will not tell {KEY}"),
    say_json({"number": KEY, "sources": []}),
    dropped(KEY, 1),
]


@pytest.mark.parametrize("reply", EVERY_FAULT)
@pytest.mark.parametrize("ask", [structured, structured_stream])
def test_the_key_is_nowhere_to_be_seen(
    ask: Callable[[ChatModel], object], reply: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that repeats the key cannot make us show it."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("rag").setLevel(logging.DEBUG)
    with ScriptedServer(reply) as server:
        chat = model(server)
        try:
            ask(chat)
        except ModelError as exc:
            seen = [str(exc), repr(exc), *traceback.format_exception(exc), repr(exc.args)]
        else:
            # A stream without a field for refusals, or broken after the whole answer, is no fault here.
            seen = []
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("rag")]
    for text in [*seen, *ours, repr(chat), str(chat), repr(chat.service)]:
        assert KEY not in text
        assert KEY[-12:] not in text


def test_the_key_is_in_no_log_of_any_library(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with ScriptedServer(wrong_key(), Say("Done.")) as server:
        chat = model(server)
        with pytest.raises(ModelAccessError):
            chat.complete("?")
        chat.complete("?")
    assert caplog.records
    for record in caplog.records:
        assert KEY not in record.getMessage() + repr(record.args)


@pytest.mark.parametrize("key", ["sk-abc\ndef12345", "ключ-от-квартиры", "sk-\x00abcdef"])
def test_a_key_that_no_header_can_hold_is_not_shown(key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_chat("openai:m", environment={"OPENAI_API_KEY": key})
    assert str(caught.value) == "OPENAI_API_KEY holds characters that no key has: copy it again"


def test_white_space_around_a_key_is_no_part_of_it() -> None:
    with ScriptedServer() as server:
        model(server, key=f" {KEY}\n").complete("?")
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("key sk-abcdef123456 here", "key [key] here"),
        ("Bearer abc.def", "[key]"),
        ("AIzaSyA1234567890abc", "[key]"),
        ("the password hunter22", "the password [key]"),
        ("risk-based and task-force", "risk-based and task-force"),
    ],
)
def test_redacting(text: str, expected: str) -> None:
    assert redact(text, ["hunter22"]) == expected


def test_a_key_is_found_before_a_text_is_cut() -> None:
    line = one_line("x" * 290 + " hunter22-and-more\nand more" * 9, ["hunter22-and-more"])
    assert len(line) == 300
    assert "hunter" not in line


def test_redacting_takes_time_in_proportion() -> None:
    started = time.monotonic()
    for hostile in ("sk-" * 100_000, "bearer " * 50_000, "AIza" * 80_000, "_-" * 100_000):
        redact(hostile, ["sk-sk-sk-x"])
    assert time.monotonic() - started < 2


def test_a_server_that_knows_no_schemas_is_asked_in_words_from_then_on() -> None:
    refusal = Fail(400, "response_format of type json_schema is not supported")
    counted = say_json({"number": 2, "sources": []})
    with ScriptedServer(refusal, counted, counted, counted) as server:
        chat = model(server)
        for reply in (chat.complete("Count.", Counted).text, "".join(chat.stream("Count.", Counted))):
            assert chat.parse(reply, Counted).number == 2
        asked = [request.body for request in server.requests if request.path.endswith("/chat/completions")]
    assert ["response_format" in body for body in asked] == [True, False, False]


def test_a_server_that_refuses_even_without_a_schema_is_told() -> None:
    refusal = Fail(400, "json_schema: not here")
    with ScriptedServer(refusal, refusal) as server, pytest.raises(ModelAccessError, match="json_schema: not here"):
        model(server).complete("Count.", Counted)


def test_what_a_useless_reply_took_is_counted_too() -> None:
    heard: list[Usage] = []
    with ScriptedServer(cut_at_limit("Eighty"), Say("Fine.")) as server:
        chat = replace(model(server), heard=lambda used, seconds: heard.append(used))
        with pytest.raises(ModelReplyError):
            chat.complete("Count.")
        assert "".join(chat.stream("Count.")) == "Fine."
    assert heard == [Usage(12, 5)] * 2


def test_models_that_may_reply_otherwise_are_told_apart_and_keys_are_not() -> None:
    with ScriptedServer() as server, ScriptedServer() as other:
        assert model(server).identity == model(server, seconds=9.0, key=f"{KEY}-2").identity
        assert model(server).identity != model(other).identity
        warmer = model(server)
        warmer.chat.temperature = 0.7  # type: ignore[attr-defined]
        assert warmer.identity != model(server).identity
