"""What a server takes on, and how long it waits."""

from __future__ import annotations

from dataclasses import dataclass

MiB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one server takes on, and how long it waits.

    `concurrency` calls of the library run at once, and `waiting` more may wait for their turn. A client (an
    address; of IPv6 its network) may send `rate_per_minute` requests, `burst` of them at once; 0 is no limit.
    A request's headers have at most `head_bytes`, its body `body_bytes`, and `upload_bytes` where it brings articles.
    The head may take `head_seconds`, the body `body_seconds` and a second more for each `slowest_bytes` of it;
    a client that does not read its reply is waited for `write_seconds`, and what still runs when the server is to
    stop `stop_seconds`. A stream in which nothing comes for `ping_seconds` is kept alive by a comment.
    """

    concurrency: int = 8
    waiting: int = 64
    connections: int = 512
    rate_per_minute: int = 1200
    burst: int = 200
    head_bytes: int = 32 * 1024
    body_bytes: int = 1 * MiB
    upload_bytes: int = 64 * MiB
    body_seconds: float = 20.0
    slowest_bytes: int = 16 * 1024
    head_seconds: float = 10.0
    write_seconds: float = 30.0
    stop_seconds: float = 30.0
    ping_seconds: float = 15.0
