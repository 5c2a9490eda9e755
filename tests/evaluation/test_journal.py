"""The journal of a run that was stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag import StorageError
from rag.evaluation.journal import Journal
from rag.evaluation.outcomes import Scored
from tests.evaluation.build_replies import ITEMS

MADE: dict[str, object] = {"gold": [["facts.jsonl", "ab"]], "articles": "cd", "settings": {"abstain": True}}


def held_in(place: Path, made: dict[str, object] = MADE) -> tuple[dict[str, tuple[Scored, ...]], tuple[str, ...]]:
    journal = Journal(place)
    try:
        return journal.begin(made)
    finally:
        journal.close()


def journal_of(place: Path, *cases: str, made: dict[str, object] = MADE) -> Journal:
    journal = Journal(place)
    assert journal.begin(made) == ({}, ())
    for case in cases:
        journal.note(case, [item for item in ITEMS if item.case == case])
    journal.close()
    return journal


def file_of(journal: Journal) -> Path:
    assert journal.file is not None
    return journal.file


def test_a_journal_holds_what_is_done(tmp_path: Path) -> None:
    file = tmp_path / "runs" / ".gold"
    assert journal_of(file, "a", "c").cases == 2
    again = Journal(file)
    assert again.begin(MADE) == ({"a": ITEMS[:1], "c": ITEMS[2:]}, ())
    again.note("b", ITEMS[1:2])
    assert again.cases == 3
    again.close()
    assert held_in(file) == ({"a": ITEMS[:1], "b": ITEMS[1:2], "c": ITEMS[2:]}, ())


def test_a_line_that_was_cut_short_is_passed_over(tmp_path: Path) -> None:
    place = tmp_path / ".gold"
    file = file_of(journal_of(place, "a", "c"))
    whole = file.read_bytes()
    head, first, _ = whole.splitlines(keepends=True)
    edges = {len(head) + len(first) + more for more in (-2, -1, 0, 1)}
    for size in sorted({*range(len(head), len(whole), 211), *edges, len(whole) - 1}):
        file.write_bytes(whole[:size])
        journal = Journal(place)
        done, _ = journal.begin(MADE)
        whole_lines = {"a": ITEMS[:1]} if size >= len(head + first) - 1 else {}
        assert done == (whole_lines if size < len(whole) - 1 else {"a": ITEMS[:1], "c": ITEMS[2:]})
        journal.note("b", ITEMS[1:2])
        journal.close()
        assert held_in(place) == ({**done, "b": ITEMS[1:2]}, ())


def test_a_journal_of_other_articles_is_started_over(tmp_path: Path) -> None:
    place = tmp_path / ".gold"
    journal_of(place, "a")
    other = {**MADE, "articles": "ef"}
    assert held_in(place, other) == ({}, ("articles",))
    assert held_in(place, other) == ({}, ())


@pytest.mark.parametrize("name", ["engine", "model", "embedder", "prompts", "settings"])
def test_to_try_another_engine_does_not_take_away_what_is_done(tmp_path: Path, name: str) -> None:
    place = tmp_path / ".gold"
    journal_of(place, "a")
    journal_of(place, "b", made={**MADE, name: "other"})
    assert held_in(place) == ({"a": ITEMS[:1]}, ())
    assert held_in(place, {**MADE, name: "other"}) == ({"b": ITEMS[1:2]}, ())


def test_fresh_goes_on_from_nothing(tmp_path: Path) -> None:
    place = tmp_path / ".gold"
    journal_of(place, "a")
    anew = Journal(place, fresh=True)
    assert anew.begin(MADE) == ({}, ())
    anew.close()
    assert held_in(place) == ({}, ())


def test_the_second_of_two_at_once_keeps_none_and_harms_none(tmp_path: Path) -> None:
    place = tmp_path / ".gold"
    first, second = Journal(place), Journal(place)
    assert first.begin(MADE) == ({}, ())
    assert second.begin(MADE) == ({}, ())
    assert (first.shared_out, second.shared_out) == (False, True)
    first.note("a", ITEMS[:1])
    second.note("b", ITEMS[1:2])
    second.discard()
    first.note("c", ITEMS[2:])
    first.close()
    assert held_in(place) == ({"a": ITEMS[:1], "c": ITEMS[2:]}, ())
    assert [entry.suffix for entry in tmp_path.iterdir()] == [".journal"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"journal": 9, "identity": {}}', '{"journal": 1, "identity": 3}'])
def test_what_is_no_journal_is_written_over(tmp_path: Path, text: str) -> None:
    place = tmp_path / ".gold"
    file = file_of(journal_of(place))
    file.write_text(text)
    journal_of(place, "a")
    assert held_in(place) == ({"a": ITEMS[:1]}, ())


def test_a_journal_can_be_discarded(tmp_path: Path) -> None:
    journal = journal_of(tmp_path / "runs" / ".gold", "a")
    journal.discard()
    journal.discard()
    assert list((tmp_path / "runs").iterdir()) == []
    (tmp_path / "taken").write_text("a file")
    never = Journal(tmp_path / "taken" / ".gold")
    with pytest.raises(StorageError, match=r"taken/\.gold-[0-9a-f]{8}\.journal cannot be written: "):
        never.begin(MADE)
    never.discard()


def test_one_that_cannot_be_opened_frees_its_lock(tmp_path: Path) -> None:
    place = tmp_path / ".gold"
    file = file_of(journal_of(place))
    file.unlink()
    file.mkdir()
    with pytest.raises(StorageError, match="cannot be written: Is a directory"):
        Journal(place).begin(MADE)
    assert [entry.name for entry in tmp_path.iterdir()] == [file.name]
