"""How often a client may ask: a bucket of tokens for each, that fills again with time."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress

_MOST_CLIENTS = 10_000
_IPV6_NETWORK = 64


class Rates:
    """Used from the event loop only. A client that has not been seen, or not for long, has a full bucket."""

    def __init__(self, per_minute: int, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`per_minute` of 0 is no limit; `clock` gives seconds."""
        self._per_second = per_minute / 60
        self._burst = float(burst)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> bool:
        """Whether the client at `address` may ask once more now."""
        if not self._per_second:
            return True
        client, now = _client(address), self._clock()
        tokens, then = self._buckets.pop(client, (self._burst, now))
        tokens = min(self._burst, tokens + (now - then) * self._per_second)
        allowed = tokens >= 1
        self._buckets[client] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > _MOST_CLIENTS:
            self._buckets.popitem(last=False)
        return allowed


def _client(address: str) -> str:
    """Whom an address stands for: of IPv6 its network, since one client has all addresses of that."""
    with suppress(ValueError):
        if ipaddress.ip_address(address).version == 6:
            return str(ipaddress.ip_network((address, _IPV6_NETWORK), strict=False))
    return address
