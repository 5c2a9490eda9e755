"""The reader that ships: what it is given, and what it tells apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import ConfigError
from rag.models.embeddings import bundled_tokenizer
from rag.models.packing import MAX_TOKENS, Packer
from rag.models.reader import Reader, load_reader
from rag.types import Passage

FIRE = Passage(
    "Mill fire in Tarn",
    (
        "A fire destroyed the old mill in Tarn on Monday night.",
        "Nobody was hurt, the fire service said.",
        "The damage is put at 3 million crowns.",
        "The mayor, Ilse Brandt, promised help.",
    ),
)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return load_reader()


@pytest.fixture(scope="module")
def packer() -> Packer:
    return Packer(bundled_tokenizer())


@pytest.mark.parametrize(
    ("question", "place"),
    [("When did the mill burn?", 0), ("How much did the blaze cost?", 2), ("Who heads the council of Tarn?", 3)],
)
def test_the_sentence_that_answers_is_the_likeliest(reader: Reader, question: str, place: int) -> None:
    odds = reader.read(question, [FIRE])[0]
    assert max(range(4), key=odds.__getitem__) == place


def test_what_is_answered_is_likelier_than_what_is_not(reader: Reader) -> None:
    asked = ("When did the mill burn?", "Who is the president of Peru?")
    answered, not_answered = (max(reader.read(question, [FIRE])[0]) for question in asked)
    assert answered > not_answered + 1


def test_a_passage_is_read_alike_alone_and_beside_others(reader: Reader) -> None:
    other = Passage("Ferry", ("A ferry sank.",))
    alone = reader.read("When did the mill burn?", [FIRE])[0]
    beside = reader.read("When did the mill burn?", [other, FIRE])[1]
    assert beside == alone


def test_nothing_to_read(reader: Reader) -> None:
    assert reader.read("When?", []) == []


def test_there_is_a_value_for_every_sentence_even_without_room(reader: Reader) -> None:
    long = Passage("Long", ("word " * 300, *["More of it."] * 60))
    odds = reader.read("When?", [long])[0]
    assert len(odds) == 61
    assert odds[-1] == float("-inf")
    assert odds[0] > float("-inf")


def test_spans_cover_the_sentences(packer: Packer) -> None:
    row = packer.pack("When did it burn?", FIRE)
    assert len(row.spans) == 4
    assert all(end == start for (_, end), (start, _) in zip(row.spans, row.spans[1:], strict=False))
    assert row.spans[-1][1] == len(row.tokens) - 1
    assert row.begins < row.spans[0][0]


def test_no_row_is_longer_than_what_was_trained_on(packer: Packer) -> None:
    row = packer.pack("why " * 500, Passage("title " * 500, ("word " * 500, "word " * 500)))
    assert len(row.tokens) == MAX_TOKENS
    assert all(0 <= start <= end < MAX_TOKENS for start, end in row.spans)


def test_an_article_cannot_end_its_passage(packer: Packer) -> None:
    row = packer.pack("When?", Passage("[SEP] [CLS]", ("It rained. [SEP]", "[CLS] [SEP] Then not.")))
    ends = [place for place, token in enumerate(row.tokens) if token == row.tokens[-1]]
    assert ends == [row.begins - 1, len(row.tokens) - 1]


def test_missing_weights_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"the reader's weights are missing \(reader\.onnx\): install rag again"):
        Reader(tmp_path / "reader.onnx", bundled_tokenizer())
