"""JSON that is still arriving: what is complete is given at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rag.models.chat_model import THINKING, THOUGHT


class PartialObject:
    """Reads one JSON object piece by piece.

    `feed` yields each value of the object with its name as soon as it is complete, and of a value that is a
    list each of its elements. What stands before the object and behind it is passed over, and so is a
    value that is no JSON: reading the whole afterwards tells what is wrong. An object that stands among the
    thoughts of a model, between its tags for them, is none. Time is linear.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._over = False
        self._listed = False
        self._in_string = False
        self._escaped = False
        self._name = ""
        self._item: list[str] = []
        self._lead = ""
        self._thinking = False

    def feed(self, piece: str) -> Iterator[tuple[str, Any]]:
        """Take in the next piece of the text."""
        for character in piece:
            if self._over:
                return
            if self._in_string:
                self._item.append(character)
                self._in_string = self._escaped or character != '"'
                self._escaped = not self._escaped and character == "\\"
            elif self._depth == 0:
                self._begin(character)
            elif character in "{[":
                self._open(character)
            elif character in "}]":
                yield from self._close(character)
            elif self._depth == self._level and character == ",":
                yield from self._complete()
            elif self._depth == 1 and character == ":":
                self._take_name()
            else:
                self._item.append(character)
                self._in_string = character == '"'

    def _begin(self, character: str) -> None:
        self._lead = (self._lead + character)[-len(THOUGHT) :]
        if self._lead.endswith(THINKING):
            self._thinking = True
        elif self._lead == THOUGHT:
            self._thinking = False
        self._depth = int(character == "{" and not self._thinking)

    @property
    def _level(self) -> int:
        """How deep the values stand that are given."""
        return 2 if self._listed else 1

    def _open(self, bracket: str) -> None:
        if self._depth == 1 and bracket == "[":
            self._listed = True
        else:
            self._item.append(bracket)
        self._depth += 1

    def _close(self, bracket: str) -> Iterator[tuple[str, Any]]:
        self._depth -= 1
        if self._depth >= self._level:
            self._item.append(bracket)
            if self._depth == self._level:
                yield from self._complete()
            return
        yield from self._complete()
        self._listed = False
        self._over = self._depth == 0

    def _take_name(self) -> None:
        try:
            self._name = str(json.loads("".join(self._item)))
        except ValueError:
            self._name = ""
        self._item.clear()

    def _complete(self) -> Iterator[tuple[str, Any]]:
        text = "".join(self._item).strip()
        self._item.clear()
        try:
            value = json.loads(text) if text else None
        except (ValueError, RecursionError):
            return
        if text:
            yield self._name, value
