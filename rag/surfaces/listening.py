"""Options of the commands that listen for clients; only the standard library is imported."""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path

_LAST_PORT = 65535
_MOST_DIGITS = 9
_MOST_THREADS = 256


def add_listening(parser: argparse.ArgumentParser, *, port: int, condition: str = "") -> None:
    """Where a server listens, and the key that it asks for; `condition` says when that matters."""
    options = parser.add_argument_group(f"where to listen{condition}")
    options.add_argument("--host", default="127.0.0.1", metavar="HOST", help="(default: 127.0.0.1, this machine only)")
    options.add_argument("--port", type=_port, default=port, metavar="N", help=f"0 for any (default: {port})")
    options.add_argument(
        "--key-file",
        type=Path,
        metavar="FILE",
        help="holds the key that clients must send, else RAG_SERVE_KEY; needed on any other host",
    )


def add_limits(parser: argparse.ArgumentParser) -> None:
    """What a server takes on."""
    options = parser.add_argument_group("limits")
    options.add_argument(
        "--concurrency", type=_positive, default=8, metavar="N", help="questions answered at once (default: 8)"
    )
    options.add_argument(
        "--rate",
        type=_number,
        default=1200,
        metavar="N",
        help="requests a minute of one client; 0: any (default: 1200)",
    )


def _number(text: str) -> int:
    if text.isdecimal() and text.isascii() and len(text) <= _MOST_DIGITS:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number")


def _positive(text: str) -> int:
    if 1 <= (number := _number(text)) <= _MOST_THREADS:
        return number
    raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {_MOST_THREADS}")


def _port(text: str) -> int:
    with suppress(ValueError):
        if 0 <= (number := int(text)) <= _LAST_PORT:
            return number
    raise argparse.ArgumentTypeError(f"{text!r} is not a port, a number up to {_LAST_PORT}")
