from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.sources.urls import canonical_url, is_url, names_article, same_site


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTP://Example.ORG:80/A/b/?b=2&a=1#x", "http://example.org/A/b?a=1&b=2"),
        (
            "https://example.org/a?utm_source=x&utm_medium=y&fbclid=1&gclid=2&ref=home&id=3",
            "https://example.org/a?id=3",
        ),
        ("https://example.org:8443/a/", "https://example.org:8443/a"),
        ("https://user:secret@example.org/a", "https://example.org/a"),
        ("https://example.org/", "https://example.org"),
        ("https://[2001:db8::1]/a", "https://[2001:db8::1]/a"),
        ("https://example.org/a?x=", "https://example.org/a?x="),
        ("mailto:a@example.org", "mailto:a@example.org"),
        ("https://[broken", "https://[broken"),
        ("", ""),
    ],
)
def test_canonical_url(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical


@given(
    st.text()
    | st.from_regex(r"https?://[a-z.]{1,9}(:\d{1,4})?/[a-z/%]{0,9}(\?[a-z=&%+]{0,9})?(#[a-z]*)?", fullmatch=True)
)
def test_canonical_url_is_idempotent(url: str) -> None:
    assert canonical_url(canonical_url(url)) == canonical_url(url)


def test_same_site() -> None:
    assert same_site("https://www.example.org/a", "http://amp.example.org/b")
    assert not same_site("https://example.org/a", "https://example.com/a")
    assert not same_site("https://example.org.evil.com/a", "https://example.org/a")
    assert not same_site("", "")


def test_names_article() -> None:
    assert names_article("https://example.org/a")
    assert names_article("https://example.org/?p=7")
    assert not names_article("https://example.org/")
    assert not names_article("a.txt")


def test_what_cannot_be_taken_apart_is_no_url() -> None:
    assert not is_url("http://[::1")
    assert not names_article("http://[::1")
    assert canonical_url("http://[::1") == "http://[::1"
    assert is_url("http://[::1]/a")
