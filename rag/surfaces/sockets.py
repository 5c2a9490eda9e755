"""The sockets that servers listen on; only the standard library is imported."""

from __future__ import annotations

import socket

from rag.errors import UserError

_BACKLOG = 256


def bound(host: str, port: int) -> socket.socket:
    """A socket that is bound to `host`, where it has several addresses to the first of IPv4, and `port` (0: any).

    Raises `UserError` where that cannot be.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = min(found, key=lambda each: each[0] != socket.AF_INET)
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as exc:
        raise UserError(f"{host!r} is no address of this machine: {getattr(exc, 'strerror', None) or exc}") from exc
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as exc:
        listener.close()
        raise UserError(f"port {port} of {host} cannot be listened on: {exc.strerror}; try another --port") from exc
    listener.setblocking(False)
    return listener


def url_of(listener: socket.socket, path: str = "") -> str:
    """Where clients find the server."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{path}"
