"""An example of everything that is sent and given: what the sample articles' strikes story gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

_QUESTION = "How many sites did the U.S. strikes hit?"
_SAID = "More than 85 sites were hit, according to U.S. Central Command, or CENTCOM."
_ARTICLE = "3d90f3868d07"
_VERSION = "ced76304da2e"
_TITLE = "American aircraft strike Iranian-linked sites in Iraq and Syria"
_LEAD = "American aircraft have struck targets in Iraq and Syria."
_TEXT = f"{_LEAD}\n\n{_SAID}"
_SOURCE = "us-strikes-iraq-syria.md"
_ADDED = "2026-11-23T09:30:00+00:00"

ASK: list[Any] = [
    {"question": _QUESTION},
    {
        "question": "And who said so?",
        "history": [{"question": _QUESTION, "answer": f"{_SAID} [1]"}],
        "after": "2024-01-01",
    },
]
SUMMARIZE: list[Any] = [{"about": "the strikes in Iraq and Syria", "sentences": 1}, {"id": _ARTICLE}]
SEARCH: list[Any] = [{"query": "sites hit", "k": 1}]
VERIFY: list[Any] = [{"text": "More than 80 sites were hit."}]
ADD: list[Any] = [
    {"article": {"title": _TITLE, "text": _TEXT, "publisher": "rag seeds", "published": "2024-02-03"}},
    {"url": "https://news.example/strikes"},
]

_WHERE: Json = {
    "article_id": _ARTICLE,
    "version": _VERSION,
    "title": _TITLE,
    "publisher": "rag seeds",
    "author": None,
    "published": "2024-02-03",
    "published_from": "metadata",
    "url": None,
    "start": len(_LEAD) + 2,
    "end": len(_TEXT),
    "quote": _SAID,
}
CITATION: Json = {"number": 1, **_WHERE}
STATEMENT: Json = {"text": _SAID, "citations": [1], "support": "verified", "check": "the article's own words"}
_REPLY: Json = {
    "status": "answered",
    "reason": None,
    "nearest": [],
    "text": f"{_SAID} [1]",
    "statements": [STATEMENT],
    "withheld": [],
    "conflicts": [],
    "citations": [CITATION],
    "engine": "extractive",
    "model": None,
    "prompt": None,
    "notice": None,
    "usage": {"input_tokens": 0, "output_tokens": 0, "cost_usd": None},
    "timings_ms": {"retrieve": 46, "answer": 150},
}
ANSWER: Json = {"schema": 1, "question": _QUESTION, **_REPLY}
SUMMARY: Json = {"schema": 1, "subject": "the strikes in Iraq and Syria", **_REPLY}
HITS: Json = {
    "schema": 1,
    "query": "sites hit",
    "hits": [{**_WHERE, "score": 0.9832, "dense": 0.2777, "lexical": 0.3479}],
}
VERIFICATION: Json = {
    "schema": 1,
    "supported": True,
    "statements": [
        {
            "text": "More than 80 sites were hit.",
            "citations": [1],
            "support": "partial",
            "check": "the passage holds its words, among others that may change what is meant",
        }
    ],
    "citations": [CITATION],
}
_DESCRIBED: Json = {
    "id": _ARTICLE,
    "version": _VERSION,
    "title": _TITLE,
    "publisher": "rag seeds",
    "author": None,
    "published": "2024-02-03",
    "published_from": "metadata",
    "confidence": "high",
    "url": None,
    "source": _SOURCE,
    "language": "en",
    "added": _ADDED,
}
ARTICLES: Json = {
    "schema": 1,
    "total": 1,
    "limit": 50,
    "offset": 0,
    "articles": [{**_DESCRIBED, "characters": len(_TEXT), "chunks": 1, "versions": 1}],
}
ARTICLE: Json = {
    "schema": 1,
    **_DESCRIBED,
    "key": "sha256:6c1f…",
    "text": _TEXT,
    "boilerplate": [],
    "current": _VERSION,
    "versions": [{**_DESCRIBED, "key": "sha256:6c1f…", "characters": len(_TEXT)}],
}
REPORT: Json = {
    "schema": 1,
    "added": 1,
    "updated": 0,
    "unchanged": 0,
    "failed": 0,
    "skipped": 0,
    "items": [
        {"source": _SOURCE, "status": "added", "article_id": _ARTICLE, "title": _TITLE, "chunks": 1, "reason": None}
    ],
}
REMOVED: Json = {"schema": 1, "removed": [{"id": _ARTICLE, "title": _TITLE}]}
REPLIES: Mapping[str, Json] = {
    "AddReply": REPORT,
    "AnswerReply": ANSWER,
    "ArticleReply": ARTICLE,
    "ArticlesReply": ARTICLES,
    "HitsReply": HITS,
    "RemoveReply": REMOVED,
    "StateReply": {"schema": 1, "status": "ok"},
    "SummaryReply": SUMMARY,
    "VerificationReply": VERIFICATION,
}
"""What each reply looks like, by the name of its model."""

STREAM = "event: citation\ndata: {…}\n\nevent: statement\ndata: {…}\n\nevent: answer\ndata: {…}\n\n"

ERRORS: Mapping[int, tuple[str, str]] = {
    400: ("UserError", "question: is missing"),
    401: ("UnauthorizedError", "a key is needed: send it as Authorization: Bearer KEY"),
    403: ("ForbiddenError", "pages of other origins may not use this server"),
    404: ("NotFoundError", "there is no article '3d90f3868d07'; `rag list` shows them"),
    408: ("SlowError", "the request's body took too long"),
    413: ("TooLargeError", "the body is larger than 1,048,576 bytes"),
    415: ("MediaTypeError", "send JSON, with Content-Type: application/json"),
    421: ("WrongHostError", "this server answers to its own address only, not to this Host"),
    429: ("RateError", "too many requests: wait a little"),
    431: ("TooLargeError", "the request's headers are too large"),
    500: ("StorageError", "the library on disk could not be read"),
    502: ("ModelReplyError", "the model gave an empty reply"),
    503: ("OverloadedError", "the server is busy: try again in a moment"),
}
"""Type and message, by the status of the reply."""
