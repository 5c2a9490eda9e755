"""What a question asks for: its kind, the words that carry it, the names and figures in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from rag.text.words import STOPWORDS, WORD, stem, stem_weights, words

Kind = Literal[
    "number", "money", "duration", "date", "person", "name", "place", "cause", "reason", "speech", "choice", "other"
]

_KINDS: dict[Kind, re.Pattern[str]] = {
    "money": re.compile(
        r"\bhow much (?:money|did .* (?:cost|pay|spend|earn|raise|lose)"
        r"|(?:does|do|will|was|is) .* (?:cost|worth))"
        r"|\bwhat (?:was|is|were|are) the (?:\w+ )?(?:cost|price|value|budget|salary|fine|fee)s?\b",
        re.IGNORECASE,
    ),
    "duration": re.compile(
        r"\bhow long\b|\bfor how many (?:days|weeks|months|years|hours|minutes)\b|\bhow old\b",
        re.IGNORECASE,
    ),
    "number": re.compile(
        r"\bhow (?:many|much|far|tall|big|large|high|often|deep|fast|wide|heavy)\b"
        r"|\b(?:what|which) (?:\w+ )?(?:number|percentage|percent|share|proportion|amount|total|rate)\b",
        re.IGNORECASE,
    ),
    "date": re.compile(
        r"^(?:and |since |until |by )?when\b|\bhow recently\b"
        r"|\b(?:what|which) (?:year|date|day|weekday|month|time|decade|century)\b",
        re.IGNORECASE,
    ),
    "person": re.compile(
        r"\bwho(?:m|se)?\b",
        re.IGNORECASE,
    ),
    "name": re.compile(
        r"\bnames? of\b|\bwhat (?:is|was|are|were) .*\b(?:called|named)\b"
        r"|\b(?:what|which) \w*\s?(?:name|names|nickname)\b",
        re.IGNORECASE,
    ),
    "place": re.compile(
        r"\bwhere\b|\b(?:what|which) (?:city|town|country|countries|place|state|region|location|village)\b",
        re.IGNORECASE,
    ),
    "cause": re.compile(
        r"\bwhat (?:\w+ )?(?:caused|led to|prompted|triggered|sparked|started)\b|\bcause of\b|\bcaused by what\b",
        re.IGNORECASE,
    ),
    "reason": re.compile(
        r"\bwhy\b|\bhow come\b|\b(?:what|which) (?:\w+ )?reasons?\b|\bfor what (?:reason|purpose)\b",
        re.IGNORECASE,
    ),
    "speech": re.compile(
        r"\bwhat (?:did|does|do|has|have|had|was) .*\b(?:say|said|claim|tell|told|announce|warn|state|declare"
        r"|promise|think|argue|call|respond|reply|comment)\b|\bhow did .*\b(?:respond|react|describe)\b",
        re.IGNORECASE,
    ),
    "choice": re.compile(
        r"^(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might)\b",
        re.IGNORECASE,
    ),
}
_SPEECH = re.compile(
    r"\b(?:sa(?:y|ys|id|ying)|tell|tells|told|according to|claim(?:s|ed)?|announced?|warn(?:s|ed)?|stated|declared?"
    r"|promised?|argue[sd]?|repl(?:y|ied)|respond(?:ed)?|comment(?:ed)?|describe[sd]?|remark(?:ed)?|recall(?:s|ed)?"
    r"|explain(?:s|ed)?|insist(?:s|ed)?|admit(?:s|ted)?|complain(?:s|ed)?|joked?|quoted?|liken(?:s|ed)?|put it)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<![\w.])(?:[A-Z][\w’'.-]*[\w]|[A-Z])(?![\w])")


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart.

    `weights` maps the stem of each content word to its weight, its inverse document frequency
    (Spärck Jones, 1972) over the library's chunks: a rare word says more. `names` and `figures`
    are stems and digits that an answer's surroundings should hold.
    """

    text: str
    kind: Kind
    weights: Mapping[str, float]
    names: frozenset[str]
    figures: frozenset[str]

    @property
    def total(self) -> float:
        """The weight of all its words together; at least a trace, so that one may divide by it."""
        return sum(self.weights.values()) or 1e-9

    @property
    def of_speech(self) -> bool:
        """Whether it asks who said something, or what somebody said."""
        return self.kind == "speech" or bool(_SPEECH.search(self.text))


def analyse(text: str, frequencies: Callable[[list[str]], Mapping[str, int]], chunks: int) -> Question:
    """Take `text` apart; `frequencies` gives in how many of the library's `chunks` a word stands."""
    found = words(text)
    content = list(dict.fromkeys(word for word in found if word not in STOPWORDS)) or found
    kind: Kind = next((kind for kind, pattern in _KINDS.items() if pattern.search(text)), "other")
    return Question(
        text=text,
        kind=kind,
        weights=stem_weights(content, frequencies(content), chunks),
        names=frozenset(_names(text)),
        figures=frozenset(word for word in found if word[0].isdigit()),
    )


def _names(text: str) -> set[str]:
    """Stems of capitalised words, less the one that a question begins with."""
    first = WORD.search(text)
    start = first.start() if first else 0
    found = {word for match in _NAME.finditer(text) if match.start() != start for word in words(match.group())}
    return {stem(word) for word in found if word not in STOPWORDS}
