"""Summaries without a language model: sentences chosen for coverage without repetition.

Greedy selection by maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): each next
sentence is the one that stands for most of the text, less what has been said already. Of one article,
it stands for the more, the more often its words come up there (SumBasic: Nenkova and Vanderwende 2005).
Early sentences of a news article count more, because reporters put the news first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from rag.answering.evidence import Embed, rank, share_held
from rag.answering.questions import Question
from rag.answering.sayings import Lookup, Saying, grouped, nearest_of, state
from rag.answering.units import leans, whole_quotation
from rag.text.chunks import usable_sentences
from rag.text.instructions import addresses_a_model
from rag.text.words import content_words, stem, words
from rag.types import Article, Hit, Span, Summary

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EMBEDDED = 40
_REPETITION = 0.6
_HEARD = 0.12
_SAID = 0.95
_OFF_TOPIC = 10.0
_LEAD = 0.35
# Chosen on 49 articles (`evals/bench/realsumm.py`), where 0.15 and 0.3 do worse by a point.
_FALL = 0.2
# More than anything else can add: such a sentence is said only where no other is left.
_STRANGE, _NEAR = 1.0, 0.6
_LEANING = 0.25
_OPENING = ('"', "“", "‘", "«")
_NO_PROPS: Mapping[int, int] = MappingProxyType({})
_MIN_WORDS, _MAX_WORDS = 6, 60
_MAX_CANDIDATES = 160
_TOPIC_MEANING, _TOPIC_HELD = 0.30, 0.34


def summarize_article(article: Article, sentences: int, embed: Embed, lookup: Lookup) -> Summary:
    """The `sentences` sentences that stand best for `article`, in its own order, each cited."""
    spans = usable_sentences(article)
    usable = [span for span in spans if _stands_alone(article, spans, span)]
    # Reporters put the news first: of a very long article the beginning and an even sample are enough.
    if len(usable) > _MAX_CANDIDATES:
        head = _MAX_CANDIDATES // 3
        rest = usable[head:]
        usable = usable[:head] + rest[:: -(-len(rest) // (_MAX_CANDIDATES - head))]
    if not usable:
        return Summary(subject=article.title, status="abstained", reason="not_stated")
    texts = [article.text[span.start : span.end] for span in usable]
    leaning = np.array([leans(text) or text.startswith(_OPENING) for text in texts])
    worth = _commonness(texts) - _FALL * np.log1p(np.arange(len(usable))) - _LEANING * leaning
    vectors = embed(texts)
    worth -= _STRANGE * _strange(vectors)
    # What leans stands as well as any other once the very sentence before it is said too.
    place_of = {spans.index(span): place for place, span in enumerate(usable)}
    props = {place_of[at]: place_of[at + 1] for at in place_of if at + 1 in place_of and leaning[place_of[at + 1]]}
    chosen = sorted(_choose(worth, vectors, sentences, [article.id] * len(usable), props))
    return _summary(article.title, [Saying(article, usable[place]) for place in chosen], lookup)


def summarize_topic(
    topic: Question, hits: Sequence[Hit], sentences: int, vector: NDArray[np.float32], embed: Embed, lookup: Lookup
) -> Summary:
    """What `hits` say about `topic` in `sentences` sentences, oldest news first, each cited.

    Abstains where no passage is near the topic. The same thing said by several is said once, with
    all of them cited.
    """
    evidence = rank(topic, hits, vector, embed, _EMBEDDED)
    best = evidence[0] if evidence else None
    if best is None or (best.meaning < _TOPIC_MEANING and share_held(topic, best.stems) < _TOPIC_HELD):
        nearest = nearest_of(evidence, lookup)
        return Summary(subject=topic.text, status="abstained", reason="no_match", nearest=nearest)
    groups = [
        (leader, Saying(leader.article, leader.span, tuple((echo.article, echo.span) for echo in echoes)))
        for leader, echoes in grouped(evidence)
        if leader.score >= best.score - _OFF_TOPIC
        and _stands_alone(leader.article, usable_sentences(leader.article), leader.span)
    ]
    if not groups:
        return Summary(subject=topic.text, status="abstained", reason="not_stated")
    scores = np.array([leader.score for leader, _ in groups])
    leaning = np.array([leans(leader.text) for leader, _ in groups])
    lead = np.array([leader.hit.chunk.number == 0 for leader, _ in groups])
    worth = (scores - best.score) / _OFF_TOPIC + _LEAD * lead - _LEANING * leaning
    vectors = np.stack([leader.vector for leader, _ in groups])
    sources = [leader.article.id for leader, _ in groups]
    chosen = [groups[place][1] for place in _choose(worth, vectors, sentences, sources)]
    chosen.sort(key=lambda saying: (str(saying.article.published or "unknown"), saying.span, saying.article.id))
    return _summary(topic.text, chosen, lookup)


def _commonness(texts: Sequence[str]) -> NDArray[np.float64]:
    """For each sentence, in how great a share of them one of its content words stands, on average.

    The mean and not the sum, which would favour long sentences: they leave less room for others.
    """
    stems = [[stem(word) for word in content_words(text)] for text in texts]
    holding = Counter(word for own in stems for word in set(own))
    return np.array([sum(holding[word] for word in own) / (max(len(own), 1) * len(texts)) for own in stems])


def _strange(vectors: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which sentences are about another matter than the article: advertisements, teasers, what was planted there.

    They repeat nothing, so that without this they would be taken for news.
    """
    nearness = vectors @ vectors.mean(axis=0)
    return np.asarray(nearness < _NEAR * np.median(nearness))


def _choose(
    worth: NDArray[np.float64],
    vectors: NDArray[np.float32],
    count: int,
    sources: Sequence[str],
    props: Mapping[int, int] = _NO_PROPS,
) -> list[int]:
    """The places of `count` sentences that are worth most, less what those before them said.

    `sources` are the articles' ids: among several, one that has been heard already comes later. `props` are the
    places of sentences that lean, by the place of the one that each leans on.
    """
    worth = worth.copy()
    chosen: list[int] = []
    repeated, heard = np.zeros(len(worth)), np.zeros(len(worth))
    while len(chosen) < count:
        gain = np.where(repeated < _SAID, worth - _REPETITION * repeated - _HEARD * heard, -np.inf)
        best = int(np.argmax(gain))
        if gain[best] == -np.inf:
            break
        chosen.append(best)
        if best in props:
            worth[props[best]] += _LEANING
        repeated = np.maximum(repeated, vectors @ vectors[best])
        heard += [source == sources[best] for source in sources]
    return chosen


def _stands_alone(article: Article, sentences: Sequence[Span], span: Span) -> bool:
    """Whether a sentence can be read by itself: no headline or scrap, no part of a longer quotation."""
    text = article.text[span.start : span.end]
    return (
        _MIN_WORDS <= len(words(text)) <= _MAX_WORDS
        and text.rstrip("\"”’')]").endswith((".", "!", "?"))
        and text != article.title
        and not addresses_a_model(text)
        and whole_quotation(article.text, sentences, span) == span
    )


def _summary(subject: str, sayings: Sequence[Saying], lookup: Lookup) -> Summary:
    statements, withheld, citations = state(sayings, lookup)
    if not statements:
        return Summary(subject=subject, status="abstained", reason="not_stated", withheld=withheld)
    return Summary(subject=subject, status="answered", statements=statements, withheld=withheld, citations=citations)
