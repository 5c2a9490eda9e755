"""The benchmark on SQuAD 2.0, on made-up paragraphs."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.bench import squad2
from rag import UserError
from rag.models.fakes import HashEmbedder
from tests.evaluation.build_benches import FERRY, MAYOR, MILL, silent, values, written


def asked(question: str, *answers: str) -> dict[str, object]:
    return {
        "id": question,
        "question": question,
        "is_impossible": not answers,
        "answers": [{"text": a} for a in answers],
    }


def folder(where: Path, mayor: tuple[str, ...] = ("Ilse Brandt",)) -> Path:
    mill = {"context": MILL, "qas": [asked("When was the old mill in Tarn destroyed?", "Monday night", "Monday")]}
    town = {"context": MAYOR, "qas": [asked("Who was elected mayor of Tarn?", *mayor)]}
    ferry = {"context": FERRY, "qas": [asked("Which museum shows the largest collection of violins?")]}
    pages = [{"title": "Tarn", "paragraphs": [mill, town]}, {"title": "Osk_ferry", "paragraphs": [ferry]}]
    return written(where, "squad2/articles.jsonl", pages)


def test_what_is_found_said_and_refused_is_counted(tmp_path: Path) -> None:
    result = squad2.run(folder(tmp_path), silent, HashEmbedder())
    assert (result.name, result.title) == ("squad2", "SQuAD 2.0")
    found = values(result)
    # Two sentences of ten and eleven words with answers of two: F1 by hand.
    assert {name: value for name, value in found.items() if "exact" not in name and "F1" not in name} == {
        "right paragraph first": (1.0, 2),
        "MRR@10": (1.0, 2),
        "abstention off: the first statement's citation holds the answer": (1.0, 2),
        "abstention off: that of one of at most three does": (1.0, 2),
        "abstention on: the first's does": (1.0, 2),
        "abstention on: one of at most three's does": (1.0, 2),
        "answerable, refused (less is better)": (0.0, 2),
        "unanswerable, refused": (1.0, 1),
        "abstention, balanced accuracy": (1.0, 3),
    }
    # No sentence is an answer of two words, and to refuse what has no answer is an exact match.
    assert found["exact match, all questions"] == (0.333, 3)
    # "fire destroyed old mill in tarn on monday night" and "ilse brandt was elected mayor of tarn in may": 4/11 each.
    assert found["token F1, answerable questions"] == (0.364, 2)
    assert found["token F1, all questions"] == (0.576, 3)


def test_an_answer_that_stands_in_another_paragraph_is_not_held(tmp_path: Path) -> None:
    found = values(squad2.run(folder(tmp_path, mayor=("Monday",)), silent, HashEmbedder()))
    assert found["right paragraph first"] == (1.0, 2)
    assert found["abstention off: the first statement's citation holds the answer"] == (0.5, 2)
    assert found["abstention off: that of one of at most three does"] == (0.5, 2)


def test_a_folder_without_the_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        squad2.run(tmp_path, silent, HashEmbedder())
    where = tmp_path / "squad2"
    assert str(caught.value) == (
        f"neither {where / 'articles.jsonl'} nor, as it is published, {where / 'dev-v2.0.json'} is there"
    )
