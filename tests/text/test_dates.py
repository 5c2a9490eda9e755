from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.dates import UNKNOWN, Dated, date_in_metadata, date_in_text, date_in_url, parse_date

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = date(2024, 2, 3)


@pytest.mark.parametrize(
    "written",
    [
        "2024-02-03",
        "2024-02-03T23:30:00-05:00",
        "2024-02-03 10:15:00 UTC",
        "20240203",
        "2024/02/03",
        "Sat, 03 Feb 2024 10:15:00 +0100",
        "February 3, 2024",
        "Feb. 3, 2024, 5:44 PM",
        "3 February 2024",
        "3rd of February 2024",
        "Saturday 3 Feb 2024 16.05 CET",
        "03.02.2024",
        "3. Februar 2024",
        "3 février 2024",
        "3 de febrero de 2024",
        "2024年2月3日",
        "1706918400",
        1706918400,
        1706918400000,
        1706918400.5,
        DAY,
        datetime(2024, 2, 3, 23, 59, tzinfo=UTC),
    ],
)
def test_full_dates(written: object) -> None:
    assert parse_date(written, now=NOW) == (DAY, "high")


@pytest.mark.parametrize("written", ["February 2024", "Feb 2024", "2024-02"])
def test_a_month_is_less_sure(written: str) -> None:
    assert parse_date(written, now=NOW) == (date(2024, 2, 1), "medium")


def test_numbers_that_can_be_read_in_one_way_only() -> None:
    assert parse_date("13/04/2024", now=NOW) == (date(2024, 4, 13), "high")
    assert parse_date("04/13/2024", now=NOW) == (date(2024, 4, 13), "high")
    assert parse_date("04/04/2024", now=NOW) == (date(2024, 4, 4), "high")


@pytest.mark.parametrize(
    "written",
    [
        "03/04/2024",
        "2024",
        "",
        "today",
        "yesterday",
        "3 Feb",
        "2024-02-30",
        "2026-11-24",
        "99999999999999999",
        True,
        None,
    ]
    + [["2024-02-03"]],
)
def test_what_is_no_date(written: object) -> None:
    assert parse_date(written, now=NOW) is None


def test_a_day_ahead_is_another_time_zone() -> None:
    assert parse_date("2026-11-23", now=NOW) == (date(2026, 11, 23), "high")


@given(st.text(max_size=60) | st.integers() | st.floats())
def test_nothing_raises(value: object) -> None:
    parse_date(value)


@given(st.dates(date(1900, 1, 1), date(2026, 1, 1)))
def test_every_day_is_read_back(day: date) -> None:
    for written in (day.isoformat(), f"{day:%d %B %Y}", f"{day:%B} {day.day}, {day.year}", f"{day:%Y%m%d}"):
        assert parse_date(written, now=NOW) == (day, "high")


def test_metadata() -> None:
    assert date_in_metadata("2024-02-03", now=NOW) == Dated(DAY, "metadata", "high")
    assert date_in_metadata("soon", now=NOW) == UNKNOWN


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/2024/02/03/pool-closes",
        "https://example.org/news/2024/feb/03/pool-closes",
        "https://example.org/news/2024-02-03/pool",
        "https://example.org/pool-closes-2024-02-03",
        "https://example.org/pool-closes-20240203.html",
    ],
)
def test_urls(url: str) -> None:
    assert date_in_url(url, now=NOW) == Dated(DAY, "url", "medium")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/2024/pool",
        "https://example.org/2024/02/pool",
        "https://2024-02-03.example.org/pool",
        "https://example.org/pool?d=/2024/02/03/",
        "https://example.org/2031/02/03/pool",
        "https://example.org/id/120240203155",
    ],
)
def test_urls_without_a_date(url: str) -> None:
    assert date_in_url(url, now=NOW) == UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        "Pool to close\nPublished 3 February 2024, 18:20 | Updated 4 Feb 2024\nThe council voted.",
        "Pool to close\nUpdated 4 Feb 2024\nPosted 3 Feb 2024\nThe council voted.",
        "Pool to close\nBy Sofia Lind\nFebruary 3, 2024\nThe council voted.",
        "VARROW, Feb 3, 2024 (NWA) - The council voted on Monday to close the swimming pool on Mill Street.",
        "The council voted.\n— City of Varrow (@varrow) February 3, 2024\nThe pool will close.",
    ],
)
def test_what_a_text_says_of_its_own_date(text: str) -> None:
    assert date_in_text(text, now=NOW) == Dated(DAY, "text", "low")


@pytest.mark.parametrize(
    "text",
    [
        "The pool was opened on February 3, 2024, and closed a year later.",
        "The council voted.\n© 3 February 2024 The Varrow Times",
        "Published 3 February 2031\nThe council voted.",
        "The council voted on Monday.",
    ],
)
def test_a_date_in_prose_is_no_publication_date(text: str) -> None:
    assert date_in_text(text, now=NOW) == UNKNOWN
