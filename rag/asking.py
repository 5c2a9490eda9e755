"""How a reply comes about: passages are found, an engine answers, and what a model wrote is kept to be given again.

A reply is kept under all that decides what it says, so that the same question over the same library,
model and prompts is answered at once and costs nothing. What the articles' own sentences answer is not
kept: it takes no longer to answer again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from rag.engines import Engines
from rag.errors import UserError
from rag.retrieval.search import Found, search
from rag.storage.records import Kind, cache_key
from rag.storage.store import Store
from rag.types import Answer, Article, Embedder, Filters, Reason, Summary, Timings, Usage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rag.answering.generative import Event

Reply = TypeVar("Reply", Answer, Summary)

ASK_HITS = 10
_TOPIC_HITS = 16
_PER_ARTICLE = 3


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What was found for a question: passages, the question's vector, and the seconds that it took.

    `generation` is the state of the library that was searched, or an earlier one.
    """

    question: str
    filters: Filters
    found: Found
    vector: NDArray[np.float32]
    generation: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Answers and summarizes from one library."""

    store: Store
    embedder: Embedder
    engines: Engines

    def retrieve(self, question: str, filters: Filters = Filters(), k: int = ASK_HITS) -> Retrieved:
        """The `k` passages that fit `question` best."""
        started = time.perf_counter()
        generation = self.store.catalog.generation
        if self.store.embedder_name is not None:
            self.store.require(self.embedder.name)
        found, vector = self._search(question, filters, k)
        return Retrieved(question, filters, found, vector, generation, time.perf_counter() - started)

    def _search(self, question: str, filters: Filters, k: int = ASK_HITS) -> tuple[Found, NDArray[np.float32]]:
        vector = self.embedder.embed([question])[0]
        return search(self.store, question, vector, k=k, filters=filters, per_article=_PER_ARTICLE), vector

    def answer(self, asked: Retrieved, *, fresh: bool = False) -> Answer:
        """The answer from what was retrieved; a kept one, unless it is to be `fresh`."""
        *_, last = self._events(asked, fresh, streamed=False)
        assert isinstance(last, Answer)
        return last

    def stream(self, asked: Retrieved, *, fresh: bool = False) -> Iterator[Event]:
        """As `answer`, statement by statement, each after its citations; the answer comes last."""
        return self._events(asked, fresh, streamed=True)

    def _events(self, asked: Retrieved, fresh: bool, *, streamed: bool) -> Iterator[Event]:
        from rag.answering.generative import events

        started = time.perf_counter()
        if not asked.found.hits:
            why = self._why_nothing(asked.filters)
            yield Answer(question=asked.question, status="abstained", reason=why, notice=asked.found.notice)
            return
        key = self._key("ask", asked.question, asked)
        kept = None if fresh else self._kept(key, Answer)
        again = partial(self._search, filters=asked.filters)
        if kept is not None:
            come = events(kept)
        elif streamed:
            come = self.engines.stream(asked.question, asked.found, asked.vector, again)
        else:
            come = iter([self.engines.answer(asked.question, asked.found, asked.vector, again)])
        for event in come:
            if isinstance(event, Answer):
                if kept is None:
                    self._keep(key, event, [hit.article.id for hit in asked.found.hits])
                yield replace(event, timings_ms=_timings(asked.seconds, started))
            else:
                yield event

    def summarize_article(self, article: Article, sentences: int, *, fresh: bool = False) -> Summary:
        """`article` in so many sentences."""
        generation = self.store.catalog.generation
        key = self._cache_key("summarize", f"{article.id} {article.version}", Filters(), sentences, generation)
        return self._summary(
            key, fresh, lambda: self.engines.summarize_article(article, sentences), [article.id], seconds=0.0
        )

    def summarize_topic(self, topic: str, filters: Filters, sentences: int, *, fresh: bool = False) -> Summary:
        """What the articles that pass the filters say about `topic`, in so many sentences."""
        asked = self.retrieve(topic, filters, max(_TOPIC_HITS, 2 * sentences))
        if not asked.found.hits:
            why = self._why_nothing(filters)
            return Summary(subject=topic, status="abstained", reason=why, notice=asked.found.notice)
        return self._summary(
            self._key("about", topic, asked, sentences),
            fresh,
            lambda: self.engines.summarize_topic(topic, asked.found, asked.vector, sentences),
            [hit.article.id for hit in asked.found.hits],
            asked.seconds,
        )

    def _summary(
        self, key: str | None, fresh: bool, write: Callable[[], Summary], articles: Sequence[str], seconds: float
    ) -> Summary:
        started = time.perf_counter()
        given = None if fresh else self._kept(key, Summary)
        if given is None:
            given = write()
            self._keep(key, given, articles)
        return replace(given, timings_ms=_timings(seconds, started))

    def _why_nothing(self, filters: Filters) -> Reason:
        if self.store.catalog.count()[0] == 0:
            return "empty_library"
        return "filtered_out" if filters and self.store.catalog.count(filters)[0] == 0 else "no_match"

    # Replies to give again -----------------------------------------------------------------

    def _key(self, kind: Kind, question: str, asked: Retrieved, sentences: int | None = None) -> str | None:
        return self._cache_key(kind, question, asked.filters, sentences, asked.generation)

    def _cache_key(
        self, kind: Kind, question: str, filters: Filters, sentences: int | None, generation: int
    ) -> str | None:
        """What a reply is kept under, `None` where no model writes."""
        if self.engines.chat is None:
            return None
        return cache_key(
            kind=kind,
            question=question,
            filters=filters,
            sentences=sentences,
            generation=generation,
            embedder=self.embedder.name,
            model=self.engines.chat.identity,
            prompts=[prompt.hash for prompt in self.engines.prompts.available()],
            settings={"abstain": self.engines.abstain, "opinion": self.engines.opinion is not None},
        )

    def _kept(self, key: str | None, kind: type[Reply]) -> Reply | None:
        plain = key and self.store.records.cached(key)
        if not plain:
            return None
        try:
            given = kind.from_dict(plain)
        except UserError:  # not as this version writes it
            return None
        if self.engines.chat is not None:
            self.store.records.note_usage(datetime.now(UTC).date(), self.engines.chat.name, 0, Usage(), 0.0, cached=1)
        return replace(given, usage=Usage())

    def _keep(self, key: str | None, given: Answer | Summary, articles: Sequence[str]) -> None:
        """Keep what a model wrote without any fault; `articles` are those that it was shown."""
        if key and given.engine == "generative" and given.notice is None:
            self.store.records.cache(key, given.to_dict(), articles)


def _timings(retrieving: float, started: float) -> Timings:
    return Timings(round(retrieving * 1000), round((time.perf_counter() - started) * 1000))
