"""Whether the best evidence answers the question: a logistic model on a few signs.

The weights are fitted by `evals/calibrate_abstention.py`, which reports what they reach by
cross-validation over articles, and stand in `abstention.json` beside this file.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, log
from pathlib import Path

from rag.answering.evidence import Evidence, share_held
from rag.answering.questions import Question
from rag.text.words import stem, words

SIGNS = (
    "meaning",
    "meaning_best",
    "passage",
    "held",
    "held_passage",
    "held_article",
    "missing_passage",
    "missing_article",
    "names_missing",
    "figures_missing",
    "fits",
    "fits_not_number",
    "fits_not_date",
    "fits_not_name",
    "focus",
    "counted",
    "turned",
    "words",
)


@dataclass(frozen=True)
class Calibration:
    """The fitted model: one weight a sign, and the probability from which on to answer."""

    bias: float
    weights: dict[str, float]
    threshold: float


@cache
def calibration() -> Calibration:
    """The model that ships."""
    return Calibration(**json.loads((Path(__file__).parent / "abstention.json").read_text()))


def answerable(question: Question, evidence: Sequence[Evidence]) -> float:
    """The estimated probability, from 0 to 1, that the best evidence answers the question."""
    model = calibration()
    values = signs(question, evidence)
    return 1 / (1 + exp(-model.bias - sum(model.weights[name] * value for name, value in values.items())))


def signs(question: Question, evidence: Sequence[Evidence]) -> dict[str, float]:
    """What the decision looks at, each value of the order of one; `evidence` comes best first."""
    best = evidence[0]
    article = best.article
    sentence = article.text[best.span.start : best.span.end]
    passage = _stems(f"{article.title} {article.text[best.hit.context.start : best.hit.context.end]}") | best.stems
    whole = _stems(f"{article.title} {article.publisher or ''} {article.text}")
    kind = question.kind
    unfit = not best.fits
    return {
        "meaning": best.meaning,
        "meaning_best": max(other.meaning for other in evidence),
        "passage": best.hit.dense,
        "held": best.held,
        "held_passage": share_held(question, passage),
        "held_article": share_held(question, whole),
        "missing_passage": _rarest_missing(question, passage),
        "missing_article": _rarest_missing(question, whole),
        "names_missing": _share(question.names - passage, question.names),
        "figures_missing": _share(question.figures - whole, question.figures),
        "fits": float(best.fits),
        "fits_not_number": float(unfit and kind in ("number", "money", "duration")),
        "fits_not_date": float(unfit and kind == "date"),
        "fits_not_name": float(unfit and kind in ("person", "place")),
        "focus": float(any(word in best.stems for word in question.focus)) if question.focus else 0.5,
        "counted": _counted(question, sentence),
        "turned": float(_negated(question.text) != _negated(sentence)),
        "words": log(1 + len(question.weights)) / 2,
    }


def _stems(text: str) -> frozenset[str]:
    return frozenset(map(stem, words(text)))


def _rarest_missing(question: Question, stems: frozenset[str]) -> float:
    """The weight of the weightiest word of the question that `stems` lack, of the weight of all."""
    missing = [weight for word, weight in question.weights.items() if word not in stems]
    return max(missing, default=0.0) / 5


def _share(part: frozenset[str], whole: frozenset[str]) -> float:
    return len(part) / len(whole) if whole else 0.0


_NEGATIONS = frozenset("not no never none nor without neither cannot unlike except".split())
_COUNTS = frozenset(
    "one two three four five six seven eight nine ten eleven twelve dozen dozens hundred hundreds thousand thousands"
    " million millions billion billions several".split()
)


def _negated(text: str) -> bool:
    return any(word in _NEGATIONS or word.endswith("n't") for word in words(text))


def _counted(question: Question, sentence: str) -> float:
    """For "how many X": 1 where a figure stands shortly before X, 0 where it does not, else 0.5."""
    if question.kind != "number" or not question.focus:
        return 0.5
    found = words(sentence)
    places = [place for place, word in enumerate(found) if stem(word) in question.focus]
    return float(
        any(word[0].isdigit() or word in _COUNTS for place in places for word in found[max(0, place - 3) : place])
    )
