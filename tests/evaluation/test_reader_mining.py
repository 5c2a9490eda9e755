"""What the reader is to read again: the sentences that it took for answers, wrongly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.reader.data import Example, mined
from evals.reader.mine import drawn, tempting
from evals.reader.windows import Sampler

SENTENCES = ("The mayor spoke on Monday.", "The bridge cost four million.", "It opens in March.")
ANSWERED = Example("When does it open?", "one", "A bridge", SENTENCES, frozenset({2}), ())
NEAR_MISS = Example("Who designed it?", "one", "A bridge", SENTENCES, frozenset(), (1,))


@pytest.mark.parametrize(
    ("example", "odds", "expected"),
    [
        pytest.param(ANSWERED, {0: 0.5, 1: 2.0, 2: 0.0}, 1, id="a wrong sentence well before the right one"),
        pytest.param(ANSWERED, {0: -1.0, 1: 0.5, 2: 0.0}, None, id="before it, but not well"),
        pytest.param(ANSWERED, {0: -4.0, 1: -3.0, 2: -6.0}, None, id="before it, and neither near an answer"),
        pytest.param(NEAR_MISS, {0: -3.0, 1: -2.0, 2: -1.0}, 2, id="near an answer where there is none"),
        pytest.param(NEAR_MISS, {0: -3.0, 1: -2.0, 2: -4.0}, None, id="a near miss that is seen through"),
    ],
)
def test_a_sentence_is_read_again_when_it_was_taken_for_an_answer(
    example: Example, odds: dict[int, float], expected: int | None
) -> None:
    assert tempting(example, odds) == expected


def test_an_article_that_is_all_answer_has_nothing_to_read_again() -> None:
    assert tempting(Example("When?", "two", "", ("In March.",), frozenset({0}), ()), {0: 1.0}) is None


def test_so_many_are_drawn_with_that_share_of_near_misses() -> None:
    examples = [Example(f"{n}?", "one", "", SENTENCES, frozenset({2} if n % 2 else ()), ()) for n in range(100)]
    asked = drawn(examples, 40, 0.75, seed=1)
    assert len(asked) == len({example.question for example in asked}) == 40
    assert sum(not example.answers for example in asked) == 30
    assert asked == drawn(examples, 40, 0.75, seed=1) != drawn(examples, 40, 0.75, seed=2)


def test_what_was_mined_is_read_with_its_answer_beside_the_questions_drawn(tmp_path: Path) -> None:
    file = tmp_path / "hard.jsonl"
    rows = [(ANSWERED.question, 1), (NEAR_MISS.question, 1)]
    file.write_text("".join(json.dumps({"article": "one", "question": q, "sentence": n}) + "\n" for q, n in rows))
    hard = mined(file, [ANSWERED, NEAR_MISS])
    assert hard == [(ANSWERED, 1), (NEAR_MISS, 1)]
    readings = Sampler([], seed=0, hard=hard).epoch()
    assert len(readings) == 3
    for question, passage, labels in readings:
        answer = question.startswith("When") and SENTENCES[2] in passage.sentences
        assert [text for text, right in zip(passage.sentences, labels, strict=True) if right] == (
            [SENTENCES[2]] if answer else []
        )
    assert sum(SENTENCES[1] in passage.sentences for _, passage, _ in readings) >= 2
