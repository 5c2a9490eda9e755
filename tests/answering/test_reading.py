"""Which passages the reader gets, and what becomes of its word."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rag.answering.evidence import Evidence
from rag.answering.reading import PASSAGES, read_evidence
from rag.types import Passage
from tests.answering.build import evidence, question, story

TEXT = (
    "A fire destroyed the old mill in Tarn on Monday night. Nobody was hurt, the fire service said. "
    "The damage is put at 3 million crowns. The mayor, Ilse Brandt, promised help."
)
ASKED = "What did the fire at the mill cost?"


class Reader:
    """Notes what it is given, and is sure of the sentences that hold `word`."""

    def __init__(self, word: str = "") -> None:
        self.word = word
        self.passages: list[Passage] = []

    def __call__(self, question: str, passages: Sequence[Passage]) -> list[list[float]]:
        self.passages += passages
        return [[9.0 if self.word and self.word in text else -9.0 for text in p.sentences] for p in passages]


@pytest.fixture
def found() -> list[Evidence]:
    return evidence(ASKED, story("a", TEXT, title="Mill fire"), story("b", TEXT.replace("Tarn", "Orla"), title="Orla"))


@pytest.mark.parametrize("word", ["Brandt", "Nobody", "3 million"])
def test_the_reader_decides_what_comes_first(found: list[Evidence], word: str) -> None:
    assert word in read_evidence(question(ASKED), found, Reader(word))[0].text


def test_nothing_is_lost_and_what_was_read_comes_first(found: list[Evidence]) -> None:
    read = read_evidence(question(ASKED), found, Reader())
    assert sorted(item.span for item in read) == sorted(item.span for item in found)
    flags = [item.answers is None for item in read]
    assert flags == sorted(flags)


def test_no_passage_is_read_twice_and_none_is_beyond_its_chunk(found: list[Evidence]) -> None:
    reader = Reader()
    read_evidence(question(ASKED), found, reader)
    assert 0 < len(reader.passages) <= PASSAGES
    assert len(set(reader.passages)) == len(reader.passages)
    for passage in reader.passages:
        assert " ".join(passage.sentences) in (TEXT, TEXT.replace("Tarn", "Orla"))


def test_a_sentence_longer_than_a_passage_is_read_alone() -> None:
    long = "The fire at the mill cost " + "very " * 130 + "much."
    reader = Reader("much")
    read = read_evidence(question(ASKED), evidence(ASKED, story("a", f"{long} It rained.")), reader)
    assert (long,) in [passage.sentences for passage in reader.passages]
    assert read[0].text == long


def test_no_evidence_is_no_evidence() -> None:
    assert read_evidence(question(ASKED), [], Reader()) == []


def test_another_language_is_not_read() -> None:
    reader = Reader("Mühle")
    german = story("de", "Die Mühle in Tarn brannte am Montag ab. Niemand wurde verletzt.", language="de")
    read = read_evidence(question("Wann brannte die Mühle ab?"), evidence("Wann brannte die Mühle ab?", german), reader)
    assert reader.passages == []
    assert [item.answers for item in read] == [None] * len(read)
