"""Questions taken apart: what is asked for, which words carry it, which names and figures it holds."""

from __future__ import annotations

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.questions import Kind, Question, analyse
from rag.text.words import stem
from tests.answering.build import question


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("How many sites were struck?", "number"),
        ("In the end, how many people marched?", "number"),
        ("What percentage of the vote did she win?", "number"),
        ("How tall is the tower?", "number"),
        ("How much did the repair cost?", "money"),
        ("What was the cost of the repair?", "money"),
        ("How long did the march last?", "duration"),
        ("How old is the captain?", "duration"),
        ("When does the railway close?", "date"),
        ("In what year was the bridge built?", "date"),
        ("Who ordered the strikes?", "person"),
        ("Whose boat was it?", "person"),
        ("Where did the ferry strike?", "place"),
        ("Which city held the march?", "place"),
        ("Why was the pool shut?", "reason"),
        ("What caused the fire?", "cause"),
        ("What did the mayor say about the bridge?", "speech"),
        ("Did the mayor resign?", "choice"),
        ("The drone attack", "other"),
        ("Wie hoch war der Fluss?", "other"),
        ("", "other"),
    ],
)
def test_the_kind_of_a_question(text: str, kind: Kind) -> None:
    assert question(text).kind == kind


def test_a_question_taken_apart() -> None:
    counts = {"sites": 0, "iraq": 9, "struck": 3, "feb": 1, "2": 5}
    asked: list[list[str]] = []

    def frequencies(words: list[str]) -> dict[str, int]:
        asked.append(words)
        return counts

    taken = analyse("How many sites in Iraq were struck on Feb. 2?", frequencies, 10)
    assert asked == [["sites", "iraq", "struck", "feb", "2"]]
    weight = {word: log(1 + (10 - count + 0.5) / (count + 0.5)) for word, count in counts.items()}
    assert taken == Question(
        text="How many sites in Iraq were struck on Feb. 2?",
        kind="number",
        weights={stem(word): weight[word] for word in counts},
        names=frozenset({"iraq", "feb"}),
        figures=frozenset({"2"}),
    )
    # A rare word says more than a common one.
    assert taken.weights[stem("sites")] > taken.weights["feb"] > taken.weights["iraq"] > 0


def test_a_question_of_function_words_has_words_all_the_same() -> None:
    assert set(question("Who is it?").weights) == {"who", "is", "it"}


@given(st.text(max_size=200))
def test_any_question_can_be_taken_apart(text: str) -> None:
    taken = question(text)
    assert taken.text == text
    assert taken.total > 0
    assert all(weight > 0 for weight in taken.weights.values())
    assert all(figure[0].isdigit() for figure in taken.figures)


@pytest.mark.parametrize("count", [0, 1, 9, 10])
def test_a_weight_is_positive_however_common_the_word(count: int) -> None:
    taken = analyse("harbour", lambda words: dict.fromkeys(words, count), 10)
    assert taken.weights["harbour"] > 0


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Who is Capt. Jorun Askelby of the Sandling Maid?", {"capt", "jorun", "askelby", "sandl", "maid"}),
        ("Is Brandreath in Iraq?", {"brandreath", "iraq"}),
        ("what did he do?", set()),
        ("Where?", set()),
    ],
)
def test_names(text: str, names: set[str]) -> None:
    assert question(text).names == names


def test_the_word_that_a_question_begins_with_is_no_name() -> None:
    assert question("Police arrested whom?").names == frozenset()


@pytest.mark.parametrize(
    ("text", "speech"),
    [
        ("What did the mayor say about the bridge?", True),
        ("Who said that the bridge was safe?", True),
        ("According to the driver, who waved?", True),
        ("What did he tell the council?", True),
        ("Who opened the bridge?", False),
        ("Which state was struck?", False),
    ],
)
def test_whether_speech_is_asked_for(text: str, speech: bool) -> None:
    assert question(text).of_speech == speech
