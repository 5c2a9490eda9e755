"""Who said it."""

from __future__ import annotations

import pytest

from rag.grounding.reading import read
from rag.grounding.sayings import sayings
from rag.grounding.speakers import check_speakers
from tests.grounding.build import fails, findings

STORY = (
    'Mira Holt, who farms there, said the dam was unsafe. "It leaks every spring," she said.\n\n'
    "The water company said the dam had passed a test in June. "
    '"Nobody should be afraid," said Otto Brandt, its director.\n\n'
    "According to the police, 300 people came to the meeting; the campaigners put the figure at 900."
)


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("The mayor said it was over.", "The mayor"),
        ('"It is over," said Ana Kos.', "Ana Kos"),
        ('"It is over," Ana Kos said.', "Ana Kos"),
        ("It is over, according to the police.", "the police"),
        ("Ana Kos, the mayor, said it was over.", "Ana Kos the mayor"),
        ("Ana Kos told the court it was over.", "Ana Kos"),
    ],
)
def test_who_speaks(text: str, speaker: str) -> None:
    reading = read(text)
    assert [" ".join(reading.words[at].text for at in saying.speaker) for saying in sayings(reading)] == [speaker]


@pytest.mark.parametrize(
    ("statement", "quote"),
    [
        ("Mira Holt said the dam leaked every spring.", "It leaks every spring"),
        ("Holt said the dam was unsafe.", "said the dam was unsafe"),
        ("Otto Brandt told people not to be afraid.", "Nobody should be afraid"),
        ('Otto Brandt said: "Nobody should be afraid."', "Nobody should be afraid"),
        ("The company said the dam had passed a test.", "The water company said the dam had passed a test in June."),
        ("The police said 300 people came.", "According to the police, 300 people came to the meeting"),
        ("The dam leaks every spring, a farmer said.", "It leaks every spring"),
    ],
)
def test_the_same_speaker(statement: str, quote: str) -> None:
    assert not fails(check_speakers, statement, STORY, quote)


@pytest.mark.parametrize(
    ("statement", "quote"),
    [
        ("Otto Brandt said the dam leaked every spring.", "It leaks every spring"),
        ("Mira Holt said that nobody should be afraid.", "Nobody should be afraid"),
        (
            "The campaigners said the dam had passed a test.",
            "The water company said the dam had passed a test in June.",
        ),
        ("The police said 900 people came.", "the campaigners put the figure at 900"),
        ('Otto Brandt said: "Everybody should be afraid."', "Nobody should be afraid"),
        ("According to Otto Brandt, the dam was unsafe.", "said the dam was unsafe"),
    ],
)
def test_another_speaker(statement: str, quote: str) -> None:
    assert fails(check_speakers, statement, STORY, quote)


def test_what_the_reader_is_told() -> None:
    said = "Otto Brandt said the dam leaked every spring."
    assert [f.text for f in findings(check_speakers, said, STORY, "It leaks every spring")] == [
        "the passage gives that as what Mira Holt said, not Otto Brandt"
    ]
