"""Who may talk to a server: decided by the headers alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import ConfigError
from rag.surfaces.guard import Guard, is_loopback, serve_key

KEY = "0123456789abcdef"
FOREIGN_HOST = (421, "this server answers to its own address only, not to this Host")
FOREIGN_PAGE = (403, "pages of other origins may not use this server")
NO_KEY = (401, "a key is needed: send it as Authorization: Bearer KEY")


def refusal(guard: Guard, *headers: tuple[str, str], open_to_all: bool = False) -> tuple[int, str] | None:
    return guard.refusal([(n.encode(), v.encode("latin-1")) for n, v in headers], open_to_all=open_to_all)


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1:8000", True),
        ("127.8.8.8", True),
        ("localhost:1", True),
        ("LocalHost", True),
        ("[::1]:8000", True),
        ("rebound.example", False),
        ("rebound.example:8000", False),
        ("localhost.rebound.example", False),
        ("127.0.0.1.rebound.example", False),
        ("localhost:1@rebound.example", False),
        ("user@localhost", False),
        ("127.0.0.1/x", False),
        ("127.0.0.1:", False),
        ("127.0.0.1:8000:1", False),
        ("2130706433", False),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("[::]", False),
        ("localhöst", False),
        ("", False),
    ],
)
def test_on_the_loopback_only_its_own_names_are_answered(host: str, own: bool) -> None:
    assert refusal(Guard(None, loopback=True), ("host", host)) == (None if own else FOREIGN_HOST)


def test_a_host_must_be_named_once() -> None:
    guard = Guard(None, loopback=True)
    assert refusal(guard) == FOREIGN_HOST
    assert refusal(guard, ("Host", "localhost"), ("host", "localhost")) == FOREIGN_HOST


@pytest.mark.parametrize(
    ("origin", "own"),
    [
        ("http://localhost:8000", True),
        ("https://LOCALHOST:8000", True),
        ("http://localhost:8001", False),
        ("http://127.0.0.1:8000", False),
        ("http://rebound.example", False),
        ("file://localhost:8000", False),
        ("null", False),
        ("", False),
    ],
)
def test_only_pages_of_the_server_itself_may_use_it(origin: str, own: bool) -> None:
    said = refusal(Guard(None, loopback=True), ("host", "localhost:8000"), ("origin", origin))
    assert said == (None if own else FOREIGN_PAGE)


@pytest.mark.parametrize(
    ("sent", "right"),
    [
        (f"Bearer {KEY}", True),
        (f"bearer {KEY}", True),
        (f"Bearer {KEY}x", False),
        (f"Bearer {KEY[:-1]}", False),
        (f"Basic {KEY}", False),
        (KEY, False),
        ("Bearer ", False),
        ("Bearer schlüssel", False),
        ("", False),
    ],
)
def test_elsewhere_a_key_is_asked_for(sent: str, right: bool) -> None:
    guard = Guard(KEY, loopback=False)
    headers = (("host", "news.example"), ("authorization", sent))
    assert refusal(guard, *headers) == (None if right else NO_KEY)
    assert refusal(guard, *headers, open_to_all=True) is None


def test_no_key_and_two_keys_are_no_key() -> None:
    guard = Guard(KEY, loopback=False)
    twice = [("authorization", f"Bearer {KEY}")] * 2
    assert [refusal(guard), refusal(guard, *twice)] == [NO_KEY, NO_KEY]


def test_a_key_on_the_loopback_does_not_let_pages_of_others_in() -> None:
    guard = Guard(KEY, loopback=True)
    assert refusal(guard, ("host", "rebound.example"), ("authorization", f"Bearer {KEY}")) == FOREIGN_HOST
    assert refusal(guard, ("host", "localhost")) == NO_KEY


def test_a_guard_does_not_show_its_key() -> None:
    assert repr(Guard(KEY, loopback=False)) == "Guard(loopback=False)"


def test_which_hosts_are_this_machine() -> None:
    assert [is_loopback(host) for host in ("localhost", "127.0.0.1", "::1", "0.0.0.0", "::", "", "example.org")] == [
        True,
        True,
        True,
        False,
        False,
        False,
        False,
    ]


def test_where_the_key_comes_from(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\nmore\n", encoding="utf-8")
    file.chmod(0o600)
    assert serve_key("localhost") is None
    assert serve_key("localhost", key_file=file) == KEY
    monkeypatch.setenv("RAG_SERVE_KEY", KEY[::-1])
    assert serve_key("0.0.0.0") == KEY[::-1]  # noqa: S104
    assert Guard.of("127.0.0.1") == Guard(KEY[::-1], loopback=True)


def test_a_key_that_will_not_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "key"
    with pytest.raises(ConfigError, match=r"^to listen on 0\.0\.0\.0, where others can reach it, set RAG_SERVE_KEY to"):
        serve_key("0.0.0.0")
    with pytest.raises(ConfigError, match=r"which is to hold the key, cannot be read: No such file or directory$"):
        serve_key("localhost", key_file=file)
    file.write_text("short", encoding="utf-8")
    file.chmod(0o640)
    with pytest.raises(ConfigError, match=r"^others may read .*key, which holds the key: chmod 600 "):
        serve_key("localhost", key_file=file)
    file.chmod(0o600)
    with pytest.raises(ConfigError, match=r"key must have 16 characters or more: ASCII, without spaces$"):
        serve_key("localhost", key_file=file)
    for key in ("short", "sixteen characters", "schlüssel" * 2):
        monkeypatch.setenv("RAG_SERVE_KEY", key)
        with pytest.raises(ConfigError, match=r"^RAG_SERVE_KEY must have 16 characters or more"):
            serve_key("localhost")
    with pytest.raises(ConfigError, match="^a key is given twice"):
        serve_key("localhost", key_file=file)
