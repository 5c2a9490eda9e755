"""Sentences as evidence for a question: how well each fits, and by which signs.

A sentence is first ranked by three scores that help each other: how well its passage was found,
how near its meaning is to the question's, and how much of the question's words it holds. Signs
of the best ones (`signs`) then feed the decision whether to answer at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.answering.questions import Kind, Question
from rag.text.words import STOPWORDS, stem, words
from rag.types import Article, Hit, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Embed = Callable[[Sequence[str]], "NDArray[np.float32]"]

_EMBEDDED = 18
"""So many sentences are embedded for a question: about 120 ms of MiniLM on two cores."""
_PASSAGE, _MEANING, _WORDS, _KIND = 1.0, 2.0, 1.0, 0.25

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
    rf"\b(?:1[0-9]|20)\d\d\b|\b{_MONTHS}(?=\W|$)|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|\d(?::\d\d)? ?[ap]\.?m\b"
    r"|\b(?:yesterday|today|tomorrow|tonight|noon|midnight|century|weekend|(?:last|next|this) (?:week|month|year|night))\b"
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
    "reason": re.compile(
        r"\b(?:because|since|due|owing|after|as a result|in order|so that|so as|to \w+|reason|cause[sd]?|amid|over|for fear"
        r"|blamed?|in response|prompted|led|aimed?|meant|therefore|thanks)\b",
        re.IGNORECASE,
    ),
    "speech": re.compile(
        r"[\"“”]|\b(?:said|says|saying|told|according|announced|claimed|warned|added|denied|stated)\b"
    ),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence of a hit. `score` is higher for better; `meaning` is its cosine to the question.

    `stems` are the stems of its words, `held` the share of the question's word weight among
    them, and `fits` whether it holds something of the kind that is asked for.
    """

    hit: Hit
    span: Span
    score: float
    meaning: float
    held: float
    fits: bool
    stems: frozenset[str]
    vector: NDArray[np.float32]

    @property
    def article(self) -> Article:
        return self.hit.article

    @property
    def text(self) -> str:
        """The sentence in the article's own characters."""
        return self.article.text[self.span.start : self.span.end]


def rank(question: Question, hits: Sequence[Hit], vector: NDArray[np.float32], embed: Embed) -> list[Evidence]:
    """The sentences of `hits` that are worth embedding, best first; `vector` is the question's."""
    rough = []
    for hit in hits:
        for span in hit.chunk.sentences:
            text = hit.article.text[span.start : span.end]
            stems = frozenset(map(stem, words(text)))
            held = share_held(question, stems)
            fits = holds_kind(question, text, stems)
            rough.append((_PASSAGE * hit.score + _WORDS * held + _KIND * fits, hit, span, text, stems, held, fits))
    # Stable ties: the order of hits, then of sentences.
    rough.sort(key=lambda row: -row[0])
    rough = rough[:_EMBEDDED]
    vectors = embed([text for _, _, _, text, *_ in rough])
    found = []
    for (score, hit, span, _, stems, held, fits), other in zip(rough, vectors, strict=True):
        meaning = float(other @ vector)
        found.append(Evidence(hit, span, score + _MEANING * meaning, meaning, held, fits, stems, other))
    return sorted(found, key=lambda evidence: -evidence.score)


def share_held(question: Question, stems: frozenset[str]) -> float:
    """The share of the question's word weight that stands in `stems`, from 0 to 1."""
    return sum(weight for word, weight in question.weights.items() if word in stems) / question.total


def holds_kind(question: Question, text: str, stems: frozenset[str]) -> bool:
    """Whether `text` holds something of the kind that is asked for, besides what the question says itself."""
    if question.kind in ("person", "place"):
        found = (stem(word) for match in re.finditer(_NAME, text) for word in words(match.group()))
        return any(word not in question.weights and word not in STOPWORDS for word in found)
    pattern = _SIGNS.get(question.kind)
    if pattern is None:
        return True
    return any(match.group().lower() not in question.figures for match in pattern.finditer(text))
