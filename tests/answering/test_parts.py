"""Questions of several parts: what is taken apart and what is left whole, and one answer out of the parts' answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import Answer, Article, Library, Settings
from rag.answering.parts import MOST, Part, parts_of, together
from rag.models.fakes import HashEmbedder
from rag.types import Conflict, ConflictValue, Statement
from tests.answering.build import ask, story

TWO = [
    (
        "When did Quillon Bridge open, and how much did it cost?",
        ["When did Quillon Bridge open?", "How much did it cost — Quillon Bridge?"],
    ),
    (
        "What did the tower in Varrow cost and when was it built?",
        ["What did the tower in Varrow cost?", "When was it built — Varrow?"],
    ),
    (
        "Who chairs the Varrow council, and did Skelbray send anybody?",
        ["Who chairs the Varrow council?", "Did Skelbray send anybody?"],
    ),
    ("Who is Mr. Lathekin, and when did he retire?", ["Who is Mr. Lathekin?", "When did Mr. Lathekin retire?"]),
    (
        "When did the Orven Valley line open and how long is the line?",
        ["When did the Orven Valley line open?", "How long is the Orven Valley line?"],
    ),
    (
        "When did Varrow flood, what did it cost, and who paid for the walls?",
        [
            "When did Varrow flood?",
            "What did it cost — Varrow?",
            "Who paid for the walls — Varrow?",
        ],
    ),
    ("Who founded Varrow? When was Skelbray dredged?", ["Who founded Varrow?", "When was Skelbray dredged?"]),
    ("Who founded Varrow and when did Skelbray flood", ["Who founded Varrow?", "When did Skelbray flood?"]),
    (
        "Compare the number of boats lost in Varrow with that in Skelbray.",
        ["How many boats lost in Varrow?", "How many boats lost in Skelbray?"],
    ),
    (
        "Compare the number of boats lost in Varrow with the harbour's count for 2011.",
        ["How many boats lost in Varrow?", "How many boats lost — the harbour's count for 2011?"],
    ),
    (
        "Compare the length of the pier with that of the bridge.",
        ["What was the length of the pier?", "What was the length of the bridge?"],
    ),
]


@pytest.mark.parametrize(("question", "alone"), TWO)
def test_a_question_of_several_parts_is_taken_apart(question: str, alone: list[str]) -> None:
    assert [part.alone for part in parts_of(question)] == alone


@pytest.mark.parametrize(
    "question",
    [
        "Who won and lost?",
        "How many men and women were hurt?",
        "When and where was Quillon born?",
        "When did it close, and why?",
        "Who won the election, and by how many votes?",
        "What did the police and the organisers say?",
        "Who wrote the book, and is the oldest author in Varrow?",
        "Which man who lived in Varrow, and who later left, was mayor?",
        "Did the mayor say when it began, and what caused it?",
        "What is the difference between how much was paid and what was owed?",
        "What happened when the dam broke and how many were killed?",
        "In 1990, what did the town build?",
        "Who is the mayor of Varrow?",
        "The bridge was shut. It was raining.",
        "When did Varrow flood, what did it cost, who paid for the walls, how long are they, and who built them?",
        "Compare the two bridges.",
        "Where, and what, was Varrow?",
        "",
        "?",
    ],
)
def test_what_is_one_question_or_may_be_is_left_whole(question: str) -> None:
    assert parts_of(question) == ()


def test_what_is_said_ahead_helps_to_find_and_not_to_judge() -> None:
    """A sentence that only repeats it would be taken for an answer."""
    asked = "The mayor stayed away. What did Skelbray send, and when did the Varrow choir sing?"
    assert parts_of(asked) == (
        Part("What did Skelbray send", "What did Skelbray send?", "The mayor stayed away. What did Skelbray send?"),
        Part(
            "when did the Varrow choir sing",
            "When did the Varrow choir sing?",
            "The mayor stayed away. When did the Varrow choir sing?",
        ),
    )
    heading = "The storm of May: how high was the Orven, and when did Varrow flood?"
    assert [part.sought for part in parts_of(heading)] == [
        "The storm of May: How high was the Orven?",
        "The storm of May: When did Varrow flood?",
    ]


def test_a_part_that_leaves_out_what_it_is_about_is_looked_for_with_the_whole() -> None:
    asked = "When did Quillon Bridge open, and what did it cost?"
    assert [part.sought for part in parts_of(asked)] == ["When did Quillon Bridge open?", asked]


def test_what_a_follow_up_carries_over_goes_to_every_part() -> None:
    asked = "When did it open, and who paid for it — Quillon Bridge?"
    assert [part.alone for part in parts_of(asked)] == [
        "When did it open — Quillon Bridge?",
        "Who paid for it — Quillon Bridge?",
    ]


PIECES = st.sampled_from(
    ["and ", ", and ", "; ", "what did he ", "when was it ", "who ", "the Line ", "— ", "? ", ": ", "compare ", "with "]
)


@settings(deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=14).map("".join)))
def test_any_text_has_no_part_or_two_or_three(text: str) -> None:
    parts = parts_of(text)
    assert len(parts) in {0, *range(2, MOST + 1)}
    assert all(part.text and part.alone.endswith("?") and part.sought for part in parts)


# One answer ----------------------------------------------------------------------------------

COUNCIL = story("council", "Swimmers gathered outside the hall. The council of Varrow met on Monday. He was late.")
POOL = story("pool", "The pool in Skelbray opened on Tuesday.")
QUESTION = "Who gathered outside the hall, and when did the pool open?"
PARTS = (Part("Who gathered", "Who gathered?", "Who gathered?"), Part("when did it", "When did it?", "When did it?"))
SILENT = Answer(question="", status="abstained", reason="not_stated")


def said(article: Article, asked: str) -> Answer:
    given = ask(asked, article)
    kept = given.statements[:1]
    return replace(given, statements=kept, citations=tuple(c for c in given.citations if c.number in kept[0].citations))


SWIMMERS = said(COUNCIL, "Who gathered outside the hall?")
OPENED = said(POOL, "When did the pool in Skelbray open?")


def test_the_answers_come_in_order_with_numbers_of_their_own() -> None:
    given = together(QUESTION, PARTS, [SWIMMERS, OPENED])
    assert (given.question, given.status, given.notice) == (QUESTION, "answered", None)
    assert given.text == "Swimmers gathered outside the hall. [1] The pool in Skelbray opened on Tuesday. [2]"
    assert [citation.quote for citation in given.citations] == [item.text for item in given.statements]


def test_nothing_is_said_twice() -> None:
    assert together(QUESTION, PARTS, [SWIMMERS, SWIMMERS]) == replace(SWIMMERS, question=QUESTION)


def test_what_another_part_says_in_full_is_said_once_in_full() -> None:
    late = ask("Was he late?", COUNCIL)
    (whole,) = [item for item in late.statements if item.text.endswith("He was late.")]
    long = replace(late, statements=(whole,), citations=(late.citations[whole.citations[0] - 1],))
    met = said(story("council", COUNCIL.text), "When did the council of Varrow meet on Monday?")
    assert met.statements[0].text in whole.text
    for answers in ([long, met], [met, long]):
        given = together(QUESTION, PARTS, answers)
        assert [item.text for item in given.statements] == [whole.text]
        assert [citation.number for citation in given.citations] == [1]


def test_conflicts_keep_what_they_cite() -> None:
    conflict = Conflict("the day", (ConflictValue("Tuesday", (1,)), ConflictValue("Monday", (1,))))
    given = together(QUESTION, PARTS, [SWIMMERS, replace(OPENED, conflicts=(conflict,))])
    assert given.conflicts == (Conflict("the day", (ConflictValue("Tuesday", (2,)), ConflictValue("Monday", (2,)))),)


def test_a_part_without_an_answer_is_named() -> None:
    given = together(QUESTION, PARTS, [SWIMMERS, SILENT])
    assert (given.status, given.text) == ("answered", "Swimmers gathered outside the hall. [1]")
    assert given.notice == 'the articles do not say: "when did it"'


def test_where_no_part_has_an_answer_it_is_an_abstention_with_the_nearest_of_each() -> None:
    near = [replace(SILENT, nearest=answer.citations) for answer in (SWIMMERS, OPENED)]
    given = together(QUESTION, PARTS, near)
    assert (given.status, given.reason, given.notice, given.statements) == ("abstained", "not_stated", None, ())
    assert [(item.number, item.quote) for item in given.nearest] == [
        (1, "Swimmers gathered outside the hall."),
        (2, "The pool in Skelbray opened on Tuesday."),
    ]


def test_no_match_for_any_part_is_no_match() -> None:
    nothing = replace(SILENT, reason="no_match")
    assert together(QUESTION, PARTS, [nothing, nothing]).reason == "no_match"
    assert together(QUESTION, PARTS, [nothing, SILENT]).reason == "not_stated"


def test_the_library_answers_part_by_part(tmp_path: Path) -> None:
    asked = "Who gathered outside the hall in Varrow, and when did the pool in Skelbray open?"
    with Library.open(tmp_path, settings=Settings(abstain=False), embedder=HashEmbedder()) as library:
        library.add([{"id": item.key, "title": item.title, "text": item.text} for item in (COUNCIL, POOL)])
        given = library.ask(asked)
        *shown, streamed = library.stream(asked)
        each = [library.ask(part.alone) for part in parts_of(asked)]
    assert given.question == asked
    told = [statement.text for answer in each for statement in answer.statements]
    assert [statement.text for statement in given.statements] == list(dict.fromkeys(told))
    assert {SWIMMERS.statements[0].text, OPENED.statements[0].text} <= set(told)
    assert isinstance(streamed, Answer)
    assert replace(streamed, timings_ms=given.timings_ms) == given
    assert [item for item in shown if isinstance(item, Statement)] == [*given.statements]
