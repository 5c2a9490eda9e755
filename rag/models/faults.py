"""What an exception of a provider's client means: which error of ours it becomes, and in what words.

Every provider has a client of its own, and none can be imported here. What they have in common
is used instead: the HTTP status, the error code in the body, and the standard names of the
exception's classes (LangChain's `ModelTimeoutError`, httpx's `ReadTimeout` and so on).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from rag.errors import (
    ContextTooLongError,
    FormRefusedError,
    ModelAccessError,
    ModelError,
    ModelReplyError,
    ModelUnavailableError,
)

_MOST_QUOTED = 300
"""Characters of a provider's own message that are passed on."""

_KEY_LIKE = re.compile(r"\b(?:sk|rk|pk|gsk|xai|hf|key|pplx)[-_][\w*.-]{6,}|\bAIza[\w-]{10,}|(?i:\bbearer\s+)[^\s'\"]+")
_SECRET_NAME = re.compile(r"(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD)$")
_SHORTEST_SECRET = 6
"""Shorter values of such variables stand in ordinary words too, and are no keys."""

_TIMEOUTS = ("TimeoutError", "TimeoutException", "APITimeoutError", "ModelTimeoutError", "Timeout")
_BROKEN = ("RemoteProtocolError", "ReadError", "ChunkedEncodingError", "IncompleteRead", "ConnectionResetError")
_UNREACHED = ("APIConnectionError", "ModelConnectionError", "TransportError", "ConnectionError")
_TOO_LONG_CODES = ("context_length_exceeded", "exceed_context_size_error")
_TOO_LONG = re.compile(
    r"maximum context length|context_length_exceeded|exceeds the (?:available )?context|prompt is too long"
    r"|input is too long|exceed_context_size",
    re.IGNORECASE,
)
_FORM = re.compile(r"response_format|json_schema", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Whom we talk to: `name` and `address` are shown to people, `secrets` never are.

    `address` is a host with its port, empty where it is not known. `key_setting` names the
    variable that holds the key.
    """

    name: str
    address: str = ""
    key_setting: str = "the API key"
    secrets: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong: the error to raise, whether to try again, and how long the server asks to wait (seconds)."""

    error: ModelError
    retryable: bool = False
    retry_after: float = 0.0


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without the secrets, and without anything that looks like an API key."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "[key]")
    return _KEY_LIKE.sub("[key]", text)


def secrets_in(environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The values of the variables that by their names hold a key, a token or a password."""
    variables = os.environ if environment is None else environment
    values = {value.strip() for name, value in variables.items() if _SECRET_NAME.search(name.upper())}
    return tuple(sorted(value for value in values if len(value) >= _SHORTEST_SECRET))


def one_line(text: str, secrets: Iterable[str] = ()) -> str:
    """The text redacted, on one line, and cut where it is long."""
    # Redacted first: a cut could leave half a key, which no longer looks like one.
    line = " ".join(redact(text, secrets).split())
    return line if len(line) <= _MOST_QUOTED else line[: _MOST_QUOTED - 1] + "…"


def explain(exc: Exception, service: Service, seconds: float) -> Fault:
    """The fault that `exc` stands for, when `service` was given `seconds` to reply."""
    if isinstance(exc, ModelError):
        return Fault(exc, isinstance(exc, ModelUnavailableError))
    status, code, message = _details(exc)
    said = one_line(message, service.secrets)
    if code in _TOO_LONG_CODES or "ContextOverflowError" in _names(exc) or (status < 500 and _TOO_LONG.search(message)):
        text = f"the question and its passages are too long for {service.name}: use fewer passages or another model"
        return Fault(ContextTooLongError(text))
    if status >= 400:
        return _explain_status(status, code, said, service, _retry_after(exc))
    return _explain_kind(exc, said, service, seconds)


def _explain_status(status: int, code: str, said: str, service: Service, retry_after: float) -> Fault:
    name = service.name
    if status == 401:
        return Fault(ModelAccessError(f"{name} refuses the key: check {service.key_setting}"))
    if status == 403:
        return Fault(ModelAccessError(f"{name} does not allow this key to do that: {said}"))
    if status == 404:
        where = f" at {service.address}" if service.address else ""
        return Fault(ModelAccessError(f"there is no {name}{where}: check the model's name and the base URL ({said})"))
    if status == 402 or code == "insufficient_quota":
        return Fault(ModelAccessError(f"{name}: the account has no credit left; see the provider's billing page"))
    if status in (408, 409, 429) or status >= 500:
        what = "takes no more requests for now" if status == 429 else "failed"
        when = f"in {retry_after:.0f} seconds, as it asks" if retry_after >= 1 else "later"
        return Fault(ModelUnavailableError(f"{name} {what} ({status}): try again {when}"), True, retry_after)
    kind = FormRefusedError if status in (400, 422) and _FORM.search(said) else ModelAccessError
    return Fault(kind(f"{name} rejects the request ({status}): {said}"))


def _explain_kind(exc: Exception, said: str, service: Service, seconds: float) -> Fault:
    """A fault without an HTTP status: of the connection, or of the reply's form."""
    names, name = _names(exc), service.name
    if names & set(_TIMEOUTS):
        text = f"{name} gave no reply within {seconds:g} seconds: try again, or allow more time"
        return Fault(ModelUnavailableError(text), True)
    if names & set(_BROKEN):
        return Fault(broken_off(service), True)
    if names & set(_UNREACHED):
        where = f" at {service.address}" if service.address else ""
        return Fault(ModelUnavailableError(f"{name} cannot be reached{where}: is the server running?"), True)
    if "LengthFinishReasonError" in names:
        return Fault(cut_short(service))
    if names & {"ContentFilterFinishReasonError", "OpenAIRefusalError"}:
        return Fault(refused(service, said))
    if "APIError" in names:
        # An error that came as an event in the middle of a stream.
        return Fault(ModelUnavailableError(f"{name} failed in the middle of its reply: {said}"), True)
    if service.address:
        # What the client says of it tells how it is built, and nothing of the server.
        setting = "OPENAI_BASE_URL" if service.key_setting == "OPENAI_API_KEY" else "its base URL"
        text = f"{service.address} answered, but not as an OpenAI-compatible server does: check {setting}"
        return Fault(ModelReplyError(text))
    text = f"{name} gave a reply that cannot be read: check its settings, or take another model"
    return Fault(ModelReplyError(text + (f" ({said})" if said else "")))


def broken_off(service: Service) -> ModelUnavailableError:
    """The connection ended before the reply did."""
    return ModelUnavailableError(f"the reply of {service.name} broke off: try again")


def cut_short(service: Service) -> ModelReplyError:
    """The reply ended at the limit on its length."""
    return ModelReplyError(f"the reply of {service.name} was cut at its limit on tokens: ask for less, or raise it")


def refused(service: Service, words: str) -> ModelReplyError:
    """The model, or the provider's filter, refused to reply."""
    said = one_line(words, service.secrets)
    return ModelReplyError(f"{service.name} refused to answer" + (f": {said}" if said else ""))


def _names(exc: BaseException | None) -> set[str]:
    """The names of the classes of `exc` and of the exceptions that led to it."""
    names: set[str] = set()
    seen: set[int] = set()
    while exc is not None and id(exc) not in seen:
        seen.add(id(exc))
        names |= {kind.__name__ for kind in type(exc).__mro__}
        exc = exc.__cause__ or exc.__context__
    return names


def _details(exc: Exception) -> tuple[int, str, str]:
    """HTTP status (0 for none), error code and message, as far as the client tells them."""
    status = getattr(exc, "status_code", None)
    if status is None:
        status = getattr(getattr(exc, "response", None), "status_code", None)
    body = getattr(exc, "body", None)
    body = body.get("error", body) if isinstance(body, dict) else body
    inner: Mapping[str, Any] = body if isinstance(body, dict) else {}
    code = str(inner.get("code") or inner.get("type") or "")
    # llama.cpp puts the status where others put the code, and the code in the type.
    code = str(inner.get("type") or "") if code.isdecimal() else code
    return status if isinstance(status, int) else 0, code, str(inner.get("message") or exc)


def _retry_after(exc: Exception) -> float:
    """Seconds that the server asks to wait (RFC 9110, section 10.2.3): a number, or a date; 0 where it does not."""
    headers = getattr(getattr(exc, "response", None), "headers", None) or {}
    value = str(headers.get("retry-after", "")).strip()
    try:
        return max(0.0, float(value)) if value else 0.0
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
