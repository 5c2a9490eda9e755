"""Exact match and token F1 against SQuAD's published definitions, written here once more in another way."""

from __future__ import annotations

import re
import string
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.evaluation.metrics.answers import exact_match, normalized, token_f1

PIECES = """the The THE a A an An theatre than any 31 31, 1,000 $4.6 million U.S. U.S Biden's Biden ‘quoted’ quoted
"quoted" rail-closure closure — – and Ándale café cafe the, (the) a. an; 6,500 people %  ß İ _the_ x_a the—end the-end
naïve\u00a0fire !? ...""".split(" ")


def tokens(text: str) -> list[str]:
    """SQuAD's words, by going through runs of word characters instead of substituting in the text."""
    kept = "".join(sign for sign in text.lower() if sign not in string.punctuation)
    runs = [" " if run in {"a", "an", "the"} else run for run in re.findall(r"\w+|\W+", kept)]
    return re.findall(r"\S+", "".join(runs))


def official(said: str, accepted: list[str]) -> tuple[float, float]:
    """Exact match and F1: the best over the accepted answers that hold a word, or over the empty one."""
    answers = [words for words in map(tokens, accepted) if words] or [[]]
    words = tokens(said)
    scores = []
    for answer in answers:
        same = sum(min(count, Counter(answer)[word]) for word, count in Counter(words).items())
        if not words or not answer:
            scores.append(1.0 if words == answer else 0.0)
        elif same == 0:
            scores.append(0.0)
        else:
            precision, recall = same / len(words), same / len(answer)
            scores.append(2 * precision * recall / (precision + recall))
    return float(words in answers), max(scores)


def drawn(random: Random) -> str:
    pieces = random.choices(PIECES, k=random.choice([0, 1, 1, 2, 3, 5, 8]))
    return "".join(piece + random.choice([" ", " ", "  ", "\n", ""]) for piece in pieces)


def test_they_agree_with_the_official_definitions() -> None:
    random = Random(0)
    exact, partial = 0, 0
    for _ in range(3000):
        said, accepted = drawn(random), [drawn(random) for _ in range(random.randint(0, 3))]
        if random.random() < 0.2 and accepted:
            said = random.choice(accepted).upper()
        expected = official(said, accepted)
        assert (exact_match(said, accepted), token_f1(said, accepted)) == pytest.approx(expected), (said, accepted)
        exact += expected[0] == 1
        partial += 0 < expected[1] < 1
    # The cases are no empty show: many match, and many do in part.
    assert exact > 200
    assert partial > 200


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The U.S. strikes", "us strikes"),
        ("an apple, a pear & the theatre", "apple pear theatre"),
        ("  Six   thousand\n", "six thousand"),
        ("1,000", "1000"),
        ("the—end", "—end"),
        ("A.", ""),
    ],
)
def test_normalisation(text: str, said: str) -> None:
    assert normalized(text) == said


@pytest.mark.parametrize(
    ("said", "accepted", "exact", "f1"),
    [
        ("Jorun Askelby", ["the Jorun Askelby."], 1.0, 1.0),
        ("31 houses", ["31", "thirty-one"], 0.0, 2 / 3),
        ("more than 85 sites", ["85 sites", "over 85 sites"], 0.0, 2 / 3),
        ("Tuesday", ["Monday"], 0.0, 0.0),
        ("no no no", ["no"], 0.0, 0.5),
        ("", [], 1.0, 1.0),
        ("", ["the"], 1.0, 1.0),
        ("", ["Monday"], 0.0, 0.0),
        ("Monday", [], 0.0, 0.0),
        ("Monday", ["the", "Monday"], 1.0, 1.0),
        ("", ["the", "Monday"], 0.0, 0.0),
    ],
)
def test_by_hand(said: str, accepted: list[str], exact: float, f1: float) -> None:
    assert (exact_match(said, accepted), token_f1(said, accepted)) == pytest.approx((exact, f1))


@given(st.text(), st.lists(st.text(), max_size=3))
def test_bounds_and_order(said: str, accepted: list[str]) -> None:
    exact, f1 = exact_match(said, accepted), token_f1(said, accepted)
    assert 0 <= exact <= f1 <= 1
    assert (exact, f1) == (exact_match(said, accepted[::-1]), token_f1(said, accepted[::-1]))
    assert (exact, f1) == pytest.approx(official(said, accepted))


@given(st.text().filter(lambda text: bool(normalized(text))), st.lists(st.text(), max_size=3))
def test_what_is_accepted_is_right(said: str, others: list[str]) -> None:
    assert (exact_match(said, [*others, said]), token_f1(said, [*others, said])) == (1.0, 1.0)


@given(st.text(), st.text(string.punctuation), st.text(" \t\n"))
def test_marks_and_spaces_around_and_capitals_change_nothing(said: str, marks: str, space: str) -> None:
    assert normalized(f"{marks}{space}{said}{space}{marks}") == normalized(said)
    assert normalized(said.lower()) == normalized(said)
