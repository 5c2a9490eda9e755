"""URLs as names of articles."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_TRACKING = re.compile(
    r"utm_.+|at_(?:medium|campaign|link_.+)|mc_[ce]id|fbclid|gclid|dclid|gbraid|wbraid|msclkid|twclid|yclid|igshid"
    r"|ref|ref_src|ref_url|cmpid?|ncid|ocid|smid|taid|sh|spm|_ga|_gl|__twitter_impression|ftag|cid",
    re.IGNORECASE,
)
_VARIANT = re.compile(r"^(?:www\d?|m|mobile|amp)\.")


def is_url(text: str) -> bool:
    """Whether `text` is written as a web address (http or https) that can be taken apart."""
    try:
        urlsplit(text)
    except ValueError:  # such as a bracket that is not closed
        return False
    return bool(re.match(r"https?://", text, re.IGNORECASE))


def canonical_url(url: str) -> str:
    """Return the one spelling under which `url` names an article; `url` itself if it is no web address.

    Lower-case scheme and host; no credentials, fragment, default port, tracking parameters or
    closing slash; the other parameters sorted. Idempotent.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url.strip()
    scheme = parts.scheme.lower()
    host = (parts.hostname or "").rstrip(".")
    if scheme not in _DEFAULT_PORTS or not host:
        return url.strip()
    place = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        place = f"{place}:{port}"
    kept = sorted(
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(name)
    )
    return urlunsplit((scheme, place, parts.path.rstrip("/"), urlencode(kept), ""))


def names_article(url: str) -> bool:
    """Whether `url` can name one article: a bare host is a whole site's address."""
    if not is_url(url):
        return False
    parts = urlsplit(canonical_url(url))
    return bool(parts.netloc and (parts.path or parts.query))


def host_of(url: str) -> str:
    """The host of `url` in lower case without ``www.`` and its like; empty where there is none."""
    try:
        return _VARIANT.sub("", (urlsplit(url.strip()).hostname or "").lower())
    except ValueError:
        return ""


def same_site(one: str, other: str) -> bool:
    """Whether two URLs have one host, taking ``www.``, ``m.`` and ``amp.`` for the same."""
    return bool(host_of(one)) and host_of(one) == host_of(other)
