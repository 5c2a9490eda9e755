"""The page's files: what is served, under which policy, and that nothing in them could make text into markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from rag import Library, Settings
from rag.surfaces.http.page import HEADERS
from tests.surfaces.serving import served

WEB = Path(__file__).parents[2] / "rag" / "surfaces" / "web"
FILES = {path.name: path for path in sorted(WEB.iterdir())}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with (
        Library.open(tmp_path_factory.mktemp("page") / "library", settings=Settings()) as empty,
        served(empty, key="a-key-of-thirty-two-characters-00") as base,
        httpx.Client(base_url=base) as connected,
    ):
        yield connected


def test_page_and_assets_are_served_without_a_key_under_a_strict_policy(client: httpx.Client) -> None:
    page = client.get("/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.content == FILES["index.html"].read_bytes()
    for name in set(FILES) - {"index.html"}:
        asset = client.get(f"/assets/{name}")
        assert (asset.status_code, asset.content) == (200, FILES[name].read_bytes())
        assert {header: asset.headers[header] for header in HEADERS} == HEADERS
    assert client.get("/v1/articles").status_code == 401
    policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }


def test_what_has_not_changed_is_not_sent_again(client: httpx.Client) -> None:
    first = client.get("/assets/app.js")
    again = client.get("/assets/app.js", headers={"If-None-Match": first.headers["etag"]})
    head = client.head("/assets/app.js")
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", first.headers["etag"])


@pytest.mark.parametrize(
    "name",
    [
        "index.html",
        "nothing.js",
        "..%2fpage.py",
        "%2e%2e%2fpage.py",
        "%2e%2e",
        "%00",
        "app.js%00",
        "..%5cpage.py",
        "a/b",
    ],
)
def test_no_other_file_can_be_asked_for(client: httpx.Client, name: str) -> None:
    reply = client.get(f"/assets/{name}")
    assert reply.status_code in {401, 404}
    assert set(reply.json()) == {"schema", "error"}


def test_the_page_has_no_code_or_style_of_its_own_and_no_foreign_address() -> None:
    page = FILES["index.html"].read_text()
    assert re.findall(r"<script[^>]*>([^<]*)</script>", page) == [""]
    assert not re.search(r"<style|\sstyle=|\son\w+=", page)
    for name, path in FILES.items():
        text = path.read_text()
        assert set(re.findall(r"\w+://[^\"'\s]*", text)) <= {"http://www.w3.org/2000/svg", "https://"}, name
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\.style\b", text
        )


def test_every_file_is_used_by_the_page() -> None:
    linked = set(re.findall(r'assets/([\w.]+)"', FILES["index.html"].read_text()))
    imported = {name for path in WEB.glob("*.js") for name in re.findall(r'from "\./([\w.]+)"', path.read_text())}
    assert linked | imported | {"index.html"} == set(FILES)


def test_no_file_is_longer_than_three_hundred_lines() -> None:
    assert [name for name, path in FILES.items() if len(path.read_text().splitlines()) > 300] == []
