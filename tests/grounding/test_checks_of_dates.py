"""Dates: written in any form, read by the article's own date (here Thursday, March 13, 2025)."""

from __future__ import annotations

import pytest

from rag.grounding.dates import check_dates, dates
from rag.grounding.reading import read
from tests.grounding.build import fails, findings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on Feb. 2, 2024, it", [(2024, 2, 2, None)]),
        ("on 2 February 2024 it", [(2024, 2, 2, None)]),
        ("on the 2nd of February it", [(None, 2, 2, None)]),
        ("on Friday, Jan. 9, it", [(None, 1, 9, 4)]),
        ("in May 2018 it", [(2018, 5, None, None)]),
        ("in 1911 it", [(1911, None, None, None)]),
        ("It may march in June.", [(None, 6, None, None)]),
        ("Theresa May said so.", []),
        ("by June, up 11 percent", [(None, 6, None, None)]),
        ("1911 people came", []),
        ("Friday and Saturday", [(None, None, None, 4), (None, None, None, 5)]),
    ],
)
def test_what_is_read(text: str, expected: list[tuple[int | None, ...]]) -> None:
    assert [(item.year, item.month, item.day, item.weekday) for item in dates(read(text))] == expected


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("The bank failed on Wednesday.", "The bank failed on March 12, 2025."),
        ("The bank failed on Wednesday.", "The bank failed on 12 March."),
        ("The bank failed on March 12.", "The bank failed on Wednesday."),
        ("The bank failed on Feb. 2, 2024.", "The bank failed on 2 February 2024."),
        ("The bank failed on Feb. 2, 2024.", "The bank failed in February 2024."),
        ("The bank failed on Feb. 2, 2024.", "The bank failed in 2024."),
        ("The bank failed yesterday.", "The bank failed on Wednesday."),
        ("The bank opens on Monday.", "The bank opens on March 17."),
        ("The bank failed in October last year.", "The bank failed in October 2024."),
        ("The bank failed in October last year.", "The bank failed in October."),
    ],
)
def test_the_same_date_in_another_form(text: str, statement: str) -> None:
    assert not fails(check_dates, statement, text)


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("The bank failed on Wednesday.", "The bank failed on Tuesday."),
        ("The bank failed on Wednesday.", "The bank failed on March 11."),
        ("The bank failed on Feb. 2, 2024.", "The bank failed on Feb. 3, 2024."),
        ("The bank failed on Feb. 2, 2024.", "The bank failed on Feb. 2, 2023."),
        ("The bank failed in May 2018.", "The bank failed in June 2018."),
        ("The bank failed in 1911.", "The bank failed in 1912."),
        ("The bank failed.", "The bank failed on Monday."),
        ("The mill opened in 1911 and the bank failed in 1958.", "The bank failed in 1911."),
    ],
)
def test_another_date(text: str, statement: str) -> None:
    assert fails(check_dates, statement, text)


def test_a_section_is_dated_by_its_heading() -> None:
    text = "The storm, day by day.\n\nFriday, March 7\n\nRain fell.\n\nSaturday, March 8\n\nThe river rose at noon."
    assert not fails(check_dates, "The river rose on Saturday.", text, "The river rose at noon.")
    assert fails(check_dates, "The river rose on Friday.", text, "The river rose at noon.")


def test_what_the_reader_is_told() -> None:
    assert [f.text for f in findings(check_dates, "It failed on Tuesday.", "It failed on Wednesday.")] == [
        "the passage says Wednesday, not Tuesday"
    ]
