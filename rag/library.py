"""The library: the one place that wires the rooms together, and what every surface uses."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from rag.arguments import Typed, check_hits, check_summary, filters_of, question_of, text_of
from rag.errors import ConfigError, NotFoundError, StorageError, UserError
from rag.plain import to_plain
from rag.prompts import PromptSource
from rag.settings import Settings, load_settings
from rag.storage.store import Store, may_be_library
from rag.types import (
    AddReport,
    Answer,
    Article,
    ArticleInfo,
    Embedder,
    Hit,
    Progress,
    Summary,
    Usage,
    Verification,
    encodable,
)

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import Runnable

    from rag.answering.evidence import Evidence
    from rag.answering.generative import Event
    from rag.answering.questions import Question
    from rag.asking import Asking
    from rag.chat import Chat
    from rag.models.chat_model import ChatModel
    from rag.repair import DoctorReport
    from rag.usage import UsageRow

Input = str | Path | Mapping[str, object]
"""A path, a URL, ``-`` for standard input, or one article as a mapping (title, text, …)."""

_HITS = 8


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
        *,
        fresh: bool = False,
    ) -> None:
        """Prefer `open`. `embedder` and `llm` take the place of those that `settings` name."""
        self.directory = directory
        self.settings = settings
        self._given_embedder = embedder
        self._given_llm = llm
        self._fresh = fresh
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
        fresh: bool = False,
    ) -> Self:
        """Open the library in `directory`, creating it on first use unless `create` is off.

        `llm` is a setting as in `Settings.llm`, or a chat model of LangChain's. With `fresh` it writes every reply
        anew, also what it has written before.

        Raises `StorageError` where the folder cannot be used, `ConfigError` for a wrong setting
        or a library of a newer format, `UserError` where there is none and none is to be made, and
        where `directory` lies in the home folder of somebody who is not known.
        """
        try:
            path = Path(directory).expanduser().absolute()
        except RuntimeError as exc:
            raise UserError(f"the home folder in {str(directory)!r} is not known") from exc
        if path.exists() and not path.is_dir():
            raise StorageError(f"{path} is a file; a library is a folder")
        if not create and not may_be_library(path):
            raise UserError(f"there is no library in {path}: check the name, or make one with `rag add`")
        return cls(path, settings or load_settings(path), embedder, llm, fresh=fresh)

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
        from rag.models.prices import price_of

        chat = load_chat(setting, timeout_seconds=self.settings.llm_timeout_seconds)
        if chat is None:
            return None
        price = chat.price or price_of(setting, self.settings.llm_price)
        return dataclasses.replace(chat, price=price, heard=partial(self._note_usage, chat.name))

    def _note_usage(self, model: str, used: Usage, seconds: float) -> None:
        self._store.records.note_usage(datetime.now(UTC).date(), model, 1, used, seconds)

    @cached_property
    def prompts(self) -> PromptSource:
        """The prompts for language models: those that ship, and what the user has put in their place."""
        return PromptSource.of(self.settings.prompts)

    @property
    def writer_notice(self) -> str | None:
        """Who writes the answers and what is sent where, in one line; `None` where nothing was asked for."""
        if self.chat_model is not None:
            return self.chat_model.notice
        if (self._given_llm or self.settings.llm) != "auto":
            return None
        from rag.models.chat import EXTRACTIVE_NOTICE

        return EXTRACTIVE_NOTICE

    @property
    def embedder_notice(self) -> str | None:
        """Where texts go to be embedded, in one line; `None` where they go nowhere."""
        from rag.models.remote_embeddings import RemoteEmbedder

        return self._embedder.notice if isinstance(self._embedder, RemoteEmbedder) else None

    @cached_property
    def _asking(self) -> Asking:
        from rag.asking import Asking
        from rag.engines import Engines

        engines = Engines(
            embedder=self._embedder,
            chat=self.chat_model,
            prompts=self.prompts,
            analyse=self._analysed,
            lookup=self._lookup,
            abstain=self.settings.abstain,
            doubting=self.settings.verify == "llm",
        )
        return Asking(store=self._store, embedder=self._embedder, engines=engines)

    @property
    def generation(self) -> int:
        """A number that grows with every change of what can be found, whichever process makes it."""
        return self._store.catalog.generation

    # Articles ------------------------------------------------------------------------------

    def add(
        self,
        inputs: Input | Iterable[Input],
        *,
        stdin: BinaryIO | None = None,
        called: str = "standard input",
        progress: Progress | None = None,
    ) -> AddReport:
        """Add files, folders, web pages, feeds or mappings; a source that fails stops no other.

        What has not changed is left alone, and what has becomes a new version in the same place. ``-`` reads `stdin`,
        which reports and listings show as it is `called`.
        Raises `StorageError` where the library itself cannot be written.
        """
        from rag.adding import add_articles
        from rag.sources import read

        several = [inputs] if isinstance(inputs, (str, os.PathLike, Mapping)) else inputs
        several = list(several)
        if any(isinstance(item, str) and not item.strip() for item in several):
            raise UserError("a path or URL is empty: nothing was added")
        reads = read(several, self.settings, stdin=stdin, called=called)
        return add_articles(reads, self._store, lambda: self._embedder, progress)

    def refresh(self, *, progress: Progress | None = None) -> AddReport:
        """Fetch every URL and feed again, asking the server only for what has changed.

        An article that was removed does not come back, though a feed still names it.
        """
        from rag.adding import add_articles, read_again

        reads = read_again(self._store.catalog, self.settings)
        return add_articles(reads, self._store, lambda: self._embedder, progress)

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
        return self._store.catalog.listing(filters_of(publisher, after, before))

    def export(self) -> Iterator[dict[str, Any]]:
        """Every version of every article as plain JSON values that `add` reads back, oldest first."""
        for article in self._store.catalog.versions():
            current = self._store.catalog.current_version(article.id) == article.version
            yield {"schema": 1, "current": current, **to_plain(article)}

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
        check_hits(k)
        sought, filters = self._question(query, "query"), filters_of(publisher, after, before)
        return self._asking.retrieve(sought, filters, k).found.hits

    def ask(
        self,
        question: str,
        *,
        publisher: str | None = None,
        after: date | None = None,
        before: date | None = None,
        fresh: bool = False,
    ) -> Answer:
        """Answer `question` in sentences that each carry their source, or say that the articles do not.

        `after` and `before` are inclusive; with one, articles of unknown date are left out. What a model wrote
        on the same question over the same library comes from the cache, unless it is to be `fresh`.
        Raises `UserError` for an empty or overlong question.
        """
        text, filters = self._question(question), filters_of(publisher, after, before)
        return self._asking.answer(self._asking.retrieve(text, filters), fresh=fresh or self._fresh)

    def stream(
        self,
        question: str,
        *,
        publisher: str | None = None,
        after: date | None = None,
        before: date | None = None,
        fresh: bool = False,
    ) -> Iterator[Event]:
        """As `ask`, but each statement comes as soon as it is checked, after its citations; the `Answer` comes last."""
        text, filters = self._question(question), filters_of(publisher, after, before)
        return self._asking.stream(self._asking.retrieve(text, filters), fresh=fresh or self._fresh)

    def summarize(
        self,
        reference: str | None = None,
        *,
        about: str | None = None,
        sentences: int = 5,
        publisher: str | None = None,
        after: date | None = None,
        before: date | None = None,
        fresh: bool = False,
    ) -> Summary:
        """Summarize one article, or what all articles say `about` a topic, in `sentences` sentences, 1 to 100.

        Takes exactly one of the two; the filters go with `about`, and `fresh` is as in `ask`. Raises
        `UserError` for a wrong call, `NotFoundError` for an unknown article.
        """
        check_summary(reference, about, sentences)
        if reference is not None:
            return self._asking.summarize_article(self.article(reference), sentences, fresh=fresh or self._fresh)
        topic, filters = self._question(about or "", "topic"), filters_of(publisher, after, before)
        return self._asking.summarize_topic(topic, filters, sentences, fresh=fresh or self._fresh)

    def verify(
        self, text: str, *, publisher: str | None = None, after: date | None = None, before: date | None = None
    ) -> Verification:
        """Check any text against the library, sentence by sentence.

        No model is asked, unless the setting `verify` wants its second opinion: then a `ModelError` may be
        raised. Raises `UserError` for a text that is empty or longer than `max_verified_chars`.
        """
        from rag.answering.evidence import rank
        from rag.verifying import verify

        whole = text_of(text, self.settings.max_verified_chars)
        filters = filters_of(publisher, after, before)

        def ranked(sentence: str) -> list[Evidence]:
            sought = " ".join(sentence[: self.settings.max_question_chars].split())
            asked = self._asking.retrieve(sought, filters)
            hits = asked.found.hits
            return rank(self._analysed(sought), hits, asked.vector, self._embedder.embed) if hits else []

        engines = self._asking.engines
        if self.settings.verify == "llm" and engines.opinion is None:
            raise ConfigError("a second opinion (RAG_VERIFY=llm) needs a language model: set RAG_LLM")
        checked = verify(whole, ranked)
        return engines.opinion.on_verification(checked, self._lookup) if engines.opinion else checked

    def chat(self, name: str | None = None, *, past: Iterable[tuple[str, str]] = ()) -> Chat:
        """A conversation over this library, new, or with `name` the saved one of that name; raises `NotFoundError`.

        `past` is what was asked and said before, oldest first, where a program keeps the conversation itself: a
        follow-up is understood from it. A saved one has its own: raises `UserError` for both.
        """
        from rag.chat import Chat

        past = list(past)
        if past and name is not None:
            raise UserError("a saved conversation has its own past: give a name or a past, not both")
        return Chat(self, self._store.records.saved_chats, self._question, name, past)

    def as_retriever(self, k: int = _HITS) -> BaseRetriever:
        """A LangChain retriever over this library, for a chain of the caller's own."""
        from rag.retrieval.langchain import LibraryRetriever

        return LibraryRetriever(search=self.search, k=k)

    def as_runnable(
        self, *, publisher: str | None = None, after: date | None = None, before: date | None = None
    ) -> Runnable[str, Answer]:
        """The chain that answers as a LangChain Runnable: question in, `Answer` out; streamed, it grows."""
        from rag.answering.generative_chain import as_runnable

        filters = filters_of(publisher, after, before)
        return as_runnable(
            lambda question: self._asking.retrieve(self._question(question), filters),
            lambda _, found: self._asking.answer(found, fresh=self._fresh),
            lambda _, found: self._asking.stream(found, fresh=self._fresh),
        )

    def usage(self) -> list[UsageRow]:
        """What language models used over this library, by day and model, oldest first."""
        return self._store.records.usage()

    def evidence(self, question: str) -> tuple[Question, list[Evidence]]:
        """What an answer to `question` is chosen from, best first: for calibration and for a look inside."""
        asked = self._asking.retrieve(self._question(question))
        analysed = self._analysed(asked.question)
        return analysed, self._asking.engines.evidence(analysed, asked.found.hits, asked.vector)

    def _analysed(self, question: str) -> Question:
        from rag.answering.questions import analyse

        return analyse(question, self._store.catalog.frequencies, self._store.catalog.count()[1])

    def _lookup(self, article_id: str, version: str) -> Article | None:
        try:
            return self._store.catalog.article(article_id, version)
        except NotFoundError:
            return None

    def _question(self, typed: str, what: Typed = "question") -> str:
        return question_of(typed, self.settings.max_question_chars, what)

    # Upkeep --------------------------------------------------------------------------------

    def doctor(self, *, mend: bool = True, progress: Progress | None = None) -> DoctorReport:
        """Check every chunk's vector and every span, and mend what can be mended."""
        from rag.repair import diagnose

        return diagnose(self._store, self._embedder if mend else None, progress)

    def reindex(self, *, progress: Progress | None = None) -> int:
        """Make all vectors anew with the embedder that is set; returns how many."""
        from rag.repair import reindex

        return reindex(self._store, self._embedder, progress)
