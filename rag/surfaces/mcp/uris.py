"""The URIs of articles as resources: ``rag://articles/ID``, and with ``/VERSION`` behind it one version."""

from __future__ import annotations

import re

from rag.types import Article, ArticleInfo, Citation

_URI = re.compile(r"rag://articles/([0-9a-f]{1,64})(?:/([0-9a-f]{1,64}))?", re.ASCII)

CURRENT = "rag://articles/{id}"
VERSION = "rag://articles/{id}/{version}"


def uri_of(of: Article | Citation) -> str:
    """The URI of an article in the version that is meant: offsets hold in no other."""
    name = of.id if isinstance(of, Article) else of.article_id
    return VERSION.format(id=name, version=of.version)


def current_uri(info: ArticleInfo) -> str:
    """The URI of an article, whatever its version becomes."""
    return CURRENT.format(id=info.id)


def parsed(uri: str) -> tuple[str, str | None] | None:
    """The id and, where it is named, the version; `None` for what is no such URI."""
    match = _URI.fullmatch(uri)
    return None if match is None else (match[1], match[2])
