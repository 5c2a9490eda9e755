"""A chat model that can be relied on: bounded in time, retried, its usage counted, its faults one line each."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from rag.errors import FormRefusedError, ModelAccessError, ModelError, ModelReplyError
from rag.models.calls import USUAL_RETRIES, Retries, call
from rag.models.faults import Service, broken_off, cut_short, redact, refused
from rag.types import Usage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage
    from pydantic import BaseModel

    Shape = TypeVar("Shape", bound=BaseModel)

Messages = str | Sequence[tuple[str, str]]
"""A question, or pairs of a role (``system``, ``human``, ``ai``) and a text."""

_LENGTH = ("length", "max_tokens", "MAX_TOKENS", "model_length")
_FILTERED = ("content_filter", "refusal", "SAFETY", "PROHIBITED_CONTENT", "RECITATION")
_PATIENCE = re.compile(r"timeout|retries")
"""Settings of a model that change nothing of what it says."""
THINKING, THOUGHT = "<think>", "</think>"
"""What reasoning models put around their thoughts."""
_SECONDS_TO_ASK_FOR_SIZE = 5.0
_SIZES = ("max_model_len", "context_length", "max_context_length", "context_window")


@dataclass(frozen=True, slots=True)
class Price:
    """What a provider takes, in US dollars for a million tokens: of what it reads, and of what it writes."""

    read: float
    written: float


@dataclass(frozen=True, slots=True)
class ChatReply:
    """A whole reply: its text, the tokens and money it took, and the seconds of wall-clock time.

    Tokens are zero where the model does not tell them; the cost is `None` where no price is known.
    """

    text: str
    usage: Usage
    seconds: float


@dataclass(frozen=True, kw_only=True)
class ChatModel:
    """A LangChain chat model (`chat`), called with care.

    `name` stands in answers; `notice` tells a person who writes them and where passages go (`None`
    where they go nowhere). `timeout_seconds` bounds one call with all its retries. With
    `response_format`, structured replies are asked for as OpenAI-compatible servers understand it;
    without, through LangChain's `with_structured_output`. `price` is what the caller says it costs:
    LangChain's profiles hold no prices. `heard` is called
    with what each reply took, also one that is of no use, and the seconds; a stream that breaks off tells nothing.
    `weights` identifies the file of a local model.
    """

    name: str
    notice: str | None
    chat: BaseChatModel = field(repr=False)
    service: Service = field(repr=False)
    response_format: bool = False
    own_server: bool = False
    price: Price | None = None
    timeout_seconds: float = 60.0
    retries: Retries = USUAL_RETRIES
    heard: Callable[[Usage, float], None] | None = field(default=None, repr=False, compare=False)
    weights: str = ""
    # Prompts ask for JSON in words as well, and what comes is parsed and checked in any case.
    _form_refused: threading.Event = field(default_factory=threading.Event, init=False, repr=False, compare=False)

    @cached_property
    def identity(self) -> str:
        """What tells this model from every other that may reply otherwise: of a local one its weights, else all its
        settings that are plain values, without the keys among them."""
        if self.weights:
            return self.weights
        names = [name for name in type(self.chat).model_fields if not _PATIENCE.search(name)]
        values = {name: getattr(self.chat, name) for name in names}
        settings = json.dumps({name: value for name, value in values.items() if _is_plain(value)}, sort_keys=True)
        # Hashed after the keys are taken out: no trace of one goes to disk.
        digest = hashlib.sha256(redact(settings, self.service.secrets).encode()).hexdigest()
        return f"{self.name} at {self.service.address} {digest}"

    @property
    def small(self) -> bool:
        """Whether it is the model of the wheel, which writes without end unless the form of its reply bounds it."""
        return self.name.startswith("local:SmolLM2")

    def complete(self, messages: Messages, shape: type[BaseModel] | None = None) -> ChatReply:
        """The reply to `messages`, as JSON of the given shape if there is one (read it with `parse`).

        Raises a `ModelError` in one line, `timeout_seconds` from now at the latest.
        """
        started = time.monotonic()
        (message,) = self._call(lambda: iter([self._checked(self._invoke(messages, shape), started)]), started)
        return self._reply(message, message.text, started)

    def stream(self, messages: Messages, shape: type[BaseModel] | None = None) -> Generator[str, None, ChatReply]:
        """Yield the reply's text piece by piece; the generator's return value is the whole reply.

        What fails before the first piece is tried again; a stream that breaks off later raises
        `ModelUnavailableError`, and its pieces are not to be used. Raises as `complete` does.
        """
        started = time.monotonic()
        pieces: list[str] = []
        whole: AIMessage | None = None
        for item in self._call(lambda: self._pieces(messages, shape, started), started):
            if isinstance(item, str):
                pieces.append(item)
                yield item
            else:
                whole = item
        assert whole is not None
        return self._reply(whole, "".join(pieces), started)

    def parse(self, text: str, shape: type[Shape]) -> Shape:
        """The JSON in a reply's text as a `shape`; raises `ModelReplyError` for what is cut or of another shape."""
        import pydantic_core

        bare = unwrapped(text)
        error = None
        try:
            return shape.model_validate_json(bare)
        except pydantic_core.ValidationError as exc:
            # Neither the text nor the place: the reply may hold anything.
            error = exc.errors(include_url=False, include_input=False)[0]
        if error["type"] != "json_invalid":
            where = ".".join(map(str, error["loc"])) or "the whole"
            raise ModelReplyError(f"the reply of {self.name} is JSON of another shape: {where}: {error['msg']}")
        if error["ctx"]["error"].startswith("EOF"):
            raise ModelReplyError(f"the reply of {self.name} is JSON that breaks off in the middle")
        raise ModelReplyError(f"the reply of {self.name} is not the JSON that it was asked for")

    @cached_property
    def context_tokens(self) -> int | None:
        """How many tokens the model reads at once, as its server or its LangChain profile tells; else `None`."""
        size = self._served_size() if self.own_server else None
        return size or (self.chat.profile or {}).get("max_input_tokens") or None

    def _call(self, attempt: Any, started: float) -> Iterator[Any]:
        """What `attempt` gives. A server that refuses a schema is asked without one, then and ever after."""
        in_words = self._form_refused.is_set()
        try:
            yield from call(attempt, self.service, timeout_seconds=self.timeout_seconds, retries=self.retries)
        except FormRefusedError as exc:
            if in_words:
                raise ModelAccessError(str(exc)) from None
            self._form_refused.set()
        else:
            return
        left = self.timeout_seconds - (time.monotonic() - started)
        yield from call(attempt, self.service, timeout_seconds=max(0.0, left), retries=self.retries)

    def _invoke(self, messages: Messages, shape: type[BaseModel] | None) -> AIMessage:
        if shape is None or self._form_refused.is_set():
            return self.chat.invoke(_plain(messages))
        if self.response_format:
            message: AIMessage = self._formatted(shape, streamed=False).invoke(_plain(messages))
            return message
        return self._structured(messages, shape)

    def _pieces(self, messages: Messages, shape: type[BaseModel] | None, started: float) -> Iterator[str | AIMessage]:
        """The texts of a stream, then the whole message, checked."""
        form = None if self._form_refused.is_set() else shape
        if form is not None and not self.response_format:
            message = self._checked(self._structured(messages, form), started)
            yield message.text
            yield message
            return
        runnable = self.chat if form is None else self._formatted(form, streamed=True)
        whole: Any = None
        for chunk in runnable.stream(_plain(messages)):
            whole = chunk if whole is None else whole + chunk
            if text := chunk.text:
                yield text
        if whole is None:
            raise broken_off(self.service)
        yield self._checked(whole, started, streamed=True)

    def _formatted(self, shape: type[BaseModel], *, streamed: bool) -> Any:
        wanted = {"response_format": _response_format(shape)}
        # As a part of the body that is sent as it is: through all others the client walks on every call. Of a stream
        # LangChain would then lose a refusal.
        if self.own_server and not streamed and getattr(self.chat, "use_responses_api", None) is False:
            return self.chat.bind(extra_body={**(getattr(self.chat, "extra_body", None) or {}), **wanted})
        return self.chat.bind(**wanted)

    def _structured(self, messages: Messages, shape: type[BaseModel]) -> AIMessage:
        try:
            runnable = self.chat.with_structured_output(shape, include_raw=True)
        except NotImplementedError:
            # A model without such a mode: the prompt asks for JSON, and `parse` sees whether it came.
            return self.chat.invoke(_plain(messages))
        result: Any = runnable.invoke(_plain(messages))
        message: AIMessage = result["raw"]
        if result["parsed"] is None:
            return message
        return message.model_copy(update={"content": result["parsed"].model_dump_json()})

    def _checked(self, message: AIMessage, started: float, *, streamed: bool = False) -> AIMessage:
        """The message, if it is a whole reply."""
        if self.heard:
            self.heard(self._used(message), time.monotonic() - started)
        about = message.response_metadata
        reasons = [about.get(key) for key in ("finish_reason", "stop_reason", "done_reason")]
        refusal = message.additional_kwargs.get("refusal")
        if refusal or any(reason in _FILTERED for reason in reasons):
            raise refused(self.service, str(refusal or ""))
        if any(reason in _LENGTH for reason in reasons) or about.get("status") == "incomplete":
            raise cut_short(self.service)
        if streamed and self.response_format and not any(reasons) and "status" not in about:
            raise broken_off(self.service)
        if not message.text.strip():
            if message.tool_calls or message.invalid_tool_calls:
                # Some providers give structure as the call of a tool; this one could not be read.
                raise ModelReplyError(f"the reply of {self.name} is JSON of another shape")
            raise ModelReplyError(f"{self.name} gave an empty answer: try again, or another model")
        return message

    def _reply(self, message: AIMessage, text: str, started: float) -> ChatReply:
        return ChatReply(text, self._used(message), time.monotonic() - started)

    def _used(self, message: AIMessage) -> Usage:
        counted = message.usage_metadata
        read, written = (counted["input_tokens"], counted["output_tokens"]) if counted else (0, 0)
        cost = None
        if counted and self.price:
            cost = (self.price.read * read + self.price.written * written) / 1_000_000
        return Usage(read, written, cost)

    def _served_size(self) -> int | None:
        """What the server's list of models says of this one; servers name it differently."""
        client, wanted = getattr(self.chat, "root_client", None), getattr(self.chat, "model_name", None)
        if client is None:
            return None
        limit = min(self.timeout_seconds, _SECONDS_TO_ASK_FOR_SIZE)
        try:
            once = Retries(attempts=1)
            listed = list(call(lambda: client.models.list().data, self.service, timeout_seconds=limit, retries=once))
        except ModelError:
            return None
        known: dict[str, Any] = next((model.model_dump() for model in listed if model.id == wanted), {})
        about = known.get("meta")
        meta = about if isinstance(about, dict) else {}
        sizes = [*(known.get(key) for key in _SIZES), meta.get("n_ctx"), meta.get("n_ctx_train")]
        return next((size for size in sizes if isinstance(size, int) and size > 0), None)


@lru_cache(maxsize=64)
def _response_format(shape: type[BaseModel]) -> dict[str, Any]:
    """How an OpenAI-compatible server is asked for a shape; not to be changed, since later calls are given the same."""
    import openai

    strict: Any = openai.pydantic_function_tool(shape)["function"]
    return {
        "type": "json_schema",
        "json_schema": {"name": shape.__name__, "schema": strict["parameters"], "strict": True},
    }


def _is_plain(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (str, int, float, bool))


def _plain(messages: Messages) -> Any:
    return messages if isinstance(messages, str) else list(messages)


def unwrapped(text: str) -> str:
    """The JSON of a reply, without what some models think aloud before it and the fence that some put around it."""
    bare = text.strip()
    thoughts, ended, reply = bare.partition(THOUGHT)
    # Some servers keep the tag that begins the thoughts to themselves.
    if ended and (bare.startswith(THINKING) or "{" not in thoughts):
        bare = reply.strip()
    before, fence, fenced = bare.partition("```")
    if fence and "{" not in before and "\n" in fenced:
        bare = fenced.split("\n", 1)[1]
        bare = bare.rpartition("\n```")[0] or bare
    return bare
