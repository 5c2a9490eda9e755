"""What is exported and added elsewhere is the same library: ids, versions, texts, metadata, order."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from rag import AddItem, Article, Library, Settings
from rag.models.fakes import HashEmbedder
from tests.conftest import row

OLD = "The council of Varrow met on Monday. It approved a budget of 4 million."
NEW = "The council of Varrow met on Tuesday. It approved a budget of 5 million."


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "fresh", settings=Settings(), embedder=HashEmbedder()) as opened:
        yield opened


def kept(library: Library) -> list[Article]:
    """All that a library holds, in its order, less when each version was stored."""
    versions = [version for info in library.articles() for version in library.versions(info.id)]
    return [dataclasses.replace(version, added=None) for version in versions]


def current(library: Library) -> dict[str, str]:
    return {info.id: info.version for info in library.articles()}


def exported(library: Library) -> list[dict[str, Any]]:
    """The rows as they are after a journey through a file."""
    return [json.loads(json.dumps(exported_row)) for exported_row in library.export()]


def test_an_exported_row_is_the_whole_article(library: Library) -> None:
    text = f"{OLD}\n\nPhoto: Jane Doe / Agency"
    library.add([row(1, text, publisher="The Post", author="A. Reporter", published="2024-02-02")])
    article = library.article("id:article-1")
    assert article.boilerplate
    assert exported(library) == [
        {
            "schema": 1,
            "current": True,
            "id": article.id,
            "version": article.version,
            "key": "id:article-1",
            "text": text,
            "title": "Story 1",
            "publisher": "The Post",
            "author": "A. Reporter",
            "published": "2024-02-02",
            "published_from": "metadata",
            "confidence": "high",
            "url": None,
            "source": article.source,
            "language": "en",
            "boilerplate": [[len(OLD) + 2, len(text)]],
            "added": article.added.isoformat() if article.added else None,
        }
    ]


def test_versions_and_their_order_come_back(library: Library, fresh: Library) -> None:
    for text in (OLD, NEW, OLD + " More.", NEW):
        library.add([row(1, text), row(2, OLD)])
    assert len(library.versions("id:article-1")) == 3
    rows = exported(library)
    assert [plain["current"] for plain in rows if plain["key"] == "id:article-1"] == [False, False, True]
    report = fresh.add(rows)
    assert not report.failed
    assert (kept(fresh), current(fresh)) == (kept(library), current(library))
    assert exported(fresh) == [
        plain | {"added": new["added"]} for plain, new in zip(rows, exported(fresh), strict=True)
    ]
    assert [hit.chunk for hit in fresh.search("council")] == [hit.chunk for hit in library.search("council")]


def test_a_file_of_rows_comes_back(library: Library, fresh: Library, tmp_path: Path) -> None:
    story = tmp_path / "story.txt"
    story.write_text(f"A story from a file\n\n{OLD}")
    library.add(
        [
            story,
            row(2, f"{NEW}\n\nPhoto: Jane Doe / Agency", url="https://post.example/2024/02/02/a-story-of-the-council"),
        ]
    )
    file = tmp_path / "export.jsonl"
    file.write_text("".join(json.dumps(plain, ensure_ascii=False) + "\n" for plain in library.export()))
    assert [item.status for item in fresh.add(file).items] == ["added", "added"]
    assert (kept(fresh), current(fresh)) == (kept(library), current(library))
    # Where the story was is its name, in the other library too: adding it again changes nothing.
    assert [item.status for item in fresh.add(story).items] == ["unchanged"]


def test_adding_an_export_to_where_it_came_from_changes_nothing(library: Library) -> None:
    library.add([row(1, OLD), row(2, NEW)])
    before = (kept(library), current(library))
    assert {item.status for item in library.add(exported(library)).items} == {"unchanged"}
    assert (kept(library), current(library)) == before


@pytest.mark.parametrize(
    "change",
    [
        {"boilerplate": [[0, 10_000]]},
        {"boilerplate": [[5, 3]]},
        {"boilerplate": [[0, 8], [4, 9]]},
        {"boilerplate": [[True, 3]]},
        {"boilerplate": None},
        {"published": "soon"},
        {"text": "A text\r\nthat is not as texts are kept.\u200b"},
        {"key": ""},
        {"key": 7},
    ],
    ids=str,
)
def test_a_row_that_was_edited_is_an_article_like_any_other(
    library: Library, fresh: Library, change: dict[str, Any]
) -> None:
    """Spans that fit no longer would mark the wrong characters: what is wrong is read anew, never believed."""
    library.add([row(1, OLD)])
    (plain,) = exported(library)
    (item,) = fresh.add([plain | change]).items
    assert item.status == "added"
    (info,) = fresh.articles()
    article = fresh.article(info.id)
    assert all(0 <= span.start <= span.end <= len(article.text) for span in article.boilerplate)
    assert fresh.doctor(mend=False).inexact == ()


NAMES = st.one_of(st.none(), st.text(max_size=30))
ROWS = st.fixed_dictionaries(
    {
        "text": st.lists(
            st.sampled_from([OLD, NEW, "Zoë 😀 said: “No.”", "Photo: Jane Doe / Agency", "北京市长宣布。"]), min_size=1
        )
        .map("\n\n".join)
        .filter(lambda text: any(sentence in text for sentence in (OLD, NEW))),
        "title": st.text(max_size=40),
        "publisher": NAMES,
        "author": NAMES,
        "published": st.one_of(st.none(), st.dates(date(1800, 1, 1), date(2100, 1, 1)).map(str)),
        "url": st.one_of(st.none(), st.sampled_from(["https://post.example/2024/02/02/a-story", "http://x", "ü"])),
        "language": st.sampled_from(["en", "de", "", "zh-Hans"]),
        "id": st.integers(1, 4).map(str),
    }
)


@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink takes minutes, with two libraries a try
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=st.lists(ROWS, min_size=1, max_size=8))
def test_any_metadata_comes_back(rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("export")
    embedder = HashEmbedder()
    with (
        Library.open(folder / "one", settings=Settings(), embedder=embedder) as library,
        Library.open(folder / "two", settings=Settings(), embedder=embedder) as fresh,
    ):
        added = library.add(rows)
        plain = exported(library)
        report = fresh.add(plain)
        assert not report.failed
        assert all(isinstance(item, AddItem) for item in added.items)
        assert (kept(fresh), current(fresh)) == (kept(library), current(library))
        assert [one | {"added": None} for one in exported(fresh)] == [one | {"added": None} for one in plain]
