"""Summaries: the facts that they hold, the words that they share with one by a person, repetition, and length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from rag.errors import ConfigError
from rag.text.words import words

_GRAM = 3


@dataclass(frozen=True, slots=True)
class Rouge:
    """F1 of what a text shares with its reference: single words, pairs of words, longest common subsequence."""

    r1: float
    r2: float
    rl: float


def nugget_recall(said: Sequence[bool], vital: Sequence[bool]) -> tuple[float, float]:
    """The shares of the vital nuggets and of all nuggets that are said (Voorhees 2003, TREC question answering).

    Where none is vital, the first is as the second; both are 0 where there are no nuggets.
    """
    pairs = list(zip(said, vital, strict=True))
    every = sum(said) / len(pairs) if pairs else 0.0
    of_vital = [told for told, counts in pairs if counts]
    return (sum(of_vital) / len(of_vital) if of_vital else every), every


def rouge(text: str, reference: str) -> Rouge:
    """ROUGE of a summary, one sentence a line, against one by a person, one sentence a line (Lin 2004).

    As usual for CNN/DailyMail: by the package rouge-score, with its Porter stemmer, and ROUGE-L over the whole
    summary (``rougeLsum``), which of single lines is the plain one. Only a–z and 0–9 make words: elsewhere than in
    languages written with them it says nothing. Raises `ConfigError` where the package is missing.
    """
    scores = _scorer().score(reference, text)
    return Rouge(*(scores[kind].fmeasure for kind in ("rouge1", "rouge2", "rougeLsum")))


def check_rouge() -> None:
    """Raise `ConfigError` where the package that ROUGE needs is missing."""
    _scorer()


def redundancy(sentences: Sequence[str]) -> float:
    """The share of word trigrams that repeat an earlier one; lower is better (seq-rep-3 of Welleck et al. 2020).

    Trigrams do not reach across sentences, and a sentence of fewer words counts as one.
    """
    grams = [gram for sentence in sentences for gram in _grams(words(sentence))]
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


def compression(summary_words: int, article_words: int) -> float:
    """How many times longer the article is than its summary, in words (Grusky et al. 2018, Newsroom); 0 for an
    empty summary."""
    return article_words / summary_words if summary_words else 0.0


@cache
def _scorer() -> Any:
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError as exc:
        raise ConfigError('ROUGE needs the package rouge-score: pip install "rag[eval]"') from exc
    return RougeScorer(["rouge1", "rouge2", "rougeLsum"], use_stemmer=True)


def _grams(said: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(said[place : place + _GRAM]) for place in range(max(1, len(said) - _GRAM + 1))] if said else []
