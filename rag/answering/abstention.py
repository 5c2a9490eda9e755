"""Whether the best evidence answers the question: a logistic model on two signs.

Its weights are fitted by `evals/calibrate.py`, which reports what they reach by cross-validation
over articles. More signs were tried (words, names and figures of the question that are missing,
negation, the kind of thing asked for); beside the reader they added nothing on news.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from rag.answering.evidence import Evidence
from rag.answering.fitted import fitted

SIGNS = ("reader", "passage")

_LEAST = -5.0
_NEUTRAL = 0.0
"""For a text that the reader cannot judge, which leaves the decision to the other sign."""


def answerable(evidence: Sequence[Evidence]) -> float:
    """The estimated probability, from 0 to 1, that the best evidence answers its question."""
    model = fitted()
    values = signs(evidence)
    return 1 / (1 + exp(-model.bias - sum(model.abstention[name] * value for name, value in values.items())))


def signs(evidence: Sequence[Evidence]) -> dict[str, float]:
    """What the decision looks at; `evidence` comes best first.

    `reader` is the log-odds of the sentence that it is surest of, `passage` the cosine of the best
    sentence's passage to the question.
    """
    read = [item.answers for item in evidence if item.answers is not None]
    return {"reader": max(_LEAST, *read) if read else _NEUTRAL, "passage": evidence[0].hit.dense}
