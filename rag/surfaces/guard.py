"""Who may talk to a server of ours: web pages of others never, and from elsewhere only who holds the key.

On the loopback no key is needed, so the danger is a page in the user's browser whose name an attacker leads to
127.0.0.1 (DNS rebinding), or that sends requests across: `Host` and `Origin` give both away. Bound elsewhere, a key is
required, which no such page holds.
"""

from __future__ import annotations

import hmac
import ipaddress
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from rag.errors import ConfigError

KEY_VARIABLE = "RAG_SERVE_KEY"
_SHORTEST_KEY = 16
_LONGEST_KEY_LINE = 4096
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?", re.IGNORECASE | re.ASCII)


def is_loopback(host: str) -> bool:
    """Whether `host`, a name or an address, with or without brackets, is this machine's own."""
    name = host.removeprefix("[").removesuffix("]").rstrip(".").lower()
    if name == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(name).is_loopback
    return False


def serve_key(host: str, *, key_file: Path | None = None) -> str | None:
    """The key that a server bound to `host` asks for: the first line of `key_file`, else what ``RAG_SERVE_KEY`` holds.

    `None` where neither is given. Raises `ConfigError` where a key is needed and there is none, where both are given,
    for a file that cannot be read or that others may read, and for a key that could be guessed or not be sent.
    """
    key, whence = os.environ.get(KEY_VARIABLE, ""), KEY_VARIABLE
    if key_file is not None:
        if key:
            raise ConfigError(f"a key is given twice, by {KEY_VARIABLE} and by {key_file}: leave one of them out")
        key, whence = _first_line(key_file), f"the key in {key_file}"
    elif not key:
        if is_loopback(host):
            return None
        raise ConfigError(
            f"to listen on {host}, where others can reach it, set {KEY_VARIABLE} to a key that clients must send, "
            "or name a file that holds one (--key-file)"
        )
    if len(key) < _SHORTEST_KEY or not (key.isascii() and key.isprintable()) or " " in key:
        raise ConfigError(f"{whence} must have {_SHORTEST_KEY} characters or more: ASCII, without spaces")
    return key


def _first_line(file: Path) -> str:
    try:
        with file.open(encoding="utf-8", errors="replace") as opened:
            if os.fstat(opened.fileno()).st_mode & 0o077:
                raise ConfigError(f"others may read {file}, which holds the key: chmod 600 {file}")
            return opened.readline(_LONGEST_KEY_LINE).strip()
    except OSError as exc:
        raise ConfigError(f"{file}, which is to hold the key, cannot be read: {exc.strerror or exc}") from exc


@dataclass(frozen=True, slots=True)
class Guard:
    """What a server asks of a request before anything else looks at it."""

    key: str | None = field(repr=False)
    loopback: bool

    @classmethod
    def of(cls, host: str, *, key_file: Path | None = None) -> Self:
        """The guard of a server that is bound to `host`; raises as `serve_key` does."""
        return cls(serve_key(host, key_file=key_file), is_loopback(host))

    def refusal(self, headers: Iterable[tuple[bytes, bytes]], *, open_to_all: bool = False) -> tuple[int, str] | None:
        """Why a request with these headers (as ASGI gives them) is refused: an HTTP status and one line; else `None`.

        What is `open_to_all` needs no key.
        """
        sent: dict[bytes, list[str]] = {}
        for name, value in headers:
            sent.setdefault(name.lower(), []).append(value.decode("latin-1"))
        if self.loopback:
            hosts = sent.get(b"host", [])
            if len(hosts) != 1 or not _is_own(hosts[0]):
                return 421, "this server answers to its own address only, not to this Host"
            if any(not _same(origin, hosts[0]) for origin in sent.get(b"origin", [])):
                return 403, "pages of other origins may not use this server"
        if self.key is None or open_to_all:
            return None
        given = sent.get(b"authorization", [])
        scheme, _, key = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        if scheme.lower() == "bearer" and hmac.compare_digest(key.strip().encode(), self.key.encode()):
            return None
        return 401, "a key is needed: send it as Authorization: Bearer KEY"


def _is_own(host: str) -> bool:
    match = _HOST.fullmatch(host)
    return match is not None and is_loopback(match[1])


def _same(origin: str, host: str) -> bool:
    """Whether a page of `origin` came from the server that is asked as `host`."""
    scheme, _, place = origin.partition("://")
    return scheme in ("http", "https") and place.lower() == host.lower()
