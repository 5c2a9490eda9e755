"""A process of its own for the readers that a hostile page or PDF can hang or swell.

Parsers of HTML, PDF and feeds are large, and no setting of theirs bounds their time and memory. In a
child process both are bounded by the system: it is killed when its time is up, and its address
space is limited where the system can do that. The child is started by the first document that
needs it, serves the others, and ends with the `Worker`; what the parsers print or log stays with it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from importlib import import_module
from types import TracebackType
from typing import Any, BinaryIO, Self

from rag.errors import SourceError

_MEMORY_BYTES = 2 * 1024**3
_LENGTH_BYTES = 8
_LOADING_SECONDS = 60.0
_PARSERS = {"html": ("rag.sources.markup", "trafilatura"), "pdf": ("rag.sources.pdf", "pypdf"), "feed": ("feedparser",)}
_START = "import sys; sys.path[:] = sys.argv[1:]; from rag.sources.worker import serve; serve()"


class Worker:
    """Runs readers in a child process. Use it as a context manager; it can be called again after a failure."""

    def __init__(self, *, seconds: float, max_chars: int) -> None:
        self._seconds = seconds
        self._max_chars = max_chars
        self._process: subprocess.Popen[bytes] | None = None
        self._loaded: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def call(self, kind: str, data: bytes, **options: str | None) -> dict[str, Any]:
        """Read `data` as ``html``, ``pdf`` or ``feed``; raises `SourceError` with one line on any failure."""
        if kind not in self._loaded:
            # What the parsers take to load on a busy machine is not the page's fault.
            self._asked({"kind": kind, "load": True}, b"", max(self._seconds, _LOADING_SECONDS))
            self._loaded.add(kind)
        return self._asked({"kind": kind, "max_chars": self._max_chars, **options}, data, self._seconds)

    def _asked(self, request: dict[str, Any], data: bytes, seconds: float) -> dict[str, Any]:
        process = self._process = self._process or _started()
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            process.kill()

        timer = threading.Timer(seconds, expire)
        timer.start()
        try:
            reply = _exchange(process, request, data)
        except (OSError, EOFError, ValueError) as exc:
            self.close()
            reason = (
                f"took longer than {seconds:g} seconds to read (the limit is RAG_TIMEOUT_SECONDS)"
                if expired.is_set()
                else "cannot be read: it crashes or exhausts its reader"
            )
            raise SourceError(reason) from exc
        finally:
            timer.cancel()
        if "error" in reply:
            raise SourceError(str(reply["error"]))
        return reply

    def close(self) -> None:
        """End the child process."""
        process, self._process = self._process, None
        self._loaded.clear()
        if process:
            process.kill()
            for stream in (process.stdin, process.stdout):
                try:
                    if stream:
                        stream.close()
                except OSError:
                    continue
            process.wait()


def _started() -> subprocess.Popen[bytes]:
    # Isolated (-I): neither the environment nor the working directory decides what the child imports. A session of
    # its own keeps the terminal's Ctrl-C from it; it ends when its parent does, at the end of its input.
    command = [sys.executable, "-I", "-c", _START, *sys.path]
    pipe = subprocess.PIPE
    return subprocess.Popen(  # noqa: S603
        command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, start_new_session=True
    )


def _exchange(process: subprocess.Popen[bytes], request: dict[str, Any], data: bytes) -> dict[str, Any]:
    if process.stdin is None or process.stdout is None:
        raise EOFError
    for part in (json.dumps(request).encode(), data):
        process.stdin.write(len(part).to_bytes(_LENGTH_BYTES, "big") + part)
    process.stdin.flush()
    reply: dict[str, Any] = json.loads(_received(process.stdout))
    return reply


def _received(stream: BinaryIO | Any) -> bytes:
    head = stream.read(_LENGTH_BYTES)
    if len(head) < _LENGTH_BYTES:
        raise EOFError
    length = int.from_bytes(head, "big")
    data = bytes(stream.read(length))
    if len(data) < length:
        raise EOFError
    return data


def serve() -> None:
    """Answer requests on standard input until it ends. Runs in the child process."""
    _limit_memory()
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    # Whatever a parser prints must not end up among the replies.
    sys.stdout = sys.stderr
    while True:
        try:
            request = json.loads(_received(stdin))
            data = _received(stdin)
        except EOFError:
            return
        reply = json.dumps(_answered(request, data)).encode()
        stdout.write(len(reply).to_bytes(_LENGTH_BYTES, "big") + reply)
        stdout.flush()


def _answered(request: dict[str, Any], data: bytes) -> dict[str, Any]:
    kind = request.pop("kind")
    try:
        if request.pop("load", False):
            for parser in _PARSERS[kind]:
                import_module(parser)
            return {}
        if kind == "html":
            from rag.sources.markup import read_html

            return read_html(data, **request)
        if kind == "pdf":
            from rag.sources.pdf import read_pdf

            return read_pdf(data, **request)
        from rag.sources.feeds import read_feed

        return read_feed(data, **request)
    except SourceError as exc:
        return {"error": str(exc)}
    except MemoryError:
        return {"error": "needs more memory to read than is allowed"}
    except RecursionError:
        return {"error": "is nested too deeply"}
    except Exception as exc:
        # The parsers are foreign and the input is hostile: whatever they raise, this one source is unreadable.
        detail = " ".join(str(exc).split())[:120]
        return {"error": f"cannot be read ({type(exc).__name__}{': ' + detail if detail else ''})"}


def _limit_memory() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    except (ImportError, ValueError, OSError):
        # Windows has no such limit and macOS refuses it: time is bounded all the same.
        return
