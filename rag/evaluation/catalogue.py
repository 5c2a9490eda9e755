"""Every metric by the name under which runs keep it: what it says, which way is better, and in what unit it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Better = Literal["higher", "lower"]
Unit = Literal["share", "seconds", "tokens", "dollars", "ratio"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. A share is between 0 and 1; a ratio is any number from 0 on."""

    name: str
    what: str
    better: Better = "higher"
    unit: Unit = "share"


_ALL = (
    Metric("correct", "right in all that the gold asks for"),
    Metric("answer_match", "says one of the accepted answers"),
    Metric("judged", "gives an accepted answer, as a model judges it"),
    Metric("exact_match", "is an accepted answer, word for word (SQuAD)"),
    Metric("token_f1", "words shared with the nearest accepted answer (SQuAD)"),
    Metric("cited_gold", "gold passages that are cited"),
    Metric("citation_recall", "statements that their citations bear out (ALCE)"),
    Metric("citation_precision", "citations that are of use to their statement (ALCE)"),
    Metric("span_exact", "quotes that stand at their offsets, character for character"),
    Metric("over_refusal", "abstained, though the articles do say", "lower"),
    Metric("false_answer", "answered, though the articles do not say", "lower"),
    Metric("abstention_balanced", "answers and abstains where it should, both counting alike"),
    Metric("forbidden", "says something that must not be said", "lower"),
    Metric("unsupported", "statements that the checks find unsupported by what they cite", "lower"),
    Metric("hits_at_4", "a gold passage is among the first 4 found"),
    Metric("hits_at_10", "a gold passage is among the first 10 found"),
    Metric("recall_at_10", "gold passages that are among the first 10 found"),
    Metric("mrr_at_10", "one by the place of the first gold passage among 10"),
    Metric("ndcg_at_10", "discounted gain of the first 10 found, of the best possible"),
    Metric("nuggets_vital", "vital facts that the summary holds (TREC)"),
    Metric("nuggets_all", "facts that the summary holds, vital and okay (TREC)"),
    Metric("rouge1", "words shared with a person's summary, F1"),
    Metric("rouge2", "pairs of words shared with a person's summary, F1"),
    Metric("rougeL", "longest common subsequence with a person's summary, F1"),
    Metric("redundancy", "word trigrams that repeat an earlier one", "lower"),
    Metric("compression", "times that the article is longer than its summary", "higher", "ratio"),
    Metric("seconds", "wall-clock time of one reply", "lower", "seconds"),
    Metric("input_tokens", "tokens that a model read for one reply", "lower", "tokens"),
    Metric("output_tokens", "tokens that a model wrote for one reply", "lower", "tokens"),
    Metric("cost_usd", "what a model cost for one reply", "lower", "dollars"),
)

METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in _ALL})
"""All metrics by name, in the order in which they are shown."""

_MOST = 1e12
_ROUNDED = 1e-9


def within(name: str, value: float) -> bool:
    """Whether the metric of this name can have this value; of one that is not known, any from 0 on is taken."""
    metric = METRICS.get(name)
    most = 1.0 + _ROUNDED if metric is not None and metric.unit == "share" else _MOST
    return -_ROUNDED <= value <= most
