"""Sentences as evidence for a question: which fit best, by traits with fitted weights.

The traits are how well a sentence's passage was found, how near its meaning is to the question's,
how much of the question's words it holds with its surroundings, and whether it holds something of
the kind that is asked for. Their weights are fitted by `evals/calibrate.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

from rag.answering.fitted import fitted
from rag.answering.questions import Kind, Question
from rag.text.instructions import addresses_a_model
from rag.text.words import STOPWORDS, stem, words
from rag.types import Article, Hit, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Embed = Callable[[Sequence[str]], "NDArray[np.float32]"]

EMBEDDED = 10
"""So many sentences are embedded for a question: about 65 ms of MiniLM on two cores."""

OTHERS = 3
"""So many more are embedded for a question, of articles with none among them: one may answer otherwise."""

_UNREAD = -1000.0

TELLING: frozenset[Kind] = frozenset({"number", "money", "duration", "date", "cause"})
"""Kinds whose signs an answer cannot do without; a person may be "swimmers", and have no name."""

TRAITS = (
    "passage",
    "passage_meaning",
    "meaning",
    "held_around",
    "held_before",
    "fits",
    "fits_figure",
    "names",
    "length",
)

_NUMBER = (
    r"\d[\d,.]*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?"
    r"|billions?|dozens?|half|twice|no|none|several|single|both|couple|pair|thirds?|quarters?)\b"
)
_MONTHS = (
    r"(?:Jan(?:uary|\.)|Feb(?:ruary|\.)|March|April|May|June|July|Aug(?:ust|\.)|Sept(?:ember|\.)|Oct(?:ober|\.)"
    r"|Nov(?:ember|\.)|Dec(?:ember|\.))"
)
_DATE = (
    rf"\b(?:1[0-9]|20)\d\d\b|\b{_MONTHS}(?=\W|$)|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b"
    r"|\d(?::\d\d)? ?[ap]\.?m\b|\b(?:yesterday|today|tomorrow|tonight|noon|midnight|century|weekend)\b"
    r"|\b(?:last|next|this) (?:week|month|year|night)\b"
)
_NAME = r"(?<!^)(?<![.!?] )(?<![.!?][\"”’] )\b[A-Z][\w’'.-]*\w"
_SIGNS: dict[Kind, re.Pattern[str]] = {
    "number": re.compile(_NUMBER, re.IGNORECASE),
    "money": re.compile(
        r"[$£€¥]\s?\d|\b(?:dollars?|pounds?|euros?|cents?|pence|yen|million|billion|free)\b", re.IGNORECASE
    ),
    "duration": re.compile(
        rf"(?:{_NUMBER}|\bseveral|\ba)[\s-]+(?:\w+[\s-]+)?(?:second|minute|hour|day|night|week|month|year|decade)s?\b"
        r"|\baged? \d+|\b\d+-year-old|\bsince\b|\buntil\b|, \d\d,",
        re.IGNORECASE,
    ),
    "date": re.compile(_DATE),
    "cause": re.compile(
        r"\bcaus(?:e|ed|es|ing)\b|\bbecause\b|\b(?:due|owing) to\b|\bblam(?:e|ed|es|ing)\b"
        r"|\bresult(?:ed)? (?:of|from)\b"
        r"|\bled to\b|\bin (?:response|retaliation|reaction|revenge) (?:to|for)\b|\bfollowing\b"
        r"|\b(?:sparked|triggered|prompted|fault)\b|\bstarted (?:by|in|when)\b|\bafter\b.*\bfail",
        re.IGNORECASE,
    ),
    "reason": re.compile(
        r"\b(?:because|since|due|owing|after|as a result|in order|so that|so as|to \w+|reason|cause[sd]?|amid|over"
        r"|for fear|blamed?|in response|prompted|led|aimed?|meant|therefore|thanks)\b",
        re.IGNORECASE,
    ),
    "speech": re.compile(
        r"[\"“”]|\b(?:said|says|saying|told|according|announced|claimed|warned|added|denied|stated)\b"
    ),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence of a hit. `score` is higher for better; `traits` are what it is made of.

    `stems` are the stems of its words, `vector` its unit vector. `answers` is the reader's
    log-odds that it answers the question, `None` where it was not read; `confirmed` the mean over
    that reading and two closer ones, `None` where it was read once.
    """

    hit: Hit
    span: Span
    score: float
    traits: Mapping[str, float]
    stems: frozenset[str]
    vector: NDArray[np.float32]
    answers: float | None = None
    confirmed: float | None = None

    @property
    def worth(self) -> float:
        """What it is worth as an answer, higher for better; less than anything that was read where it was not."""
        return _UNREAD + self.score if self.answers is None else self.score + fitted().reading * self.answers

    @property
    def article(self) -> Article:
        return self.hit.article

    @property
    def text(self) -> str:
        """The sentence in the article's own characters."""
        return self.article.text[self.span.start : self.span.end]

    @property
    def meaning(self) -> float:
        """The cosine of the sentence to the question."""
        return self.traits["meaning"]


def rank(
    question: Question,
    hits: Sequence[Hit],
    vector: NDArray[np.float32],
    embed: Embed,
    limit: int = EMBEDDED,
    others: int = 0,
) -> list[Evidence]:
    """The `limit` sentences of `hits` that are worth embedding and up to `others` of further articles, best first.

    `vector` is the question's.
    """
    rough = [row for hit in hits for row in _read(question, hit)]
    # Stable ties: the order of hits, then of sentences.
    rough.sort(key=lambda row: -_score(row[2]))
    if not rough:
        return []
    rough = [*rough[:limit], *_of_others(rough, limit)[:others]]
    vectors = embed([hit.article.text[span.start : span.end] for hit, span, *_ in rough])
    found = []
    for (hit, span, traits, stems), other in zip(rough, vectors, strict=True):
        whole = {**traits, "meaning": float(other @ vector)}
        found.append(Evidence(hit, span, _score(whole), whole, stems, other))
    return sorted(found, key=lambda evidence: -evidence.score)


_Row = tuple[Hit, Span, dict[str, float], frozenset[str]]


def _of_others(rough: Sequence[_Row], limit: int) -> list[_Row]:
    """The best sentences, one an article, of those that none of the first `limit` of `rough` is from."""
    best: dict[str, _Row] = {}
    for row in rough:
        best.setdefault(row[0].article.id, row)
    first = {hit.article.id for hit, *_ in rough[:limit]}
    return [row for article, row in best.items() if article not in first]


def _read(question: Question, hit: Hit) -> Iterator[_Row]:
    """Each sentence of `hit` with the traits that need no embedding, and the stems of its words."""
    title = stems_of(hit.article.title)
    before: frozenset[str] = frozenset()
    for span in hit.chunk.sentences:
        text = hit.article.text[span.start : span.end]
        if text == hit.article.title or addresses_a_model(text):  # neither is a statement about the news
            continue
        stems = stems_of(text)
        fits = float(holds_kind(question, text))
        traits = {
            "passage": hit.score,
            "passage_meaning": hit.dense,
            "held_around": share_held(question, stems | before | title),
            "held_before": share_held(question, before),
            "fits": fits,
            "fits_figure": fits * (question.kind in ("number", "money", "duration")),
            "names": len(question.names & stems) / len(question.names) if question.names else 0.5,
            "length": log(1 + len(stems)) / 3,
        }
        yield hit, span, traits, stems
        before = stems


def _score(traits: Mapping[str, float]) -> float:
    weights = fitted().ranking
    return sum(weights[name] * value for name, value in traits.items())


def stems_of(text: str) -> frozenset[str]:
    """The stems of the words of `text`."""
    return frozenset(map(stem, words(text)))


def share_held(question: Question, stems: frozenset[str]) -> float:
    """The share of the question's word weight that stands in `stems`, from 0 to 1."""
    return sum(weight for word, weight in question.weights.items() if word in stems) / question.total


def holds_kind(question: Question, text: str) -> bool:
    """Whether `text` holds something of the kind that is asked for, besides what the question says itself."""
    if question.kind in ("person", "name", "place"):
        found = (stem(word) for match in re.finditer(_NAME, text) for word in words(match.group()))
        return any(word not in question.weights and word not in STOPWORDS for word in found)
    pattern = _SIGNS.get(question.kind)
    if pattern is None:
        return True
    return any(match.group().lower() not in question.figures for match in pattern.finditer(text))
