"""What is counted while the server runs, in the text format of Prometheus."""

from __future__ import annotations

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from rag.types import Answer, Summary

CONTENT_TYPE = CONTENT_TYPE_LATEST

# When each series began is of no use, and as long again as all else.
disable_created_metrics()  # type: ignore[no-untyped-call]

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """Counters of one server. Labels are of a fixed set of values: nothing that a client sends becomes one."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "rag_http_requests",
            "Requests that were replied to.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "rag_http_request_seconds",
            "From a request's headers to the end of its reply.",
            ["method", "route"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._replies = Counter(
            "rag_replies",
            "Answers and summaries, and whether they say something.",
            ["kind", "status"],
            registry=self._registry,
        )
        for kind in ("answer", "summary"):
            for status in ("answered", "abstained"):
                self._replies.labels(kind, status)
        self._articles = Gauge("rag_articles", "Articles in a library.", ["library"], registry=self._registry)
        self._chunks = Gauge("rag_chunks", "Chunks in a library.", ["library"], registry=self._registry)

    def requested(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request by the template of its route."""
        known = method if method in _METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)

    def replied(self, reply: Answer | Summary) -> None:
        """Count an answer or a summary."""
        self._replies.labels("answer" if isinstance(reply, Answer) else "summary", reply.status).inc()

    def holds(self, library: str, articles: int, chunks: int) -> None:
        """Note how much a library holds."""
        self._articles.labels(library).set(articles)
        self._chunks.labels(library).set(chunks)

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)
