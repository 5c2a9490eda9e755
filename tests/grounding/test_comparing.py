"""Opposites, quantifiers, and relations with two sides."""

from __future__ import annotations

import pytest

from rag.grounding.directions import check_directions
from rag.grounding.quantifiers import check_quantifiers
from rag.grounding.relations import check_relations
from tests.grounding.build import fails


@pytest.mark.parametrize(
    ("text", "statement", "wrong"),
    [
        ("Wages rose 3 percent in the north.", "Wages fell 3 percent in the north.", True),
        ("Wages rose 3 percent in the north.", "Wages increased by 3 percent in the north.", False),
        ("More rain than snow fell.", "Less rain than snow fell.", True),
        ("It was the largest crop in years.", "It was the smallest crop in years.", True),
        ("The shop opened on Monday.", "The shop closed on Monday.", True),
        ("Norvik won the cup by two goals.", "Norvik lost the cup by two goals.", True),
        ("The council approved the plan.", "The council rejected the plan.", True),
        ("The council approved the plan.", "The council backed the plan.", False),
        ("Exports rose and imports fell.", "Imports rose and exports fell.", True),
        ("Exports rose and imports fell.", "Imports fell as exports rose.", False),
        ("She was the first woman to hold the post.", "She was the last woman to hold the post.", True),
        ("The price did not rise.", "The price did not fall.", True),
    ],
)
def test_directions(text: str, statement: str, wrong: bool) -> None:
    assert fails(check_directions, statement, text) == wrong


@pytest.mark.parametrize(
    ("text", "statement", "wrong"),
    [
        ("Some of the sheep died.", "All of the sheep died.", True),
        ("Three of the nine sheep died.", "All the sheep died.", True),
        ("Most of the sheep died.", "Every sheep died.", True),
        ("All of the sheep died.", "Every sheep died.", False),
        ("Both bridges fell.", "All the bridges fell.", False),
        ("A few of the sheep died.", "Most of the sheep died.", True),
        ("Two thirds of the sheep died.", "Most of the sheep died.", False),
        ("The sheep died after the storm.", "The sheep died in the storm after all.", False),
    ],
)
def test_quantifiers(text: str, statement: str, wrong: bool) -> None:
    assert fails(check_quantifiers, statement, text) == wrong


@pytest.mark.parametrize(
    ("text", "statement", "wrong"),
    [
        ("The roof fell before the crew arrived.", "The crew arrived before the roof fell.", True),
        ("The roof fell before the crew arrived.", "The crew arrived after the roof fell.", False),
        ("The roof fell before the crew arrived.", "The roof fell after the crew arrived.", True),
        ("After the roof fell, the crew arrived.", "The crew arrived after the roof fell.", False),
        ("Norvik is larger than Sandby.", "Sandby is larger than Norvik.", True),
        ("Norvik is larger than Sandby.", "Sandby is smaller than Norvik.", False),
        ("Lena Orbach accused Tomas Vey of theft.", "Tomas Vey accused Lena Orbach of theft.", True),
        ("Lena Orbach accused Tomas Vey of theft.", "Tomas Vey was accused of theft by Lena Orbach.", False),
        ("Lena Orbach was sued by Tomas Vey.", "Tomas Vey sued Lena Orbach.", False),
        ("Lena Orbach was sued by Tomas Vey.", "Lena Orbach sued Tomas Vey.", True),
        ("The gate was shut at 4 p.m. The alarm rang at 2 p.m.", "The gate was shut before the alarm rang.", True),
        ("The gate was shut at 1 p.m. The alarm rang at 2 p.m.", "The gate was shut before the alarm rang.", False),
        ("The dam broke because the gate was rusty.", "A rusty gate caused the dam to break.", False),
        ("The dam broke. The gate was red.", "The dam broke because the gate was red.", True),
    ],
)
def test_relations(text: str, statement: str, wrong: bool) -> None:
    assert fails(check_relations, statement, text) == wrong


def test_two_facts_of_two_passages_are_joined_by_no_cause() -> None:
    text = "The mill shut in May because of debts. Much later the river flooded the town."
    quotes = ("The mill shut in May because of debts.", "the river flooded the town")
    assert fails(check_relations, "The river flooded the town because the mill shut.", text, *quotes)
    assert not fails(check_relations, "The mill shut because of debts.", text, quotes[0])
