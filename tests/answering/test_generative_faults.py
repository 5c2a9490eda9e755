"""Each way in which a model can fail ends in a repaired answer, the other engine's with the reason, or one line."""

from __future__ import annotations

import json

import pytest

from rag import Answer
from rag.errors import ContextTooLongError, ModelAccessError, ModelError
from rag.models.scripted import (
    Fail,
    Raw,
    Reply,
    Request,
    Say,
    cut_at_limit,
    dropped,
    empty,
    no_such_model,
    rate_limited,
    refuses,
    say_json,
    slow,
    too_long,
    wrong_key,
)
from tests.answering.build import hits, story
from tests.answering.writing import (
    KILLED,
    LOOKUP,
    SITES,
    STRIKES,
    WRONG,
    asked,
    extractive,
    repaired,
    reply,
    scripted,
    sentence,
)

QUESTION = "How many sites were struck?"
GOOD = json.dumps(reply(SITES, KILLED))
CUT = GOOD[: GOOD.index("Three")]
BEGUN = len(Say(CUT).streamed())

FAULTS: list[tuple[str, Reply, str]] = [
    ("too slow", slow(GOOD, 3.0), "openai:scripted gave no reply within 0.5 seconds"),
    ("too many requests", rate_limited(), "openai:scripted takes no more requests for now (429): try again later"),
    ("server error", Fail(503), "openai:scripted failed (503): try again later"),
    ("wrong key", wrong_key("sk-not-to-be-shown"), "openai:scripted refuses the key: check OPENAI_API_KEY"),
    ("no such model", no_such_model(), "there is no openai:scripted"),
    ("refusal", refuses(), "I can't help with that."),
    ("empty", empty(), "openai:scripted gave an empty answer: try again, or another model"),
    ("no statements", say_json(reply()), "openai:scripted gave an empty answer: try again, or another model"),
    ("prose", Say("The articles do not say."), "the reply of openai:scripted is not the JSON that it was asked for"),
    ("another shape", say_json({"answer": "85"}), "the reply of openai:scripted is JSON of another shape: answers"),
    ("a list", Say("[1, 2]"), "the reply of openai:scripted is JSON of another shape"),
    ("no HTTP", Raw(b"<html>"), ""),
    ("always too long", too_long(), "too long for openai:scripted: use fewer passages or another model"),
]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("fault", "said"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_where_the_model_fails_the_other_engine_answers_and_says_why(fault: Reply, said: str, streamed: bool) -> None:
    seconds = 0.5 if isinstance(fault, Say) and fault.delay else 5.0
    with scripted(fault, seconds=seconds) as (engine, _):
        found = hits(STRIKES)
        if streamed:
            *_, answer = engine.stream(QUESTION, found, LOOKUP, fallback=extractive)
        else:
            answer = engine.answer(QUESTION, found, LOOKUP, fallback=extractive)
        with pytest.raises(ModelError) as caught:
            list(engine.stream(QUESTION, found, LOOKUP))
    assert isinstance(answer, Answer)
    assert answer.engine == "extractive"
    assert answer.notice
    assert said in answer.notice
    assert "\n" not in answer.notice
    assert "sk-not-to-be-shown" not in answer.notice
    assert said in str(caught.value)


def test_a_server_that_is_down() -> None:
    with scripted(reply(SITES)) as (engine, server):
        server.close()
        answer = engine.answer(QUESTION, hits(STRIKES), LOOKUP, fallback=extractive)
    assert answer.notice
    assert "openai:scripted cannot be reached" in answer.notice


def test_what_a_useless_reply_took_is_counted() -> None:
    with scripted(Say("Well.", input_tokens=900, output_tokens=9)) as (engine, _):
        answer = engine.answer(QUESTION, hits(STRIKES), LOOKUP, fallback=extractive)
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (900, 9)


def test_without_another_engine_the_error_is_raised() -> None:
    with scripted(wrong_key()) as (engine, _), pytest.raises(ModelAccessError, match="refuses the key"):
        engine.answer(QUESTION, hits(STRIKES), LOOKUP)


def test_a_fault_that_passes_is_not_noticed() -> None:
    with scripted(rate_limited(), reply(SITES)) as (engine, _):
        assert engine.answer(QUESTION, hits(STRIKES), LOOKUP).statements[0].text == SITES["text"]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_json_that_breaks_off_is_good_for_what_is_whole_in_it(streamed: bool) -> None:
    with scripted(Say(CUT)) as (engine, server):
        found = hits(STRIKES)
        events = list(engine.stream(QUESTION, found, LOOKUP)) if streamed else []
        answer = events[-1] if streamed else engine.answer(QUESTION, found, LOOKUP)
        assert len(asked(server)) == 1
    assert isinstance(answer, Answer)
    assert [statement.text for statement in answer.statements] == [SITES["text"]]
    assert answer.notice == (
        "what is shown is not the whole reply: the reply of openai:scripted is JSON that breaks off in the middle"
    )


@pytest.mark.parametrize(
    "fault", [cut_at_limit(CUT), dropped(GOOD, after=BEGUN), dropped(GOOD, after=BEGUN, quietly=True)]
)
def test_a_stream_that_ends_early_keeps_what_it_showed(fault: Say) -> None:
    with scripted(fault) as (engine, _):
        *shown, answer = engine.stream(QUESTION, hits(STRIKES), LOOKUP, fallback=extractive)
    assert isinstance(answer, Answer)
    assert (*answer.citations, *answer.statements) == tuple(shown)
    assert [statement.text for statement in answer.statements] == [SITES["text"]]
    assert answer.notice
    assert answer.notice.startswith("what is shown is not the whole reply: ")


def test_a_stream_that_breaks_before_anything_is_whole_shows_nothing_of_it() -> None:
    with scripted(dropped(GOOD, after=3)) as (engine, _):
        (answer,) = engine.stream(QUESTION, hits(STRIKES), LOOKUP, fallback=extractive)
    assert isinstance(answer, Answer)
    assert answer.engine == "extractive"


def test_where_less_can_be_read_fewer_passages_are_sent() -> None:
    text = " ".join(f"The council of ward {number} met on Monday and voted for the bridge." for number in range(60))
    long = story("long", f"{STRIKES.text} {text}")

    def short_of_memory(request: Request) -> Reply:
        content = request.body["messages"][-1]["content"]
        return too_long() if len(content) > 3600 else say_json(reply(SITES))

    with scripted(short_of_memory) as (engine, server):
        answer = engine.answer(QUESTION, hits(long), lambda *_: long)
        sizes = [len(content) for content in asked(server)]
    assert [statement.text for statement in answer.statements] == [SITES["text"]]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) > 1


def test_a_model_that_reads_next_to_nothing() -> None:
    with scripted(reply(SITES), max_passage_tokens=20) as (engine, server):
        with pytest.raises(ContextTooLongError, match="openai:scripted reads too little at once: use another model"):
            engine.answer(QUESTION, hits(STRIKES), LOOKUP)
        assert asked(server) == []


@pytest.mark.parametrize("fault", [Fail(500), empty(), Say("Sorry."), say_json({"number": 1}), refuses()])
def test_a_repair_that_fails_leaves_what_failed_withheld(fault: Reply) -> None:
    with scripted(reply(SITES, WRONG), fault) as (engine, _):
        answer = engine.answer(QUESTION, hits(STRIKES), LOOKUP)
    assert [statement.text for statement in answer.statements] == [SITES["text"]]
    assert [withheld.text for withheld in answer.withheld] == [WRONG["text"]]
    assert answer.notice
    assert answer.notice.startswith("what failed its check could not be put right: ")


def test_a_repair_of_what_was_not_asked_is_passed_over() -> None:
    with scripted(reply(SITES, WRONG), repaired(_2=KILLED, _0=KILLED)) as (engine, _):
        answer = engine.answer(QUESTION, hits(STRIKES), LOOKUP)
    assert [statement.text for statement in answer.statements] == [SITES["text"]]


def test_a_blank_sentence_is_nothing() -> None:
    with scripted(reply(sentence("  "), sentence("[p1]"), SITES)) as (engine, _):
        answer = engine.answer(QUESTION, hits(STRIKES), LOOKUP)
    assert (len(answer.statements), answer.withheld) == (1, ())
