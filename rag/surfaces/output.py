"""Standard output and standard error of the command line: what is written where, and how."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date
from typing import Any, TextIO

from rag.showing import UNSAFE
from rag.surfaces.layout import Paragraph, one_line, plain, terminal

_LONGEST_MESSAGE = 600


class Output:
    """Where results and messages go.

    Results go to standard output: laid out, or as exactly one JSON object. Messages go to
    standard error, one line each. Nothing that an encoding lacks makes either fail.
    """

    def __init__(self, stdout: TextIO | None, stderr: TextIO | None, *, as_json: bool = False) -> None:
        """A stream that is `None`, as Python has it where the shell closed one, takes in everything."""
        self.as_json = as_json
        self._stdout = stdout or io.StringIO()
        self._stderr = stderr or io.StringIO()
        for stream in (self._stdout, self._stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")

    @property
    def terminal(self) -> bool:
        """Whether a person reads standard output, on a terminal that can do bold."""
        return self._stdout.isatty() and os.environ.get("TERM") != "dumb"

    @property
    def width(self) -> int | None:
        """The columns of the terminal; `None` where output is not cut to any."""
        if not self.terminal:
            return None
        import shutil

        return max(40, shutil.get_terminal_size().columns)

    def give(self, value: Mapping[str, Any], paragraphs: Callable[[], Iterable[Paragraph]]) -> None:
        """Give a command's result: `value` with ``--json``, else what `paragraphs` lays out."""
        if self.as_json:
            indent = 2 if self._stdout.isatty() else None
            self._stdout.write(self.encoded(value, indent=indent) + "\n")
        elif width := self.width:
            terminal(paragraphs(), self._stdout, width)
        else:
            self._stdout.write(plain(paragraphs()))

    def encoded(self, value: Mapping[str, Any], *, indent: int | None = None) -> str:
        """`value` as JSON that standard output can hold and a terminal can show."""
        ascii_only = (self._stdout.encoding or "utf-8").lower().replace("-", "") != "utf8"
        return to_json(value, ascii_only=ascii_only, indent=indent)

    def line(self, text: str) -> None:
        """Write a line of data to standard output as it is."""
        self._stdout.write(text + "\n")

    def message(self, text: str) -> None:
        """Write one line to standard error."""
        line = one_line(text[: 2 * _LONGEST_MESSAGE])
        if len(line) > _LONGEST_MESSAGE:
            line = line[:_LONGEST_MESSAGE] + " …"
        # One line stays one line, but the two spaces in front of a detail are wanted.
        margin = text[: len(text) - len(text.lstrip(" "))]
        # In the order in which a person reads both. What keeps the result back is told at the end.
        with suppress(OSError):
            self._stdout.flush()
        self._stderr.write(margin + line + "\n")

    def flush(self) -> None:
        """Pass on what was written; raises `OSError` where that fails."""
        self._stdout.flush()
        self._stderr.flush()

    def abandon(self) -> None:
        """Write no more: lead both streams nowhere if they cannot be written.

        What they still hold would otherwise fail once more when the interpreter ends.
        """
        for stream in (self._stdout, self._stderr):
            try:
                stream.flush()
            except OSError:
                with suppress(OSError):
                    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def to_json(value: Mapping[str, Any], *, ascii_only: bool = False, indent: int | None = None) -> str:
    """`value` as JSON. Control and bidirectional characters are escaped, which says the same."""
    text = json.dumps(value, ensure_ascii=ascii_only, default=_plain, indent=indent)
    return UNSAFE.sub(lambda match: json.dumps(match.group())[1:-1], text)


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not a JSON value")
