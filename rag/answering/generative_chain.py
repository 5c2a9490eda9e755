"""A library as a LangChain Runnable: question in, `Answer` out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda

from rag.answering.generative import Event
from rag.errors import UserError
from rag.grounding.verbatim import OWN_WORDS
from rag.types import Answer, Citation, Engine, Statement

Found = TypeVar("Found")
"""What retrieving gives and answering takes: the hits, and what else the two agree on."""


@dataclass(frozen=True, slots=True)
class Asked(Generic[Found]):
    """A question and what was found for it."""

    question: str
    found: Found


def as_runnable(
    retrieve: Callable[[str], Found],
    answer: Callable[[str, Found], Answer],
    stream: Callable[[str, Found], Iterator[Event]],
) -> Runnable[str, Answer]:
    """The chain: retrieve, then answer. A question is given as a text, or as a mapping that holds one as `question`.

    `invoke` and `batch`, and their asynchronous forms, give whole answers. `stream` gives the answer
    as it grows, one statement more each time; the last is the whole. A step that is put behind it
    in a chain gets the last.
    """

    def asked(given: object) -> Asked[Found]:
        question = given.get("question") if isinstance(given, Mapping) else given
        if not isinstance(question, str):
            raise UserError('a question is a text, or a mapping with a text as "question"')
        return Asked(question, retrieve(question))

    return RunnableLambda[Any, Asked[Found]](asked, name="retrieve") | _Answering(answer, stream)


class _Answering(Runnable[Asked[Found], Answer]):
    name = "answer"

    def __init__(self, answer: Callable[[str, Found], Answer], stream: Callable[[str, Found], Iterator[Event]]) -> None:
        self._answer = answer
        self._stream = stream

    def invoke(self, input: Asked[Found], config: RunnableConfig | None = None, **kwargs: Any) -> Answer:  # noqa: A002, ARG002
        """The whole answer."""

        def whole(asked: Asked[Found]) -> Answer:
            return self._answer(asked.question, asked.found)

        return self._call_with_config(whole, input, config)

    def stream(
        self,
        input: Asked[Found],  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Iterator[Answer]:
        """The answer as it grows."""
        yield from self.transform(iter([input]), config, **kwargs)

    def transform(
        self,
        input: Iterator[Asked[Found]],  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,  # noqa: ARG002
    ) -> Iterator[Answer]:
        """As `stream`, for what a chain hands on."""

        def growing(handed: Iterator[Asked[Found]]) -> Iterator[Answer]:
            for asked in handed:
                yield from grown(asked.question, self._stream(asked.question, asked.found))

        yield from self._transform_stream_with_config(input, growing, config)


def grown(question: str, events: Iterator[Event]) -> Iterator[Answer]:
    """The answer after each statement of a stream, then the whole one."""
    answer = Answer(question=question, status="answered")
    for event in events:
        if isinstance(event, Citation):
            answer = replace(answer, citations=(*answer.citations, event))
        elif isinstance(event, Statement):
            engine: Engine = "extractive" if event.check.startswith(OWN_WORDS) else "generative"
            answer = replace(answer, statements=(*answer.statements, event), engine=engine)
            yield answer
        else:
            yield event
