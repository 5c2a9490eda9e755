"""The library: the one place that wires the rooms together, and what every surface uses."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from rag.errors import NotFoundError, StorageError, UserError
from rag.settings import Settings, load_settings
from rag.storage.store import Store, may_be_library
from rag.types import (
    AddReport,
    Answer,
    Article,
    ArticleInfo,
    Embedder,
    Filters,
    Hit,
    Progress,
    Read,
    Reason,
    Summary,
    Timings,
    Verification,
    encodable,
)

if TYPE_CHECKING:
    import numpy as np
    from langchain_core.language_models import BaseChatModel
    from langchain_core.retrievers import BaseRetriever
    from numpy.typing import NDArray

    from rag.answering.evidence import Evidence
    from rag.answering.generative import Event
    from rag.answering.questions import Question
    from rag.engines import Engines
    from rag.models.chat_model import ChatModel
    from rag.repair import DoctorReport
    from rag.retrieval.search import Found

Input = str | Path | Mapping[str, object]
"""A path, a URL, ``-`` for standard input, or one article as a mapping (title, text, …)."""

_EXAMPLES = {
    "question": '`rag ask "What happened?"`',
    "query": "`rag search flood`",
    "topic": '`rag summarize --about "the flood"`',
}
_HITS = 8
_MAX_HITS = 1000
_ASK_HITS = 10
_TOPIC_HITS = 16
_PER_ARTICLE = 3


class Library:
    """A library of news articles in a directory; use it as a context manager, or `close` it.

    One object may be used from several threads; several processes may work on one directory.
    """

    def __init__(
        self,
        directory: Path,
        settings: Settings,
        embedder: Embedder | None = None,
        llm: str | BaseChatModel | ChatModel | None = None,
    ) -> None:
        """Prefer `open`. `embedder` and `llm` take the place of those that `settings` name."""
        self.directory = directory
        self.settings = settings
        self._given_embedder = embedder
        self._given_llm = llm
        self._store = Store(directory, settings.lock_seconds)

    @classmethod
    def open(
        cls,
        directory: str | Path,
        *,
        settings: Settings | None = None,
        embedder: Embedder | None = None,
        llm: str | BaseChatModel | ChatModel | None = None,
        create: bool = True,
    ) -> Self:
        """Open the library in `directory`, creating it on first use unless `create` is off.

        `llm` is a setting as in `Settings.llm`, or a chat model of LangChain's.

        Raises `StorageError` where the folder cannot be used, `ConfigError` for a wrong setting
        or a library of a newer format, `UserError` where there is none and none is to be made.
        """
        path = Path(directory).expanduser().absolute()
        if path.exists() and not path.is_dir():
            raise StorageError(f"{path} is a file; a library is a folder")
        if not create and not may_be_library(path):
            raise UserError(f"there is no library in {path}: check the name, or make one with `rag add`")
        return cls(path, settings or load_settings(path), embedder, llm)

    def close(self) -> None:
        """Close the files of the library."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @cached_property
    def _embedder(self) -> Embedder:
        from rag.models.embeddings import load_embedder

        return self._given_embedder or load_embedder(self.settings.embeddings)

    @cached_property
    def chat_model(self) -> ChatModel | None:
        """The language model that writes the answers, `None` where they are the articles' own sentences."""
        setting = self._given_llm or self.settings.llm
        if setting == "extractive":
            return None
        from rag.models.chat import load_chat

        return load_chat(setting, timeout_seconds=self.settings.llm_timeout_seconds)

    @property
    def writer_notice(self) -> str | None:
        """Who writes the answers and what is sent where, in one line; `None` where nothing was asked for."""
        if self.chat_model is not None:
            return self.chat_model.notice
        if (self._given_llm or self.settings.llm) != "auto":
            return None
        from rag.models.chat import EXTRACTIVE_NOTICE

        return EXTRACTIVE_NOTICE

    @cached_property
    def _engines(self) -> Engines:
        from rag.engines import Engines

        return Engines(
            embedder=self._embedder,
            chat=self.chat_model,
            analyse=self._analysed,
            lookup=self._lookup,
            abstain=self.settings.abstain,
        )

    # Articles ------------------------------------------------------------------------------

    def add(
        self, inputs: Input | Iterable[Input], *, stdin: BinaryIO | None = None, progress: Progress | None = None
    ) -> AddReport:
        """Add files, folders, web pages, feeds or mappings; a source that fails stops no other.

        What has not changed is left alone, and what has becomes a new version in the same place.
        Raises `StorageError` where the library itself cannot be written.
        """
        from rag.adding import add_articles
        from rag.sources import read

        several = [inputs] if isinstance(inputs, (str, os.PathLike, Mapping)) else inputs
        several = list(several)
        if any(isinstance(item, str) and not item.strip() for item in several):
            raise UserError("a path or URL is empty: nothing was added")
        reads = read(several, self.settings, stdin=stdin)
        return add_articles(reads, self._store, lambda: self._embedder, progress)

    def refresh(self, *, progress: Progress | None = None) -> AddReport:
        """Fetch every URL and feed again, asking the server only for what has changed.

        An article that was removed does not come back, though a feed still names it.
        """
        from rag.adding import add_articles
        from rag.sources import read

        origins = self._store.catalog.origins()
        validators = self._store.catalog.validators
        removed = self._store.catalog.removed()

        def reads() -> Iterator[Read]:
            # Feeds first: a page that one of them has just led to need not be asked again.
            seen = set()
            for found in read(
                [url for url, kind, _ in origins if kind == "feed"], self.settings, validators=validators
            ):
                seen.add(found.origin)
                if found.origin not in removed:
                    yield found
            pages = [url for url, kind, _ in origins if kind == "page" and url not in seen]
            yield from read(pages, self.settings, validators=validators)

        return add_articles(reads(), self._store, lambda: self._embedder, progress)

    def remove(self, reference: str) -> Article:
        """Remove an article with all its versions, and return what was its current one.

        `reference` is an id, an unambiguous start of one, a URL or a path; raises `NotFoundError`.
        """
        article = self.article(reference)
        self._store.remove([article.id])
        return article

    def article(self, reference: str, version: str | None = None) -> Article:
        """An article with its text, in its current version or another; raises `NotFoundError`."""
        return self._store.catalog.article(self._store.catalog.resolve(encodable(reference)), version)

    def versions(self, reference: str) -> list[Article]:
        """Every version of an article, oldest first; raises `NotFoundError`."""
        return list(self._store.catalog.versions(self._store.catalog.resolve(encodable(reference))))

    def articles(
        self, *, publisher: str | None = None, after: date | None = None, before: date | None = None
    ) -> list[ArticleInfo]:
        """The current articles without their texts, newest first."""
        return self._store.catalog.listing(self._filters(publisher, after, before))

    def export(self) -> Iterator[dict[str, Any]]:
        """Every version of every article as plain JSON values that `add` reads back, oldest first."""
        for article in self._store.catalog.versions():
            current = self._store.catalog.current_version(article.id) == article.version
            plain = dataclasses.asdict(article)
            plain |= {name: value.isoformat() for name, value in plain.items() if isinstance(value, date)}
            yield {"schema": 1, "current": current, **plain}

    # Questions -----------------------------------------------------------------------------

    def search(
        self,
        query: str,
        k: int = _HITS,
        *,
        publisher: str | None = None,
        after: date | None = None,
        before: date | None = None,
    ) -> list[Hit]:
        """The `k` passages that fit `query` best, best first. `after` and `before` are inclusive."""
        if k < 1:
            raise UserError("k must be 1 or more")
        if k > _MAX_HITS:
            raise UserError(f"k must be {_MAX_HITS} or less")
        self._question(query, "query")
        return self._search(query, k, self._filters(publisher, after, before))[0].hits

    def ask(
        self,
        question: str,
        *,
        publisher: str | None = None,
        after: date | None = None,
        before: date | None = None,
    ) -> Answer:
        """Answer `question` in sentences that each carry their source, or say that the articles do not.

        `after` and `before` are inclusive; with one, articles of unknown date are left out.
        Raises `UserError` for an empty or overlong question.
        """
        text = self._question(question)
        filters = self._filters(publisher, after, before)
        started = time.perf_counter()
        found, vector = self._search(text, _ASK_HITS, filters)
        if not found.hits:
            return Answer(question=text, status="abstained", reason=self._why_nothing(filters), notice=found.notice)
        retrieved = time.perf_counter()
        given = self._engines.answer(text, found, vector)
        return dataclasses.replace(given, timings_ms=_timings(started, retrieved))

    def stream(
        self,
        question: str,
        *,
        publisher: str | None = None,
        after: date | None = None,
        before: date | None = None,
    ) -> Iterator[Event]:
        """As `ask`, but each statement comes as soon as it is checked, after its citations; the `Answer` comes last."""
        text = self._question(question)
        filters = self._filters(publisher, after, before)
        started = time.perf_counter()
        found, vector = self._search(text, _ASK_HITS, filters)
        retrieved = time.perf_counter()
        if not found.hits:
            yield Answer(question=text, status="abstained", reason=self._why_nothing(filters), notice=found.notice)
            return
        for event in self._engines.stream(text, found, vector):
            if isinstance(event, Answer):
                yield dataclasses.replace(event, timings_ms=_timings(started, retrieved))
            else:
                yield event

    def summarize(
        self,
        reference: str | None = None,
        *,
        about: str | None = None,
        sentences: int = 5,
        publisher: str | None = None,
        after: date | None = None,
        before: date | None = None,
    ) -> Summary:
        """Summarize one article, or what all articles say `about` a topic, in `sentences` sentences.

        Takes exactly one of the two; the filters go with `about`. Raises `UserError` for a wrong
        call, `NotFoundError` for an unknown article.
        """
        if (reference is None) == (about is None):
            raise UserError(
                "name what to summarize: an article's id, or a topic with --about"
                if about is None
                else "an article's id or a topic (--about): give one of them, not both"
            )
        if sentences < 1:
            raise UserError("a summary needs 1 sentence or more")
        started = time.perf_counter()
        if reference is not None:
            article = self.article(reference)
            retrieved = time.perf_counter()
            summary = self._engines.summarize_article(article, sentences)
            return dataclasses.replace(summary, timings_ms=_timings(started, retrieved))
        topic = self._question(about or "", "topic")
        filters = self._filters(publisher, after, before)
        found, vector = self._search(topic, max(_TOPIC_HITS, 2 * sentences), filters)
        if not found.hits:
            return Summary(subject=topic, status="abstained", reason=self._why_nothing(filters), notice=found.notice)
        retrieved = time.perf_counter()
        summary = self._engines.summarize_topic(topic, found, vector, sentences)
        return dataclasses.replace(summary, timings_ms=_timings(started, retrieved))

    def verify(
        self, text: str, *, publisher: str | None = None, after: date | None = None, before: date | None = None
    ) -> Verification:
        """Check any text against the library, sentence by sentence; no model is asked.

        Raises `UserError` for a text that is empty or longer than `max_verified_chars`.
        """
        from rag.answering.evidence import rank
        from rag.verifying import verify

        whole = encodable(text)
        if not whole.strip():
            raise UserError("the text is empty: give one or more sentences to check")
        if len(whole) > self.settings.max_verified_chars:
            raise UserError(
                f"the text has {len(whole):,} characters, and {self.settings.max_verified_chars:,} are allowed "
                "(RAG_MAX_VERIFIED_CHARS)"
            )
        filters = self._filters(publisher, after, before)

        def ranked(sentence: str) -> list[Evidence]:
            sought = " ".join(sentence[: self.settings.max_question_chars].split())
            found, vector = self._search(sought, _ASK_HITS, filters)
            return rank(self._analysed(sought), found.hits, vector, self._embedder.embed) if found.hits else []

        return verify(whole, ranked, self._engines.similarity)

    def as_retriever(self, k: int = _HITS) -> BaseRetriever:
        """A LangChain retriever over this library, for a chain of the caller's own."""
        from rag.retrieval.langchain import LibraryRetriever

        return LibraryRetriever(search=self.search, k=k)

    def evidence(self, question: str) -> tuple[Question, list[Evidence]]:
        """What an answer to `question` is chosen from, best first: for calibration and for a look inside."""
        text = self._question(question)
        found, vector = self._search(text, _ASK_HITS, Filters())
        analysed = self._analysed(text)
        return analysed, self._engines.evidence(analysed, found.hits, vector)

    def _analysed(self, question: str) -> Question:
        from rag.answering.questions import analyse

        return analyse(question, self._store.catalog.frequencies, self._store.catalog.count()[1])

    def _lookup(self, article_id: str, version: str) -> Article | None:
        try:
            return self._store.catalog.article(article_id, version)
        except NotFoundError:
            return None

    def _question(self, typed: str, what: str = "question") -> str:
        text = " ".join(encodable(typed).split())
        if not text:
            raise UserError(f"the {what} is empty: type one, such as {_EXAMPLES[what]}")
        if len(text) > self.settings.max_question_chars:
            raise UserError(
                f"the {what} has {len(text):,} characters, and {self.settings.max_question_chars:,} are allowed "
                "(RAG_MAX_QUESTION_CHARS)"
            )
        return text

    def _filters(self, publisher: str | None, after: date | None, before: date | None) -> Filters:
        if after and before and after > before:
            raise UserError(f"nothing is both after {after} and before {before}: exchange the two dates")
        return Filters(publisher and encodable(publisher), after, before)

    def _search(self, question: str, k: int, filters: Filters) -> tuple[Found, NDArray[np.float32]]:
        from rag.retrieval.search import search

        if self._store.embedder_name is not None:
            self._store.require(self._embedder.name)
        vector = self._embedder.embed([question])[0]
        return search(self._store, question, vector, k=k, filters=filters, per_article=_PER_ARTICLE), vector

    def _why_nothing(self, filters: Filters) -> Reason:
        if self._store.catalog.count()[0] == 0:
            return "empty_library"
        return "filtered_out" if filters and self._store.catalog.count(filters)[0] == 0 else "no_match"

    # Upkeep --------------------------------------------------------------------------------

    def doctor(self, *, mend: bool = True, progress: Progress | None = None) -> DoctorReport:
        """Check every chunk's vector and every span, and mend what can be mended."""
        from rag.repair import diagnose

        return diagnose(self._store, self._embedder if mend else None, progress)

    def reindex(self, *, progress: Progress | None = None) -> int:
        """Make all vectors anew with the embedder that is set; returns how many."""
        from rag.repair import reindex

        return reindex(self._store, self._embedder, progress)


def _timings(started: float, retrieved: float) -> Timings:
    ended = time.perf_counter()
    return Timings(round((retrieved - started) * 1000), round((ended - retrieved) * 1000))
