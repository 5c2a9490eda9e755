"""Saved chats: by name, whole or not at all, and without the answers whose articles were removed."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rag.errors import NotFoundError, StorageError, UserError
from rag.storage.rows import Row
from rag.types import encodable

if TYPE_CHECKING:
    from rag.storage.catalog import Catalog

LONGEST_NAME = 80
"""Characters of the name of a saved chat."""

_NAMED = 10


@dataclass(frozen=True, slots=True)
class SavedTurn:
    """One turn of a saved chat: what was typed, the question that stands alone, and `Answer.to_dict()`.

    `articles` are the ids of those that the answer draws on. When one of them is removed, the
    answer is `None` from then on, and the article is left out. What the answer withheld is not
    saved: it may be words of an article that the answer names nowhere, and would outlive it.
    """

    question: str
    standalone: str
    answer: Mapping[str, Any] | None
    articles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SavedChat:
    """One line of the list of saved chats; `saved` is in UTC."""

    name: str
    turns: int
    saved: datetime


@dataclass(frozen=True, slots=True)
class SavedChats:
    """The saved chats of one library; names are compared without outer white space."""

    catalog: Catalog
    now: Callable[[], datetime]

    def save(self, name: str, turns: Sequence[SavedTurn], *, new: bool = False) -> None:
        """Save a chat whole, in the place of one of that name, unless it is to be a `new` one.

        Raises `UserError` for what is no name, or a new one that there is already, `StorageError` where the
        library cannot be written. A turn that draws on an article that has been removed is saved without its
        answer, and what later turns carried over from it is left out.
        """
        name = _checked(name)
        answers = [None if turn.answer is None else _without_withheld(turn.answer) for turn in turns]
        self._refuse_if_read_only()
        with self.catalog.transaction():
            if self._run("DELETE FROM chat WHERE name = ? RETURNING name", name) and new:
                raise UserError(f"there is a saved chat {name!r} already: choose another name")
            self._run("INSERT INTO chat VALUES (?, ?)", name, self.now().isoformat(timespec="seconds"))
            gone = False
            for number, (turn, answer) in enumerate(zip(turns, answers, strict=True), start=1):
                sources = drawn_on(turn.answer, turn.articles)
                missing = self.catalog.missing(sources)
                standalone = turn.question if gone else turn.standalone
                values = (encodable(turn.question), encodable(standalone), None if missing else answer)
                gone |= bool(missing)
                self._run("INSERT INTO chat_turn VALUES (?, ?, ?, ?, ?)", name, number, *values)
                for article_id in sources:
                    if article_id not in missing:
                        into = "INSERT INTO chat_article (chat, number, article_id) VALUES (?, ?, ?)"
                        self._run(into, name, number, article_id)

    def load(self, name: str) -> list[SavedTurn]:
        """The turns of a saved chat; raises `NotFoundError`, which names those that there are."""
        stored = stored_name(name)
        # One statement, so that another process that saves the chat anew cannot come between.
        rows = self._run(
            "SELECT t.number, t.question, t.standalone, t.answer, a.article_id FROM chat c"
            " LEFT JOIN chat_turn t ON t.chat = c.name"
            " LEFT JOIN chat_article a ON a.chat = t.chat AND a.number = t.number"
            " WHERE c.name = ? ORDER BY t.number, a.sequence",
            stored,
        )
        if not rows:
            raise self._none(name)
        turns: dict[int, list[Row]] = {}
        for row in rows:
            if row["number"] is not None:
                turns.setdefault(row["number"], []).append(row)
        return [_turn(stored, several) for several in turns.values()]

    def names(self) -> list[str]:
        """The names of the saved chats, the last saved first."""
        return [chat.name for chat in self.listing()]

    def listing(self) -> list[SavedChat]:
        """The saved chats without their turns, the last saved first."""
        rows = self._run(
            "SELECT name, saved, (SELECT count(*) FROM chat_turn t WHERE t.chat = name) AS turns FROM chat"
            " ORDER BY saved DESC, name"
        )
        return [SavedChat(row["name"], row["turns"], _saved(row)) for row in rows]

    def delete(self, name: str) -> None:
        """Delete a saved chat; raises `NotFoundError` as `load` does, `StorageError` as `save` does."""
        self._refuse_if_read_only()
        with self.catalog.transaction():
            if not self._run("DELETE FROM chat WHERE name = ? RETURNING name", stored_name(name)):
                raise self._none(name)

    def _run(self, statement: str, *values: object) -> Sequence[Row]:
        return self.catalog.execute(statement, values)

    def _refuse_if_read_only(self) -> None:
        if self.catalog.read_only:
            raise StorageError(
                f"the library in {self.catalog.file.parent} is read-only: no chat can be saved or deleted"
            )

    def _none(self, name: str) -> NotFoundError:
        names = self.names()
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        there_are = f"saved are {', '.join(names[:_NAMED])}{more}" if names else "none is saved yet"
        return NotFoundError(f"there is no saved chat {name[: LONGEST_NAME + 1]!r}: {there_are}")


def drawn_on(answer: Mapping[str, Any] | None, articles: Iterable[str]) -> list[str]:
    """The articles that are given, and those that the answer cites or shows as nearest, each once."""
    cited = [one["article_id"] for name in ("citations", "nearest") for one in (answer or {}).get(name, ())]
    return list(dict.fromkeys([*articles, *cited]))


def _without_withheld(answer: Mapping[str, Any]) -> str:
    return json.dumps({name: [] if name == "withheld" else value for name, value in answer.items()})


def _turn(chat: str, rows: Sequence[Row]) -> SavedTurn:
    """The turn of its rows, one for each article or one without any."""
    first = rows[0]
    return SavedTurn(
        question=first["question"],
        standalone=first["standalone"],
        answer=None if first["answer"] is None else _answer(chat, first["answer"]),
        articles=tuple(row["article_id"] for row in rows if row["article_id"] is not None),
    )


def _answer(chat: str, stored: str) -> Mapping[str, Any]:
    # What is nested too deep is a `RecursionError`.
    with suppress(ValueError, RecursionError):
        if isinstance(answer := json.loads(stored), dict):
            return answer
    raise damaged(chat)


def _saved(row: Row) -> datetime:
    with suppress(ValueError):
        return datetime.fromisoformat(row["saved"])
    raise damaged(row["name"])


def damaged(chat: str) -> StorageError:
    """The error for a saved chat whose row holds what rag has not written."""
    return StorageError(f"the saved chat {chat!r} cannot be read: it is damaged")


def stored_name(name: str) -> str:
    """A name in the one form in which it is stored, however its letters were typed."""
    return encodable(unicodedata.normalize("NFC", name.strip()))


def _checked(name: str) -> str:
    composed = stored_name(name)
    hidden = any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in name.strip())
    if hidden or not 1 <= len(composed) <= LONGEST_NAME:
        raise UserError(f"a chat's name has 1 to {LONGEST_NAME} characters, with no line break or other control in it")
    return composed
