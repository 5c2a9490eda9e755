"""What articles say differently: every answer shown, and a disagreement claimed only where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import Answer, Article, Conflict, ConflictValue
from rag.answering.answer_values import value_of
from rag.answering.conflicts import MOST
from rag.answering.evidence import Evidence
from rag.answering.extractive import answer
from tests.answering.build import evidence, holding, question, story

MARCHED = "How many people marched through the capital?"
TEXT = "About {} people marched through the capital on Saturday, the {} said."


def read(asked: str, *articles: Article, odds: Mapping[str, float] | None = None) -> list[Evidence]:
    """The sentences as if the reader had found each to answer, or with the odds that are given for a text."""
    found = evidence(asked, *articles)
    return sorted((replace(item, answers=(odds or {}).get(item.text, 2.0)) for item in found), key=lambda x: -x.worth)


def ask(asked: str, *articles: Article, odds: Mapping[str, float] | None = None) -> Answer:
    return answer(question(asked), read(asked, *articles, odds=odds), holding(articles), abstain=False)


def stories(*texts: str) -> list[Article]:
    return [story(str(number), text) for number, text in enumerate(texts)]


def values(given: Answer) -> set[tuple[str, int]]:
    """Each value of the one conflict with the number of citations for it."""
    return {(value.value, len(value.citations)) for conflict in given.conflicts for value in conflict.values}


def test_two_figures_are_a_conflict() -> None:
    first, second = stories(TEXT.format("6,500", "police"), TEXT.format("20,000", "organisers"))
    given = ask(MARCHED, first, second, odds={first.text: 3.0, second.text: 2.0})
    assert [(statement.text, statement.citations) for statement in given.statements] == [
        (first.text, (1,)),
        (second.text, (2,)),
    ]
    about = "how many people marched through the capital"
    assert given.conflicts == (
        Conflict(about, (ConflictValue("About 6,500", (1,)), ConflictValue("About 20,000", (2,)))),
    )


@pytest.mark.parametrize(
    ("first", "second", "order"),
    [
        (date(2025, 7, 8), date(2025, 7, 10), ["About 20,000", "About 6,500"]),
        (date(2025, 7, 10), date(2025, 7, 8), ["About 6,500", "About 20,000"]),
        (date(2025, 7, 8), date(2025, 7, 8), ["About 6,500", "About 20,000"]),
        (None, date(2025, 7, 8), ["About 20,000", "About 6,500"]),
    ],
)
def test_the_newest_value_comes_first(first: date | None, second: date, order: list[str]) -> None:
    one = story("1", TEXT.format("6,500", "police"), published=first)
    other = story("2", TEXT.format("20,000", "organisers"), published=second)
    (conflict,) = ask(MARCHED, one, other, odds={one.text: 3.0, other.text: 2.0}).conflicts
    assert [value.value for value in conflict.values] == order


def test_articles_that_give_one_value_are_one_value_with_both_citations() -> None:
    copy = TEXT.format("6,500", "police")
    assert values(ask(MARCHED, *stories(copy, copy, TEXT.format("20,000", "organisers")))) == {
        ("About 6,500", 2),
        ("About 20,000", 1),
    }


@pytest.mark.parametrize(
    ("asked", "texts"),
    {
        "a rounding": (MARCHED, (TEXT.format("20,000", "police"), TEXT.format("20,140", "organisers"))),
        "a bound": (
            "How many sites were hit in the strikes?",
            ("More than 85 sites were hit in the strikes.", "In the strikes 85 sites were hit, officials said."),
        ),
        "another unit": (
            "How much did the repair of the bridge cost?",
            ("The repair of the bridge cost $4 million.", "The repair of the bridge took 26 weeks and cost a mayor."),
        ),
        "one article": (MARCHED, (TEXT.format("6,500", "police") + " " + TEXT.format("20,000", "organisers"),)),
        "two years": (
            MARCHED,
            (
                TEXT.format("6,500", "police of 2019"),
                TEXT.format("20,000", "police of 2024"),
            ),
        ),
        "several figures": (MARCHED, (TEXT.format("6,500", "9,000 police"), "20 of 300 people marched in 12 places.")),
        "a correction": (
            "What did the repair of the bridge cost?",
            (
                "The repair of the bridge cost $4.6 million.",
                "An earlier version said that the repair of the bridge cost $6.4 million.",
            ),
        ),
        "two people who both spoke": (
            "Who criticised the plan for the harbour?",
            ("The plan was criticised by Ada Quillon.", "Bo Tarrant criticised the plan."),
        ),
        "one person by two names": (
            "Who directed the film about the harbour?",
            ("The film about the harbour was directed by Ada Quillon.", "Ms Quillon directed the harbour film."),
        ),
        "other things named": (
            "How many people marched in Varrow?",
            ("About 6,500 people marched in Varrow.", "About 20,000 people marched in Skelbray."),
        ),
    }.values(),
    ids=[
        "rounding", "bound", "unit", "one-article", "years", "several", "correction", "spoke", "names", "other-place"
    ],
)  # fmt: skip
def test_no_conflict(asked: str, texts: tuple[str, ...]) -> None:
    assert ask(asked, *stories(*texts)).conflicts == ()


@pytest.mark.parametrize(
    ("asked", "one", "other", "expected"),
    [
        (
            "When was the cathedral built?",
            "The cathedral was built in 1856.",
            "The cathedral was built in March 1900.",
            {"1856", "March 1900"},
        ),
        (
            "Who directed the film about the harbour?",
            "The film about the harbour was directed by Ada Quillon.",
            "The film about the harbour was directed by Bo Tarrant.",
            {"Ada Quillon", "Bo Tarrant"},
        ),
        (
            "What will the repair of the bridge cost?",
            "The repair of the bridge will cost $4.6 million.",
            "The repair of the bridge will cost $6.4 million.",
            {"$4.6 million", "$6.4 million"},
        ),
    ],
)
def test_dates_names_and_sums(asked: str, one: str, other: str, expected: set[str]) -> None:
    assert values(ask(asked, *stories(one, other))) == {(value, 1) for value in expected}


def test_a_sentence_that_hardly_answers_is_no_side() -> None:
    first, second = stories(TEXT.format("6,500", "police"), TEXT.format("20,000", "organisers"))
    given = ask(MARCHED, first, second, odds={second.text: -1.5})
    assert ([statement.text for statement in given.statements], given.conflicts) == ([first.text], ())


def test_a_further_article_is_shown_though_it_is_worth_less() -> None:
    first, second = stories(TEXT.format("6,500", "police"), TEXT.format("20,000", "organisers"))
    given = ask(MARCHED, first, second, odds={first.text: 9.0, second.text: 0.0})
    assert [statement.text for statement in given.statements] == [first.text, second.text]


def test_the_same_value_is_not_shown_again() -> None:
    first, second = stories(TEXT.format("6,500", "police"), "In the capital 6,500 people marched against it.")
    given = ask(MARCHED, first, second, odds={first.text: 9.0, second.text: 0.0})
    assert [statement.text for statement in given.statements] == [first.text]


def test_a_sentence_without_a_value_is_not_shown_beside_one_that_has_it() -> None:
    first, second = stories(TEXT.format("6,500", "police"), "At 7.42 a.m. two of nine people marched through it.")
    given = ask(MARCHED, first, second, odds={first.text: 9.0, second.text: 0.0})
    assert [statement.text for statement in given.statements] == [first.text]


def test_a_side_that_is_gone_leaves_no_conflict() -> None:
    first, second = stories(TEXT.format("6,500", "police"), TEXT.format("20,000", "organisers"))
    given = answer(question(MARCHED), read(MARCHED, first, second), holding([first]), abstain=False)
    assert ([statement.text for statement in given.statements], given.conflicts) == ([first.text], ())


def test_about_is_the_question_where_it_cannot_go_on() -> None:
    one, other = stories("The repair of the bridge cost $4.6 million.", "The repair of the bridge cost $6.4 million.")
    assert [conflict.about for conflict in ask("What did the repair of the bridge cost?", one, other).conflicts] == [
        "What did the repair of the bridge cost?"
    ]


@pytest.mark.parametrize(
    ("asked", "sentence", "expected"),
    [
        ("How many people were arrested?", "Officers arrested nine people on Saturday.", "nine"),
        ("How long did it take?", "It took 26 weeks and $4 million.", "26 weeks"),
        ("How many people marched?", "Some 300 police watched as 6,500 people marched.", "6,500"),
        ("When was the hall built?", "The hall, closed in May 1980, was built in 1856.", "1856"),
        ("When was the hall built?", "The hall stood in 1856 and in 1900.", None),
        ("In which country is Varrow?", "Varrow is a town in Peru.", "Peru"),
        ("Why did they march?", "They marched in 1856.", None),
    ],
)
def test_the_value_that_is_asked_for(asked: str, sentence: str, expected: str | None) -> None:
    value = value_of(question(asked), sentence)
    assert (value and value.text) == expected


FIGURES = st.sampled_from(["nine", "6,500", "20,000", "20,140", "$4 million", "12 weeks", "a few"])
SENTENCES = st.builds(TEXT.format, FIGURES, st.sampled_from(["police", "organisers", "town of 900"]))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(SENTENCES, min_size=1, max_size=3).map(" ".join), min_size=1, max_size=6))
def test_every_citation_of_a_value_holds_it(texts: list[str]) -> None:
    given = ask(MARCHED, *stories(*texts))
    quotes = {citation.number: citation for citation in given.citations}
    assert len(given.statements) <= MOST
    for conflict in given.conflicts:
        assert len(conflict.values) > 1
        for value in conflict.values:
            assert value.citations
            assert all(value.value in quotes[number].quote for number in value.citations)
        sides = [{quotes[number].article_id for number in value.citations} for value in conflict.values]
        assert len(set().union(*sides)) > 1
