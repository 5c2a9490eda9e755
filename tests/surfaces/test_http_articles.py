"""Articles over HTTP: added by upload, URL and as JSON, listed, shown, removed; and no file of the server's is read."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.library import Library
from rag.models.fakes import HashEmbedder
from rag.settings import Settings
from rag.surfaces.http.limits import Limits
from rag.surfaces.output import to_json

from .conftest import ARTICLES
from .serving import SLOW, connected, opened, post, replied, served

NO_URL = "only http and https URLs are fetched; send a file of yours itself, in the multipart field `file`"
NO_FILES = "send files, one or more, each in the multipart field `file`, and nothing else"
NO_ID = "there is no article of that id: an id is 12 hexadecimal digits"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:  # the opened one, in place of the folder
    with opened(tmp_path / "news") as found:
        yield found


@pytest.fixture
def client(library: Library) -> Iterator[httpx.Client]:
    with served(library) as url, httpx.Client(base_url=url, timeout=SLOW) as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """One server for all that must not come to anything."""
    with (
        opened(tmp_path_factory.mktemp("shared") / "news") as found,
        served(found, limits=Limits(rate_per_minute=0)) as url,
        httpx.Client(base_url=url, timeout=SLOW) as made,
    ):
        yield made


def message(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["error"]["message"]


def plain(value: dict[str, Any]) -> Any:
    return json.loads(to_json(value))


def test_files_are_uploaded_listed_shown_and_removed(client: httpx.Client, library: Library) -> None:
    added = client.post("/v1/articles", files=[("file", (name, text.encode())) for name, text in ARTICLES.items()])
    assert added.status_code == 200
    report = added.json()
    items = report.pop("items")
    assert report == {"schema": 1, "added": 3, "updated": 0, "unchanged": 0, "failed": 0, "skipped": 0}
    assert [(item["source"], item["status"], item["chunks"], item["reason"]) for item in items] == [
        (name, "added", 1, None) for name in ARTICLES
    ]
    again = client.post("/v1/articles", files={"file": ("march.md", ARTICLES["march.md"].encode())}).json()
    assert (again["unchanged"], again["items"][0]["article_id"]) == (1, items[0]["article_id"])

    infos = [info.to_dict() for info in library.articles()]
    assert {info["source"] for info in infos} == set(ARTICLES)
    assert client.get("/v1/articles").json() == {
        "schema": 1, "total": 3, "limit": 50, "offset": 0, "articles": infos,
    }  # fmt: skip
    page = client.get("/v1/articles", params={"limit": 1, "offset": 1}).json()
    assert page == {"schema": 1, "total": 3, "limit": 1, "offset": 1, "articles": infos[1:2]}
    assert client.get("/v1/articles", params={"offset": 9}).json()["articles"] == []
    filtered = client.get("/v1/articles", params={"publisher": "Skelbray Post", "after": "2025-07-10"}).json()
    assert (filtered["total"], [info["title"] for info in filtered["articles"]]) == (
        1,
        ["Bridge repairs to cost $4.6 million"],
    )

    removed = client.delete(f"/v1/articles/{items[0]['article_id']}")
    title = "Thousands march to keep the valley railway"
    assert removed.json() == {"schema": 1, "removed": [{"id": items[0]["article_id"], "title": title}]}
    assert client.get("/v1/articles").json()["total"] == 2
    gone = f"there is no article {items[0]['article_id']!r}; `rag list` shows them"
    assert message(client.delete(f"/v1/articles/{items[0]['article_id']}")) == (404, gone)


def test_an_article_is_shown_in_each_of_its_versions(client: httpx.Client, library: Library) -> None:
    for text in ("The bridge opened on Monday.", "The bridge opened on Tuesday 😀, it is now known."):
        sent = {"article": {"id": "b", "title": "Bridge", "text": text, "published": "2025-07-10"}}
        assert client.post("/v1/articles", json=sent).status_code == 200
    [info] = library.articles()
    versions = library.versions(info.id)
    assert len(versions) == 2
    described = []
    for version in versions:
        fields = dataclasses.asdict(version)
        del fields["text"], fields["boilerplate"]
        described.append({**fields, "characters": len(version.text)})
    for version in versions:
        shown = client.get(f"/v1/articles/{info.id}", params={"version": version.version})
        value = {"schema": 1, **dataclasses.asdict(version), "current": info.version, "versions": described}
        assert shown.json() == plain(value)
    assert client.get(f"/v1/articles/{info.id}").json()["text"] == versions[1].text
    unknown = client.get(f"/v1/articles/{info.id}", params={"version": "x"})
    assert message(unknown) == (404, f"there is no article {info.id} in version x")


class _Story(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # noqa: N802
        page = b"<html><title>Harbour</title><body><p>The harbour of Varrow opened on Monday, the mayor said.</p>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        pass


def test_a_url_is_fetched_where_that_is_allowed(tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Story)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}/story"
    try:
        reports = []
        for allowed in (False, True):
            settings = Settings(allow_private_urls=allowed)
            with (
                Library.open(tmp_path / "news", settings=settings, embedder=HashEmbedder()) as library,
                served(library) as base,
            ):
                reports.append(post(f"{base}/v1/articles", json={"url": url}, timeout=30).json()["items"][0])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    refused, added = reports
    assert (refused["source"], refused["status"]) == (url, "failed")
    assert refused["reason"] == "leads to the private address 127.0.0.1: refused (RAG_ALLOW_PRIVATE_URLS=1 allows it)"
    assert (added["source"], added["status"], added["title"]) == (url, "added", "Harbour")


@pytest.mark.parametrize(
    "url", ["/etc/passwd", "-", "", "etc/passwd", "file:///etc/passwd", "ftp://x/y", " http://x.example/", "~/x", "\0"]
)
def test_no_path_of_the_server_is_read(shared: httpx.Client, url: str) -> None:
    assert message(shared.post("/v1/articles", json={"url": url})) == (400, NO_URL)


def test_the_name_of_an_upload_opens_nothing(client: httpx.Client, library: Library) -> None:
    named = {
        "/etc/passwd": "passwd",
        "../../etc/passwd": "passwd",
        "C:\\secrets\\passwd": "passwd",
        "..": "..",
        "a%0D%0Ab": "a%0D%0Ab",
        "\x00": "\N{REPLACEMENT CHARACTER}",
        "": "upload",
        "\u202egpj.exe": "\N{REPLACEMENT CHARACTER}gpj.exe",
        "n" * 300: "n" * 200,
    }
    for number, (name, shown) in enumerate(named.items()):
        text = f"Harbour {number} opens\n\nThe new harbour {number} of Varrow opened on Monday, the mayor said."
        disposition = f'Content-Disposition: form-data; name="file"; filename="{name}"'
        content = f"--x\r\n{disposition}\r\n\r\n{text}\r\n--x--\r\n".encode()
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        reply = client.post("/v1/articles", content=content, headers=headers)
        assert reply.status_code == 200
        [item] = reply.json()["items"]
        assert (item["source"], item["status"]) == (shown, "added")
        assert library.article(item["article_id"]).text == text


@pytest.mark.parametrize(
    ("content", "media_type", "expected"),
    [
        (b"", "multipart/form-data; boundary=x", (400, NO_FILES)),
        (b"--x--\r\n", "multipart/form-data; boundary=x", (400, NO_FILES)),
        (b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nabc\r\n--x--\r\n',
         "multipart/form-data; boundary=x", (400, NO_FILES)),
        (b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nabc\r\n--x--\r\n',
         "multipart/form-data; boundary=x", (400, NO_FILES)),
        (b'--x\r\nContent-Disposition: form-data; filename="a"\r\n\r\nabc\r\n--x--\r\n',
         "multipart/form-data; boundary=x",
         (400, 'The Content-Disposition header field "name" must be provided.')),
        (b"nonsense", "multipart/form-data; boundary=x", (400, "Invalid multipart data.")),
        (b"", "multipart/form-data", (400, "Missing boundary in multipart.")),
        (b"x", "text/plain", (415, "send JSON, or files as multipart/form-data")),
        (b"x", "", (415, "send JSON, or files as multipart/form-data")),
        (b"{}", "application/json", (400, 'give a "url" or an "article", one of them')),
        (b'{"url": "http://x.example/", "article": {}}', "application/json",
         (400, 'give a "url" or an "article", one of them')),
        (b'{"paths": ["/etc/passwd"]}', "application/json", (400, "paths: there is no such field")),
        (b'{"article": [1]}', "application/json", (400, "article: an object with named fields is needed")),
        (b'{"article": {"text": NaN}}', "application/json",
         (400, "the body is not JSON (NaN is no number there)")),
        (b"[" * 100_000, "application/json", (400, "the body is nested too deeply")),
        (b"", "application/json", (400, "the body is not JSON (Expecting value, line 1 column 1)")),
    ],
)  # fmt: skip
def test_what_is_no_article_is_one_clear_error(
    shared: httpx.Client, content: bytes, media_type: str, expected: tuple[int, str]
) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    assert message(shared.post("/v1/articles", content=content, headers=headers)) == expected


@pytest.mark.parametrize(
    "article",
    [
        {},
        {"text": ""},
        {"text": 7},
        {"title": "x", "text": ["a", 1]},
        {"text": "x", "published": 1e308, "authors": [[[["deep"]]]]},
        {"text": "\x00\x01\x02"},
        {"schema": 1, "key": "k", "text": "y", "boilerplate": [[5, 1]], "title": "t", "source": "s"},
        {"text": "z", "id": {"name": "n"}, "url": "http://[::1", "author": {"name": None}},
    ],
)  # fmt: skip
def test_an_article_of_any_form_is_reported_on(shared: httpx.Client, article: dict[str, object]) -> None:
    reply = shared.post("/v1/articles", json={"article": article})
    assert reply.status_code == 200
    [item] = reply.json()["items"]
    assert item["status"] in ("added", "failed")
    assert (item["reason"] is None) == (item["status"] == "added")


@pytest.mark.parametrize(
    "target",
    ["..", ".", "%2e%2e", "%2e%2e%2fpasswd", "..%2f..%2fetc%2fpasswd", "a/b", "%00", "%ff%fe", "a%0d%0aX:%20y", "*",
     "ABCDEF012345", "0123456789a", "0123456789abc", "0123456789ab%20", "%F0%9F%98%80", "https:%2f%2fcourier.example",
     "0123456789ab/..", "%25", "'%20OR%201=1--"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_tricks_in_ids_find_nothing(shared: httpx.Client, target: str, method: str) -> None:
    """As raw bytes: a client would tidy such a path up before it is sent."""
    with connected(str(shared.base_url)) as connection:
        head = f"{method} /v1/articles/{target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode())
        reply = replied(connection)
    assert reply.startswith(b"HTTP/1.1 404 ")
    error = json.loads(reply.partition(b"\r\n\r\n")[2])["error"]
    assert (error["type"], error["message"]) in (
        ("NotFoundError", NO_ID),
        ("NotFoundError", "there is nothing at this address"),
    )


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("limit=0", "limit: input should be greater than or equal to 1"),
        ("limit=501", "limit: input should be less than or equal to 500"),
        ("limit=x", "limit: input should be a valid integer, unable to parse string as an integer"),
        ("offset=-1", "offset: input should be greater than or equal to 0"),
        ("after=yesterday", "after: not a date (YYYY-MM-DD)"),
        ("before=2025-1-1", "before: not a date (YYYY-MM-DD)"),
        ("after=2025-02-02&before=2025-02-01", "nothing is both after 2025-02-02 and before 2025-02-01: exchange the "
                                               "two dates"),
    ],
)  # fmt: skip
def test_wrong_parameters_are_one_clear_error(shared: httpx.Client, query: str, said: str) -> None:
    assert message(shared.get(f"/v1/articles?{query}")) == (400, said)


def test_each_library_is_asked_by_its_name(tmp_path: Path) -> None:
    with opened(tmp_path / "a") as news, opened(tmp_path / "b") as sport:
        news.add({"id": "n", "title": "Harbour", "text": "The harbour of Varrow opened on Monday, the mayor said."})
        with served({"news": news, "sport": sport}) as url, httpx.Client(base_url=url, timeout=SLOW) as client:
            totals = {
                name: client.get("/v1/articles", params={"library": name} if name else {}).json()["total"]
                for name in ("", "news", "sport")
            }
            assert totals == {"": 1, "news": 1, "sport": 0}
            row = {"title": "Match", "text": "Varrow beat Skelbray by three goals on Sunday, the club said."}
            by_body = client.post("/v1/articles", json={"article": row, "library": "sport"})
            by_query = client.post("/v1/articles?library=sport", files={"file": ("m.txt", row["text"].encode())})
            assert (by_body.status_code, by_query.status_code) == (200, 200)
            assert (len(news.articles()), len(sport.articles())) == (1, 1)
            empty = client.post("/v1/ask", json={"question": "Who beat Skelbray?", "library": "sport"}).json()
            assert empty["citations"][0]["quote"] == row["text"]
            unknown = client.get("/v1/articles?library=wine")
            assert message(unknown) == (404, "no library of that name is served; there are: news, sport")
