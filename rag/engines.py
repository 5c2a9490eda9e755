"""Who answers and summarizes: a language model where one is set, else the articles' own sentences.

Both engines get what was found, and give the same values. Where the model fails, the extractive
one answers, and the notice says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from rag.prompts import PromptSource
from rag.types import Answer, Article, Embedder, Hit, Summary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rag.answering.evidence import Evidence
    from rag.answering.generative import Event
    from rag.answering.generative_opinion import SecondOpinion
    from rag.answering.generative_summaries import SummaryEngine
    from rag.answering.generative_writing import Writer
    from rag.answering.questions import Question
    from rag.answering.sayings import Lookup
    from rag.models.chat_model import ChatModel
    from rag.retrieval.search import Found

    Vector = NDArray[np.float32]
    Search = Callable[[str], tuple[Found, Vector]]
    """Passages for a question, under the filters that it was asked with, and the question's vector."""

Reply = TypeVar("Reply", Answer, Summary)

_OWN_SENTENCES = "these are the articles' own sentences"


@dataclass(frozen=True, kw_only=True)
class Engines:
    """The two engines over one library; `chat` is `None` where no model is set.

    With `doubting`, what the model wrote is read once more by it after the checks.
    """

    embedder: Embedder
    chat: ChatModel | None
    prompts: PromptSource
    analyse: Callable[[str], Question]
    lookup: Lookup
    abstain: bool
    doubting: bool

    def answer(self, question: str, found: Found, vector: Vector, search: Search) -> Answer:
        """The answer from what was found; `vector` is the question's, and `search` looks again for a part of it."""
        if self._writer is None:
            given = self._extractive(question, found.hits, vector, search)
        else:
            from rag.answering.generative import GenerativeEngine

            engine = GenerativeEngine(writer=self._writer)
            fallback = self._fallback(question, found, vector, search)
            given = engine.answer(question, found.hits, self.lookup, fallback=fallback)
            if self.opinion is not None:
                given = self.opinion.on_answer(given, self.lookup)
        return replace(given, notice=_joined(given.notice, found.notice))

    def stream(self, question: str, found: Found, vector: Vector, search: Search) -> Iterator[Event]:
        """As `answer`, statement by statement, each after its citations; the whole answer comes last.

        With a second opinion nothing is shown before it has been given.
        """
        from rag.answering.generative import GenerativeEngine, events

        if self._writer is None or self.opinion is not None:
            yield from events(self.answer(question, found, vector, search))
            return
        engine = GenerativeEngine(writer=self._writer)
        fallback = self._fallback(question, found, vector, search)
        for event in engine.stream(question, found.hits, self.lookup, fallback=fallback):
            if isinstance(event, Answer):
                yield replace(event, notice=_joined(event.notice, found.notice))
            else:
                yield event

    def summarize_article(self, article: Article, sentences: int) -> Summary:
        """`article` in so many sentences."""
        from rag.answering.summaries import summarize_article

        def extractive(why: str | None = None) -> Summary:
            return _because(why, summarize_article(article, sentences, self.embedder.embed, self.lookup))

        if self._summaries is None:
            return extractive()
        return self._doubted(self._summaries.of_article(article, sentences, self.lookup, fallback=extractive))

    def summarize_topic(self, topic: str, found: Found, vector: Vector, sentences: int) -> Summary:
        """What was found about `topic` in so many sentences."""
        from rag.answering.summaries import summarize_topic

        def extractive(why: str | None = None) -> Summary:
            analysed = self.analyse(topic)
            given = summarize_topic(analysed, found.hits, sentences, vector, self.embedder.embed, self.lookup)
            return _because(why, given)

        if self._summaries is None:
            given = extractive()
        else:
            written = self._summaries.of_topic(topic, found.hits, sentences, self.lookup, fallback=extractive)
            given = self._doubted(written)
        return replace(given, notice=_joined(given.notice, found.notice))

    def evidence(self, question: Question, hits: Sequence[Hit], vector: Vector) -> list[Evidence]:
        """What the extractive engine chooses from, best first."""
        from rag.answering.evidence import EMBEDDED, OTHERS, rank
        from rag.answering.reading import read_evidence
        from rag.models.reader import load_reader

        ranked = rank(question, hits, vector, self.embedder.embed, EMBEDDED, OTHERS)
        return read_evidence(question, ranked, load_reader().read)

    def similarity(self, text: str, others: Sequence[str]) -> list[float]:
        """The cosine of `text` to each of `others`."""
        vectors = self.embedder.embed([text, *others])
        return [float(score) for score in vectors[1:] @ vectors[0]]

    def _extractive(self, question: str, hits: Sequence[Hit], vector: Vector, search: Search) -> Answer:
        """The answer in the articles' own sentences, each part of a question of several looked for by itself."""
        from rag.answering.parts import parts_of, together

        parts = parts_of(question)
        if not parts:
            return self._whole(question, hits, vector)
        answers = []
        for part in parts:
            found, _ = search(part.sought)
            answers.append(self._whole(part.alone, found.hits, self.embedder.embed([part.alone])[0]))
        return together(question, parts, answers)

    def _whole(self, question: str, hits: Sequence[Hit], vector: Vector) -> Answer:
        from rag.answering.extractive import answer

        analysed = self.analyse(question)
        return answer(analysed, self.evidence(analysed, hits, vector), self.lookup, abstain=self.abstain)

    def _fallback(self, question: str, found: Found, vector: Vector, search: Search) -> Callable[[str], Answer]:
        return lambda why: _because(why, self._extractive(question, found.hits, vector, search))

    @cached_property
    def opinion(self) -> SecondOpinion | None:
        """Who reads what was written once more, where that is wanted and there is a model."""
        if self.chat is None or not self.doubting:
            return None
        from rag.answering.generative_opinion import SecondOpinion

        return SecondOpinion(chat=self.chat, prompt=self.prompts.load, brief=self.chat.small)

    def _doubted(self, given: Summary) -> Summary:
        return given if self.opinion is None else self.opinion.on_summary(given, self.lookup)

    @cached_property
    def _writer(self) -> Writer | None:
        if self.chat is None:
            return None
        from rag.answering.generative_writing import Writer

        return Writer(chat=self.chat, similarity=self.similarity, prompt=self.prompts.load, brief=self.chat.small)

    @cached_property
    def _summaries(self) -> SummaryEngine | None:
        if self._writer is None:
            return None
        from rag.answering.generative_summaries import SummaryEngine

        return SummaryEngine(writer=self._writer)


def _because(why: str | None, given: Reply) -> Reply:
    return replace(given, notice=_joined(why and f"{why}; {_OWN_SENTENCES}", given.notice))


def _joined(*notices: str | None) -> str | None:
    return "; ".join(filter(None, notices)) or None
