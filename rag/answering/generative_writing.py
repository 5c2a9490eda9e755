"""One piece of writing by a language model: asked, read as it arrives, grounded, and repaired once."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag import prompts
from rag.answering.generative_composition import Composition
from rag.answering.generative_replies import check_length, hidden, parsed
from rag.answering.generative_shapes import BriefRepairs, BriefReply, DraftReply, Repairs
from rag.answering.partial_json import PartialObject
from rag.answering.passages import Passage, TokenCounter, estimated_tokens, frame, size
from rag.answering.sayings import Lookup
from rag.errors import ContextTooLongError, ModelError, ModelReplyError
from rag.grounding.coverage import Similarity
from rag.models.chat_model import unwrapped
from rag.prompts import Prompt
from rag.types import Citation, Statement, Usage

if TYPE_CHECKING:
    from pydantic import BaseModel

    from rag.models.chat_model import ChatModel, ChatReply

UNKNOWN_CONTEXT = 8192
"""Tokens that a model is taken to read at once where it does not tell."""
_LONGEST_REPLY = 1500
_REPLY_SHARE = 4
_ATTEMPTS = 3

Events = Iterator[Citation | Statement]


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be written: a prompt, its inputs apart from the passages, and these.

    `subject` is what is asked about; at most `most` sentences are wanted. With `attributed`, nothing that
    somebody claims may be told without their name. `prompts` were used before.
    """

    prompt: Prompt
    inputs: Mapping[str, str]
    passages: Sequence[Passage]
    subject: str
    most: int | None = None
    attributed: bool = False
    prompts: tuple[Prompt, ...] = ()


@dataclass(slots=True)
class Written:
    """What has been written, the tokens it took, and the prompts, in order.

    `error` is set where the model failed before anything could be said, `notice` where it did later.
    """

    composition: Composition
    usage: Usage = field(default_factory=Usage)
    prompts: list[Prompt] = field(default_factory=list)
    notice: str | None = None
    error: ModelError | None = None


@dataclass(frozen=True, kw_only=True)
class Writer:
    """A model with what its writing is checked by.

    `similarity` may confirm paraphrases. `count` is the model's own tokenizer where it is at hand.
    `prompt` finds a prompt by its name. `brief` bounds the length of what a small model may write; its server
    must hold replies to a schema's lengths, as llama.cpp does and not all providers do.
    """

    chat: ChatModel
    similarity: Similarity | None = None
    count: TokenCounter = estimated_tokens
    prompt: Callable[[str], Prompt] = prompts.load
    brief: bool = False

    def room(self, prompt: Prompt, *inputs: str) -> int:
        """The tokens that are left for passages beside the prompt, its other inputs and the reply; 0 or more."""
        context = self.chat.context_tokens or UNKNOWN_CONTEXT
        reply = min(_LONGEST_REPLY, context // _REPLY_SHARE)
        return max(0, context - reply - sum(map(self.count, (prompt.body, *inputs))))

    def reads_too_little(self) -> ContextTooLongError:
        """The error for a model that cannot read one passage."""
        return ContextTooLongError(f"{self.chat.name} reads too little at once: use another model")

    def write(
        self,
        task: Callable[[int], Task],
        room: int,
        lookup: Lookup,
        *,
        streamed: bool,
    ) -> Generator[Citation | Statement, None, Written]:
        """Yield citations and the statements that rest on them as each is grounded; returns all there is.

        `task` makes the task with passages of at most so many tokens: `room` at first, and half of
        what was sent where the model cannot read that much after all. A reply that breaks off stays as
        far as it came. No `ModelError` is raised, not even one of `task`: what is returned holds it.
        """
        written = Written(Composition((), lookup, subject=""), error=self.reads_too_little())
        for _ in range(_ATTEMPTS):
            try:
                wanted = task(room)
            except ModelError as exc:
                written.error = exc
                break
            if not wanted.passages:
                break
            written = Written(self._composition(wanted, lookup), prompts=[*wanted.prompts, wanted.prompt])
            yield from self._once(wanted, written, streamed)
            if not isinstance(written.error, ContextTooLongError):
                break
            room = size(wanted.passages, self.count) // 2
        return written

    def _composition(self, task: Task, lookup: Lookup) -> Composition:
        return Composition(
            task.passages,
            lookup,
            subject=task.subject,
            similarity=self.similarity,
            most=task.most,
            attributed=task.attributed,
            secrets=self.chat.service.secrets,
        )

    def _once(self, task: Task, written: Written, streamed: bool) -> Events:
        composition = written.composition
        asked = task.prompt.render(passages=frame(task.passages), **task.inputs)
        try:
            text = yield from self._draft(asked, written, streamed)
        except ModelError as exc:
            if composition.statements:
                written.notice = f"what is shown is not the whole reply: {exc}"
                yield from composition.finish()
            else:
                written.error = exc
        else:
            if composition.failed:
                yield from self._repaired(asked, text, written)
            yield from composition.finish()

    def _draft(self, asked: str, written: Written, streamed: bool) -> Generator[Citation | Statement, None, str]:
        """The reply to `asked`, taken in as it arrives; raises `ModelReplyError` where it is not whole or endless."""
        shape = BriefReply if self.brief else DraftReply
        reader = PartialObject()
        text: list[str] = []
        length = 0
        with closing(self._pieces(asked, shape, streamed)) as pieces:
            while True:
                try:
                    piece = next(pieces)
                except StopIteration as end:
                    written.usage = added(written.usage, end.value.usage)
                    break
                length += len(piece)
                check_length(self.chat, length)
                text.append(piece)
                for name, value in reader.feed(piece):
                    yield from written.composition.take(name, value)
        whole = parsed(self.chat, "".join(text), shape)
        if whole.answers and not (whole.statements or whole.conflicts):
            raise ModelReplyError(f"{self.chat.name} gave an empty answer: try again, or another model")
        return hidden(unwrapped("".join(text)), self.chat.service.secrets)

    def _pieces(self, asked: str, shape: type[BaseModel], streamed: bool) -> Generator[str, None, ChatReply]:
        if streamed:
            return (yield from self.chat.stream(asked, shape))
        reply = self.chat.complete(asked, shape)
        yield unwrapped(reply.text)
        return reply

    def _repaired(self, asked: str, text: str, written: Written) -> Events:
        """Give what failed back to the model, once."""
        prompt = self.prompt("repair")
        failures = [
            json.dumps({"number": number, "text": failed.text, "reason": failed.verdict.check}, ensure_ascii=False)
            for number, failed in enumerate(written.composition.failed, 1)
        ]
        messages = [("human", asked), ("ai", text), ("human", prompt.render(failures="\n".join(failures)))]
        written.prompts.append(prompt)
        shape = BriefRepairs if self.brief else Repairs
        try:
            reply = self.chat.complete(messages, shape)
            written.usage = added(written.usage, reply.usage)
            repairs = parsed(self.chat, reply.text, shape)
        except ModelError as exc:
            written.notice = f"what failed its check could not be put right: {exc}"
        else:
            yield from written.composition.take_repairs(repairs)


def added(one: Usage, other: Usage) -> Usage:
    """Both together; a cost that is known stays where the other's is not."""
    costs = [usage.cost_usd for usage in (one, other) if usage.cost_usd is not None]
    return Usage(
        one.input_tokens + other.input_tokens,
        one.output_tokens + other.output_tokens,
        sum(costs) if costs else None,
    )
