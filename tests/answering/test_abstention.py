"""What the decision to answer looks at."""

from __future__ import annotations

import numpy as np
import pytest

from rag import Hit, Span
from rag.answering.abstention import SHORT, answerable, signs
from rag.answering.evidence import Evidence
from rag.answering.fitted import fitted
from rag.answering.questions import Question
from tests.answering.build import hits, question, story

WORDS = "harbour ferry captain breakwater fog inquiry council engine passenger rescue coastguard vessel damage".split()


def asked(words: int) -> Question:
    return question(" ".join(WORDS[:words]))


def seen(dense: float, answers: float | None) -> Evidence:
    """A sentence of a passage that near, as the reader judged it."""
    (hit,) = hits(story("a", "A ferry struck the breakwater."))
    near = Hit(hit.article, hit.chunk, 0.9, dense, 1.0, hit.context)
    return Evidence(near, Span(0, 30), 0.0, {}, frozenset(), np.zeros(0, dtype=np.float32), answers, answers)


@pytest.mark.parametrize(("words", "beyond"), [(3, 0.0), (SHORT, 0.0), (13, 0.5)])
def test_long_questions_are_judged_otherwise(words: int, beyond: float) -> None:
    evidence = seen(0.6, 1.5)
    assert signs(asked(words), [evidence]) == pytest.approx(
        {
            "reader": 1.5,
            "passage": 0.6,
            "beyond": beyond,
            "passage_beyond": 0.6 * beyond,
            "reader_beyond": 1.5 * beyond,
        }
    )


def test_what_was_not_read_leaves_it_to_the_passage() -> None:
    unread = seen(0.6, None)
    assert signs(asked(3), [unread])["reader"] == 0
    hopeless = seen(0.6, -30.0)
    assert signs(asked(3), [unread, hopeless])["reader"] == -5


def test_surer_readings_and_nearer_passages_make_an_answer_likelier() -> None:
    def chance(dense: float, answers: float, words: int = 3) -> float:
        return answerable(asked(words), [seen(dense, answers)])

    assert 0 < chance(0.2, -5) < chance(0.2, 3) < chance(0.8, 3) < 1
    # The longer the question the more a near passage says.
    assert chance(0.7, 0, 13) - chance(0.3, 0, 13) > chance(0.7, 0) - chance(0.3, 0)
    assert fitted().abstention.keys() == signs(asked(3), [seen(0.1, 0)]).keys()
