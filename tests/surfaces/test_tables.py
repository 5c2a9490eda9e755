from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from rich.cells import cell_len

from rag.repair import DoctorReport
from rag.surfaces import tables
from rag.surfaces.layout import plain
from rag.types import AddItem, AddReport, Article, ArticleInfo, Span
from rag.usage import UsageRow

ADDED = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def info(number: int, title: str, publisher: str | None, published: date | None) -> ArticleInfo:
    return ArticleInfo(
        id=f"{number:012x}",
        version="1" * 12,
        title=title,
        publisher=publisher,
        author=None,
        published=published,
        published_from="metadata" if published else "unknown",
        confidence="high" if published else "none",
        url=None,
        source="a.txt",
        language="en",
        characters=10,
        chunks=number,
        versions=1,
        added=ADDED,
    )


INFOS = [
    info(1, "A short title", "Skelbray Post", date(2025, 7, 10)),
    info(1200, "日本語の長い題名がここにある。" * 4, "The Estmarrow Financial Ledger", None),
    info(7, "A title that goes on\nand on and on until it does not fit into a line", None, date(2024, 2, 2)),
]


def test_a_listing() -> None:
    assert (
        plain(tables.listing(INFOS, None))
        == f"""\
ID            PUBLISHED   CHUNKS  PUBLISHER                       TITLE
000000000001  2025-07-10       1  Skelbray Post                   A short title
0000000004b0  undated       1200  The Estmarrow Financial Ledger  {"日本語の長い題名がここにある。" * 4}
000000000007  2024-02-02       7  -                               \
A title that goes on and on and on until it does not fit into a line

3 articles, 1,208 chunks.
"""
    )


@pytest.mark.parametrize("width", [60, 80, 81, 120, 200])
def test_a_listing_fits_a_terminal(width: int) -> None:
    lines = plain(tables.listing(INFOS, width)).splitlines()
    assert max(map(cell_len, lines)) <= max(width, 62)
    assert "A short title" in lines[1] or lines[1].endswith("…")


def test_versions() -> None:
    old = Article.create(key="k", text="Old.", title="T", source="s")
    new = Article.create(key="k", text="New and longer.", title="T", source="s")
    assert (
        plain(tables.versions([old, new], new.version, None))
        == f"""\
VERSION       ADDED (UTC)  CHARACTERS           TITLE
{old.version}  -                     4           T
{new.version}  -                    15  current  T
"""
    )


def test_an_article() -> None:
    article = Article.create(
        key="k",
        text="A sentence.\n\nSign up for our newsletter.\n\nAnother.",
        title="A title",
        publisher="Skelbray Post",
        author="Linnet Galdersby",
        published=date(2025, 7, 10),
        published_from="metadata",
        source="news/a.txt",
        boilerplate=(Span(13, 40),),
    )
    paragraphs = list(tables.article_text(article))
    assert (
        plain(paragraphs)
        == f"""\
A title
Skelbray Post, 10 July 2025, by Linnet Galdersby
article {article.id}, version {article.version}
news/a.txt

{article.text}
"""
    )
    assert [piece.text for piece in paragraphs[-1].pieces if piece.style == "quiet"] == ["Sign up for our newsletter."]


def item(number: int) -> AddItem:
    return AddItem(f"{number}.txt", "added", f"{number:012x}", f"Title {number}", number)


@pytest.mark.parametrize(
    ("items", "page"),
    [
        ((), "Nothing.\n"),
        ((item(1),), "Added 1.\n  000000000001  Title 1 (1 chunk)\n"),
        (tuple(map(item, range(6))), "Added 6.\n"),
        (
            (
                *map(item, range(6)),
                AddItem("x", "updated", "a", "b", 2),
                AddItem("y", "unchanged"),
                AddItem("z", "failed", reason="no"),
            ),
            "Added 6, updated 1, unchanged 1, failed 1.\n",
        ),
        ((AddItem("y", "unchanged"), AddItem("z", "skipped")), "Unchanged 1, skipped 1.\n"),
    ],
)
def test_a_report(items: tuple[AddItem, ...], page: str) -> None:
    assert plain(tables.report(AddReport(items), "Nothing.")) == page


@pytest.mark.parametrize(
    ("report", "page"),
    [
        (DoctorReport(1, 2, 0, 0, (), (), mended=True), "1 article, 2 chunks.\nNothing is wrong.\n"),
        (
            DoctorReport(3, 9, 2, 1, (), (), mended=True),
            "3 articles, 9 chunks.\n  2 vectors missing (mended)\n  1 vector too many (mended)\n",
        ),
        (
            DoctorReport(3, 9, 1, 0, ("a:b:0",), (), mended=False),
            "3 articles, 9 chunks.\n"
            "  1 vector missing (not mended: run `rag doctor` without --check)\n"
            "  chunk a:b:0 does not fit its article; remove the article and add it again\n",
        ),
        (
            DoctorReport(3, 9, 0, 0, (), ("row 7 missing from index",), mended=False),
            "3 articles, 9 chunks.\n"
            "  row 7 missing from index\n"
            "The catalog itself is damaged: restore a copy of the folder, or add the articles anew.\n",
        ),
    ],
)
def test_doctor(report: DoctorReport, page: str) -> None:
    assert plain(tables.doctor(report)) == page


USED = [
    UsageRow(
        day=date(2026, 1, 2),
        model="local:SmolLM2-135M-Instruct",
        calls=12,
        input_tokens=18_200,
        output_tokens=1_300,
        seconds=61.4,
    ),
    UsageRow(
        day=date(2026, 1, 2),
        model="openai:gpt-4.1-mini",
        calls=312,
        input_tokens=1_218_200,
        output_tokens=101_300,
        known_usd=0.63412,
        seconds=861.4,
        cached=33,
    ),
    UsageRow(
        day=date(2026, 1, 3),
        model="other:a\x1b[2J\nb",
        calls=2,
        input_tokens=3_200,
        output_tokens=300,
        unpriced_calls=2,
        seconds=4,
    ),
]


def test_usage() -> None:
    assert (
        plain(tables.usage(USED, 80))
        == """\
DAY         CALLS       READ  WRITTEN  SECONDS      USD  MODEL
2026-01-02     12     18,200    1,300       61   0.0000  local:SmolLM2-135M-Ins…
2026-01-02    312  1,218,200  101,300      861   0.6341  openai:gpt-4.1-mini
2026-01-03      2      3,200      300        4  unknown  other:a\N{REPLACEMENT CHARACTER}[2J b
total         326  1,239,600  102,900      927  0.6341+

READ and WRITTEN are tokens.
33 answers came from the cache, without a call.
The price of 2 calls is not known: set RAG_LLM_PRICE to dollars per million tokens read and written, such as 0.25/2.
"""
    )


def test_usage_whose_price_is_known() -> None:
    assert (
        plain(tables.usage(USED[:1], None))
        == """\
DAY         CALLS    READ  WRITTEN  SECONDS     USD  MODEL
2026-01-02     12  18,200    1,300       61  0.0000  local:SmolLM2-135M-Instruct
total          12  18,200    1,300       61  0.0000

READ and WRITTEN are tokens.
"""
    )


def test_no_usage_yet() -> None:
    assert plain(tables.usage([], 80)) == "No language model has been used with this library yet.\n"


@pytest.mark.parametrize("width", [80, 81, 120])
def test_usage_fits_a_terminal(width: int) -> None:
    lines = [line for line in plain(tables.usage(USED * 20, width)).splitlines() if not line.startswith("The price")]
    assert max(map(cell_len, lines)) <= width
