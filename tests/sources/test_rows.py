from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.settings import Settings
from rag.sources import read
from rag.text.normalize import normalise
from rag.types import Article, Read, Span

TEXT = "The council of Varrow voted on Monday to close the pool."


def row(**fields: Any) -> Read:
    (found,) = read([fields], Settings())
    return found


@pytest.mark.parametrize(
    "fields",
    [
        {
            "title": "Pool to close",
            "text": TEXT,
            "publisher": "Times",
            "author": "S. Lind",
            "published": "2024-02-03",
            "url": "https://example.org/pool",
        },
        {
            "headline": "Pool to close",
            "articleBody": f"<p>{TEXT}</p><p></p>",
            "source": {"id": None, "name": "Times"},
            "authors": ["S. Lind"],
            "datePublished": "2024-02-03T10:00:00Z",
            "canonical_url": "https://example.org/pool/?utm_medium=x",
        },
        {
            "webTitle": "Pool to close",
            "Body_Text": TEXT,
            "outlet": "Times",
            "byline": {"name": "S. Lind"},
            "created_utc": 1706918400,
            "webUrl": "HTTPS://EXAMPLE.org:443/pool#comments",
        },
    ],
)
def test_field_names_of_news_dumps(fields: dict[str, Any]) -> None:
    assert row(**fields).article == Article.create(
        key="https://example.org/pool",
        text=TEXT,
        title="Pool to close",
        publisher="Times",
        author="S. Lind",
        published=date(2024, 2, 3),
        published_from="metadata",
        confidence="high",
        url="https://example.org/pool",
        source=next(str(value) for name, value in fields.items() if "url" in name.lower()),
    )


def test_identity() -> None:
    keys = [
        row(text=TEXT, url="https://example.org/pool", id="7"),
        row(text=TEXT, url="https://example.org/", id="7"),
        row(text=TEXT, id=7),
        row(text=TEXT, uuid="x"),
    ]
    assert [found.article and found.article.key for found in keys] == [
        "https://example.org/pool",
        "id:7",
        "id:7",
        "id:x",
    ]


def exported(article: Article) -> dict[str, Any]:
    return {
        "schema": 1,
        "key": article.key,
        "id": article.id,
        "version": article.version,
        "text": article.text,
        "title": article.title,
        "publisher": article.publisher,
        "author": article.author,
        "published": article.published.isoformat() if article.published else None,
        "published_from": article.published_from,
        "confidence": article.confidence,
        "url": article.url,
        "source": article.source,
        "language": article.language,
        "boilerplate": [list(span) for span in article.boilerplate],
        "added": None,
    }


NAMES = st.none() | st.text(max_size=20)
DATED = st.tuples(st.dates(), st.sampled_from(["metadata", "url", "text"]), st.sampled_from(["high", "medium", "low"]))


@given(
    key=st.text(min_size=1),
    text=st.text(min_size=1).map(normalise).filter(bool),
    title=st.text(),
    names=st.tuples(NAMES, NAMES, NAMES),
    dated=DATED | st.just((None, "unknown", "none")),
    cuts=st.lists(st.integers(0, 50)),
)
def test_an_exported_row_comes_back_as_it_was(
    key: str, text: str, title: str, names: tuple[str | None, ...], dated: tuple[Any, Any, Any], cuts: list[int]
) -> None:
    offsets = sorted({cut for cut in cuts if cut <= len(text)})
    spans = tuple(Span(*pair) for pair in zip(offsets[::2], offsets[1::2], strict=False))
    article = Article.create(
        key=key,
        text=text,
        title=title,
        source="a.txt",
        publisher=names[0],
        author=names[1],
        url=names[2],
        published=dated[0],
        published_from=dated[1],
        confidence=dated[2],
        language="de",
        boilerplate=spans,
    )
    assert row(**json.loads(json.dumps(exported(article)))) == Read(source="a.txt", status="read", article=article)


@pytest.mark.parametrize(
    "change",
    [
        {"text": TEXT + " "},
        {"boilerplate": [[0, 999]]},
        {"boilerplate": [[5, 2]]},
        {"boilerplate": [[0, 1.5]]},
        {"boilerplate": [[True, 2]]},
        {"boilerplate": "x"},
        {"published": "soon"},
        {"key": 7},
        {"key": ""},
    ],
)
def test_an_exported_row_that_was_changed_is_read_as_any_other(change: dict[str, Any]) -> None:
    article = Article.create(key="/elsewhere/a.txt", text=TEXT, title="Pool", source="a.txt")
    found = row(**{**exported(article), **change}).article
    assert found is not None
    assert (found.key, found.text, found.boilerplate) == (f"id:{article.id}", TEXT, ())


def test_an_export_is_read_from_a_file(tmp_path: Path) -> None:
    article = Article.create(key="/elsewhere/a.txt", text=TEXT, title="Pool", source="a.txt", boilerplate=(Span(0, 3),))
    path = tmp_path / "export.jsonl"
    path.write_text(json.dumps(exported(article)), encoding="utf-8")
    assert list(read([path], Settings())) == [Read(source="a.txt", status="read", article=article)]
