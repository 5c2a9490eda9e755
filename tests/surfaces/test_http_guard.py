"""Who may use a server: pages of others may not, nor who has no key; and what every reply carries."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from rag.errors import BusyError
from rag.library import Library
from rag.surfaces.http.headers import SECURITY
from rag.surfaces.http.limits import Limits
from rag.surfaces.http.rates import Rates

from .serving import SLOW, connected, get, opened, post, replied, served

KEY = "a-key-of-enough-characters"
OPEN = ("/", "/assets/app.js", "/assets/nothing.js", "/healthz", "/readyz")
GUARDED = ("/metrics", "/openapi.json", "/v1/articles", "/v1/articles/000000000000", "/v1/models", "/nothing")


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with opened(tmp_path_factory.mktemp("guarded") / "news") as found:
        yield found


@pytest.fixture(scope="module")
def local(news: Library) -> Iterator[httpx.Client]:
    with served(news) as url, httpx.Client(base_url=url, timeout=SLOW) as made:
        yield made


@pytest.fixture(scope="module")
def keyed(news: Library) -> Iterator[httpx.Client]:
    with served(news, key=KEY, loopback=False) as url, httpx.Client(base_url=url, timeout=SLOW) as made:
        yield made


def refusal(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["error"]["type"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:80", "[::1]", "[::1]:8000"])
def test_the_loopback_is_asked_by_its_own_names(local: httpx.Client, host: str) -> None:
    assert local.get("/healthz", headers={"Host": host}).status_code == 200
    same = {"Host": host, "Origin": f"http://{host}"}
    assert local.post("/v1/search", json={"query": "x"}, headers=same).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "8.8.8.8", ""])
def test_a_name_that_was_led_here_is_refused(local: httpx.Client, host: str) -> None:
    for path in (*OPEN, *GUARDED):
        assert refusal(local.get(path, headers={"Host": host})) == (421, "WrongHostError")


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:1", "https://evil.example:8000", ""]
)
def test_a_page_of_another_origin_is_refused(local: httpx.Client, origin: str) -> None:
    for path in ("/", "/v1/articles"):
        assert refusal(local.get(path, headers={"Origin": origin})) == (403, "ForbiddenError")
    upload = local.post("/v1/articles", files={"file": ("a.txt", b"Planted.")}, headers={"Origin": origin})
    assert refusal(upload) == (403, "ForbiddenError")
    asked = local.request("OPTIONS", "/v1/ask", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    assert (refusal(asked), [name for name in asked.headers if name.startswith("access-control")]) == (
        (403, "ForbiddenError"),
        [],
    )


def test_without_a_host_nothing_is_said(local: httpx.Client) -> None:
    with connected(str(local.base_url)) as connection:
        connection.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert replied(connection).startswith(b"HTTP/1.1 421 ")


@pytest.mark.parametrize(
    "header",
    [None, "", KEY, f"Basic {KEY}", "Bearer wrong", f"Bearer {KEY}x", f"Bearer {KEY[:-1]}", "Bearer \xff"],
)
def test_without_the_key_only_the_page_and_the_probes_are_open(keyed: httpx.Client, header: str | None) -> None:
    headers = [] if header is None else [(b"Authorization", header.encode("latin-1"))]
    for path in GUARDED:
        reply = keyed.get(path, headers=headers)
        assert (refusal(reply), reply.headers["www-authenticate"]) == ((401, "UnauthorizedError"), "Bearer")
        assert KEY not in reply.text
    assert {path: keyed.get(path, headers=headers).status_code for path in OPEN} == {
        "/": 200,
        "/assets/app.js": 200,
        "/assets/nothing.js": 404,
        "/healthz": 200,
        "/readyz": 200,
    }


def test_what_comes_without_the_key_is_not_kept(keyed: httpx.Client, news: Library) -> None:
    for content in (b"x" * 1_000, b"x" * 20_000_000):
        reply = keyed.post("/v1/articles", files={"file": ("a.txt", content)}, headers={"Authorization": "Bearer no"})
        assert refusal(reply) == (401, "UnauthorizedError")
    with connected(str(keyed.base_url)) as connection:
        asking = b"POST /v1/articles HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\nExpect: 100-continue\r\n\r\n"
        connection.sendall(asking)
        assert replied(connection).startswith(b"HTTP/1.1 401 ")
    assert news.articles() == []


@pytest.mark.parametrize("header", [f"Bearer {KEY}", f"bearer {KEY}", f"BEARER   {KEY}"])
def test_with_the_key_all_is_open_whatever_the_host(keyed: httpx.Client, header: str) -> None:
    headers = {"Authorization": header, "Host": "news.example", "Origin": "https://news.example"}
    assert [keyed.get(path, headers=headers).status_code for path in GUARDED] == [200, 200, 200, 404, 200, 404]


def test_a_key_on_the_loopback_is_asked_for_too(news: Library) -> None:
    with served(news, key=KEY) as url:
        assert refusal(get(f"{url}/v1/articles")) == (401, "UnauthorizedError")
        with_key = {"Authorization": f"Bearer {KEY}"}
        assert get(f"{url}/v1/articles", headers=with_key).status_code == 200
        away = get(f"{url}/v1/articles", headers={**with_key, "Host": "evil.example"})
        assert refusal(away) == (421, "WrongHostError")


def test_every_reply_has_an_id_and_gives_a_browser_nothing_to_run(local: httpx.Client) -> None:
    replies = [local.get(path) for path in (*OPEN, *GUARDED)]
    replies += [local.post("/v1/ask", content=b""), local.get("/", headers={"Host": "evil.example"})]
    ids = [reply.headers["x-request-id"] for reply in replies]
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in ids)
    assert len(set(ids)) == len(ids)
    for reply in replies:
        assert {name.lower() for name in SECURITY} <= set(reply.headers)
        assert "server" not in reply.headers
        if reply.headers["content-type"] == "application/json":
            assert {name: reply.headers[name] for name in SECURITY} == SECURITY


@pytest.mark.parametrize(
    ("given", "kept"), [("abc-123.X:y_z", True), ("a" * 64, True), ("a" * 65, False), ("a b", False), ("a\tb", False)]
)
def test_a_plain_id_of_the_client_is_kept(local: httpx.Client, given: str, kept: bool) -> None:
    assert (local.get("/healthz", headers={"X-Request-ID": given}).headers["x-request-id"] == given) is kept


def _ask_of_sesame(keyed: httpx.Client) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "X-Request-ID": "mine"}
    keyed.post("/v1/search", json={"query": "sesame"}, headers=headers)
    keyed.get("/v1/articles", params={"publisher": "sesame"}, headers=headers)
    keyed.get("/v1/articles/sesame", headers=headers)
    keyed.get("/sesame%1b[31m?sesame", headers=headers)
    keyed.get("/v1/articles", headers={"Authorization": "Bearer sesame", "X-Request-ID": "mine"})


def test_each_request_is_one_line_that_tells_no_words_and_no_key(
    news: Library, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    # What a server of another test writes late is not of this one.
    others = {thread.ident for thread in threading.enumerate()}
    # The last line is written once the reply is out: the server has ended when they are read.
    with served(news, key=KEY, loopback=False) as url, httpx.Client(base_url=url, timeout=SLOW) as keyed:
        _ask_of_sesame(keyed)
    written = [record for record in caplog.records if record.name.startswith("rag.serve")]
    lines = [record.getMessage() for record in written if record.thread not in others]
    assert [re.sub(r"\d+ms \d+B", "…", line) for line in lines] == [
        "127.0.0.1 POST /v1/search 200 … id=mine",
        "127.0.0.1 GET /v1/articles 200 … id=mine",
        "127.0.0.1 GET /v1/articles/{id} 404 … id=mine",
        "127.0.0.1 GET none 404 … id=mine",
        "127.0.0.1 GET none 401 … id=mine",
    ]
    assert "sesame" not in "".join(record.getMessage() for record in caplog.records if record.name.startswith("rag"))


def test_what_nobody_foresaw_is_told_to_the_log_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(query: str, *_: object, **__: object) -> None:
        raise ValueError(f"secret {query}")

    with opened(tmp_path / "news") as library, served(library) as url:
        monkeypatch.setattr(library, "search", broken)
        reply = post(f"{url}/v1/search", json={"query": "sesame"}, headers={"X-Request-ID": "mine"})
    said = "internal error: the server's log says more, under the id of this request"
    assert reply.json() == {"schema": 1, "error": {"type": "InternalError", "message": said}}
    assert (reply.status_code, reply.headers["x-request-id"]) == (500, "mine")
    [line, *_] = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert re.fullmatch(r"internal error ValueError at test_http_guard\.py:\d+ id=mine", line)


def test_a_busy_library_says_when_to_come_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object, **__: object) -> None:
        raise BusyError("another process has been writing")

    with opened(tmp_path / "news") as library, served(library) as url:
        monkeypatch.setattr(library, "add", busy)
        reply = post(f"{url}/v1/articles", json={"article": {"text": "x"}})
    assert (refusal(reply), reply.headers["retry-after"]) == ((503, "BusyError"), "1")


def test_a_client_has_a_bucket_that_fills_again() -> None:
    now = 0.0
    rates = Rates(60, 3, clock=lambda: now)
    assert [rates.take("a") for _ in range(4)] == [True, True, True, False]
    assert rates.take("b")
    now = 1.0
    assert [rates.take("a") for _ in range(2)] == [True, False]
    now = 1000.0
    assert [rates.take("a") for _ in range(4)] == [True, True, True, False]
    assert [rates.take(f"2001:db8::{number}") for number in range(4)] == [True, True, True, False]
    assert rates.take("2001:db8:0:1::1")
    assert all(Rates(0, 0).take("a") for _ in range(10))


def test_too_many_requests_of_one_client_wait(news: Library) -> None:
    limits = Limits(rate_per_minute=1, burst=3)
    with served(news, limits=limits) as url, httpx.Client(base_url=url, timeout=SLOW) as client:
        # What another page sends uses up nothing.
        for _ in range(5):
            assert client.get("/healthz", headers={"Origin": "http://evil.example"}).status_code == 403
        assert [client.get("/healthz").status_code for _ in range(4)] == [200, 200, 200, 429]
        reply = client.get("/v1/articles")
        assert (refusal(reply), reply.headers["retry-after"]) == ((429, "RateError"), "1")


def test_a_library_that_cannot_be_read_is_not_ready(tmp_path: Path) -> None:
    library = opened(tmp_path / "news")
    with served(library) as url, httpx.Client(base_url=url, timeout=SLOW) as client:
        assert client.get("/readyz").json() == {"schema": 1, "status": "ok"}
        library.close()
        reply = client.get("/readyz")
        assert client.get("/healthz").json() == {"schema": 1, "status": "ok"}
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "1")
    assert str(tmp_path) not in reply.text


def test_metrics_count_by_template_and_status(tmp_path: Path) -> None:
    article = {"id": "h", "title": "Harbour", "text": "The harbour of Varrow opened on Monday, the mayor said."}
    with (
        opened(tmp_path / "news") as library,
        served(library) as url,
        httpx.Client(base_url=url, timeout=SLOW) as client,
    ):
        client.post("/v1/articles", json={"article": article})
        client.post("/v1/ask", json={"question": "When did the harbour of Varrow open?"})
        client.post("/v1/ask/stream", json={"question": "Who painted the chapel?"})
        client.get("/v1/articles/0123456789ab")
        client.get("/v1/articles/ba9876543210")
        client.request("BREW", "/coffee")
        reply = client.get("/metrics")
    assert reply.headers["content-type"].startswith("text/plain; version=")
    samples = dict(line.rsplit(" ", 1) for line in reply.text.splitlines() if not line.startswith("#"))
    assert {name: value for name, value in samples.items() if "_seconds" not in name} == {
        'rag_articles{library="news"}': "1.0",
        'rag_chunks{library="news"}': "1.0",
        'rag_http_requests_total{method="GET",route="/v1/articles/{id}",status="404"}': "2.0",
        'rag_http_requests_total{method="POST",route="/v1/articles",status="200"}': "1.0",
        'rag_http_requests_total{method="POST",route="/v1/ask",status="200"}': "1.0",
        'rag_http_requests_total{method="POST",route="/v1/ask/stream",status="200"}': "1.0",
        'rag_http_requests_total{method="other",route="none",status="404"}': "1.0",
        'rag_replies_total{kind="answer",status="abstained"}': "1.0",
        'rag_replies_total{kind="answer",status="answered"}': "1.0",
        'rag_replies_total{kind="summary",status="abstained"}': "0.0",
        'rag_replies_total{kind="summary",status="answered"}': "0.0",
    }
    assert samples['rag_http_request_seconds_count{method="POST",route="/v1/ask"}'] == "1.0"
