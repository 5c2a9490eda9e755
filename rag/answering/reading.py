"""Reads the best evidence with a trained reader, which tells a sentence that answers from one that is near."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import fmean

from rag.answering.evidence import Evidence
from rag.answering.questions import Question
from rag.grounding.verbatim import CHECKED_LANGUAGES
from rag.types import Passage, Span

Read = Callable[[str, Sequence[Passage]], Sequence[Sequence[float]]]
"""The log-odds for each sentence of each passage that it answers the question."""

PASSAGES = 3
"""So many passages are read for a question: about 80 ms of the reader on two cores."""

FURTHER = 2
"""So many more passages are read, each of an article of which nothing has been read: it may answer otherwise."""

_NEAR = 4.0
"""After the first of these, one is read only when its score is at most this much lower than the best."""

_CHARS = 450
"""About 100 tokens, as in the passages that the reader was trained on."""


def read_evidence(question: Question, evidence: Sequence[Evidence], read: Read) -> list[Evidence]:
    """`evidence`, which comes best first, with what the reader makes of it, in the order that follows.

    What it is surest of it reads closer, twice more, to decide by (see `_confirmed`).
    What lies beyond the passages that are read comes last, as it was; so does what is in a language
    that the reader was not trained on.
    """
    readable = [item for item in evidence if item.article.language in CHECKED_LANGUAGES]
    windows: list[tuple[str, tuple[Span, ...]]] = []
    for item in readable:
        if len(windows) == PASSAGES:
            break
        if not any(article == item.article.id and item.span in spans for article, spans in windows):
            windows.append((item.article.id, _window(item)))
    for item in readable:
        if len(windows) >= PASSAGES + FURTHER or (len(windows) > PASSAGES and item.score < readable[0].score - _NEAR):
            break
        if all(article != item.article.id for article, _ in windows):
            windows.append((item.article.id, _window(item)))
    articles = {item.article.id: item.article for item in evidence}
    passages = [
        Passage(articles[key].title, tuple(articles[key].text[start:end] for start, end in spans))
        for key, spans in windows
    ]
    found: dict[tuple[str, Span], float] = {}
    for (key, spans), odds in zip(windows, read(question.text, passages), strict=True):
        for span, value in zip(spans, odds, strict=True):
            found[key, span] = max(value, found.get((key, span), value))
    answers = [found.get((item.article.id, item.span)) for item in evidence]
    seen = [replace(item, answers=answer) for item, answer in zip(evidence, answers, strict=True)]
    surest = max(((answer, place) for place, answer in enumerate(answers) if answer is not None), default=None)
    if surest:
        most, place = surest
        seen[place] = replace(seen[place], confirmed=_confirmed(question, seen[place], most, read))
    return sorted(seen, key=lambda item: -item.worth)


def _confirmed(question: Question, item: Evidence, odds: float, read: Read) -> float:
    """The mean of `odds`, read in the passage, of those alone, and of those between its neighbours without a title.

    What else stands beside a sentence, and the title, may make it look like an answer or hide that it is
    one; over several readings that evens out.
    """
    sentences, text = item.hit.chunk.sentences, item.article.text
    place = sentences.index(item.span)
    first = max(0, place - 1)
    around = tuple(text[start:end] for start, end in sentences[first : place + 2])
    alone, between = read(question.text, [Passage(item.article.title, (item.text,)), Passage("", around)])
    return fmean([odds, alone[0], between[place - first]])


def _window(item: Evidence) -> tuple[Span, ...]:
    """The sentences of the item's chunk around it, up to `_CHARS`."""
    sentences = item.hit.chunk.sentences
    first = last = sentences.index(item.span)
    while True:
        sides = [place for place in (first - 1, last + 1) if 0 <= place < len(sentences)]
        fitting = [
            place for place in sides if sentences[max(last, place)].end - sentences[min(first, place)].start <= _CHARS
        ]
        if not fitting:
            return sentences[first : last + 1]
        # The shorter neighbour first; of equals the one before, which says whom a pronoun means.
        place = min(fitting, key=lambda place: (sentences[place].end - sentences[place].start, place))
        first, last = min(first, place), max(last, place)
