"""Names and offices: who is named, and as what."""

from __future__ import annotations

import pytest

from rag.grounding.names import check_names
from rag.grounding.offices import check_offices
from rag.grounding.people import antecedents, names
from rag.grounding.reading import read
from tests.grounding.build import fails, findings

STORY = (
    "Lena Orbach, the harbour master, closed the port of Saltholm on Monday. She said the order came from Tomas Vey, "
    "a judge at the High Court. Mr. Vey declined to comment.\n\n"
    "The Coastal Rescue Board (CRB) sent two boats. Iranian sailors were taken to St. Brannoc Hospital. "
    '"We were lucky," said Capt. Ivo Marrow, who led the crew.'
)


def test_names_are_runs_of_capitals() -> None:
    reading = read("The mayor, Ana Kos, met Dr. Lu Wei of Bank Street on Monday. Rain fell.")
    assert [tuple(word.text for word in reading.words[n.start : n.end]) for n in names(reading)] == [
        ("Ana", "Kos"),
        ("Dr", "Lu", "Wei"),
        ("Bank", "Street"),
    ]


def test_a_pronoun_means_the_last_person_of_its_kind() -> None:
    reading = read("Mr. Holt met Ms. Ferro. She smiled. He did not.")
    assert {reading.words[at].text: meant for at, meant in antecedents(reading).items()} == {
        "She": ("ms", "ferro"),
        "He": ("mr", "holt"),
    }


@pytest.mark.parametrize(
    "statement",
    [
        "Orbach closed the port of Saltholm.",
        "Harbour master Lena Orbach closed the port.",
        "The Coastal Rescue Board sent two boats.",
        "The CRB sent two boats.",
        "Sailors from Iran were taken to hospital.",
        "Captain Ivo Marrow led the crew.",
        "Tomas Vey declined to comment.",
        "The Varrow Post reports that the port was closed.",
        "Rescue boats were sent to the port.",
        "Orbach's order came from the High Court.",
    ],
)
def test_names_that_are_held(statement: str) -> None:
    assert not fails(check_names, statement, STORY)


@pytest.mark.parametrize(
    "statement",
    [
        "Jonas Orbach closed the port.",
        "Lena Vey closed the port.",
        "The port of Saltmere was closed.",
        "The National Rescue Board sent two boats.",
        "Iraqi sailors were taken to hospital.",
        "Marrow closed the port of Saltholm.",
        "Ivo Marrow declined to comment.",
        "The port was closed by Petra Lind.",
    ],
)
def test_names_that_are_not(statement: str) -> None:
    assert fails(check_names, statement, STORY)


def test_a_name_elsewhere_in_the_article_is_not_cited() -> None:
    assert fails(check_names, "Lena Orbach sent two boats.", STORY, "sent two boats")
    assert not fails(check_names, "Ivo Marrow said they were lucky.", STORY, "We were lucky")
    assert not fails(check_names, "Lena Orbach said where the order came from.", STORY, "She said the order came from")


def test_two_names_in_each_others_place() -> None:
    text = "Norvik beat Sandby on Monday in the rain."
    assert fails(check_names, "Sandby beat Norvik on Monday in the rain.", text)
    assert not fails(check_names, "Norvik beat Sandby on Monday in the rain.", text)


@pytest.mark.parametrize(
    ("statement", "wrong"),
    [
        ("Lena Orbach, the harbour master, closed the port.", False),
        ("Captain Marrow led the crew.", False),
        ("Judge Tomas Vey declined to comment.", False),
        ("Lena Orbach, a judge, closed the port.", True),
        ("Tomas Vey, the harbour master, declined to comment.", True),
        ("Professor Marrow led the crew.", True),
    ],
)
def test_offices(statement: str, wrong: bool) -> None:
    assert fails(check_offices, statement, STORY) == wrong


def test_what_the_reader_is_told() -> None:
    assert [f.text for f in findings(check_names, "Omar Said closed the port.", STORY)] == [
        "the passage does not name Omar Said"
    ]
    assert [f.text for f in findings(check_offices, "Lena Orbach, a judge, closed the port.", STORY)] == [
        "the article does not call Lena Orbach “judge”"
    ]
