"""Refresh: URLs and feeds asked again, from a real server on the loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rag import AddReport, Library, Settings, StorageError
from rag.models.fakes import HashEmbedder
from rag.storage.catalog import Catalog

SETTINGS = Settings(allow_private_urls=True, timeout_seconds=10)
STORY = "The council of Varrow voted on Monday to close the pool on Mill Street. The {} will stay open until June."


@dataclass
class Site:
    """A server whose pages have an ETag each; one that is a number answers with that status."""

    base: str = ""
    pages: dict[str, tuple[str, str] | int] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)

    def story(self, name: str, thing: str) -> str:
        """Put a page there, whose title and text tell what it is; returns its URL."""
        text = STORY.format(thing)
        page = f"<html><head><title>Council closes the {name}</title></head><body><p>{text}</p></body></html>"
        self.pages[f"/{name}"] = ("text/html", page)
        return f"{self.base}/{name}"

    def feed(self, *names: str) -> str:
        """Put a feed there that leads to the stories of these names; returns its URL."""
        items = "".join(f"<item><title>{name}</title><link>{self.base}/{name}</link></item>" for name in names)
        rss = f'<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>{items}</channel></rss>'
        self.pages["/feed"] = ("application/rss+xml", rss)
        return f"{self.base}/feed"

    def answered(self) -> dict[str, list[int]]:
        """What was asked since the last call, and with which status it was answered."""
        asked, self.asked = self.asked, []
        return {path: [status for other, status in asked if other == path] for path, _ in asked}


@pytest.fixture
def site() -> Iterator[Site]:
    held = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            page = held.pages.get(self.path, 404)
            kind, body = page if not isinstance(page, int) else ("text/plain", "")
            etag = f'"{hash(body)}"'
            same = self.headers.get("If-None-Match") == etag
            status = page if isinstance(page, int) else (304 if same else 200)
            held.asked.append((self.path, status))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            if status in (200, 304):
                self.send_header("ETag", etag)
            self.end_headers()
            if status == 200:
                self.wfile.write(body.encode())

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


@pytest.fixture
def news(tmp_path: Path, embedder: HashEmbedder) -> Iterator[Library]:
    with Library.open(tmp_path / "news", settings=SETTINGS, embedder=embedder) as opened:
        yield opened


def outcome(site: Site, report: AddReport) -> list[tuple[str, str, str | None]]:
    return [(item.source.removeprefix(site.base), item.status, item.reason) for item in report.items]


def titles(library: Library) -> set[str]:
    return {info.title for info in library.articles()}


def test_a_page_that_has_not_changed_is_not_read_again(site: Site, news: Library, embedder: HashEmbedder) -> None:
    url = site.story("pool", "library")
    assert outcome(site, news.add(url)) == [("/pool", "added", None)]
    article = news.article(url)
    assert (article.url, article.publisher, article.text) == (url, "127.0.0.1", STORY.format("library"))
    assert site.answered() == {"/pool": [200]}
    embedder.embedded = 0
    assert outcome(site, news.refresh()) == [("/pool", "unchanged", None)]
    assert site.answered() == {"/pool": [304]}
    assert (embedder.embedded, news.article(url)) == (0, article)


def test_the_server_may_forget_its_validators(site: Site, news: Library, embedder: HashEmbedder) -> None:
    """A page sent again in full that says the same is unchanged too."""
    url = site.story("pool", "library")
    news.add(url)
    embedder.embedded = 0
    kind, page = site.pages["/pool"]  # type: ignore[misc]
    site.pages["/pool"] = (kind, page.replace("</body>", "<!-- served by host 7 --></body>"))
    assert outcome(site, news.refresh()) == [("/pool", "unchanged", None)]
    assert site.answered() == {"/pool": [200, 200]}
    assert (embedder.embedded, len(news.versions(url))) == (0, 1)
    # What the server gave with it is what it is asked with next.
    news.refresh()
    assert site.answered() == {"/pool": [304]}


def test_a_page_that_has_changed_is_a_new_version(site: Site, news: Library, embedder: HashEmbedder) -> None:
    url, other = site.story("pool", "library"), site.story("baths", "school")
    news.add([url, other])
    embedder.embedded = 0
    site.story("pool", "market")
    assert outcome(site, news.refresh()) == [("/baths", "unchanged", None), ("/pool", "updated", None)]
    assert embedder.embedded == 1
    old, new = news.versions(url)
    assert (old.text, new.text) == (STORY.format("library"), STORY.format("market"))
    assert news.article(url) == new
    site.answered()
    news.refresh()
    assert site.answered() == {"/baths": [304], "/pool": [304]}


def test_a_page_that_is_gone_fails_and_its_article_stays(site: Site, news: Library) -> None:
    url = site.story("pool", "library")
    news.add(url)
    article = news.article(url)
    for status, reason in ((404, "not found"), (410, "gone"), (503, "the server failed")):
        site.pages["/pool"] = status
        assert outcome(site, news.refresh()) == [("/pool", "failed", f"HTTP {status}: {reason}")]
        assert (news.article(url), news.search("council pool")[0].article) == (article, article)
    site.story("pool", "library")
    assert outcome(site, news.refresh()) == [("/pool", "unchanged", None)]


def test_what_was_removed_is_not_asked_again(site: Site, news: Library) -> None:
    news.add([site.story("pool", "library"), site.story("baths", "school")])
    news.remove(f"{site.base}/pool")
    assert outcome(site, news.refresh()) == [("/baths", "unchanged", None)]


def test_what_was_removed_does_not_come_back_with_its_feed(site: Site, news: Library) -> None:
    site.story("pool", "library")
    site.story("baths", "school")
    news.add(site.feed("pool", "baths"))
    news.remove(f"{site.base}/pool")
    site.story("court", "court")
    site.feed("pool", "court", "baths")
    news.refresh()
    assert titles(news) == {"Council closes the baths", "Council closes the court"}
    assert ("/pool", "added", None) in outcome(site, news.add(f"{site.base}/pool"))
    news.refresh()
    assert len(titles(news)) == 3


def test_files_are_not_refreshed(news: Library, tmp_path: Path) -> None:
    (tmp_path / "story.txt").write_text("A story from a file\n\nThe council met on Monday.")
    news.add(tmp_path / "story.txt")
    assert news.refresh().items == ()


def test_a_new_entry_of_a_feed_is_added(site: Site, news: Library, embedder: HashEmbedder) -> None:
    site.story("pool", "library")
    site.story("baths", "school")
    assert outcome(site, news.add(site.feed("pool"))) == [("/pool", "added", None)]
    assert outcome(site, news.refresh()) == [("/feed", "unchanged", None), ("/pool", "unchanged", None)]
    assert site.answered() == {"/feed": [200, 304], "/pool": [200, 304]}
    site.feed("baths", "pool")
    embedder.embedded = 0
    report = outcome(site, news.refresh())
    assert ("/baths", "added", None) in report
    assert {status for source, status, _ in report if source != "/baths"} == {"unchanged"}
    assert (embedder.embedded, titles(news)) == (1, {"Council closes the pool", "Council closes the baths"})
    assert news.refresh().count("unchanged") == 3


def test_each_page_is_asked_once(site: Site, news: Library) -> None:
    site.story("pool", "library")
    site.story("baths", "school")
    news.add(site.feed("pool"))
    site.feed("baths", "pool")
    site.answered()
    report = news.refresh()
    assert site.answered() == {"/pool": [304], "/feed": [200], "/baths": [200]}
    assert (report.count("added"), report.count("unchanged")) == (1, 1)


@pytest.mark.parametrize("status", [404, 503])
def test_an_entry_that_failed_is_tried_again(site: Site, news: Library, status: int) -> None:
    site.story("pool", "library")
    site.pages["/baths"] = status
    assert [row[:2] for row in outcome(site, news.add(site.feed("pool", "baths")))] == [
        ("/pool", "added"),
        ("/baths", "failed"),
    ]
    site.story("baths", "school")
    news.refresh()
    assert titles(news) == {"Council closes the pool", "Council closes the baths"}


def test_a_feed_is_noted_only_when_its_entries_are_stored(
    site: Site, news: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that fails on the way leaves a feed that is asked in full the next time."""
    site.story("pool", "library")
    feed = site.feed("pool")

    def fails(*_: object) -> None:
        raise StorageError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Catalog, "put", fails)
        with pytest.raises(StorageError):
            news.add(feed)
    assert news._store.catalog.origins() == []
    assert outcome(site, news.add(feed)) == [("/pool", "added", None)]
    # The same on refresh: a new entry that could not be stored comes with the next one.
    site.story("baths", "school")
    site.feed("pool", "baths")
    with monkeypatch.context() as patch:
        patch.setattr(Catalog, "put", fails)
        with pytest.raises(StorageError):
            news.refresh()
    assert ("/baths", "added", None) in outcome(site, news.refresh())


def test_a_feed_that_is_gone_fails_and_its_articles_stay(site: Site, news: Library) -> None:
    site.story("pool", "library")
    news.add(site.feed("pool"))
    site.pages["/feed"] = 404
    assert outcome(site, news.refresh()) == [("/feed", "failed", "HTTP 404: not found"), ("/pool", "unchanged", None)]
    assert titles(news) == {"Council closes the pool"}


def test_private_addresses_are_refused_on_refresh_too(site: Site, news: Library) -> None:
    url = site.story("pool", "library")
    news.add(url)
    news.close()
    site.answered()
    with Library.open(news.directory, settings=Settings(), embedder=HashEmbedder()) as opened:
        (item,) = opened.refresh().items
        assert (item.status, "private address 127.0.0.1" in (item.reason or "")) == ("failed", True)
        assert opened.article(url).text == STORY.format("library")
    assert site.answered() == {}


def test_an_empty_library_has_nothing_to_refresh(news: Library) -> None:
    assert news.refresh() == AddReport()
