"""Which network addresses a URL may lead to."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable

from rag.errors import SourceError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]
"""Takes a host and a port, returns its addresses; raises `OSError` where there are none."""

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
# Public on paper; what they carry or reach is another network's: 6to4, its relays, Teredo and its neighbours.
_CARRIERS = tuple(map(ipaddress.ip_network, ("192.88.99.0/24", "2002::/16", "2001::/23")))


def is_public(text: str) -> bool:
    """Whether an address belongs to the public internet; an IPv4 address inside an IPv6 one is judged itself."""
    try:
        address: Address = ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is None and address not in _PUBLIC_V6:
            return False
        address = inner or address
    carried = any(address.version == network.version and address in network for network in _CARRIERS)
    return address.is_global and not carried and not address.is_multicast and not address.is_reserved


def look_up(host: str, port: int) -> list[str]:
    """The addresses of `host`, by the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def allowed_addresses(host: str, port: int, *, allow_private: bool, seconds: float, resolve: Resolve) -> list[str]:
    """Resolve `host` once, within `seconds`; raises `SourceError` if it is unknown or any address is not public."""
    outcome: list[list[str] | OSError | UnicodeError] = []

    def work() -> None:
        try:
            outcome.append(resolve(host, port))
        except (OSError, UnicodeError) as exc:
            outcome.append(exc)

    # The system's resolver takes no time limit: it is left behind when its time is up.
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(max(seconds, 0))
    if not outcome:
        raise SourceError(f"the name {host} was not resolved in time")
    found = outcome[0]
    if not isinstance(found, list) or not found:
        raise SourceError(f"the host {host} is unknown (is there a network?)")
    refused = next((address for address in found if not is_public(address)), None)
    if refused and not allow_private:
        raise SourceError(f"leads to the private address {refused}: refused (RAG_ALLOW_PRIVATE_URLS=1 allows it)")
    return found
