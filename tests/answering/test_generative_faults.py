"""Each way in which a model can fail ends in a repaired answer, the other engine's with the reason, or one line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from rag import Answer
from rag.answering.conversation import Past
from rag.answering.conversation_rewriting import Rewriter
from rag.answering.generative_replies import LONGEST_SENTENCE, parsed
from rag.answering.generative_shapes import DraftReply
from rag.answering.generative_summaries import SummaryEngine
from rag.errors import ContextTooLongError, ModelAccessError, ModelError, ModelReplyError
from rag.models.scripted import (
    Fail,
    Raw,
    Reply,
    Request,
    Say,
    ScriptedServer,
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
from rag.verifying import verify
from tests.answering.build import hits, holding, story
from tests.answering.writing import (
    KILLED,
    LOOKUP,
    SITES,
    STRIKES,
    WRONG,
    asked,
    chat_at,
    extractive,
    quote,
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


KEY = "sk-not-to-be-shown"


def say_escaped(value: object) -> Say:
    """JSON with every letter of the key escaped: no search of the raw text finds it."""
    return Say(json.dumps(value).replace(KEY, "".join(f"\\u{ord(letter):04x}" for letter in KEY)))


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("escaped", [False, True], ids=["plain", "escaped"])
def test_a_key_that_the_server_says_is_shown_nowhere(escaped: bool, streamed: bool) -> None:
    told = sentence(f"More than 85 sites were struck, says {KEY}.", *SITES["quotes"])
    marked = sentence("More than 85 sites were struck, sk-not[1]-to-be-shown.", *SITES["quotes"])
    invented = sentence(f"Forty people {KEY} fled.", quote(f"forty {KEY}"))
    nowhere = sentence("Forty fled.", quote("forty", KEY))
    sides = {"about": KEY, "values": [told, invented]}
    first = reply(SITES, told, marked, invented, nowhere, WRONG, conflicts=[sides])
    again = repaired(_1=sentence(f"Ninety {KEY} sites.", quote(KEY)), _2=told)
    say = say_escaped if escaped else say_json
    with scripted(say(first), say(again)) as (engine, server):
        shown = list(engine.stream(QUESTION, hits(STRIKES), LOOKUP)) if streamed else []
        answer = shown[-1] if streamed else engine.answer(QUESTION, hits(STRIKES), LOOKUP)
        asked_again = str([request.body for request in server.requests])
    assert isinstance(answer, Answer)
    assert SITES["text"] in answer.text
    assert answer.withheld
    assert "[key]" in str(answer.withheld)
    for seen in (*map(str, shown), json.dumps(answer.to_dict()), asked_again):
        assert KEY not in seen


def test_only_the_key_itself_is_taken_out() -> None:
    article = story(
        "leak", "Police found the key sk-of-somebody-else-0123456789abcdef in a sk-not-to-be bin on Monday."
    )
    with scripted(reply(sentence(article.text, quote(article.text)))) as (engine, _):
        answer = engine.answer("What was found?", hits(article), holding([article]))
    assert [statement.text for statement in answer.statements] == [article.text]
    assert answer.citations[0].quote == article.text


def test_a_key_among_the_names_of_fields_is_not_told() -> None:
    with scripted(say_json({**reply(SITES), KEY: 1}), say_json({**reply(SITES), KEY: 1})) as (engine, _):
        answer = engine.answer(QUESTION, hits(STRIKES), LOOKUP)
        assert answer.notice
        assert "JSON of another shape: [key]" in answer.notice
        with pytest.raises(ModelReplyError, match="\\[key\\]") as caught:
            parsed(engine.writer.chat, json.dumps({KEY: 1, **reply()}), DraftReply)
    assert KEY not in answer.notice + str(caught.value)


@pytest.mark.parametrize("say", [say_json, say_escaped])
def test_a_key_in_a_rewritten_question_is_not_shown(say: Callable[[object], Reply]) -> None:
    past = Past("Who struck the sites?", "American aircraft struck more than 85 sites.")
    with ScriptedServer(say({"question": f"when were the sites struck {KEY}"})) as server:
        understood = Rewriter(chat=chat_at(server)).understand("When were they struck?", [past])
    assert understood.standalone == "when were the sites struck [key]"


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_reply_without_end_is_broken_off(streamed: bool) -> None:
    text = json.dumps(reply(SITES, sentence("word " * 30_000)))
    endless = Say(text, pieces=tuple(text[at : at + 5000] for at in range(0, len(text), 5000)))
    with scripted(endless) as (engine, _):
        if streamed:
            *_, answer = engine.stream(QUESTION, hits(STRIKES), LOOKUP, fallback=extractive)
            assert isinstance(answer, Answer)
            assert [statement.text for statement in answer.statements] == [SITES["text"]]
        else:
            answer = engine.answer(QUESTION, hits(STRIKES), LOOKUP, fallback=extractive)
            assert answer.engine == "extractive"
            with pytest.raises(ModelReplyError, match="openai:scripted wrote without end"):
                engine.answer(QUESTION, hits(STRIKES), LOOKUP)
    assert answer.notice
    assert "openai:scripted wrote without end" in answer.notice
    assert "\n" not in answer.notice


def test_a_repair_without_end_is_passed_over() -> None:
    with scripted(reply(SITES, WRONG), repaired(_1=sentence("word " * 30_000))) as (engine, _):
        answer = engine.answer(QUESTION, hits(STRIKES), LOOKUP)
    assert answer.notice
    assert "wrote without end" in answer.notice
    assert len(answer.withheld) == 1


def test_only_so_much_of_a_reply_is_taken_in() -> None:
    wrong = [sentence(f"{number} soldiers had been killed in Jordan.", *WRONG["quotes"]) for number in range(40, 60)]
    sides = {"about": "the dead", "values": [KILLED, *wrong]}
    with scripted(reply(*wrong, conflicts=[sides] * 20), repaired()) as (engine, server):
        answer = engine.answer(QUESTION, hits(STRIKES), LOOKUP)
        failures = [line for line in asked(server)[-1].splitlines() if line.startswith('{"number"')]
    assert len(failures) == 8
    assert len(answer.withheld) == 8
    with scripted(reply(*[KILLED, *wrong[:7], SITES]), repaired()) as (engine, _):
        assert len(engine.answer(QUESTION, hits(STRIKES), LOOKUP).statements) == 1


def test_at_most_four_conflicts_are_taken_in() -> None:
    wrong = sentence("Nine soldiers.", quote("no such words"))
    conflicts = [{"about": "the dead", "values": [wrong]}] * 6
    with scripted(reply(SITES, conflicts=conflicts)) as (engine, _):
        assert len(engine.answer(QUESTION, hits(STRIKES), LOOKUP).withheld) == 4


def test_a_long_summary_may_have_its_sentences() -> None:
    lines = [
        f"Ward {name} voted on Monday." for name in "Ash Birch Cedar Doyle Elm Fir Gorse Holly Ivy Juniper".split()
    ]
    article = story("wards", " ".join(lines))
    drafts = [sentence(line, quote(line)) for line in lines]
    with scripted(reply(*drafts), reply(*drafts)) as (engine, _):
        summary = SummaryEngine(writer=engine.writer).of_article(article, 10, holding([article]))
        assert [statement.text for statement in summary.statements] == lines
        assert len(engine.answer("Who voted?", hits(article), holding([article])).statements) == 8


def test_what_is_withheld_is_cut() -> None:
    long = sentence("Forty soldiers " + "had been killed in Jordan " * 40, *WRONG["quotes"])
    longer = sentence("More than 85 sites were struck " + "a" * 20_000, *SITES["quotes"])
    with scripted(reply(SITES, long, longer), repaired()) as (engine, _):
        answer = engine.answer(QUESTION, hits(STRIKES), LOOKUP)
    assert [statement.text for statement in answer.statements] == [SITES["text"]]
    assert [len(withheld.text) for withheld in answer.withheld] == [300, 300]
    assert all(withheld.text.endswith("…") and len(withheld.check) <= 300 for withheld in answer.withheld)


def test_many_quotes_of_one_sentence_are_not_all_looked_up() -> None:
    many = sentence(SITES["text"], *SITES["quotes"] * 8, *[quote("no such words")] * 1000)
    with scripted(reply(many)) as (engine, _):
        assert len(engine.answer(QUESTION, hits(STRIKES), LOOKUP).statements) == 1


def test_marks_inside_marks_take_no_time() -> None:
    deep = sentence("Killed " + "[" * 24_000 + "1]" * 24_000, *KILLED["quotes"])
    started = time.monotonic()
    with scripted(reply(SITES, deep), repaired()) as (engine, _):
        answer = engine.answer(QUESTION, hits(STRIKES), LOOKUP)
    assert len(answer.statements) == 1
    assert time.monotonic() - started < 3


def test_a_text_to_verify_has_no_marks_inside_marks_either() -> None:
    verification = verify("Three were killed [[2]1] [3[4]] in Jordan[5] in [2024].", lambda _: [])
    assert [statement.text for statement in verification.statements] == ["Three were killed in Jordan in [2024]."]


def test_a_cut_does_not_leave_half_a_key() -> None:
    padded = sentence("Forty" + " " * (2 * LONGEST_SENTENCE - 10) + KEY, *WRONG["quotes"])
    with scripted(reply(SITES, padded), repaired()) as (engine, _):
        answer = engine.answer(QUESTION, hits(STRIKES), LOOKUP)
    assert [withheld.text for withheld in answer.withheld] == ["Forty [key]"]
