"""A stand-in for a provider: a real OpenAI-compatible HTTP server on the loopback that plays a script.

For tests of programs that use a model, of what they do when it fails above all. It speaks what
clients of OpenAI's chat completions (whole, streamed, with a JSON schema), model list and
embeddings expect, over real sockets, and can break every promise on purpose::

    with ScriptedServer(rate_limited(retry_after=1), Say("Eighty-five.")) as server:
        ...  # OPENAI_BASE_URL=server.base_url
        assert server.requests[1].body["model"] == "scripted"
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SO_LINGER, SOL_SOCKET
from struct import pack
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the server received; names of headers are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Say:
    """A reply of the model, whole or as a stream of `pieces` (words, unless given).

    `delay` is the seconds before the reply, and before each piece of a stream. `drop_after` breaks
    the connection after so many pieces of a stream, or after the headers of a whole reply, which
    has none; with `drop_quietly` it is closed in good order, but too early.
    """

    text: str | None
    finish: str = "stop"
    refusal: str | None = None
    pieces: tuple[str, ...] = ()
    delay: float = 0.0
    drop_after: int | None = None
    drop_quietly: bool = False
    input_tokens: int = 12
    output_tokens: int = 5

    def streamed(self) -> tuple[str, ...]:
        """The pieces of the stream."""
        text = self.text or ""
        return self.pieces or tuple(piece for piece in text.replace(" ", "\0 ").split("\0") if piece)


@dataclass(frozen=True, slots=True)
class Fail:
    """An HTTP error as OpenAI words it; `delay` is the seconds before it."""

    status: int
    message: str = "The server had an error."
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Raw:
    """Any bytes at all as the body of a reply."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"


Reply = Say | Fail | Raw


def say_json(value: object, **options: Any) -> Say:
    """A structured reply: `value` as JSON."""
    return Say(json.dumps(value, ensure_ascii=False), **options)


def refuses(words: str = "I can't help with that.") -> Say:
    """The model refuses, in the field that is made for it."""
    return Say(None, refusal=words)


def empty() -> Say:
    """A reply without a word."""
    return Say("", output_tokens=0)


def cut_at_limit(text: str) -> Say:
    """The reply ends because it reached the limit on its length."""
    return Say(text, finish="length")


def dropped(text: str, after: int = 0, *, quietly: bool = False) -> Say:
    """The connection breaks after so many pieces of a stream."""
    return Say(text, drop_after=after, drop_quietly=quietly)


def slow(text: str, seconds: float) -> Say:
    """Every part of the reply comes so many seconds late."""
    return Say(text, delay=seconds)


def rate_limited(retry_after: str | float | None = None) -> Fail:
    """429, with Retry-After where one is given."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Fail(429, "Rate limit reached for requests", "rate_limit_exceeded", headers)


def no_credit() -> Fail:
    """429 too, but waiting does not help."""
    return Fail(429, "You exceeded your current quota.", "insufficient_quota")


def wrong_key(shown: str = "") -> Fail:
    """401; `shown` is what the server repeats of the key."""
    return Fail(401, f"Incorrect API key provided: {shown}", "invalid_api_key")


def no_such_model(name: str = "scripted") -> Fail:
    """404 for the model."""
    return Fail(404, f"The model `{name}` does not exist or you do not have access to it.", "model_not_found")


def too_long(limit: int = 4096) -> Fail:
    """400: more tokens than the model reads at once."""
    return Fail(400, f"This model's maximum context length is {limit} tokens.", "context_length_exceeded")


class ScriptedServer:
    """Plays `script` to chat completions, one entry a request, the last one again and again.

    An entry is a reply, or a function from the `Request` to one. Embeddings are made from the words'
    hashes, with `dimension` numbers; `embedding_script` is played before that. `models` is what the
    list of models gives. Safe to use from several threads.
    """

    def __init__(
        self,
        *script: Reply | Callable[[Request], Reply],
        models: Sequence[Mapping[str, Any]] = ({"id": "scripted"},),
        dimension: int = 8,
        embedding_script: Sequence[Fail | Raw] = (),
    ) -> None:
        self.requests: list[Request] = []
        self._script = list(script) or [Say("Scripted.")]
        self._embedding_script = list(embedding_script)
        self._models = [{"object": "model", "created": 0, "owned_by": "script", **model} for model in models]
        self._dimension = dimension
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.scripted = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def base_url(self) -> str:
        """What OPENAI_BASE_URL is set to."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}/v1"

    def close(self) -> None:
        """Stop, and end what is still being sent."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _reply_to(self, request: Request) -> Reply | dict[str, Any]:
        """The next entry for a chat, or the JSON of the other services."""
        with self._lock:
            self.requests.append(request)
            if request.path.endswith("/models"):
                return {"object": "list", "data": self._models}
            if request.path.endswith("/embeddings"):
                return self._embedding_script.pop(0) if self._embedding_script else self._embeddings(request.body)
            if not request.path.endswith("/chat/completions"):
                return Fail(404, f"There is nothing at {request.path}")
            entry = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        return entry(request) if callable(entry) else entry

    def _embeddings(self, body: Mapping[str, Any]) -> dict[str, Any]:
        given = body.get("input", "")
        texts = [given] if isinstance(given, str) else list(given)
        data = [
            {"object": "embedding", "index": index, "embedding": self._vector(text)} for index, text in enumerate(texts)
        ]
        usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
        return {"object": "list", "data": data, "model": body.get("model", ""), "usage": usage}

    def _vector(self, text: str) -> list[float]:
        vector = [0.25] * self._dimension
        for word in text.lower().split():
            vector[hashlib.sha256(word.encode()).digest()[0] % self._dimension] += 1.0
        return vector


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    scripted: ScriptedServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of many a script, and no matter for standard error."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write no log."""

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(json.loads(content or b"{}"))

    def _answer(self, body: Mapping[str, Any]) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.scripted._reply_to(Request(path=self.path, headers=headers, body=body))
        if isinstance(reply, dict):
            self._send(200, json.dumps(reply).encode())
        elif isinstance(reply, Raw):
            self._send(reply.status, reply.body, reply.content_type)
        elif isinstance(reply, Fail):
            self._wait(reply.delay)
            error = {"message": reply.message, "type": "error", "param": None, "code": reply.code}
            self._send(reply.status, json.dumps({"error": error}).encode(), headers=reply.headers)
        elif body.get("stream"):
            self._stream(reply, body)
        else:
            self._whole(reply, body)

    def _wait(self, seconds: float) -> None:
        self.server.scripted._closing.wait(seconds)

    def _send(
        self,
        status: int,
        content: bytes,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": content_type, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _whole(self, reply: Say, body: Mapping[str, Any]) -> None:
        self._wait(reply.delay)
        if reply.drop_after is not None:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self._drop(reply)
            return
        message = {"role": "assistant", "content": reply.text, "refusal": reply.refusal}
        choice = {"index": 0, "message": message, "finish_reason": reply.finish, "logprobs": None}
        head = _head("chat.completion", body)
        self._send(200, json.dumps({**head, "choices": [choice], "usage": _usage(reply)}).encode())

    def _stream(self, reply: Say, body: Mapping[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        head = _head("chat.completion.chunk", body)
        for number, delta in enumerate(_deltas(reply), start=-1):
            if reply.drop_after is not None and number == reply.drop_after:
                self._drop(reply)
                return
            self._wait(reply.delay)
            self._event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        if reply.drop_after is not None:
            self._drop(reply)
            return
        self._event({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": reply.finish}]})
        if (body.get("stream_options") or {}).get("include_usage"):
            self._event({**head, "choices": [], "usage": _usage(reply)})
        self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")

    def _event(self, value: object) -> None:
        self._chunk(f"data: {json.dumps(value)}\n\n".encode())

    def _chunk(self, content: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))
        self.wfile.flush()

    def _drop(self, reply: Say) -> None:
        self.close_connection = True
        if reply.drop_quietly:
            self._chunk(b"")
        else:
            # Closing with a linger of nothing resets the connection.
            self.connection.setsockopt(SOL_SOCKET, SO_LINGER, pack("ii", 1, 0))


def _head(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": "chatcmpl-scripted", "object": kind, "created": 0, "model": body.get("model", "scripted")}


def _usage(reply: Say) -> dict[str, int]:
    read, written = reply.input_tokens, reply.output_tokens
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _deltas(reply: Say) -> Iterator[dict[str, str]]:
    """The first names the role; a refusal comes in its own field."""
    yield {"role": "assistant", "content": ""}
    if reply.refusal is not None:
        yield {"refusal": reply.refusal}
    for piece in reply.streamed():
        yield {"content": piece}
