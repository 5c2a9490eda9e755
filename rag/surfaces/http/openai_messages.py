"""What a chat client sends: OpenAI's request, as far as a library can understand one.

What clients send by habit and only steers how a model writes (temperature, stop, tools that may be called) is passed
over. What asks for another kind of reply than text is refused, since whoever asked would wait for it in vain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from rag.errors import UserError
from rag.surfaces.http.bodies import Day
from rag.surfaces.http.openai_text import said

_LONGEST_READ = 20_000
"""Characters of an earlier answer that are read."""
_MOST_MESSAGES = 2_000
_MOST_PARTS = 100


class Part(BaseModel):
    """A part of a message. Those of other types than text are known by their type alone."""

    type: str
    text: str | None = None


_Parts = Annotated[list[Part], Field(max_length=_MOST_PARTS, fail_fast=True)]


class Message(BaseModel):
    """One message of the conversation. What the system and other assistants said is never an instruction here."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | _Parts | None = None

    def text(self) -> str:
        """Its text; the parts that are text, joined."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text or "" for part in self.content or () if part.type == "text")

    def foreign(self) -> str | None:
        """The type of a part that is no text, if there is one."""
        parts = self.content if isinstance(self.content, list) else []
        return next((part.type for part in parts if part.type != "text"), None)


class StreamOptions(BaseModel):
    """How to stream."""

    include_usage: bool | None = None


class CompletionRequest(BaseModel):
    """A conversation of which the last message of the user is the question."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "model": "news",
                    "messages": [{"role": "user", "content": "How many sites did the U.S. strikes hit?"}],
                }
            ]
        }
    )

    model: str = Field(description="the name of a library")
    messages: list[Message] = Field(min_length=1, max_length=_MOST_MESSAGES, fail_fast=True)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    publisher: str | None = Field(None, description="not OpenAI's: only articles of this publisher")
    after: Day | None = Field(None, description="not OpenAI's: only articles of this day or later")
    before: Day | None = Field(None, description="not OpenAI's: only articles of this day or earlier")
    fresh: bool = Field(False, description="not OpenAI's: have a model write anew what it has written before")
    n: int | None = None
    logprobs: bool | None = None
    modalities: list[str] | None = None
    response_format: dict[str, Any] | None = None
    tool_choice: str | dict[str, Any] | None = None
    function_call: str | dict[str, Any] | None = None

    @field_validator("n")
    @classmethod
    def _one(cls, n: int | None) -> int | None:
        if n not in (None, 1):
            raise ValueError("a library gives one answer: n must be 1")
        return n

    @field_validator("logprobs")
    @classmethod
    def _without_probabilities(cls, wanted: bool | None) -> bool | None:
        if wanted:
            raise ValueError("a library has no probabilities of tokens to give")
        return wanted

    @field_validator("modalities")
    @classmethod
    def _only_text(cls, modalities: list[str] | None) -> list[str] | None:
        if modalities and modalities != ["text"]:
            raise ValueError("a library answers in text alone")
        return modalities

    @field_validator("response_format")
    @classmethod
    def _no_form(cls, form: dict[str, Any] | None) -> dict[str, Any] | None:
        if form and form.get("type") != "text":
            raise ValueError("a library answers in text; the whole answer as JSON is in the field `rag` of the reply")
        return form

    @field_validator("tool_choice", "function_call")
    @classmethod
    def _no_call(cls, choice: str | dict[str, Any] | None) -> str | dict[str, Any] | None:
        if choice not in (None, "none", "auto"):
            raise ValueError("a library calls no tools")
        return choice

    @property
    def options(self) -> dict[str, Any]:
        """The filters and the like, as the library takes them."""
        return {"publisher": self.publisher, "after": self.after, "before": self.before, "fresh": self.fresh}

    @property
    def with_usage(self) -> bool:
        """Whether a stream is to end with what was used."""
        return bool(self.stream_options and self.stream_options.include_usage)

    def conversation(self) -> tuple[str, list[tuple[str, str]]]:
        """The question, and what was asked and said before it; raises `UserError` where none is asked."""
        return conversation(self.messages)


def conversation(messages: Sequence[Message]) -> tuple[str, list[tuple[str, str]]]:
    """The last message of the user, and what was asked and said before it, oldest first.

    Raises `UserError` where the user says nothing, or in that message something that is no text.
    """
    turns: list[tuple[str, str]] = []
    last: Message | None = None
    for message in messages:
        if message.role == "user":
            turns.append((message.text(), ""))
            last = message
        elif message.role == "assistant" and turns:
            question, before = turns[-1]
            if len(before) < _LONGEST_READ:
                answered = said(message.text()[:_LONGEST_READ])
                turns[-1] = (question, " ".join(filter(None, (before, answered))))
    if last is None:
        raise UserError("there is no message of the user among the messages, so there is no question")
    if foreign := last.foreign():
        raise UserError(f"a library reads text alone, and the question has a part of type {foreign[:40]!r}")
    return turns[-1][0], turns[:-1]
