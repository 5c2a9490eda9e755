"""What a language model sends, taken with care: no key in it, no mark of a citation, no more than is of use."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

from rag.errors import ModelReplyError
from rag.grounding.verbatim import squeeze

if TYPE_CHECKING:
    from pydantic import BaseModel

    from rag.models.chat_model import ChatModel

    Shape = TypeVar("Shape", bound=BaseModel)

MOST_STATEMENTS = 8
MOST_CONFLICTS = 4
MOST_QUOTES = 8
"""So many quotes of one sentence are looked up, and so many sides of one conflict."""
LONGEST_REPLY = 100_000
"""Characters of a whole reply."""
LONGEST_SENTENCE = 2000
"""Characters of what may be one sentence; a longer one is not checked."""

_SHORTEST_KEY = 6
"""A shorter one is a placeholder, and may well be a word: a server of one's own wants no key."""
_MARKERS = re.compile(r"\s*\[\s*p?\d+(?:\s*,\s*p?\d+)*\s*\]")


def hidden(text: str, secrets: Iterable[str]) -> str:
    """`text` with each of `secrets`, as it stands, made "[key]"."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_KEY:
            text = text.replace(secret, "[key]")
    return text


def clean(written: str, secrets: Iterable[str] = ()) -> str:
    """A model's words on one line: without `secrets`, what is not to be seen, and what looks like a citation.

    Of words that are too long for a sentence the beginning is given, still too long for one.
    """
    # Before it is cut, which could leave half a key.
    written = hidden(written, secrets)[: 2 * LONGEST_SENTENCE]
    line = squeeze("".join(character if character.isprintable() else " " for character in written))
    while (bare := _MARKERS.sub("", line)) != line:
        line = bare
    # Again: a mark may have stood in the middle of a key.
    return hidden(line, secrets)


def shortened(line: str, most: int) -> str:
    """`line` in at most `most` characters."""
    return line if len(line) <= most else line[: most - 1] + "…"


def check_length(chat: ChatModel, characters: int) -> None:
    """Raise `ModelReplyError` for a reply of more `characters` than anything that was asked for takes."""
    if characters > LONGEST_REPLY:
        raise ModelReplyError(f"{chat.name} wrote without end: try again, or another model")


def parsed(chat: ChatModel, text: str, shape: type[Shape]) -> Shape:
    """The reply `text` as a `shape`; raises `ModelReplyError`, without a key, where it is too long or none."""
    check_length(chat, len(text))
    try:
        return chat.parse(text, shape)
    except ModelReplyError as exc:
        # It tells the names of fields, which are the reply's own words.
        said = hidden(str(exc), chat.service.secrets)
    raise ModelReplyError(said)
