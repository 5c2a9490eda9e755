"""A short answer against the accepted ones, word for word: exact match and token F1 as SQuAD defines them.

Both follow Rajpurkar et al. 2016 and, where there is no answer, 2018 (SQuAD 2.0): nothing accepted means that the
question has no answer, and then the empty answer alone is right. Values are between 0 and 1, higher is better.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

_MARKS = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")


def normalized(text: str) -> str:
    """`text` as SQuAD compares it: in lower case, without ASCII punctuation, without articles, with single spaces."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_MARKS)).split())


def exact_match(said: str, accepted: Sequence[str]) -> float:
    """1 where `said` is one of `accepted` once both are normalised, else 0."""
    return float(normalized(said) in _answers(accepted))


def token_f1(said: str, accepted: Sequence[str]) -> float:
    """The harmonic mean of precision and recall of the words of `said`, each as often as it occurs, by the
    accepted answer that gives most."""
    words = normalized(said).split()
    return max(_overlap(words, answer.split()) for answer in _answers(accepted))


def _answers(accepted: Sequence[str]) -> list[str]:
    # An answer of marks and articles alone is none, says SQuAD 2.0.
    return [answer for answer in map(normalized, accepted) if answer] or [""]


def _overlap(words: Sequence[str], answer: Sequence[str]) -> float:
    if not words or not answer:
        return float(not words and not answer)
    shared = (Counter(words) & Counter(answer)).total()
    return 2 * shared / (len(words) + len(answer))
