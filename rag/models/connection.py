"""Where the OpenAI-compatible server is, and with what key: from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from rag.errors import ConfigError
from rag.models.faults import Service, secrets_in

OPENAI_URL = "https://api.openai.com/v1"
_NO_KEY = "not-needed"


def openai_connection(variables: Mapping[str, str]) -> tuple[str, str, bool]:
    """Base URL, key, and whether the server is another than OpenAI's; raises `ConfigError`.

    A server of one's own mostly wants no key; the client insists on one, so it gets a placeholder.
    """
    url = variable(variables, "OPENAI_BASE_URL") or OPENAI_URL
    key = variable(variables, "OPENAI_API_KEY")
    own_server = is_own_server(url)
    if not _is_address(url):
        raise ConfigError("OPENAI_BASE_URL is no address: it begins with http:// or https://, and mostly ends in /v1")
    if not key and not own_server:
        raise ConfigError("OPENAI_API_KEY is not set: set it, or OPENAI_BASE_URL for a server of your own")
    if not (key.isascii() and key.isprintable()):
        raise ConfigError("OPENAI_API_KEY holds characters that no key has: copy it again")
    return url, key or _NO_KEY, own_server


def openai_service(name: str, url: str, key: str, variables: Mapping[str, str]) -> Service:
    """How an OpenAI-compatible server is spoken of."""
    secrets = {*secrets_in(variables), urlsplit(url).password or "", key} - {"", _NO_KEY}
    return Service(name=name, address=address(url), key_setting="OPENAI_API_KEY", secrets=tuple(secrets))


def is_own_server(url: str) -> bool:
    """Whether the base URL leads to another server than OpenAI's."""
    return url.rstrip("/") != OPENAI_URL


def address(url: str) -> str:
    """Host and port of a URL: what may be shown of it."""
    parts = urlsplit(url)
    return (parts.hostname or "") + (f":{parts.port}" if parts.port else "")


def variable(variables: Mapping[str, str], name: str) -> str:
    """The value of an environment variable without the white space that copying leaves; empty if not set."""
    return variables.get(name, "").strip()


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
