"""Answers that a language model writes and the articles decide: nothing is said that its quotes do not bear out."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

from rag.answering.generative_composition import nearest_of
from rag.answering.generative_writing import Task, Writer, Written
from rag.answering.passages import defused, select
from rag.answering.sayings import NEAREST, Lookup
from rag.types import (
    Answer,
    Citation,
    Conflict,
    Engine,
    Hit,
    Reason,
    Span,
    Statement,
    Status,
    Usage,
    Withheld,
)

Event = Citation | Statement | Answer
"""What a stream shows: a citation before the statement that uses it, and the whole answer at the end."""

Fallback = Callable[[str], Answer]
"""Answers without the model; it is given why, in one line."""

MAX_PASSAGE_TOKENS = 6000


@dataclass(frozen=True, kw_only=True)
class GenerativeEngine:
    """Answers questions from hits with a language model. Passages take at most `max_passage_tokens`."""

    writer: Writer
    max_passage_tokens: int = MAX_PASSAGE_TOKENS

    def answer(
        self,
        question: str,
        hits: Sequence[Hit],
        lookup: Lookup,
        *,
        fallback: Fallback | None = None,
    ) -> Answer:
        """The answer to `question` from `hits`, best first, or an abstention with the nearest passages.

        Where the model fails, `fallback` answers; without one the `ModelError` is raised. Without
        hits no model is asked.
        """
        *_, last = self._events(question, hits, lookup, fallback, streamed=False)
        assert isinstance(last, Answer)
        return last

    def stream(
        self,
        question: str,
        hits: Sequence[Hit],
        lookup: Lookup,
        *,
        fallback: Fallback | None = None,
    ) -> Iterator[Event]:
        """As `answer`, but each statement comes as soon as it is complete and grounded.

        A statement that has to be repaired comes after those that have not. Last comes the answer.
        """
        return self._events(question, hits, lookup, fallback, streamed=True)

    def _events(
        self,
        question: str,
        hits: Sequence[Hit],
        lookup: Lookup,
        fallback: Fallback | None,
        *,
        streamed: bool,
    ) -> Iterator[Event]:
        if not hits:
            yield Answer(question=question, status="abstained", reason="no_match", engine="generative")
            return
        written = yield from self._written(question, hits, lookup, streamed=streamed)
        if written.error is None:
            yield Answer(question=question, **fields(written, self.writer, hits, lookup))
        elif fallback is None:
            raise written.error
        else:
            yield from events(replace(fallback(str(written.error)), usage=written.usage))

    def _written(
        self, question: str, hits: Sequence[Hit], lookup: Lookup, *, streamed: bool
    ) -> Generator[Citation | Statement, None, Written]:
        prompt = self.writer.prompt("answer")
        room = min(self.max_passage_tokens, self.writer.room(prompt, question))

        def task(budget: int) -> Task:
            passages = select(hits, budget, self.writer.count)
            return Task(prompt, {"question": defused(question)}, passages, question)

        return (yield from self.writer.write(task, room, lookup, streamed=streamed))


def events(answer: Answer) -> Iterator[Event]:
    """A whole answer as a stream of events.

    The citations come in the order in which the answer lists them, whatever the statements' order: who gives
    them numbers in passing gives those that the answer as a whole would get.
    """
    shown = 0
    for statement in answer.statements:
        used = [at for at, item in enumerate(answer.citations, 1) if item.number in statement.citations]
        yield from answer.citations[shown : max(used, default=0)]
        shown = max(shown, *used, 0)
        yield statement
    yield answer


class Fields(TypedDict):
    """What an answer and a summary that a model wrote have in common."""

    status: Status
    reason: Reason | None
    nearest: tuple[Citation, ...]
    statements: tuple[Statement, ...]
    withheld: tuple[Withheld, ...]
    conflicts: tuple[Conflict, ...]
    citations: tuple[Citation, ...]
    engine: Engine
    model: str | None
    prompt: str | None
    notice: str | None
    usage: Usage


def fields(written: Written, writer: Writer, hits: Sequence[Hit], lookup: Lookup) -> Fields:
    """What was written, as the fields of a reply; where nothing can be said, an abstention."""
    composition = written.composition
    said = bool(composition.statements)
    places = [(item.article, item.span) for item in composition.nearest]
    places += [(hit.article, Span(hit.chunk.start, hit.chunk.end)) for hit in hits]
    return Fields(
        status="answered" if said else "abstained",
        reason=None if said else "not_stated",
        nearest=() if said else nearest_of(places, lookup, NEAREST),
        statements=tuple(composition.statements),
        withheld=tuple(composition.withheld),
        conflicts=tuple(composition.conflicts) if said else (),
        citations=tuple(composition.citations) if said else (),
        engine="generative",
        model=writer.chat.name,
        prompt=", ".join(f"{prompt.name} {prompt.version} {prompt.hash}" for prompt in written.prompts),
        notice=written.notice,
        usage=written.usage,
    )
