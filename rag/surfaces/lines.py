"""Lines that a person types or a pipe brings: editing, the arrow keys' history, completion of commands with Tab."""

from __future__ import annotations

import hashlib
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self, TextIO

_LONGEST_LINE = 1_000_000
"""Bytes of one line that are read from a pipe; the rest of it is passed over."""
_MOST_LINES = 1_000
_MOST_BYTES = 512 * 1024
_PRIVATE = 0o600


class History:
    """The lines that were typed to one library, in a file that only the user can read.

    It lies in the user's data directory and not in the library, which others may share. A line that begins with a
    space is not kept. What cannot be read or written makes nothing fail: then there is no history.
    """

    def __init__(self, file: Path) -> None:
        """`file` is made with the first line that is kept."""
        self._file = file

    @classmethod
    def of(cls, library: Path) -> Self:
        """The history of the library in that folder."""
        from platformdirs import user_data_path

        name = hashlib.sha256(os.fsencode(library.absolute())).hexdigest()[:16]
        return cls(user_data_path("rag", appauthor=False) / "history" / name)

    def lines(self) -> list[str]:
        """The last lines, oldest first."""
        try:
            with self._file.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - _MOST_BYTES))
                kept = file.read().decode("utf-8", errors="replace").split("\n")[:-1]
        except OSError:
            return []
        lines = kept[1:] if size > _MOST_BYTES else kept
        if size > _MOST_BYTES or len(lines) > 2 * _MOST_LINES:
            self._shorten(lines[-_MOST_LINES:])
        return lines[-_MOST_LINES:]

    def keep(self, line: str) -> None:
        """Keep `line` as the last one."""
        if line.startswith(" ") or not line.strip():
            return
        with suppress(OSError):
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(self._file, line + "\n", os.O_APPEND)

    def _shorten(self, lines: Sequence[str]) -> None:
        draft = self._file.with_name(f".{self._file.name}.{os.getpid()}.part")
        with suppress(OSError):
            self._write(draft, "".join(f"{line}\n" for line in lines), os.O_EXCL)
            draft.replace(self._file)

    @staticmethod
    def _write(file: Path, text: str, how: int) -> None:
        flags = os.O_WRONLY | os.O_CREAT | how | getattr(os, "O_NOFOLLOW", 0)
        with open(os.open(file, flags, _PRIVATE), "ab") as stream:  # noqa: PTH123 (a descriptor has no path)
            with suppress(AttributeError):  # a system without such rights
                os.fchmod(stream.fileno(), _PRIVATE)
            stream.write(text.encode("utf-8", errors="replace"))


def typed(prompt: str, history: History | None, completions: Callable[[], Sequence[str]]) -> Iterator[str]:
    """Lines from a terminal, with the editing of readline where Python has it; Tab completes to `completions`.

    Raises `KeyboardInterrupt` for Ctrl-C.
    """
    # Bytes that are no text would end the conversation.
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    remember = _readline(history, completions)
    while True:
        try:
            line = input(prompt)
        except EOFError:
            sys.stdout.write("\n")
            return
        except KeyboardInterrupt:
            sys.stdout.write("\n")
            raise
        remember(line)
        yield line


def _readline(history: History | None, completions: Callable[[], Sequence[str]]) -> Callable[[str], None]:
    """Set up readline; what is to be called with each line that was typed."""
    try:
        import readline
    except ImportError:
        return lambda _: None

    def complete(begun: str, number: int) -> str | None:
        fitting = [each for each in completions() if begun and each.startswith(begun)]
        return fitting[number] if number < len(fitting) else None

    def remember(line: str) -> None:
        last = readline.get_current_history_length()
        if line.strip() and (not last or readline.get_history_item(last) != line):
            readline.add_history(line)
            if history is not None:
                history.keep(line)

    readline.set_completer_delims("")
    readline.set_completer(complete)
    on_tab = "bind ^I rl_complete" if "libedit" in (readline.__doc__ or "") else "tab: complete"
    readline.parse_and_bind(on_tab)
    readline.set_auto_history(False)
    for line in history.lines() if history else ():
        readline.add_history(line)
    return remember


def piped(stream: TextIO | None) -> Iterator[str]:
    """Lines from a pipe or file, whatever their encoding; a line without end does not fill the memory."""
    if stream is None:
        return
    source = getattr(stream, "buffer", None)
    while source is not None and (line := source.readline(_LONGEST_LINE)):
        whole = line
        while not whole.endswith(b"\n") and (whole := source.readline(_LONGEST_LINE)):
            pass
        yield line.decode("utf-8-sig", errors="replace").rstrip("\r\n")
