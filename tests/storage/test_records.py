"""Answers given again, what models used, and saved chats: kept, bounded, and gone with their articles."""

from __future__ import annotations

import dataclasses
import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rag import Filters, Library, NotFoundError, Settings, StorageError, Usage, UserError
from rag.models.fakes import HashEmbedder
from rag.storage import schema
from rag.storage.catalog import Catalog
from rag.storage.chats import SavedTurn
from rag.storage.lock import writing
from rag.storage.records import KEPT_DAYS, Records, cache_key
from rag.storage.store import Store
from rag.usage import UsageRow
from tests.conftest import WholeEmbedder, row

TEXT = "The council met on Monday. It approved a budget of 4 million for the Zyxwvut bridge."
DAY = date(2026, 1, 2)
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def answer(*article_ids: str, quote: str = "It approved a budget.") -> dict[str, Any]:
    """As much of an answer as is looked at here."""
    return {"text": quote, "citations": [{"article_id": each, "quote": quote} for each in article_ids], "nearest": []}


@pytest.fixture
def store(library: Library) -> Store:
    library.add([row(1, TEXT), row(2, "The pool on Mill Street opened. Children swam all day.")])
    return library._store


@pytest.fixture
def ids(library: Library, store: Store) -> tuple[str, str]:
    return library.article("id:article-1").id, library.article("id:article-2").id


def count(store: Store, table: str) -> int:
    number: int = store.catalog._rows(f"SELECT count(*) FROM {table}")[0][0]
    return number


# Answers to give again ---------------------------------------------------------------------


def test_an_answer_comes_back_as_it_was(store: Store, ids: tuple[str, str]) -> None:
    given = {**answer(*ids, quote="Zoë said “no” \ud800\x00"), "usage": {"cost_usd": None}}
    assert store.records.cached("k") is None
    store.records.cache("k", given, ids)
    store.records.cache("k", given, ids)
    assert store.records.cached("k") == given
    assert store.records.cached("K") is None
    store.records.cache("k", answer(ids[0]))
    assert store.records.cached("k") == answer(ids[0])


def test_an_answer_over_another_state_never_comes_back(library: Library, store: Store, ids: tuple[str, str]) -> None:
    store.records.cache("old", answer(ids[0]))
    library.add([row(3, "A third story of the harbour.")])
    assert store.records.cached("old") is None
    store.records.cache("new", answer(ids[0]))
    assert [each["key"] for each in store.catalog._rows("SELECT key FROM cached_answer")] == ["new"]


@pytest.mark.parametrize(
    "damage",
    ["{", "", "[]", "1", '"x"', "null", "[" * 100_000, b"\xff", b'{"text": "\xff"}'],
    ids=lambda text: repr(text)[:9],
)
def test_a_damaged_answer_is_none_that_was_kept(store: Store, ids: tuple[str, str], damage: str | bytes) -> None:
    store.records.cache("k", answer(*ids))
    with store.catalog.transaction():
        store.catalog.execute("UPDATE cached_answer SET answer = CAST(? AS TEXT)", (damage,))
    assert store.records.cached("k") is None
    store.records.cache("k", answer(*ids))
    assert store.records.cached("k") == answer(*ids)


def test_no_answer_outlives_the_removal_of_an_article(library: Library, store: Store, ids: tuple[str, str]) -> None:
    """Not even one that names other articles alone: none can be given again, and any may hold its words."""
    for key, sources in (("one", ids[:1]), ("both", ids), ("other", ids[1:]), ("none", ())):
        store.records.cache(key, answer(*sources))
    assert count(store, "cached_answer") == 4
    library.remove(ids[0])
    assert count(store, "cached_answer") == 0


@pytest.mark.parametrize("name", ["given", "citations", "nearest"])
def test_an_answer_that_an_article_was_removed_under_is_not_kept(
    library: Library, store: Store, ids: tuple[str, str], name: str
) -> None:
    library.remove(ids[0])
    said = {"citations": [], "nearest": [], **({} if name == "given" else {name: [{"article_id": ids[0]}]})}
    store.records.cache("late", said, ids[:1] if name == "given" else ())
    assert (store.records.cached("late"), count(store, "cached_answer")) == (None, 0)


def test_old_answers_go(store: Store, ids: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    now = NOW
    records = Records(store.catalog, lambda: now)
    records.cache("first", answer(ids[0]))
    now += timedelta(days=KEPT_DAYS)
    assert records.cached("first") is not None
    now += timedelta(seconds=1)
    assert records.cached("first") is None
    monkeypatch.setattr("rag.storage.records.KEPT_ANSWERS", 3)
    for number in range(5):
        records.cache(f"{number}", answer(ids[0]))
    assert [number for number in range(5) if records.cached(f"{number}")] == [2, 3, 4]
    assert count(store, "cached_answer") == 3


KEY: dict[str, Any] = {
    "kind": "ask",
    "question": "How many?",
    "filters": Filters(),
    "sentences": None,
    "generation": 3,
    "embedder": "hash-64",
    "model": "openai:gpt-4.1-mini",
    "prompts": ("a1", "b2"),
    "settings": {"abstain": True, "verify": "checks"},
}


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "about"},
        {"question": "How many"},
        {"filters": Filters(publisher="")},
        {"filters": Filters(after=DAY)},
        {"filters": Filters(before=DAY)},
        {"sentences": 5},
        {"generation": 4},
        {"embedder": "hash-32"},
        {"model": None},
        {"prompts": ("a1",)},
        {"prompts": ("a1b2",)},
        {"settings": {"abstain": False, "verify": "checks"}},
        {"settings": {"abstain": True, "verify": "llm"}},
    ],
    ids=str,
)
def test_whatever_decides_an_answer_is_in_its_key(change: dict[str, Any]) -> None:
    assert cache_key(**{**KEY, **change}) != cache_key(**KEY)


def test_a_key_does_not_depend_on_order_and_knows_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = dict(reversed(KEY["settings"].items()))
    key = cache_key(**KEY)
    assert cache_key(**{**KEY, "prompts": ["b2", "a1"], "settings": settings}) == key
    assert cache_key(**{**KEY, "question": "\ud800"}) != key
    monkeypatch.setattr("rag.storage.records._version", lambda: "99")
    assert cache_key(**KEY) != key


# What models used --------------------------------------------------------------------------


def test_usage_is_summed_by_day_and_model(library: Library, store: Store, ids: tuple[str, str]) -> None:
    note = store.records.note_usage
    assert store.records.usage() == []
    note(DAY, "m", 2, Usage(10, 3, 0.5), 1.5)
    note(DAY, "m", 1, Usage(5, 1, 0.25), 0.5)
    note(DAY, "m", 0, Usage(), 0.0, cached=1)
    note(DAY, "n", 3, Usage(7, 2), 4.0)
    note(date(2025, 12, 31), "m", 1, Usage(1, 1, 0.0), 0.1)
    library.remove(ids[0])
    rows = store.records.usage()
    assert rows == [
        UsageRow(day=date(2025, 12, 31), model="m", calls=1, input_tokens=1, output_tokens=1, seconds=0.1),
        UsageRow(day=DAY, model="m", calls=3, input_tokens=15, output_tokens=4, known_usd=0.75, seconds=2.0, cached=1),
        UsageRow(day=DAY, model="n", calls=3, input_tokens=7, output_tokens=2, unpriced_calls=3, seconds=4.0),
    ]
    assert [each.cost_usd for each in rows] == [0.0, 0.75, None]


def test_what_a_server_makes_up_breaks_no_sum(store: Store) -> None:
    for usage in (Usage(10**30, -5, float("nan")), Usage(10**30, 10**18, float("inf")), Usage(1, 1, 1e300)):
        store.records.note_usage(DAY, "odd \ud800\x00", 1, usage, 1e300)
    (found,) = store.records.usage()
    assert (found.calls, found.unpriced_calls, found.cost_usd) == (3, 2, None)
    assert (found.input_tokens, found.output_tokens) == (2 * 10**12 + 1, 10**12 + 1)


@pytest.mark.parametrize("day", [0, 7, 20260230, -20260102])
def test_a_damaged_day_is_one_line(store: Store, day: int) -> None:
    store.records.note_usage(DAY, "m", 1, Usage(1, 1), 1.0)
    with store.catalog.transaction():
        store.catalog.execute("UPDATE usage SET day = ?", (day,))
    with pytest.raises(
        StorageError, match=rf"catalog\.sqlite3: the record of what models used is damaged \(day {day}\)$"
    ):
        store.records.usage()


# Saved chats -------------------------------------------------------------------------------


def turns(*article_ids: str) -> list[SavedTurn]:
    return [
        SavedTurn("What of the bridge?", "What of the bridge?", answer(*article_ids), article_ids),
        SavedTurn("and when?", "When was the Zyxwvut bridge approved?", None),
    ]


def test_a_chat_comes_back_as_it_was(store: Store, ids: tuple[str, str]) -> None:
    records = Records(store.catalog, lambda: NOW)
    records.saved_chats.save("bridges", turns(*reversed(ids)))
    assert records.saved_chats.load("bridges") == turns(*reversed(ids))
    records.saved_chats.save("empty", [])
    assert records.saved_chats.load("empty") == []
    records.saved_chats.save("bridges", turns(ids[0])[:1])
    assert records.saved_chats.load(" bridges ") == turns(ids[0])[:1]
    assert [(chat.name, chat.turns, chat.saved) for chat in records.saved_chats.listing()] == [
        ("bridges", 1, NOW),
        ("empty", 0, NOW),
    ]
    records.saved_chats.delete("bridges")
    assert [chat.name for chat in records.saved_chats.listing()] == ["empty"]
    assert (count(store, "chat_turn"), count(store, "chat_article")) == (0, 0)


def test_a_turn_without_an_answer_loses_nothing_else(library: Library, store: Store, ids: tuple[str, str]) -> None:
    one, two = ids
    store.records.saved_chats.save("mixed", [*turns(one, two), *turns(two)])
    store.records.saved_chats.save("other", turns(two))
    library.remove(one)
    question, standalone = "and when?", "When was the Zyxwvut bridge approved?"
    asked = "What of the bridge?"
    assert store.records.saved_chats.load("mixed") == [
        SavedTurn(asked, asked, None, (two,)),
        # It was made to stand alone from an answer that is gone.
        SavedTurn(question, question, None),
        SavedTurn(asked, asked, answer(two), (two,)),
        SavedTurn(question, question, None),
    ]
    assert store.records.saved_chats.load("other") == turns(two)
    assert store.records.saved_chats.load("other")[1].standalone == standalone
    store.records.saved_chats.save("late", turns(one))
    assert store.records.saved_chats.load("late") == [
        SavedTurn(asked, asked, None),
        SavedTurn(question, question, None),
    ]


def test_an_unknown_chat_is_one_line_that_names_what_there_is(store: Store) -> None:
    for attempt in (store.records.saved_chats.load, store.records.saved_chats.delete):
        with pytest.raises(NotFoundError, match="^there is no saved chat 'x': none is saved yet$"):
            attempt("x")
    for number in range(12):
        Records(store.catalog, lambda: NOW).saved_chats.save(f"chat {number:02}", [])
    with pytest.raises(NotFoundError, match=r"'x\\n': saved are chat 00, .*chat 09 and 2 more$"):
        store.records.saved_chats.load("x\n")
    with pytest.raises(NotFoundError, match="^there is no saved chat 'x{81}': saved are"):
        store.records.saved_chats.load("x" * 10_000)


@pytest.mark.parametrize("name", ["a", "x" * 80, "Zoë’s 😀", "'; DROP TABLE chat; --", "../../etc", "日本語", "1"])
def test_any_text_may_be_a_name(store: Store, name: str) -> None:
    store.records.saved_chats.save(name, turns())
    assert [chat.name for chat in store.records.saved_chats.listing()] == [name]
    assert store.records.saved_chats.load(name) == turns()


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\nb", "a\x00b", "a\x1b[2J", "a\x85b", "a\u2028b", "a\ud800"])
def test_what_is_no_name(store: Store, name: str) -> None:
    with pytest.raises(UserError, match="^a chat's name has 1 to 80 characters, with no line break"):
        store.records.saved_chats.save(name, [])
    assert store.records.saved_chats.listing() == []


def test_a_name_is_the_same_however_its_letters_were_typed(store: Store) -> None:
    store.records.saved_chats.save("Zoe\u0308", [])
    assert store.records.saved_chats.load("Zo\u00eb") == []


# Writing -----------------------------------------------------------------------------------


def test_records_need_no_lock_and_change_nothing_that_is_found(
    library: Library, store: Store, ids: tuple[str, str]
) -> None:
    generation = store.catalog.generation
    with writing(library.directory, 1):
        store.records.cache("k", answer(*ids))
        store.records.note_usage(DAY, "m", 1, Usage(1, 1), 1.0)
        store.records.saved_chats.save("c", turns(*ids))
        store.records.saved_chats.delete("c")
    assert store.catalog.generation == generation
    assert library.doctor(mend=False).healthy


def records_of(store: Store, ids: tuple[str, str]) -> list[Callable[[], None]]:
    """Each way to write a record."""
    return [
        lambda: store.records.cache("k", answer(*ids)),
        lambda: store.records.note_usage(DAY, "m", 1, Usage(1, 1), 1.0),
        lambda: store.records.saved_chats.save("c", turns(*ids)),
    ]


def test_a_read_only_library_is_left_as_it_is(
    library: Library, ids: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    library._store.records.saved_chats.save("kept", turns(*ids))
    library.close()
    file = library.directory / "catalog.sqlite3"
    before = file.read_bytes()
    connect: Any = sqlite3.connect

    def refused(database: Any, **options: Any) -> Any:
        """As on a disk that is mounted read-only: mode bits do not bind root."""
        if options.get("uri"):
            return connect(database, **options)
        error = sqlite3.OperationalError("unable to open database file")
        error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
        raise error

    monkeypatch.setattr("rag.storage.database.sqlite3.connect", refused)
    catalog = Catalog(file)
    records = Records(catalog)
    assert catalog.read_only
    records.cache("k", answer(*ids))
    records.note_usage(DAY, "m", 1, Usage(1, 1), 1.0)
    assert (records.cached("k"), records.usage()) == (None, [])
    assert records.saved_chats.load("kept") == turns(*ids)
    with pytest.raises(StorageError, match="is read-only: no chat can be saved or deleted$"):
        records.saved_chats.save("c", [])
    with pytest.raises(StorageError, match="is read-only: no chat can be saved or deleted$"):
        records.saved_chats.delete("kept")
    catalog.close()
    assert file.read_bytes() == before


def test_a_full_disk_costs_no_answer_and_no_record(library: Library, store: Store, ids: tuple[str, str]) -> None:
    store.records.saved_chats.save("c", turns(*ids))
    pages = store.catalog._rows("PRAGMA page_count")[0][0]
    store.catalog._rows(f"PRAGMA max_page_count = {pages}")
    store.records.cache("big", answer(ids[0], quote="word " * 100_000))
    with pytest.raises(StorageError, match="the disk is full"):
        store.records.saved_chats.save("c", [SavedTurn("word " * 100_000, "", None)])
    store.catalog._rows("PRAGMA max_page_count = 1073741823")
    assert store.records.cached("big") is None
    # What the next writer of articles commits must be on the disk.
    assert store.catalog._rows("PRAGMA synchronous")[0][0] == 2
    assert store.records.saved_chats.load("c") == turns(*ids)
    store.records.cache("big", answer(ids[0], quote="word " * 100_000))
    assert store.records.cached("big") is not None
    assert library.doctor(mend=False).healthy


def test_threads_lose_nothing(store: Store, ids: tuple[str, str]) -> None:
    def work() -> None:
        for _ in range(20):
            for write in records_of(store, ids):
                write()
            assert store.records.saved_chats.load("c") == turns(*ids)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.calls for each in store.records.usage()] == [80]


WRITER = """
import sys
from datetime import date
from pathlib import Path
from rag import Usage
from rag.storage.catalog import Catalog
from rag.storage.chats import SavedTurn
from rag.storage.records import Records
file, who, times = sys.argv[1:]
records = Records(Catalog(Path(file)))
print("ready", flush=True)
for number in range(int(times)):
    records.note_usage(date(2026, 1, 2), "m", 1, Usage(2, 3, 0.5), 0.25)
    records.cache(f"{who} {number}", {"text": who})
    records.saved_chats.save(who, [SavedTurn(f"{number}", f"{turn}", {"number": number}) for turn in range(20)])
    records.saved_chats.save(f"{who} {number}", [])
"""


def start(store: Store, who: str, times: int) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", WRITER, str(store.catalog.file), who, f"{times}"]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def test_processes_lose_nothing(library: Library, store: Store) -> None:
    running = [start(store, who, 25) for who in "abc"]
    library.add([row(9, TEXT)])
    assert [process.wait() for process in running] == [0, 0, 0]
    for process in running:
        assert process.stdout
        process.stdout.close()
    (used,) = store.records.usage()
    assert (used.calls, used.input_tokens, used.output_tokens, used.known_usd) == (75, 150, 225, 37.5)
    assert sorted(chat.name for chat in store.records.saved_chats.listing() if " " in chat.name) == sorted(
        f"{who} {number}" for who in "abc" for number in range(25)
    )
    assert library.doctor(mend=False).healthy


def test_a_killed_process_leaves_all_or_nothing(library: Library, store: Store) -> None:
    for attempt in range(3):
        process = start(store, "killed", 1_000_000)
        assert process.stdout
        process.stdout.readline()
        waited = time.monotonic()
        while "killed" not in store.records.saved_chats.names() and time.monotonic() < waited + 30:
            time.sleep(0.01)
        time.sleep(attempt * 0.037)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        process.stdout.close()
        found = store.records.saved_chats.load("killed")
        assert len(found) == 20
        assert len({turn.question for turn in found}) == 1
        assert {turn.question for turn in found} == {f"{(turn.answer or {})['number']}" for turn in found}
        assert library.doctor(mend=False).healthy
        store.records.saved_chats.delete("killed")


# What is gone is gone ----------------------------------------------------------------------


def test_nothing_of_a_removed_article_stays_in_the_catalog_s_files(library: Library, embedder: HashEmbedder) -> None:
    quote = "The Zyxwvut commission hid 4711 quincunx ledgers in Oberammergau."
    library.add([row(number, f"The council met in town {number}. {TEXT[:26]}") for number in range(20)])
    library.add([row(77, f"{quote} " + "It said so again. " * 2000, title="Secret")])
    store = library._store
    found = library.article("id:article-77")
    given = answer(found.id, quote=quote)
    store.records.cache("k", given)
    store.records.saved_chats.save("c", [SavedTurn("What?", "What?", given), SavedTurn("And?", f"And: {quote}", None)])

    def held() -> set[str]:
        files = [file for file in library.directory.glob("catalog.sqlite3*") if file.is_file()]
        data = b"".join(file.read_bytes() for file in files).lower()
        words = ("zyxwvut commission", "4711", "quincunx", "oberammergau", "it said so again")
        return {word for word in words if word.encode() in data}

    assert "quincunx" in held()
    library.remove(found.id)
    # Before the library is closed, which would empty the log in any case.
    assert held() == set()
    library.close()
    assert held() == set()


def test_the_log_is_emptied_after_a_kill_while_removing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.add([row(1, TEXT)])

    class Killed(BaseException):
        """Stands for SIGKILL."""

    def kill(_: Catalog, seconds: float) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Catalog, "empty_log", kill)
        with pytest.raises(Killed):
            library.remove("id:article-1")
    log = library.directory / "catalog.sqlite3-wal"
    assert b"Zyxwvut" in log.read_bytes()
    with Library.open(library.directory, settings=Settings(), embedder=HashEmbedder()):
        assert b"Zyxwvut" not in log.read_bytes()


@pytest.mark.parametrize("retry", ["removal", "opening"])
def test_a_log_that_a_reader_keeps_is_emptied_when_the_reader_is_gone(
    library: Library, store: Store, ids: tuple[str, str], retry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.storage.store._LOG_SECONDS", 0.1)
    log = library.directory / "catalog.sqlite3-wal"
    # Keeps the log when the library is closed, as another process at work does.
    bystander = sqlite3.connect(store.catalog.file, isolation_level=None)
    bystander.execute("SELECT count(*) FROM article").fetchone()
    reader = sqlite3.connect(store.catalog.file, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM article").fetchone() == (2,)
    library.remove(ids[0])
    assert b"Zyxwvut" in log.read_bytes()
    assert store.catalog.log_to_empty
    # Opened while the reader is still there: it does not wait, and does not fail.
    started = time.monotonic()
    with Library.open(library.directory, settings=Settings(), embedder=HashEmbedder()) as other:
        assert (len(other.articles()), other._store.catalog.log_to_empty) == (1, True)
    assert time.monotonic() - started < 10
    reader.execute("COMMIT")
    reader.close()
    if retry == "removal":
        library.remove(ids[1])
    else:
        Library.open(library.directory, settings=Settings(), embedder=HashEmbedder()).close()
    assert b"Zyxwvut" not in log.read_bytes()
    assert not store.catalog.log_to_empty
    bystander.close()


def test_nobody_waits_while_a_removal_waits_for_readers(store: Store, ids: tuple[str, str]) -> None:
    reader = sqlite3.connect(store.catalog.file, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM article").fetchone()
    with store.catalog.transaction():
        store.catalog.remove(ids[0])
    emptied: list[bool] = []
    waiting = threading.Thread(target=lambda: emptied.append(store.catalog.empty_log(5)))
    waiting.start()
    time.sleep(0.3)
    started = time.monotonic()
    assert store.catalog.count()[0] == 1
    assert time.monotonic() - started < 1
    assert waiting.is_alive()
    reader.execute("COMMIT")
    reader.close()
    waiting.join()
    assert (emptied, store.catalog.log_to_empty) == ([True], False)
    assert store.catalog.empty_log(0)


def test_a_library_of_the_format_before_is_upgraded_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("rag.storage.database.STEPS", schema.STEPS[:3])
        patch.setattr("rag.storage.database.FORMAT", 3)
        with Library.open(tmp_path, settings=Settings(), embedder=WholeEmbedder()) as library:
            library.add([row(1, TEXT), row(2, "Another story of the harbour.")])
            generation = library._store.catalog.generation
            assert library._store.catalog._rows("PRAGMA user_version")[0][0] == 3
    with Library.open(tmp_path, settings=Settings(), embedder=HashEmbedder()) as library:
        store, article_id = library._store, library.article("id:article-1").id
        assert store.catalog._rows("PRAGMA user_version")[0][0] == schema.FORMAT
        assert store.catalog.generation == generation
        for write in records_of(store, (article_id, article_id)):
            write()
        assert (store.records.cached("k"), len(store.records.usage())) == (answer(article_id, article_id), 1)
        library.remove(article_id)
        assert store.records.saved_chats.load("c")[0].answer is None
        assert library.doctor(mend=False).healthy


def test_rows_are_plain_values() -> None:
    used = UsageRow(day=DAY, model="m", calls=2, known_usd=0.5, unpriced_calls=1)
    plain = used.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert plain == {**dataclasses.asdict(used), "day": "2026-01-02", "cost_usd": None}
