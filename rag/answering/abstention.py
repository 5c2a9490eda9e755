"""Whether the best evidence answers the question: a logistic model on a few signs.

Its weights are fitted by `evals/calibrate.py`, which reports what they reach by cross-validation
over articles.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import exp, log

from rag.answering.evidence import Evidence, share_held, stems_of
from rag.answering.fitted import fitted
from rag.answering.questions import Question
from rag.text.words import stem, words

SIGNS = (
    "reader",
    "reader_best",
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

_LEAST = -5.0
_NEUTRAL = 0.0
"""For a text that the reader cannot judge, which leaves the decision to the other signs."""

_READ = 50_000
"""So many characters of an article are looked through for the question's words: 20 ms at most."""


def answerable(question: Question, evidence: Sequence[Evidence]) -> float:
    """The estimated probability, from 0 to 1, that the best evidence answers the question."""
    model = fitted()
    values = signs(question, evidence)
    return 1 / (1 + exp(-model.bias - sum(model.abstention[name] * value for name, value in values.items())))


def signs(question: Question, evidence: Sequence[Evidence]) -> dict[str, float]:
    """What the decision looks at, each value of the order of one; `evidence` comes best first."""
    best = evidence[0]
    article = best.article
    sentence = article.text[best.span.start : best.span.end]
    passage = stems_of(f"{article.title} {article.text[best.hit.context.start : best.hit.context.end]}") | best.stems
    whole = stems_of(f"{article.title} {article.publisher or ''} {article.text[:_READ]}")
    kind = question.kind
    fits = best.traits["fits"]
    unfit = 1.0 - fits
    read = [other.answers for other in evidence if other.answers is not None]
    return {
        "reader": _NEUTRAL if best.answers is None else max(_LEAST, best.answers),
        "reader_best": max(_LEAST, *read) if read else _NEUTRAL,
        "meaning": best.meaning,
        "meaning_best": max(other.meaning for other in evidence),
        "passage": best.hit.dense,
        "held": share_held(question, best.stems),
        "held_passage": share_held(question, passage),
        "held_article": share_held(question, whole),
        "missing_passage": _rarest_missing(question, passage),
        "missing_article": _rarest_missing(question, whole),
        "names_missing": _share(question.names - passage, question.names),
        "figures_missing": _share(question.figures - whole, question.figures),
        "fits": fits,
        "fits_not_number": unfit * (kind in ("number", "money", "duration")),
        "fits_not_date": unfit * (kind == "date"),
        "fits_not_name": unfit * (kind in ("person", "name", "place")),
        "focus": float(any(word in best.stems for word in question.focus)) if question.focus else 0.5,
        "counted": _counted(question, sentence),
        "turned": float(_negated(question.text) != _negated(sentence)),
        "words": log(1 + len(question.weights)) / 2,
    }


def _rarest_missing(question: Question, stems: frozenset[str]) -> float:
    """The weight of the weightiest word of the question that `stems` lack, of the weight of all."""
    missing = [weight for word, weight in question.weights.items() if word not in stems]
    return max(missing, default=0.0) / 5


def _share(part: frozenset[str], whole: frozenset[str]) -> float:
    return len(part) / len(whole) if whole else 0.0


_NEGATIONS = frozenset({"not", "no", "never", "none", "nor", "without", "neither", "cannot", "unlike", "except"})
_COUNTS = re.compile(
    r"\d.*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several"
    r"|(?:dozen|hundred|thousand|million|billion)s?"
)


def _negated(text: str) -> bool:
    return any(word in _NEGATIONS or word.endswith("n't") for word in words(text))


def _counted(question: Question, sentence: str) -> float:
    """For "how many X": 1 where a figure stands shortly before X, 0 where it does not, else 0.5."""
    if question.kind != "number" or not question.focus:
        return 0.5
    found = words(sentence)
    places = [place for place, word in enumerate(found) if stem(word) in question.focus]
    return float(any(_COUNTS.fullmatch(word) for place in places for word in found[max(0, place - 3) : place]))
