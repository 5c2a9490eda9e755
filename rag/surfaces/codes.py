"""Error class to exit code and HTTP status: the one table, for every surface. Only the standard library is imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from rag.errors import (
    BusyError,
    ConfigError,
    ModelAccessError,
    ModelError,
    ModelUnavailableError,
    NotFoundError,
    RagError,
    SourceError,
    UserError,
)


class Code(NamedTuple):
    """What a class of errors is on each surface: the exit code of a command, the status of an HTTP reply."""

    kind: type[BaseException]
    exit: int
    status: int


CODES: tuple[Code, ...] = (
    Code(KeyboardInterrupt, 130, 503),
    Code(BrokenPipeError, 141, 500),  # as the shell reports a program that a closed pipe ends
    Code(NotFoundError, 1, 404),
    Code(ConfigError, 2, 500),  # whoever runs the server can mend it, not whoever asks it
    Code(UserError, 2, 400),
    Code(SourceError, 1, 400),
    Code(BusyError, 1, 503),
    Code(ModelUnavailableError, 1, 503),
    Code(ModelAccessError, 2, 502),
    Code(ModelError, 1, 502),
    Code(Exception, 1, 500),
)
"""The first that fits decides."""

REFUSALS: Mapping[int, str] = {
    400: "UserError",
    401: "UnauthorizedError",
    403: "ForbiddenError",
    404: "NotFoundError",
    405: "MethodError",
    408: "SlowError",
    413: "TooLargeError",
    415: "MediaTypeError",
    421: "WrongHostError",
    429: "RateError",
    431: "TooLargeError",
    503: "OverloadedError",
}
"""What a server calls a request that it turns away by itself, by the status of its reply."""


def exit_code(error: BaseException) -> int:
    """The exit code of a command that ends with `error`."""
    return _code(error).exit


def status(error: BaseException) -> int:
    """The HTTP status of a reply that tells of `error`."""
    return _code(error).status


def type_name(error: BaseException) -> str:
    """What programs are told that `error` is: the name of its class; of what nobody foresaw, no more than that."""
    return type(error).__name__ if isinstance(error, RagError) else "InternalError"


def _code(error: BaseException) -> Code:
    return next(code for code in CODES if isinstance(error, code.kind))
