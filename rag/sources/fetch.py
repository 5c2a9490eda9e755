"""Fetching a URL that someone else chose: to public addresses only, within bounds of time and size.

httpx resolves a host and connects in one step, so a name could be checked as one address and
connected to as another (DNS rebinding). Here the network backend of httpx's own engine, httpcore,
resolves once, checks, and connects to what it checked; TLS still verifies the name.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.message import Message
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from rag.errors import SourceError
from rag.settings import Settings
from rag.sources.addresses import Resolve, allowed_addresses, look_up
from rag.sources.draft import too_large
from rag.types import Validators

if TYPE_CHECKING:
    import ssl

    import httpcore
    import httpx

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ACCEPT = "text/html,application/xhtml+xml,application/rss+xml,application/atom+xml,application/xml;q=0.9,*/*;q=0.5"
_REASONS = {401: "needs a login", 403: "refuses readers like this one", 404: "not found", 410: "gone", 429: "busy"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a URL gave. `url` is the one that answered, `data` is `None` where nothing changed (304)."""

    url: str
    data: bytes | None
    content_type: str = ""
    charset: str | None = None
    validators: Validators


class Fetcher:
    """Fetches pages under `settings`; `resolve` is the name service, another one in tests."""

    def __init__(self, settings: Settings, *, resolve: Resolve = look_up) -> None:
        self._settings = settings
        self._resolve = resolve

    def fetch(self, url: str, validators: Validators | None = None) -> Page:
        """Fetch `url`, following redirects; raises `SourceError` with one line on any failure."""
        import httpcore

        deadline = time.monotonic() + self._settings.timeout_seconds
        try:
            for _ in range(self._settings.max_redirects + 1):
                answer = self._ask(url, validators or Validators(), deadline)
                if isinstance(answer, Page):
                    return answer
                url = answer
        except httpcore.TimeoutException as exc:
            limit = f"{self._settings.timeout_seconds:g} seconds (the limit is RAG_TIMEOUT_SECONDS)"
            raise SourceError(f"did not answer within {limit}") from exc
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError, OSError) as exc:
            detail = " ".join(str(exc).split())[:120] or type(exc).__name__
            raise SourceError(f"could not be fetched ({detail})") from exc
        raise SourceError(f"redirects more than {self._settings.max_redirects} times (RAG_MAX_REDIRECTS)")

    def _ask(self, url: str, validators: Validators, deadline: float) -> Page | str:
        """One request: the page, or the URL that it redirects to."""
        import httpcore

        target = _checked(url)
        backend = _network(self._settings, deadline, self._resolve)
        limit = self._settings.timeout_seconds
        with (
            httpcore.ConnectionPool(network_backend=backend) as pool,
            pool.stream(
                "GET",
                httpcore.URL(scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path),
                headers=_headers(target, validators),
                extensions={"timeout": {"connect": limit, "read": limit, "write": limit, "pool": limit}},
            ) as response,
        ):
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            if response.status in _REDIRECTS and headers.get("location"):
                return urljoin(url, headers["location"])
            got = Validators(etag=headers.get("etag"), last_modified=headers.get("last-modified"))
            if response.status == 304 and validators != Validators():
                return Page(url=url, data=None, validators=_merged(got, validators))
            if response.status != 200:
                reason = _REASONS.get(response.status, "the server failed" if response.status >= 500 else "refused")
                raise SourceError(f"HTTP {response.status}: {reason}")
            kind, charset = _content_type(headers.get("content-type", ""))
            data = self._body(response.iter_stream(), headers)
            return Page(url=url, data=data, content_type=kind, charset=charset, validators=got)

    def _body(self, stream: Iterable[bytes], headers: Mapping[str, str]) -> bytes:
        """The decoded body; a small body that swells is stopped at the limit, not after it."""
        limit = self._settings.max_file_bytes
        if headers.get("content-length", "").isdigit() and int(headers["content-length"]) > limit:
            raise SourceError(too_large(self._settings))
        coding = headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("identity", "gzip", "x-gzip", "deflate", ""):
            raise SourceError(f"is sent in an encoding that was not asked for ({coding[:20]})")
        body = bytearray()
        decoder: Any = None
        for part in stream:
            if coding in ("identity", ""):
                body += part
            else:
                # 15 + 32 reads gzip and zlib alike; a deflate body without zlib's header is raw (-15).
                decoder = decoder or zlib.decompressobj(15 + 32 if _wrapped(part) else -15)
                try:
                    body += decoder.decompress(part, limit + 1 - len(body))
                except zlib.error as exc:
                    raise SourceError("is compressed wrongly") from exc
            if len(body) > limit:
                raise SourceError(too_large(self._settings))
        return bytes(body)


def _network(settings: Settings, deadline: float, resolve: Resolve) -> httpcore.NetworkBackend:
    """httpcore's network: one look-up, one check, then a connection to the checked address, under one deadline.

    The time limits that httpcore hands down hold for single reads; the deadline takes their place, so that a
    server that drips its bytes gains nothing by it. Classes within, since httpcore is imported when it is needed.
    """
    import httpcore

    class Timed(httpcore.NetworkStream):
        def __init__(self, stream: httpcore.NetworkStream) -> None:
            self._stream = stream

        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
            return self._stream.read(max_bytes, _left(deadline))

        def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
            self._stream.write(buffer, _left(deadline))

        def close(self) -> None:
            self._stream.close()

        def start_tls(
            self,
            ssl_context: ssl.SSLContext,
            server_hostname: str | None = None,
            timeout: float | None = None,  # noqa: ARG002
        ) -> httpcore.NetworkStream:
            return Timed(self._stream.start_tls(ssl_context, server_hostname, _left(deadline)))

        def get_extra_info(self, info: str) -> Any:
            return self._stream.get_extra_info(info)

    class Checked(httpcore.NetworkBackend):
        def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,  # noqa: ARG002
            local_address: str | None = None,
            socket_options: Any = None,
        ) -> httpcore.NetworkStream:
            allow, left = settings.allow_private_urls, _left(deadline)
            error: Exception = httpcore.ConnectError("it has no address")
            for address in allowed_addresses(host, port, allow_private=allow, seconds=left, resolve=resolve):
                try:
                    return Timed(system.connect_tcp(address, port, _left(deadline), local_address, socket_options))
                except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                    error = exc
            raise error

    system = httpcore.SyncBackend()
    return Checked()


def _left(deadline: float) -> float:
    import httpcore

    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time is up")
    return left


def _checked(url: str) -> httpx.URL:
    import httpx

    try:
        target = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, ValueError) as exc:
        raise SourceError("is not a valid URL") from exc
    if target.scheme not in ("http", "https") or not target.host:
        raise SourceError(f"leads to {target.scheme or 'no'}: only http and https are fetched")
    if target.userinfo:
        raise SourceError("holds a user name or password: such URLs are refused")
    return target


def _headers(target: httpx.URL, validators: Validators) -> list[tuple[bytes, bytes]]:
    try:
        own = version("rag")
    except PackageNotFoundError:
        own = "0"
    headers = {
        "Host": target.netloc.decode("ascii"),
        "User-Agent": f"rag/{own} (+news reader)",
        "Accept": _ACCEPT,
        "Accept-Encoding": "gzip, deflate",
        "If-None-Match": validators.etag or "",
        "If-Modified-Since": validators.last_modified or "",
    }
    return [(name.encode("ascii"), value.encode("latin-1", "ignore")) for name, value in headers.items() if value]


def _merged(new: Validators, old: Validators) -> Validators:
    return Validators(etag=new.etag or old.etag, last_modified=new.last_modified or old.last_modified)


def _content_type(header: str) -> tuple[str, str | None]:
    message = Message()
    message["content-type"] = header or "application/octet-stream"
    charset = message.get_content_charset()
    return (message.get_content_type() if header else ""), charset


def _wrapped(part: bytes) -> bool:
    return part[:2] == b"\x1f\x8b" or (len(part) > 1 and part[0] & 15 == 8 and (part[0] << 8 | part[1]) % 31 == 0)
