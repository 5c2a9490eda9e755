"""Standard input and output as the wire: one JSON-RPC message a line, and nothing else ever written there."""

from __future__ import annotations

import asyncio
import json
import math
import os
import re
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import anyio
import mcp_types as types
from anyio import to_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.server.lowlevel import Server
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

from rag.errors import UserError

LONGEST_LINE = 16 * 1024 * 1024
"""Bytes of one message; a longer one is answered with an error."""

_READ = 64 * 1024
_MOST_HELD = 16
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Wire:
    """The descriptors that the client holds the other ends of."""

    read: int
    write: int

    @classmethod
    def claim(cls) -> Self:
        """Take standard input and output away from everything else in this process, for good.

        What libraries print, also from C, goes to standard error from now on, and so does what they still hold when
        the process ends; children read nothing. Raises `UserError` where the shell closed one of the two.
        """
        try:
            wire = cls(os.dup(0), os.dup(1))
        except OSError as exc:
            raise UserError("rag mcp speaks over standard input and output: both must be open") from exc
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 0)
        try:
            os.dup2(2, 1)
        except OSError:
            os.dup2(nowhere, 1)
        os.close(nowhere)
        return wire


async def serve(server: Server[Any], wire: Wire) -> bool:
    """Serve one client until it closes its end or goes away, or a signal comes; then tells whether that was Ctrl-C.

    Calls that run then are cancelled; what they store is stored wholly or not at all.
    """
    interrupted = False

    async def stop_on_signal(stop: Callable[[], None]) -> None:
        nonlocal interrupted
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for number in signals:
                interrupted = number == signal.SIGINT
                stop()
                return  # a second one ends the process at once

    async with anyio.create_task_group() as watching:
        async with anyio.create_task_group() as serving:
            watching.start_soon(stop_on_signal, serving.cancel_scope.cancel)
            to_server, from_client = anyio.create_memory_object_stream[SessionMessage | Exception](0)
            to_client, outgoing = anyio.create_memory_object_stream[SessionMessage](0)
            serving.start_soon(_write, outgoing, wire.write, serving.cancel_scope.cancel)
            serving.start_soon(_read, wire.read, to_server, to_client.clone())
            await server.run(from_client, to_client, server.create_initialization_options())
        watching.cancel_scope.cancel()
    return interrupted


async def _read(
    descriptor: int,
    to_server: MemoryObjectSendStream[SessionMessage | Exception],
    to_client: MemoryObjectSendStream[SessionMessage],
) -> None:
    """Pass on the client's messages, and answer what is none: a client must not wait for ever."""
    send, lines = anyio.create_memory_object_stream[bytes | None](math.inf)
    loop = asyncio.get_running_loop()
    room = threading.Semaphore(_MOST_HELD)

    def put(line: bytes | None) -> None:
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            send.send_nowait(line)

    def deliver(line: bytes | None) -> None:
        room.acquire()
        loop.call_soon_threadsafe(put, line)

    # A thread of anyio's would be waited for when all ends, and a read of a pipe ends when the client wishes.
    threading.Thread(target=_read_lines, args=(descriptor, deliver), daemon=True, name="stdin").start()
    async with to_server, to_client, send, lines:
        async for line in lines:
            room.release()
            if line is None:
                break
            try:
                await to_server.send(SessionMessage(_message(line)))
            except ValueError as exc:
                await to_client.send(SessionMessage(_refusal(line, exc)))


def _read_lines(descriptor: int, deliver: Callable[[bytes | None], None]) -> None:
    """Hand over each line, without what makes it longer than it may be, and `None` at the end."""
    # Raised once nobody waits for lines any more.
    with suppress(RuntimeError):
        held = bytearray()
        while chunk := os.read(descriptor, _READ):
            *whole, rest = chunk.split(b"\n")
            for part in whole:
                held += part
                if held.strip():
                    deliver(bytes(held))
                held.clear()
            if len(held) <= LONGEST_LINE:
                held += rest
        deliver(None)


def _message(line: bytes) -> types.JSONRPCMessage:
    """The message of a line; raises `ValueError` for what is none."""
    if len(line) > LONGEST_LINE:
        raise ValueError(f"a message has {LONGEST_LINE:,} bytes or less")
    adapter = types.jsonrpc_message_adapter
    try:
        return adapter.validate_json(line, by_name=False)
    except ValidationError:
        # Half a character, as some clients cut them, is valid JSON and no valid text.
        try:
            value = json.dumps(json.loads(line), ensure_ascii=False)
        except RecursionError as exc:
            raise ValueError("nested too deeply") from exc
        return adapter.validate_json(_SURROGATES.sub("\N{REPLACEMENT CHARACTER}", value), by_name=False)


def _refusal(line: bytes, error: ValueError) -> types.JSONRPCError:
    """The answer to a line that is no message, with its id where it has one."""
    broken = not isinstance(error, ValidationError)
    value = None if broken else json.loads(line)
    given = value.get("id") if isinstance(value, dict) else None
    if isinstance(given, str):
        given = _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", given)
    code = types.PARSE_ERROR if broken else types.INVALID_REQUEST
    said = str(error) if len(line) > LONGEST_LINE else "this is no JSON-RPC message"
    name = given if isinstance(given, str | int) and not isinstance(given, bool) else None
    return types.JSONRPCError(jsonrpc="2.0", id=name, error=types.ErrorData(code=code, message=said))


async def _write(
    outgoing: MemoryObjectReceiveStream[SessionMessage], descriptor: int, stop: Callable[[], None]
) -> None:
    """Write each message on a line of its own; `stop` once nobody reads them."""
    async with outgoing:
        async for message in outgoing:
            line = message.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n"
            try:
                await to_thread.run_sync(_write_all, descriptor, line, abandon_on_cancel=True)
            except OSError:
                stop()
                return


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
