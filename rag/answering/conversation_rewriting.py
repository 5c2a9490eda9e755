"""A follow-up made into a question that stands alone by a language model, held to the words of the conversation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from rag import prompts
from rag.answering.conversation import Past, carried, is_followup, within
from rag.answering.conversation_signs import own_names, references, stripped, substance
from rag.answering.generative_replies import hidden, parsed
from rag.answering.passages import TokenCounter, defused, estimated_tokens, nonce_beside
from rag.errors import ModelError, ModelReplyError
from rag.prompts import Prompt
from rag.text.words import stem, words
from rag.types import Usage

if TYPE_CHECKING:
    from rag.models.chat_model import ChatModel

MAX_HISTORY_TOKENS = 1500
_UNKNOWN_CONTEXT = 8192
_REPLY_TOKENS = 300
_LONGEST = 400
"""Characters of a rewritten question; a longer one is no question."""


class Rewritten(BaseModel):
    """What the model replies."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(description="the question so that it stands alone")


class BriefRewritten(Rewritten):
    """For a small model, which would go on without end where nothing in the form stops it."""

    question: str = Field(max_length=200)


@dataclass(frozen=True, slots=True)
class Understood:
    """A question as it stands alone, what understanding it took, and in one line why no model was used after all."""

    standalone: str
    usage: Usage = field(default_factory=Usage)
    prompt: str | None = None
    notice: str | None = None


@dataclass(frozen=True, kw_only=True)
class Rewriter:
    """Understands follow-ups with `chat`; where it fails, or asks something else, without it.

    `max_history_tokens` bounds what it reads of the conversation. `count`, `prompt` and `brief` are as in a `Writer`.
    """

    chat: ChatModel
    max_history_tokens: int = MAX_HISTORY_TOKENS
    count: TokenCounter = estimated_tokens
    prompt: Callable[[str], Prompt] = prompts.load
    brief: bool = False

    def understand(self, question: str, history: Sequence[Past]) -> Understood:
        """`question` so that it can be understood without `history` (oldest first); raises no `ModelError`."""
        if not is_followup(question, history):
            return Understood(question)
        prompt = self.prompt("rewrite")
        used = f"{prompt.name} {prompt.version} {prompt.hash}"
        room = (self.chat.context_tokens or _UNKNOWN_CONTEXT) - _REPLY_TOKENS
        room -= sum(map(self.count, (prompt.body, question)))
        told = within(history, min(self.max_history_tokens, room), self.count)
        if not told:
            notice = _without(f"{self.chat.name} reads too little at once")
            return Understood(carried(question, history), notice=notice)
        usage = Usage()
        try:
            reply = self.chat.complete(prompt.render(**_framed(question, told)), self._shape)
            usage = reply.usage
            written = " ".join(parsed(self.chat, reply.text, self._shape).question.split())
            written = hidden(written, self.chat.service.secrets)
            self._check(written, question, told)
        except ModelError as exc:
            return Understood(carried(question, history), usage, used, _without(str(exc)))
        if references(written) and _same(written, question):
            return Understood(carried(question, history), usage, used)
        return Understood(question if _same(written, question) else written, usage, used)

    @property
    def _shape(self) -> type[Rewritten]:
        return BriefRewritten if self.brief else Rewritten

    def _check(self, written: str, question: str, told: Sequence[Past]) -> None:
        """Raise `ModelReplyError` unless `written` is a question out of the words of the conversation."""
        if not written or len(written) > _LONGEST or not written.isprintable():
            raise ModelReplyError(f"{self.chat.name} gave no question")
        said = _stems(" ".join([question, *(f"{past.standalone} {past.said}" for past in told)]))
        named = _stems(" ".join(own_names(written))) | {word for word in words(written) if word[0].isdigit()}
        if not named <= said:
            raise ModelReplyError(f"{self.chat.name} asked about what was not talked of")
        own = {stem(word) for word in substance(stripped(question)[0])}
        if own and not own & _stems(written):
            raise ModelReplyError(f"{self.chat.name} asked something else")


def _without(why: str) -> str:
    return f"the follow-up was completed without the model: {why}"


def _same(one: str, other: str) -> bool:
    return words(one) == words(other)


def _stems(text: str) -> set[str]:
    return {stem(word) for word in words(text)}


def _framed(question: str, told: Sequence[Past]) -> dict[str, str]:
    """The inputs of the prompt: all that was said between tags with a number that stands in none of it."""
    turns = [f"Reader: {defused(past.standalone)}\nLibrary: {defused(past.said) or '(no answer)'}" for past in told]
    asked = defused(question)
    nonce = nonce_beside([*turns, asked])
    history = "\n\n".join(f"<turn-{nonce}>\n{turn}\n</turn-{nonce}>" for turn in turns)
    return {"history": history, "question": f"<question-{nonce}>\n{asked}\n</question-{nonce}>"}
