"""The benchmark on RAMDocs, on made-up questions and documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.bench import ramdocs
from evals.bench.ramdocs import Question, Seen
from evals.bench.showing import Shown, shown_in
from evals.data import holds
from rag import Answer, Citation, Statement
from rag.models.fakes import HashEmbedder
from rag.types import Article, Conflict, ConflictValue, Span
from tests.evaluation.build_benches import silent, values, written

DOCUMENTS = {
    "q-0": "The bridge at Osk was built in 1912. It is painted red.",
    "q-1": "The bridge at Osk was built in 1921. Trams crossed it.",
    "q-2": "A bridge of this kind is rare.",
}
QUESTION = Question("q", "When was the bridge at Osk built?", DOCUMENTS, ("1912", "1930"), ("1921",))


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [
        ("It has 3,559 people.", "3559 People", True),
        ("Built in 19121.", "1912", False),
        ("By the Mayor of Osk.", "mayor of osk", True),
        ("Nothing.", "the", False),
        ("He wrote: “The End”.", "“The", True),
        ("It lived 1919–2001.", "1919", True),
        ("A bar/restaurant.", "a restaurant", True),
        ("Some 46 million.", "4.6 million", False),
        ("In the 19th century.", "19", False),
        ("A category.", "cat", False),
        ("Said.", " ", False),
    ],
)
def test_a_text_holds_the_words_of_an_answer(text: str, answer: str, expected: bool) -> None:
    assert holds(text, answer) is expected


def test_all_that_a_reader_is_shown_comes_with_its_articles() -> None:
    articles = [Article.create(key=name, text=text, title="", source="") for name, text in DOCUMENTS.items()]
    cited = [Citation.of(article, Span(0, 5), number) for number, article in enumerate(articles, 1)]
    answer = Answer(
        question="",
        status="answered",
        statements=(Statement("One", (1, 2), "verified", ""),),
        conflicts=(Conflict("year", (ConflictValue("1912", (1,)), ConflictValue("1921", (2, 3)))),),
        citations=tuple(cited),
    )
    names = dict(zip([article.id for article in articles], DOCUMENTS, strict=True))
    assert shown_in(answer, names) == [
        Shown("One", frozenset({"q-0", "q-1"})),
        Shown("1912", frozenset({"q-0"}), 0),
        Shown("1921", frozenset({"q-1", "q-2"}), 0),
    ]


def said(text: str, article: str, about: int | None = None) -> Shown:
    return Shown(text, frozenset({article}), about)


@pytest.mark.parametrize(
    ("shown", "scores", "told", "exact"),
    [
        ([], (0, 0, 0), False, False),
        ([said("built in 1912", "q-0"), said("built in 1921", "q-1")], (1, 1, 1), False, False),
        # Said, but of a document that does not say so.
        ([said("built in 1912", "q-1")], (0, 0, 0), False, False),
        ([said("built in 1912", "q-0"), said("painted red", "q-0")], (0.5, 0.5, 0.5), False, False),
        ([said("built in 1912", "q-0"), said("again 1912", "q-0")], (1, 0.5, 2 / 3), False, False),
        ([said("1912", "q-0", 0), said("1921", "q-1", 0)], (1, 1, 1), True, False),
        ([said("1912", "q-0", 0), said("1921", "q-1", 1)], (1, 1, 1), False, False),
        # Exact by its words, whatever they are cited from.
        ([said("1912 or 1930", "q-2")], (0, 0, 0), False, True),
    ],
)
def test_what_is_shown_is_counted_with_its_source(
    shown: list[Shown], scores: tuple[float, float, float], told: bool, exact: bool
) -> None:
    assert QUESTION.standing == ("1912", "1921")
    seen = Seen(QUESTION, bool(shown), shown)
    assert seen.scores == pytest.approx(scores)
    assert (seen.told, seen.exact) == (told, exact)


def test_every_question_is_asked_of_its_own_documents(tmp_path: Path) -> None:
    def row(question: str, right: list[str], wrong: list[str], *texts: str) -> dict[str, object]:
        documents = [{"text": text, "type": "x", "answer": "x"} for text in texts]
        return {"question": question, "documents": documents, "gold_answers": right, "wrong_answers": wrong}

    rows = [
        row(QUESTION.text, ["1912", "1930"], ["1921", "1912"], *DOCUMENTS.values()),
        row("When was the bridge at Osk painted?", ["in May", "in may."], [], "The bridge at Osk was painted in May."),
    ]
    result = ramdocs.run(written(tmp_path, "ramdocs/questions.jsonl", rows), silent, HashEmbedder())
    found = values(result)
    assert found == {
        "conflicting answers shown with a source, F1": (1.0, 1),
        "the same, precision": (1.0, 1),
        "the same, recall": (1.0, 1),
        "told as a conflict, two answers or more": (1.0, 1),
        "conflicting, refused (less is better)": (0.0, 1),
        "abstention off: conflicting answers shown with a source, F1": (1.0, 1),
        "abstention off: the same, recall": (1.0, 1),
        "exact match, all questions": (0.5, 2),
        "abstention off: exact match, all questions": (0.5, 2),
    }
    assert result.notes[0] == (
        "2 questions over 4 documents. Conflicting: the 1 questions to which the documents give two answers or more, "
        "right or wrong; 1 answers that no document holds word for word are left out."
    )
