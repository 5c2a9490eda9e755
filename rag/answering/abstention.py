"""Whether the best evidence answers the question: a logistic model on a few signs.

Its weights are fitted by `evals/calibrate.py`, which reports what they reach by cross-validation
over articles. More signs were tried (words, names and figures of the question that are missing,
negation, the kind of thing asked for); beside the reader they added nothing on news.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from rag.answering.evidence import Evidence
from rag.answering.fitted import fitted
from rag.answering.questions import Question

SIGNS = ("reader", "passage", "beyond", "passage_beyond", "reader_beyond")

SHORT = 8
"""Of the questions that the reader learned from 99 in 100 have at most so many content words. Beyond that it is
out of its depth, while the passage's likeness to so much text says more: they weigh otherwise there."""

_LEAST = -5.0
_NEUTRAL = 0.0
"""For a text that the reader cannot judge, which leaves the decision to the other signs."""


def answerable(question: Question, evidence: Sequence[Evidence]) -> float:
    """The estimated probability, from 0 to 1, that the best evidence answers its question."""
    model = fitted()
    values = signs(question, evidence)
    return 1 / (1 + exp(-model.bias - sum(model.abstention[name] * value for name, value in values.items())))


def signs(question: Question, evidence: Sequence[Evidence]) -> dict[str, float]:
    """What the decision looks at; `evidence` comes best first.

    `reader` is the log-odds of the sentence that it is surest of, over its readings, `passage` the cosine of the best
    sentence's passage to the question, `beyond` how many tens of content words the question has more than `SHORT`;
    the last two are products with that.
    """
    read = [item.confirmed for item in evidence if item.confirmed is not None]
    reader = max(_LEAST, *read) if read else _NEUTRAL
    passage = evidence[0].hit.dense
    beyond = max(0, len(question.weights) - SHORT) / 10
    values = (reader, passage, beyond, passage * beyond, reader * beyond)
    return dict(zip(SIGNS, values, strict=True))
