from __future__ import annotations

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rag.errors import SourceError
from rag.settings import Settings
from rag.sources import read
from rag.sources.addresses import is_public
from rag.sources.fetch import Fetcher, Page
from rag.types import Read, Validators

OPEN = Settings(allow_private_urls=True, timeout_seconds=5)
STORY = "<p>The council of Varrow voted on Monday to close the pool on Mill Street at the end of June.</p>"


@dataclass
class Site:
    """A real server on the loopback: `routes` says what each path answers, `seen` what was asked."""

    routes: dict[str, Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=dict)
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    base: str = ""

    def page(self, path: str, body: bytes | str, kind: str = "text/html; charset=utf-8", **headers: str) -> str:
        data = body if isinstance(body, bytes) else body.encode()

        def answer(request: BaseHTTPRequestHandler) -> None:
            etag = headers.get("ETag")
            same = etag is not None and request.headers.get("If-None-Match") == etag
            request.send_response(304 if same else 200)
            request.send_header("Content-Type", kind)
            for name, value in headers.items():
                request.send_header(name.replace("_", "-"), value)
            request.end_headers()
            if not same:
                request.wfile.write(data)

        self.routes[path] = answer
        return self.base + path

    def redirect(self, path: str, target: str) -> str:
        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(302)
            request.send_header("Location", target)
            request.end_headers()

        self.routes[path] = answer
        return self.base + path


@pytest.fixture
def site() -> Iterator[Site]:
    held = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            held.seen.append((self.path, dict(self.headers)))
            route = held.routes.get(self.path)
            try:
                if route:
                    route(self)
                else:
                    self.send_error(404)
            except OSError:
                return

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    held.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield held
    server.shutdown()
    server.server_close()
    thread.join()


def refused(url: str, settings: Settings = OPEN, resolve: Callable[[str, int], list[str]] | None = None) -> str:
    fetcher = Fetcher(settings, resolve=resolve) if resolve else Fetcher(settings)
    with pytest.raises(SourceError) as caught:
        fetcher.fetch(url)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_page(site: Site) -> None:
    url = site.page("/a?b=c", "hello", ETag='"1"', Last_Modified="Sat, 03 Feb 2024 10:00:00 GMT")
    assert Fetcher(OPEN).fetch(url) == Page(
        url=url,
        data=b"hello",
        content_type="text/html",
        charset="utf-8",
        validators=Validators(etag='"1"', last_modified="Sat, 03 Feb 2024 10:00:00 GMT"),
    )
    path, headers = site.seen[0]
    assert (path, headers["Host"]) == ("/a?b=c", url.split("/")[2])
    assert headers["User-Agent"].startswith("rag/")
    assert headers["User-Agent"].endswith(" (+news reader)")


def test_what_has_not_changed_is_not_sent_again(site: Site) -> None:
    url = site.page("/a", "hello", ETag='"1"')
    known = Validators(etag='"1"', last_modified="Sat, 03 Feb 2024 10:00:00 GMT")
    assert Fetcher(OPEN).fetch(url, known) == Page(url=url, data=None, validators=known)
    assert site.seen[0][1]["If-Modified-Since"] == "Sat, 03 Feb 2024 10:00:00 GMT"


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data, wbits=-15)),
    ],
)
def test_compressed(site: Site, coding: str, pack: Callable[[bytes], bytes]) -> None:
    url = site.page("/a", pack(b"hello" * 100), Content_Encoding=coding)
    assert Fetcher(OPEN).fetch(url).data == b"hello" * 100


def test_redirects(site: Site) -> None:
    last = site.page("/last", "hello")
    assert Fetcher(OPEN).fetch(site.redirect("/first", "/last")).url == last
    loop = site.redirect("/loop", "/loop")
    assert refused(loop) == "redirects more than 5 times (RAG_MAX_REDIRECTS)"
    assert len([path for path, _ in site.seen if path == "/loop"]) == 6
    assert refused(site.redirect("/file", "file:///etc/passwd")) == "leads to file: only http and https are fetched"


def test_a_private_address_is_refused(site: Site) -> None:
    url = site.page("/a", "secret")
    message = "leads to the private address 127.0.0.1: refused (RAG_ALLOW_PRIVATE_URLS=1 allows it)"
    closed = replace(OPEN, allow_private_urls=False)
    assert refused(url, closed) == message
    assert refused(url.replace("127.0.0.1", "news.example"), closed, lambda *_: ["127.0.0.1"]) == message
    mixed = refused(url.replace("127.0.0.1", "news.example"), closed, lambda *_: ["93.184.216.34", "10.0.0.1"])
    assert "the private address 10.0.0.1" in mixed
    assert site.seen == []


def test_a_redirect_is_checked_anew(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    port = site.base.rsplit(":", 1)[1]
    site.page("/secret", "secret")
    site.redirect("/a", f"http://inside.example:{port}/secret")
    monkeypatch.setattr("rag.sources.addresses.is_public", lambda address: address == "127.0.0.1")
    names = {"outside.example": ["127.0.0.1"], "inside.example": ["10.0.0.1"]}
    closed = replace(OPEN, allow_private_urls=False)
    reason = refused(f"http://outside.example:{port}/a", closed, lambda host, _: names[host])
    assert reason.startswith("leads to the private address 10.0.0.1")
    assert [path for path, _ in site.seen] == ["/a"]


def test_the_name_is_resolved_once_and_the_checked_address_is_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    port = site.base.rsplit(":", 1)[1]
    site.page("/a", "hello")
    asked: list[str] = []

    def rebinding(host: str, _: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    monkeypatch.setattr("rag.sources.addresses.is_public", lambda address: address == "127.0.0.1")
    fetcher = Fetcher(replace(OPEN, allow_private_urls=False), resolve=rebinding)
    assert fetcher.fetch(f"http://news.example:{port}/a").data == b"hello"
    assert asked == ["news.example"]
    assert site.seen[0][1]["Host"] == f"news.example:{port}"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"]
    + ["240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "192.88.99.1", "::1", "::", "fe80::1", "fc00::1"]
    + ["fe80::1%eth0", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1"]
    + ["64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:7f00:1::", "::127.0.0.1", "localhost", ""],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]", "localhost"])
def test_other_spellings_of_the_loopback_are_refused(host: str) -> None:
    assert "refused" in refused(f"http://{host}:9/", Settings(timeout_seconds=5))


def test_errors(site: Site) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(8, "no such host")

    assert refused(site.base + "/none") == "HTTP 404: not found"
    assert (
        refused("http://nowhere.example/", OPEN, unknown) == "the host nowhere.example is unknown (is there a network?)"
    )
    assert refused("http://user:secret@example.org/") == "holds a user name or password: such URLs are refused"
    assert refused("http://0177.0.0.1/") == "is not a valid URL"
    assert refused("http:///x") == "leads to http: only http and https are fetched"
    assert refused("http://127.0.0.1:1/").startswith("could not be fetched (")


def test_a_large_body_is_stopped(site: Site) -> None:
    small = replace(OPEN, max_file_bytes=100_000)
    reason = "is larger than 100,000 bytes (the limit is RAG_MAX_FILE_BYTES)"
    assert refused(site.page("/told", "x", Content_Length="100001"), small) == reason
    assert refused(site.page("/untold", b"x" * 200_000), small) == reason
    bomb = gzip.compress(b"\0" * 300_000_000, 9)
    started = time.monotonic()
    assert refused(site.page("/bomb", bomb, Content_Encoding="gzip"), small) == reason
    assert time.monotonic() - started < 1


def test_a_server_that_drips_is_left_in_time(site: Site) -> None:
    def drip(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for _ in range(200):
            request.wfile.write(b"X: y\r\n")
            request.wfile.flush()
            time.sleep(0.05)

    site.routes["/drip"] = drip
    started = time.monotonic()
    reason = refused(site.base + "/drip", replace(OPEN, timeout_seconds=0.5))
    assert reason == "did not answer within 0.5 seconds (the limit is RAG_TIMEOUT_SECONDS)"
    assert time.monotonic() - started < 2


def test_a_resolver_that_hangs_is_left_in_time() -> None:
    def hang(host: str, port: int) -> list[str]:
        time.sleep(1)
        return []

    reason = refused("http://slow.example/", replace(OPEN, timeout_seconds=0.2), hang)
    assert reason == "the name slow.example was not resolved in time"


def html(title: str, head: str = "") -> str:
    return (
        f"<html><head><title>{title}</title>{head}</head><body><article><h1>{title}</h1>{STORY}</article></body></html>"
    )


def test_reading_pages(site: Site) -> None:
    pages = [
        site.page("/2024/02/03/pool/?utm_source=x", html("Pool to close"), ETag='"1"'),
        site.page("/own", html("Own", '<link rel="canonical" href="/kept?id=1">')),
        site.page("/stolen", html("Stolen", '<link rel="canonical" href="https://bank.example/login">')),
        site.page("/logo.png", b"\x89PNG", "image/png"),
        site.page("/plain.txt", "Pool to close\nThe council of Varrow voted on Monday.", "text/plain"),
    ]
    reads = list(read(pages, OPEN))
    assert [(found.source, found.origin) for found in reads] == [(url, url) for url in pages]
    assert [found.article and found.article.key.removeprefix(site.base) for found in reads] == [
        "/2024/02/03/pool",
        "/kept?id=1",
        "/stolen",
        None,
        "/plain.txt",
    ]
    first = reads[0].article
    assert first is not None
    assert (first.title, first.publisher, str(first.published), first.published_from, first.confidence) == (
        "Pool to close",
        "127.0.0.1",
        "2024-02-03",
        "url",
        "medium",
    )
    assert reads[0].validators == Validators(etag='"1"')
    assert reads[3] == Read(source=pages[3], status="failed", reason="is image/png, not an article", origin=pages[3])


def test_reading_again(site: Site) -> None:
    url = site.page("/a", html("Pool"), ETag='"1"')
    known = Validators(etag='"1"')
    assert list(read([url], OPEN, validators=lambda asked: known if asked == url else None)) == [
        Read(source=url, status="not_modified", origin=url, validators=known)
    ]


def test_feeds(site: Site) -> None:
    site.page("/one", html("One from its page"))
    site.page("/two", "<html><body>" + STORY + "</body></html>")
    feed = site.page(
        "/feed",
        f"""<?xml version="1.0"?><rss version="2.0"><channel><title>Varrow</title>
        <item><title>One</title><link>{site.base}/one#x</link></item>
        <item><title>Two</title><link>/two</link><pubDate>Sat, 03 Feb 2024 10:00:00 GMT</pubDate></item>
        <item><title>Two</title><link>/two</link></item>
        <item><title>Gone</title><link>{site.base}/gone</link></item>
        <item><title>Bare</title><guid>urn:4</guid>
        <description>&lt;p&gt;The pool is closed.&lt;/p&gt;</description></item>
        <item><title>Beyond the limit</title><link>{site.base}/five</link></item></channel></rss>""",
        "application/rss+xml",
        ETag='"f"',
    )
    reads = list(read([feed], replace(OPEN, max_feed_entries=5)))
    assert [(found.source.removeprefix(site.base), found.status) for found in reads] == [
        ("/feed", "feed"),
        ("/one", "read"),
        ("/two", "read"),
        ("/gone", "failed"),
        ("/feed#urn:4", "read"),
    ]
    assert (reads[0].origin, reads[0].validators) == (feed, Validators(etag='"f"'))
    one, two, bare = (reads[n].article for n in (1, 2, 4))
    assert one
    assert two
    assert bare
    assert (one.title, two.title, two.published_from, str(two.published)) == (
        "One from its page",
        "Two",
        "metadata",
        "2024-02-03",
    )
    assert (bare.text, bare.title) == ("The pool is closed.", "Bare")
