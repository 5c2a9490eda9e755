"""An error as a client is told of it; of what is installed for serving, nothing is imported here."""

from __future__ import annotations

from typing import Any, NamedTuple

from rag.types import SCHEMA

RETRY_SECONDS = 1
"""What a client that came at a bad moment is told to wait."""


class Failure(NamedTuple):
    """An error as a client is told of it."""

    status: int
    type: str
    message: str


def error_body(error: Failure) -> dict[str, Any]:
    """The JSON object of an error, as `rag --json` prints it too."""
    return {"schema": SCHEMA, "error": {"type": error.type, "message": error.message}}
