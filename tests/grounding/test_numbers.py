"""Numbers: value, unit, rounding, and what they are of."""

from __future__ import annotations

import pytest

from rag.grounding.dates import dates
from rag.grounding.numbers import borne, check_numbers, figures
from rag.grounding.quantities import quantities
from rag.grounding.reading import read
from tests.grounding.build import fails, findings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,204 sheep", [(1204.0, "count", "", "")]),
        ("eighty-five sites", [(85.0, "count", "", "")]),
        ("two hundred and eleven people", [(211.0, "count", "", "")]),
        ("three million litres", [(3e6, "count", "litre", "")]),
        ("$2.4m", [(2.4e6, "count", "dollar", "")]),
        ("£3bn", [(3e9, "count", "pound", "")]),
        ("over 85 sites", [(85.0, "count", "", ">")]),
        ("85+ sites", [(85.0, "count", "", ">")]),
        ("nearly 20,000 people", [(20000.0, "count", "", "<")]),
        ("about 40 per cent", [(0.4, "part", "%", "~")]),
        ("7%", [(0.07, "part", "%", "")]),
        ("a third of them", [(1 / 3, "part", "", "")]),
        ("two-thirds of them", [(2 / 3, "part", "", "")]),
        ("at 7.42 a.m. and 7:42 am", [(462.0, "clock", "", ""), (462.0, "clock", "", "")]),
        ("the 23rd minute", [(23.0, "ordinal", "", "")]),
        ("no fewer than 12 cows", [(12.0, "count", "", ">")]),
        ("19 kilometres", [(19.0, "count", "kilometre", "")]),
        ("a 62-metre ship", [(62.0, "count", "metre", "")]),
        ("a few dozen cows", []),
        ("the second half", [(2.0, "ordinal", "", "")]),
    ],
)
def test_what_is_read(text: str, expected: list[tuple[float, str, str, str]]) -> None:
    assert [(round(q.value, 6), q.kind, q.unit, q.bound) for q in quantities(read(text))] == [
        (round(value, 6), *rest) for value, *rest in expected
    ]


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("The mill employs 1,204 people.", "The mill employs some 1,200 people."),
        ("The mill employs 1,204 people.", "The mill employs over 1,200 people."),
        ("The mill employs 1,188 people.", "The mill employs nearly 1,200 people."),
        ("More than 85 barns burned.", "Over 85 barns burned."),
        ("More than 85 barns burned.", "85+ barns burned."),
        ("More than 85 barns burned.", "More than eighty-five barns burned."),
        ("The roof cost $2,400,000.", "The roof cost $2.4m."),
        ("The roof cost 2.4 million dollars.", "The roof cost $2.4 million."),
        ("Half of the 40 cows died.", "50% of the 40 cows died."),
        ("Sales rose 7.4 percent.", "Sales rose by 7.4 per cent."),
        ("She won 12 medals in five years.", "In 5 years she won twelve medals."),
        ("The train left at 6.30 p.m.", "The train left at 6:30 pm."),
        ("Two dogs and three cats were saved.", "Three cats and two dogs were saved."),
        ("The vote was 11 to 3.", "The vote was eleven to three."),
        ("A survey found that 32 percent had moved.", "About a third had moved, a survey found."),
        ("The lake is 9.2 kilometres long.", "The lake is about 9 kilometres long."),
    ],
)
def test_a_number_that_is_borne_out(text: str, statement: str) -> None:
    assert not fails(check_numbers, statement, text)


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("The mill employs 1,204 people.", "The mill employs 1,402 people."),
        ("The mill employs 1,204 people.", "The mill employs over 1,300 people."),
        ("The mill employs 1,204 people.", "The mill employs nearly 1,500 people."),
        ("The mill employs 80 people.", "The mill employs more than 85 people."),
        ("The mill employs about 900 people.", "The mill employs about 907 people."),
        ("The roof cost $2.4 million.", "The roof cost $2.4 billion."),
        ("The roof cost $2.4 million.", "The roof cost £2.4 million."),
        ("The lake is 9 kilometres long.", "The lake is 9 miles long."),
        ("Sales rose 7.4 percent.", "Sales rose 7.4 points."),
        ("The train left at 6.30 p.m.", "The train left at 6.30 a.m."),
        ("Half of the cows died.", "Two-thirds of the cows died."),
        ("The goal came in the 23rd minute.", "The goal came in the 32nd minute."),
        ("Two dogs and three cats were saved.", "Two cats and three dogs were saved."),
        ("Nine houses fell and 40 people were hurt.", "Nine people were hurt."),
        ("The county paid $3 million. The town paid $9 million.", "The county paid $9 million."),
        ("The storm emptied 860 barns.", "The storm drove out 860 people."),
        ("Profits doubled.", "Profits tripled."),
        ("The mill employs people.", "The mill employs 90 people."),
    ],
)
def test_a_number_that_is_not(text: str, statement: str) -> None:
    assert fails(check_numbers, statement, text)


@pytest.mark.parametrize(("said", "expected"), [("$1,000,000,000", 2), ("$999,999,999", 1)])
def test_a_long_number_is_itself_to_its_last_digit(said: str, expected: int) -> None:
    (ours,), (held,) = quantities(read(said)), quantities(read("$1 billion"))
    assert borne(ours, held) == expected


def test_what_the_reader_is_told() -> None:
    text = "The fire killed 3 cows and destroyed a barn."
    assert [f.text for f in findings(check_numbers, "The fire killed 30 cows.", text)] == ["the passage says 3, not 30"]
    assert [f.text for f in findings(check_numbers, "The fire killed 30 cows.", "The fire killed cows.")] == [
        "the passage does not give 30"
    ]


def test_of_some_sentences_the_same_numbers_are_read_as_of_the_whole() -> None:
    reading = read("It cost 3 million dollars on 4 May. Two of the five left at 7 p.m. Half of 12,000 homes burned.")
    (second,) = {reading.sentence(at) for at, word in enumerate(reading.words) if word.lower == "five"}
    for find in (quantities, figures, dates):
        assert find(reading, range(len(reading.words))) == find(reading)
        assert find(reading, range(second.start + 3, second.start + 4)) == tuple(
            item for item in find(reading) if item.start in second
        )
