"""Commands that ask something of the articles: ask, summarize, chat, search, verify."""

from __future__ import annotations

from argparse import Namespace
from contextlib import suppress

from rag.errors import NotFoundError
from rag.library import Library
from rag.surfaces import render
from rag.surfaces.given import (
    DONE,
    FAILED,
    filters,
    open_library,
    say_where_texts_go,
    typed,
    typed_or_file,
    why_nothing,
)
from rag.surfaces.layout import paragraph
from rag.surfaces.output import Output
from rag.surfaces.progress import waiting
from rag.types import SCHEMA, Answer, Citation, Summary


def ask(args: Namespace, output: Output) -> int:
    """Answer a question from the articles."""
    with open_library(args) as library:
        _say_who_writes(library, output)
        question = typed(args.question)
        with waiting("answering"):
            answer = library.ask(question, fresh=args.fresh, **filters(args))
        return _give_reply(answer, library, output)


def summarize(args: Namespace, output: Output) -> int:
    """Summarize one article, or what the articles say about a topic."""
    with open_library(args) as library:
        _say_who_writes(library, output)
        with waiting("summarizing"):
            summary = library.summarize(
                args.id, about=args.about, sentences=args.sentences, fresh=args.fresh, **filters(args)
            )
        return _give_reply(summary, library, output)


def chat(args: Namespace, output: Output) -> int:
    """Answer one question after another; fails when, not at a terminal, one of them does."""
    from rag.surfaces.chat import run
    from rag.surfaces.lines import History

    with open_library(args) as library:
        history = None if args.no_history else History.of(library.directory)
        conversation = library.chat(args.resume)
        _say_who_writes(library, output)
        return DONE if run(conversation, output, filters(args), _place(library), history) else FAILED


def search(args: Namespace, output: Output) -> int:
    """Find the passages that fit a query best."""
    query = typed(args.query)
    with open_library(args) as library:
        say_where_texts_go(library, output)
        found = library.search(query, args.k, **filters(args))
        nothing = ""
        if not found:
            passing = library.articles(**filters(args))
            nothing = "Nothing in the articles matches." if passing else why_nothing(library)
    output.give(
        {"schema": SCHEMA, "query": query, "hits": [hit.to_dict() for hit in found]},
        lambda: [paragraph(nothing)] if nothing else render.hits(query, found, in_full=not output.terminal),
    )
    return DONE


def verify(args: Namespace, output: Output) -> int:
    """Check a text sentence by sentence; fails when something is unsupported."""
    text = typed_or_file(args.text)
    with open_library(args) as library:
        if library.settings.verify == "llm":
            _say_who_writes(library, output)
        else:
            say_where_texts_go(library, output)
        with waiting("checking"):
            checked = library.verify(text, **filters(args))
        place = _place(library)
        output.give(checked.to_dict(), lambda: render.verification(checked, place))
    return DONE if checked.supported else FAILED


def _say_who_writes(library: Library, output: Output) -> None:
    """Before anything goes to a provider, say to whom; and where one was looked for and none found, that."""
    if library.writer_notice:
        output.message(f"rag: {library.writer_notice}")
    say_where_texts_go(library, output)


def _give_reply(reply: Answer | Summary, library: Library, output: Output) -> int:
    place = _place(library)
    output.give(reply.to_dict(), lambda: render.reply(reply, place))
    if reply.notice:
        output.message(f"rag: {reply.notice}")
    return DONE


def _place(library: Library) -> render.Place:
    def place(citation: Citation) -> str | None:
        # Another process may have removed the article since.
        with suppress(NotFoundError):
            return library.article(citation.article_id, citation.version).source
        return None

    return place
