"""What the benchmarks share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from evals.bench.adapting import decision, mean, shelved, stepped
from rag import Answer, Library, Settings
from rag.models.fakes import HashEmbedder
from rag.types import Timings
from tests.evaluation.build_benches import FERRY, MAYOR, MILL, silent

ARTICLES = [
    {"id": "mill", "title": "Mill of Tarn", "text": MILL},
    {"id": "mayor", "title": "Mayor of Tarn", "text": MAYOR},
    {"id": "ferry", "title": "Ferry to Osk", "text": FERRY},
]


def untimed(answer: Answer) -> Answer:
    return replace(answer, timings_ms=Timings())


@pytest.mark.parametrize(
    "question", ["When was the old mill destroyed?", "Who is the mayor?", "Which museum shows violins?", "Zzyzx?"]
)
def test_both_decisions_are_those_of_the_library(tmp_path: Path, question: str) -> None:
    with shelved(ARTICLES, silent, HashEmbedder()) as shelf:
        decided = shelf.decided(question)
    given = []
    for abstain in (True, False):
        settings = Settings(abstain=abstain)
        with Library.open(tmp_path / str(abstain), settings=settings, embedder=HashEmbedder()) as library:
            library.add(ARTICLES)
            given.append(untimed(library.ask(question)))
    assert list(map(untimed, decided)) == given


def test_articles_go_by_the_ids_that_they_were_given_and_come_once() -> None:
    long = {
        "id": "long",
        "title": "Harbour",
        "text": "\n".join(f"The harbour wall of Osk, part {n}. {FERRY}" for n in range(60)),
    }
    with shelved([*ARTICLES, long], silent, HashEmbedder()) as shelf:
        found = shelf.found("harbour wall", 3)
        answer = shelf.decided("Who was elected mayor of Tarn?").cautious
        cited = shelf.cited(answer)
    assert sorted(found) == sorted(set(found))
    assert found[0] == "long"
    assert cited == [[("mayor", "Ilse Brandt was elected mayor of Tarn in May.")]]
    assert shelf.notes == ()


def test_what_cannot_be_added_is_noted() -> None:
    with shelved([*ARTICLES, {"id": "x", "title": "X", "text": " "}], silent, HashEmbedder()) as shelf:
        assert shelf.notes == ("1 articles could not be added: its field text is empty or holds no text.",)


def test_progress_is_reported_from_none_to_all() -> None:
    reports: list[tuple[str, int, int]] = []
    assert list(stepped("ab", "x", lambda *report: reports.append(report))) == ["a", "b"]
    assert reports == [("x", 0, 2), ("x", 1, 2), ("x", 2, 2)]


def test_rows_carry_their_interval() -> None:
    row = mean("m", [1.0, 0.0, 1.0, 1.0], ["a", "a", "b", "b"], "others .9")
    assert (row.metric, row.published) == ("m", "others .9")
    assert (row.estimate.value, row.estimate.low, row.estimate.high, row.estimate.items) == (0.75, 0.5, 1.0, 4)


def test_the_decision_weighs_both_kinds_alike() -> None:
    answerable = [True] * 3 + [False]
    clusters = ["a", "b", "c", "d"]
    rows = decision(answerable, [True, True, False, True], clusters, "others .9")
    assert [(row.metric, row.estimate.value, row.estimate.items, row.published) for row in rows] == [
        ("answerable, refused (less is better)", pytest.approx(1 / 3), 3, ""),
        ("unanswerable, refused", 0, 1, "others .9"),
        ("abstention, balanced accuracy", pytest.approx(1 / 3), 4, "always answering or never .50"),
    ]
    assert decision(answerable, answerable, clusters)[-1].estimate.low == 1


def test_a_kind_that_is_not_there_has_no_share() -> None:
    rows = decision([True, True], [True, False], ["a", "b"])
    assert [row.metric for row in rows] == ["answerable, refused (less is better)", "abstention, balanced accuracy"]
