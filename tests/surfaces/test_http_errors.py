"""Every error has its status, and tells in one line what the client may know."""

from __future__ import annotations

import pytest

from rag.errors import (
    BusyError,
    ConfigError,
    ContextTooLongError,
    FormRefusedError,
    ModelAccessError,
    ModelError,
    ModelReplyError,
    ModelUnavailableError,
    NotFoundError,
    RagError,
    SourceError,
    StorageError,
    UserError,
)
from rag.surfaces.http.errors import failure, refused


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFoundError, 404),
        (UserError, 400),
        (SourceError, 400),
        (ConfigError, 500),
        (StorageError, 500),
        (BusyError, 503),
        (ModelUnavailableError, 503),
        (ModelAccessError, 502),
        (FormRefusedError, 502),
        (ContextTooLongError, 502),
        (ModelReplyError, 502),
        (ModelError, 502),
        (RagError, 500),
    ],
)
def test_every_error_has_its_status(error: type[RagError], status: int) -> None:
    assert failure(error("it went\nwrong")) == (status, error.__name__, "it went wrong")


def test_errors_of_other_kinds() -> None:
    assert failure(KeyError("secret"))[:2] == (500, "InternalError")
    assert "secret" not in failure(KeyError("secret")).message
    assert failure(refused(429, "slow down")) == (429, "RateError", "slow down")
    assert failure(refused(404, "Not Found")) == (404, "NotFoundError", "there is nothing at this address")
    assert len(failure(UserError("x" * 9999)).message) < 700
