"""Whose doing it is, and what nearly was: neither is told as the possessor's doing, or as done."""

from __future__ import annotations

import pytest

from rag.grounding.polarity import check_polarity
from rag.grounding.possessors import check_possessors
from tests.grounding.build import fails, verdict


@pytest.mark.parametrize(
    ("told", "claimed"),
    [
        (
            "The daughter of President Carel Oum was kidnapped on Sunday.",
            "President Carel Oum was kidnapped on Sunday.",
        ),
        ("Judge Kolm's driver was found dead in a garage.", "Judge Kolm was found dead in a garage."),
        ("Mayor Dorrit Vane's office was searched by the police.", "Mayor Dorrit Vane was searched by the police."),
        ("The rival of Northgate Bank was fined 3 million euros.", "Northgate Bank was fined 3 million euros."),
        ("The nephew of Otto Krail was jailed for six years.", "Otto Krail was jailed for six years."),
        ("The brother of the goalkeeper scored twice for Ashby.", "The goalkeeper scored twice for Ashby."),
        ("The successor to Minister Rhea Tolm signed it on Friday.", "Minister Rhea Tolm signed it on Friday."),
    ],
)
def test_what_another_of_theirs_does_is_not_their_doing(told: str, claimed: str) -> None:
    assert fails(check_possessors, claimed, told)
    assert verdict(claimed, f"{told} It rained all day in Skelm.").support == "unsupported"


@pytest.mark.parametrize(
    ("told", "claimed"),
    [
        ("The council of Weststrand voted to close two libraries.", "Weststrand voted to close two libraries."),
        ("The government of President Carel Oum raised the tax.", "President Carel Oum raised the tax."),
        ("The office of Mayor Dorrit Vane announced the closure.", "Mayor Dorrit Vane announced the closure."),
        ("The widow of Bram Hode was charged with fraud.", "Bram Hode's widow was charged with fraud."),
        ("The brother of the mayor, Karl Lunn, was arrested.", "Karl Lunn, the mayor's brother, was arrested."),
        ("The price of bread rose by 4 percent in May.", "Bread rose by 4 percent in May."),
        ("The wife of Otto Krail spoke. Otto Krail was jailed for life.", "Otto Krail was jailed for life."),
    ],
)
def test_what_is_theirs_too_stands(told: str, claimed: str) -> None:
    assert not fails(check_possessors, claimed, told)
    assert verdict(claimed, told).support != "unsupported"


@pytest.mark.parametrize(
    ("told", "claimed"),
    [
        ("The freighter nearly sank off Cape Rusk.", "The freighter sank off Cape Rusk."),
        ("Talks virtually collapsed on Sunday night.", "Talks collapsed on Sunday night."),
        ("The dam came close to bursting in April.", "The dam burst in April."),
        ("Ilya Brandvold narrowly missed winning the title.", "Ilya Brandvold won the title."),
        ("Villagers stopped the lorries from entering the quarry.", "The lorries entered the quarry."),
        ("The minister was about to sign the order.", "The minister signed the order."),
    ],
)
def test_what_nearly_was_is_not_told_as_done(told: str, claimed: str) -> None:
    assert fails(check_polarity, claimed, told)
    assert verdict(claimed, f"{told} It rained all day in Skelm.").support == "unsupported"


@pytest.mark.parametrize(
    ("told", "claimed"),
    [
        ("The ferry nearly capsized off Rusk in the gale.", "In the gale the ferry came close to capsizing off Rusk."),
        ("The talks were about to fail on Sunday.", "The talks were close to failing on Sunday."),
        ("The talks were about to fail on Sunday.", "The talks were on the brink of failing on Sunday."),
        ("Crews kept the fire from spreading to the school.", "The fire did not spread to the school."),
        ("Almost 30 firefighters fought the blaze.", "Firefighters fought the blaze."),
        ("The tower, almost completed, was sold to Brandt.", "The tower was sold to Brandt."),
        ("Police stopped a lorry coming from Turin.", "Police stopped a lorry."),
        ("The film is about to-day's farmers in Merrow.", "The film is about the farmers in Merrow."),
    ],
)
def test_what_nearly_was_may_be_told_in_other_words(told: str, claimed: str) -> None:
    assert not fails(check_polarity, claimed, told)
    assert verdict(claimed, told).support != "unsupported"
