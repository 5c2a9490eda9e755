"""Words for lexical search: what counts as a word, which words carry content, and their stems.

Stems serve only to compare a question with a sentence; the catalog's index does its own
stemming. They need not be words, only equal where the words are forms of one another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import log

WORD = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*|[^\W_]+")

_UNSPACED = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])")

STOPWORDS = frozenset(
    """a about after all also am an and any are as at be because been before being but by can could did do does
    doing done during each either else ever for from further get got had has have having he her hers herself him
    himself his how however i if in into is it its itself just let many may me might more most much must my
    neither no nor not now of off on one only onto or other our ours out over own per same shall she should so some
    such than that the their theirs them themselves then there these they this those through to too under until
    up upon us very was we were what whatever when where whether which while who whom whose why will with within
    would yet you your yours""".split()
)
"""Function and question words, which say how a thing is asked and not what it is about."""


def words(text: str) -> list[str]:
    """The words of `text`, lower-cased, in order; possessive endings dropped.

    Of scripts that put no spaces between words, each character counts as one.
    """
    found = map(str.lower, WORD.findall(spaced(text)))
    return [_bare(word) if not word.isalnum() else word for word in found]


def content_words(text: str) -> list[str]:
    """The words of `text` that are not function words."""
    return [word for word in words(text) if word not in STOPWORDS]


def stem_weights(terms: Iterable[str], frequencies: Mapping[str, int], chunks: int) -> dict[str, float]:
    """By stem the weight of each term: the rarer the heavier.

    The inverse document frequency of BM25 (Robertson and Zaragoza, 2009), where `frequencies` says in how many of
    `chunks` a term stands. Of terms with one stem the heaviest counts.
    """
    weights: dict[str, float] = {}
    for term in terms:
        count = min(frequencies.get(term, 0), chunks)  # another process may have removed some in between
        weight = log(1 + (chunks - count + 0.5) / (count + 0.5))
        weights[stem(term)] = max(weight, weights.get(stem(term), 0.0))
    return weights


def _bare(word: str) -> str:
    for ending in ("'s", "’s"):
        if word.endswith(ending):
            return word[:-2]
    return word.replace("’", "'")


def spaced(text: str) -> str:
    """Put spaces around characters of scripts that write none, so that an index sees them as words."""
    return _UNSPACED.sub(r" \1 ", text) if _UNSPACED.search(text) else text


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Strip the commonest English inflections: a light stemmer in the manner of Harman's S stemmer.

    It takes one ending, keeps at least three letters, and mends a doubled consonant or a lost
    `e` only as far as equality needs: ``stopped``, ``stopping`` and ``stop`` agree, and so do
    ``strike``, ``strikes`` and ``striking``.
    """
    if len(word) < 4 or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("ied") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("sses"):
        return word[:-2]
    for ending in ("ing", "ed", "es", "s", "ly"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not (ending == "s" and word[-2] in "su"):
            base = word[: -len(ending)]
            if ending in ("ing", "ed") and base[-1] == base[-2] and base[-1] not in "aeiouls":
                base = base[:-1]
            return base.removesuffix("e")
    return word.removesuffix("e")
