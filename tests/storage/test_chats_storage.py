"""What a saved chat holds no more than it may, and what becomes of one that is damaged."""

from __future__ import annotations

from typing import Any

import pytest

from rag import Library, StorageError, UserError
from rag.storage.chats import SavedChats, SavedTurn
from tests.conftest import row

ASKED = SavedTurn("What of it?", "What of it?", None)


@pytest.fixture
def saved(library: Library) -> SavedChats:
    library.add([row(1, "It approved a budget of 4 million."), row(2, "The pool on Mill Street opened.")])
    return library._store.records.saved_chats


def answer(*article_ids: str, **fields: Any) -> dict[str, Any]:
    """As much of an answer as is looked at here."""
    return {"citations": [{"article_id": each} for each in article_ids], "nearest": [], **fields}


def test_what_later_turns_carried_over_from_a_removed_article_is_not_saved(library: Library, saved: SavedChats) -> None:
    one, two = library.article("id:article-1").id, library.article("id:article-2").id
    library.remove(one)
    turns = [
        SavedTurn("And the pool?", "When did the pool open?", answer(two)),
        SavedTurn("And the budget?", "What of the council budget?", answer(one)),
        SavedTurn("how much?", "How much did it approve, 4 million?", answer(two)),
        SavedTurn("why?", "Why 4 million?", None),
    ]
    saved.save("late", turns)
    assert saved.load("late") == [
        SavedTurn("And the pool?", "When did the pool open?", answer(two), (two,)),
        SavedTurn("And the budget?", "What of the council budget?", None),
        SavedTurn("how much?", "how much?", answer(two), (two,)),
        SavedTurn("why?", "why?", None),
    ]


def test_what_was_withheld_is_not_saved(library: Library, saved: SavedChats) -> None:
    two = library.article("id:article-2").id
    given = answer(two, withheld=[{"text": "It approved Zyxwvut.", "check": "it says Wvutzyx"}])
    saved.save("c", [SavedTurn("q", "q", given)])
    assert saved.load("c") == [SavedTurn("q", "q", answer(two, withheld=[]), (two,))]
    assert len(given["withheld"]) == 1


def test_a_new_chat_takes_the_place_of_none(saved: SavedChats) -> None:
    saved.save("Zoe\u0308", [ASKED], new=True)
    with pytest.raises(UserError, match="^there is a saved chat 'Zo\u00eb' already: choose another name$"):
        saved.save(" Zo\u00eb ", [], new=True)
    assert saved.load("Zo\u00eb") == [ASKED]
    saved.save("Zo\u00eb", [])
    assert saved.load("Zo\u00eb") == []


@pytest.mark.parametrize("stored", ["", "{", "[1]", "null", '"x"', "[" * 100_000, "\x00", "{}x"])
def test_a_damaged_answer_is_told_in_one_line(saved: SavedChats, stored: str) -> None:
    saved.save("c", [SavedTurn("q", "q", {})])
    with saved.catalog.transaction():
        saved.catalog.execute("UPDATE chat_turn SET answer = ?", (stored,))
    with pytest.raises(StorageError, match="^the saved chat 'c' cannot be read: it is damaged$"):
        saved.load("c")
    saved.delete("c")


def test_a_damaged_date_is_told_in_one_line(saved: SavedChats) -> None:
    saved.save("c", [ASKED])
    with saved.catalog.transaction():
        saved.catalog.execute("UPDATE chat SET saved = 'soon'")
    with pytest.raises(StorageError, match="^the saved chat 'c' cannot be read: it is damaged$"):
        saved.names()
    assert saved.load("c") == [ASKED]
