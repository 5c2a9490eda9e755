"""Which passages the reader gets, and what becomes of its word."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rag.answering.abstention import answerable
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

    def __init__(self, word: str = "", closer: Sequence[float] = ()) -> None:
        self.word = word
        self.closer = list(closer)
        self.passages: list[Passage] = []
        self.again: list[Passage] = []

    def __call__(self, question: str, passages: Sequence[Passage]) -> list[list[float]]:
        if self.passages:
            self.again += passages
            closer = zip(self.closer or (0.0, 0.0), passages, strict=True)
            return [[odds if self.word in text else -90.0 for text in p.sentences] for odds, p in closer]
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


def test_what_it_is_surest_of_is_read_alone_and_between_its_neighbours(found: list[Evidence]) -> None:
    reader = Reader("3 million", closer=(6.0, 0.0))
    read = read_evidence(question(ASKED), found, reader)
    damage = "The damage is put at 3 million crowns."
    alone, between = reader.again
    assert alone.sentences == (damage,)
    assert alone.title in ("Mill fire", "Orla")
    assert between.title == ""
    assert between.sentences == (
        "Nobody was hurt, the fire service said.",
        damage,
        "The mayor, Ilse Brandt, promised help.",
    )
    assert sorted(item.confirmed for item in read if item.confirmed is not None) == [5.0]


def test_a_first_and_a_last_sentence_are_read_with_the_neighbour_that_they_have() -> None:
    for word, wanted in (("destroyed", 2), ("Brandt", 2), ("Nobody", 3)):
        reader = Reader(word, closer=(6.0, 0.0))
        read = read_evidence(question(ASKED), evidence(ASKED, story("a", TEXT, title="Mill fire")), reader)
        assert len(reader.again[1].sentences) == wanted
        assert [item.confirmed for item in read if item.confirmed is not None] == [5.0]


def test_the_decision_goes_by_all_readings(found: list[Evidence]) -> None:
    asked = question(ASKED)
    sure, doubtful = (
        answerable(asked, read_evidence(asked, found, Reader("3 million", closer=odds))) for odds in ((9, 9), (-9, -9))
    )
    assert doubtful < sure - 0.3


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
