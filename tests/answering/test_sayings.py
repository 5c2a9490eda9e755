"""What is said once: the same thing from several articles, and never two things as one."""

from __future__ import annotations

from itertools import permutations

import pytest

from rag import Article, Citation, Span, Statement, Withheld
from rag.answering.sayings import Saying, grouped, state
from tests.answering.build import evidence, holding, story

SAME = [
    (
        "She had left Port Vellandry at 6.30 a.m. on the first crossing of the day.",
        "The ship had left Port Vellandry at 6.30 a.m. on the first crossing of the day.",
    ),
    (
        "Two cafe trolleys broke loose on the upper deck and caused several injuries, Ms. Trammond said.",
        "Two cafe trolleys broke loose on the upper deck and caused several injuries, Ms. Trammond said.",
    ),
]
DIFFERENT_FIGURES = [
    (
        "About 6,500 people marched through the capital on Saturday.",
        "About 20,000 people marched through the capital on Saturday.",
    ),
    (
        "The repair of the bridge will cost $4.6 million, engineers said.",
        "The repair of the bridge will cost $6.4 million, engineers said.",
    ),
    ("The line will close on April 30, the ministry said.", "The line will close on April 13, the ministry said."),
    ("The captain was drunk that night, the police said.", "The captain was not drunk that night, the police said."),
    ("The captain was drunk that night, the police said.", "The captain was never drunk that night, the police said."),
]
DIFFERENT_IN_A_WORD = {
    "a number in letters": (
        "Five people were hurt when a bus hit the bridge in Skelbray, the police said.",
        "Six people were hurt when a bus hit the bridge in Skelbray, the police said.",
    ),
    "million and billion": (
        "The repair of the bridge in Skelbray will cost $4.6 million, engineers said.",
        "The repair of the bridge in Skelbray will cost $4.6 billion, engineers said.",
    ),
    "a currency": (
        "The repair of the bridge in Skelbray will cost $4.6 million, engineers said.",
        "The repair of the bridge in Skelbray will cost €4.6 million, engineers said.",
    ),
    "a unit": (
        "The bridge in Skelbray is closed to motor traffic for 26 weeks, engineers said.",
        "The bridge in Skelbray is closed to motor traffic for 26 days, engineers said.",
    ),
    "a weekday": (
        "The bridge in Skelbray will reopen to traffic on Monday, the council said.",
        "The bridge in Skelbray will reopen to traffic on Tuesday, the council said.",
    ),
    "a month": (
        "The bridge in Skelbray will reopen on April 3, the council said in a statement.",
        "The bridge in Skelbray will reopen on March 3, the council said in a statement.",
    ),
    "a name": (
        "The mayoral election in Skelbray was won by Quillon, officials of the town said.",
        "The mayoral election in Skelbray was won by Vennick, officials of the town said.",
    ),
    "a contracted negation": (
        "The captain was drunk when the ferry struck the wall, the coast guard said.",
        "The captain wasn't drunk when the ferry struck the wall, the coast guard said.",
    ),
    "rose and fell": (
        "Profits at the company rose 5 percent in the quarter, the chief executive said.",
        "Profits at the company fell 5 percent in the quarter, the chief executive said.",
    ),
    "more and fewer": (
        "More than 31 people were hurt in the ferry accident, the coast guard said.",
        "Fewer than 31 people were hurt in the ferry accident, the coast guard said.",
    ),
    "figures exchanged": (
        "The price of the ticket rose from 4 dollars to 6 dollars on the ferry.",
        "The price of the ticket rose from 6 dollars to 4 dollars on the ferry.",
    ),
    "names exchanged": (
        "Orvenmouth beat Skelbray in the final of the cup on Sunday.",
        "Skelbray beat Orvenmouth in the final of the cup on Sunday.",
    ),
}


def groups(*texts: str) -> list[list[str]]:
    """The articles, named by their number, whose sentences are taken for the same."""
    articles = [story(str(number), text) for number, text in enumerate(texts)]
    found = grouped(evidence("What happened?", *articles))
    return sorted(sorted([leader.article.key, *(echo.article.key for echo in echoes)]) for leader, echoes in found)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_near_identical_sentences_are_one(one: str, other: str) -> None:
    assert groups(one, other) == groups(other, one) == [["0", "1"]]


@pytest.mark.parametrize(("one", "other"), DIFFERENT_FIGURES)
def test_sentences_with_different_figures_or_negation_are_two(one: str, other: str) -> None:
    assert groups(one, other) == groups(other, one) == [["0"], ["1"]]


@pytest.mark.parametrize(("one", "other"), DIFFERENT_IN_A_WORD.values(), ids=DIFFERENT_IN_A_WORD.keys())
def test_sentences_that_differ_in_a_word_that_matters_are_two(one: str, other: str) -> None:
    assert groups(one, other) == groups(other, one) == [["0"], ["1"]]


def test_different_sentences_are_not_one() -> None:
    assert groups("The council met on Monday in Varrow.", "The ferry struck the breakwater in fog.") == [["0"], ["1"]]


def test_three_copies_are_one_statement_and_each_article_counts_once() -> None:
    text = "The council of Varrow met on Monday. The council of Varrow met on Monday. Nobody spoke of the ferry."
    found = grouped(evidence("When did the council meet?", *(story(str(number), text) for number in range(3))))
    assert sorted(len(echoes) for _, echoes in found) == [2, 2]
    for leader, echoes in found:
        assert len({leader.article.id, *(echo.article.id for echo in echoes)}) == 3


TEXT = "The council met on Monday. It approved a\nbudget. The mayor was absent."
FIRST, SECOND = story("first", TEXT), story("second", f"VARROW — {TEXT}")
MET, BUDGET, ABSENT = Span(0, 26), Span(27, 48), Span(49, 70)


def test_what_is_said_is_checked_and_cited() -> None:
    sayings = [Saying(FIRST, BUDGET, ((SECOND, Span(36, 57)),)), Saying(SECOND, Span(58, 79))]
    statements, withheld, citations = state(sayings, holding([FIRST, SECOND]))
    assert statements == (
        Statement("It approved a budget.", (1, 2), "verified", "the article's own words"),
        Statement("The mayor was absent.", (3,), "verified", "the article's own words"),
    )
    assert withheld == ()
    assert citations == (
        Citation.of(FIRST, BUDGET, 1),
        Citation.of(SECOND, Span(36, 57), 2),
        Citation.of(SECOND, Span(58, 79), 3),
    )


@pytest.mark.parametrize("gone", [{"first"}, {"second"}, {"first", "second"}, set()])
def test_what_fails_its_check_is_withheld_and_numbers_stay_whole(gone: set[str]) -> None:
    held = [article for article in (FIRST, SECOND) if article.key not in gone]
    sayings = [Saying(FIRST, MET), Saying(SECOND, Span(58, 79)), Saying(FIRST, ABSENT)]
    statements, withheld, citations = state(sayings, holding(held))
    said = [(saying.article, saying.span) for saying in sayings if saying.article.key not in gone]
    assert citations == tuple(Citation.of(article, span, number) for number, (article, span) in enumerate(said, 1))
    assert [statement.citations for statement in statements] == [(number,) for number, _ in enumerate(said, 1)]
    assert [item.text for item in withheld] == [
        " ".join(saying.article.text[saying.span.start : saying.span.end].split())
        for saying in sayings
        if saying.article.key in gone
    ]
    assert {item.check for item in withheld} <= {"the cited version of the article is not there"}


def test_an_echo_that_is_gone_is_not_cited() -> None:
    statements, withheld, citations = state([Saying(FIRST, MET, ((SECOND, Span(9, 35)),))], holding([FIRST]))
    assert SECOND.id not in {citation.article_id for citation in citations}
    assert len(statements) + len(withheld) == 1


def test_a_text_that_has_changed_under_its_version_is_withheld() -> None:
    tampered = Article.create(key="first", text=TEXT.replace("Monday", "Sunday"), title="A story", source="first")
    assert state([Saying(FIRST, MET)], lambda *_: tampered) == (
        (),
        (Withheld("The council met on Monday.", "the quote does not stand at its place in the article"),),
        (),
    )


def test_overlaps() -> None:
    said = Saying(FIRST, BUDGET)
    spans = [Span(0, 27), Span(0, 28), Span(30, 31), Span(48, 60), Span(47, 60)]
    assert [said.overlaps(FIRST, span) for span in spans] == [False, True, True, False, True]
    assert not said.overlaps(SECOND, BUDGET)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_evidence_does_not_matter_for_what_is_one(order: tuple[int, ...]) -> None:
    texts = [*SAME[0], DIFFERENT_FIGURES[0][0]]
    assert len(groups(*(texts[place] for place in order))) == 2
