"""What makes an answer right or wrong: words, patterns, figures, days, and all of several."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.evaluation.cases import Accepted, AllOf, Day, Figure, Pattern, Words
from rag.evaluation.matching import any_matches, matches, wordings

OCTOBER_18 = Day(date(2025, 10, 18))
MAY_3 = Day(date(2025, 5, 3))


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("31 houses", "In all, 31 houses stood in water."),
        ("31 houses", "Thirty-one houses stood in water."),
        ("thirty-one", "It hurt 31 of them."),
        ("JORUN ASKELBY", "Capt. Jorun Askelby, 52, was on the bridge."),
        ("Askelby", "It was Askelby's ship."),
        ("Askelby", "It was Askelby’s ship."),
        ("Askelby’s", "It was Askelby."),
        ("the workers' hall", "They met in the workers’ hall."),
        ("good humoured", "She called the day good-humoured."),
        ("good-humoured", "She called the day good humoured."),
        ("Tidy-Croft", "So said Mr. Tidy‑Croft."),
        ("Oxlark Finn", "Marguerite Oxlark–Finn left in May."),
        ("Good morning", "He got as far as “Good\nmorning” and stopped."),
        ('said "no"', "She said ‘no’ to that."),
        ("1,000", "There were 1000 of them."),
        ("1000", "There were 1,000 of them."),
        ("20,140", "It stopped at 20\u202f140."),
        ("$4.6 million", "The bill is 4.6 million dollars."),
        ("4.6 million dollars", "The bill is US$4.6m."),
        ("$4.6 million", "The bill is $4,600,000."),
        ("4.6 million", "The bill is $4.6 million."),
        ("4.6", "The bill is $4.6 million."),
        ("£3bn", "It is worth three billion pounds."),
        ("half a million", "Some 500,000 came."),
        ("two and a half million", "Some 2.5 million came."),
        ("2½ miles", "They walked 2.5 miles."),
        ("a dozen people", "Some 12 people came."),
        ("12 people", "A dozen people came."),
        ("43.8 percent", "She took 43.8%."),
        ("43.8%", "She took 43.8 per cent of them."),
        ("third", "It was the 3rd such fire."),
        ("23rd", "He scored in the 23rd minute."),
        ("7.42 a.m.", "It hit the wall at 7:42 am."),
        ("7:42am", "It hit the wall at 7.42 a.m., said he."),
        ("4 p.m.", "At 4:00 p.m. it began."),
        ("four point six", "It was 4.6 metres."),
        ("62 metre", "The 62-metre vessel hit it."),
        ("do not seek", "We don't seek a war."),
        ("cannot", "They can’t do it."),
        ("Ockenshaw and Daughters", "Ockenshaw & Daughters burned."),
        ("U.S. troops", "US troops were hit."),
        ("1880s", "It was built in the 1880’s."),
        ("cafe\u0301", "A café burned."),
        ("A31", "They shut the A31."),
    ],
)
def test_words_that_are_said(wanted: str, text: str) -> None:
    assert matches(Words(wanted), text)


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("31", "In all 310 came."),
        ("31", "It was built in 1931."),
        ("31", "It rose by 3.1 metres."),
        ("31", "It rose by 31.5 metres."),
        ("31", "They shut the A31."),
        ("31", "In all 31,000 came."),
        ("one", "Thirty-one were hurt."),
        ("1", "It was 1.5 metres."),
        ("4.6 million", "The bill is $4.6 billion."),
        ("$4.6", "The bill is $4.6 million."),
        ("$23", "It took 23 days."),
        ("1880", "It was built in the 1880s."),
        ("Askelby", "It was Askelbyson."),
        ("Jorun Askelby", "Askelby, Jorun"),
        ("31 houses", "Of 31 the houses were lost."),
        ("a hundred", "A few hundred came."),
        ("do not seek", "We do seek a war."),
        ("percent", "She took 43 votes."),
        ("flood", "The floods came."),
        ("anything", ""),
    ],
)
def test_words_that_are_not_said(wanted: str, text: str) -> None:
    assert not matches(Words(wanted), text)


@pytest.mark.parametrize(
    ("regex", "text", "expected"),
    [
        ("colli(ded|sion)", "The ships COLLIDED.", True),
        ("colli(ded|sion)", "The ships passed.", False),
        ("don't know", "We don’t know.", True),
        (r"\d+-\d+ km", "It is 40‑50\u00a0km away.", True),
        (r"“we”", "So “we” did.", True),
        (r"\b31\b", "310", False),
    ],
)
def test_patterns(regex: str, text: str, expected: bool) -> None:
    assert matches(Pattern(regex), text) is expected


def figure(number: float, *units: str, tolerance: float = 0.0) -> Figure:
    return Figure(number, tolerance, units)


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (figure(31), "It hurt 31 of them."),
        (figure(31), "Thirty-one were hurt."),
        (figure(12), "A dozen were hurt."),
        (figure(2), "Both were hurt."),
        (figure(211), "She won by two hundred and eleven."),
        (figure(6500), "About 6,500 marched."),
        (figure(6500), "Some 6.5 thousand marched."),
        (figure(6500, tolerance=100), "Nearly 6,600 marched."),
        (figure(4_600_000), "It costs $4.6m."),
        (figure(500_000), "Half a million came."),
        (figure(2_500_000), "Two and a half million came."),
        (figure(1887), "It was built in 1887."),
        (figure(52), "Jorun Askelby, 52, has sailed for years."),
        (figure(0.5), "Half of them left."),
        (figure(70), "It pays 70 percent."),
        (figure(-4), "It was minus 4 that night."),
        (figure(-4, "degrees"), "It fell to -4 degrees."),
        (figure(31, "people"), "Of the 214 people aboard, 31 were hurt."),
        (figure(31, "people"), "It hurt 31 of the 214 people aboard."),
        (figure(40, "houses"), "It would flood 40 or 50 houses."),
        (figure(40, "house"), "It would flood 40 to 50 houses."),
        (figure(12, "dogs"), "They saved 12 and 31 dogs."),
        (figure(31, "injured", "people"), "The crash injured 31."),
        (figure(31, "passenger"), "Thirty-one passengers were hurt."),
        (figure(2, "family"), "Two families moved out."),
        (figure(1847, "ships"), "They saw in 1847 ships of all kinds."),
        (figure(60, "household"), "About 60 nearby households had to go."),
        (figure(4.6, "million"), "It costs $4.6 million."),
        (figure(4.6, "million dollars"), "It costs $4.6 million."),
        (figure(23, "$"), "Each journey costs $23."),
        (figure(23, "dollars"), "Each journey costs $23."),
        (figure(22, "cents"), "It paid 22 cents a share."),
        (figure(43.8, "%"), "She took 43.8 per cent."),
        (figure(43.8, "percent"), "They took 43.8 and 42.8 percent."),
        (figure(50, "percent"), "Half of them left."),
        (figure(4.9, "km"), "It is 4.9 kilometres long."),
        (figure(4.9, "metres"), "It is 4.9m deep."),
        (figure(4.9, "m"), "It is 4.9 m deep."),
        (figure(66, "long"), "It is 66 metres long."),
        (figure(3_200_000, "water"), "It holds 3.2 million litres of water."),
        (figure(640_000, "cubic metres"), "They dug out 640,000 cubic metres of it."),
        (figure(52, "years"), "He is a 52-year-old man."),
        (figure(52, "years old", "aged"), "Jorun Askelby, 52, has sailed for long."),
        (figure(2, "times"), "It burned twice."),
        (figure(17, "times"), "It is mentioned seventeen times."),
        (figure(23, "minute"), "He scored in the 23rd minute."),
        (figure(0, "casualties"), "There were no casualties."),
        (figure(3, "service members"), "It killed three U.S. service members."),
    ],
)
def test_figures_that_are_given(wanted: Figure, text: str) -> None:
    assert matches(wanted, text)


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (figure(31), "In all 310 came."),
        (figure(31), "It was built in 1931."),
        (figure(31), "It rose by 3.1 metres."),
        (figure(31), "In all 31,000 came."),
        (figure(31), "They came on March 31."),
        (figure(31), "They shut the A31."),
        (figure(19), "It was COVID-19."),
        (figure(1880), "It was built in the 1880s."),
        (figure(6500, tolerance=100), "Some 6,601 marched."),
        (figure(1_000_000), "Half a million came."),
        (figure(4.6), "It costs $4.6 million."),
        (figure(4), "It was minus 4 that night."),
        (figure(0.3), "A third of them left."),
        (figure(100), "A few hundred came."),
        (figure(31, "people"), "31 houses were lost."),
        (figure(31, "people"), "12 people and 31 dogs were saved."),
        (figure(12, "injured"), "12 died and 31 were injured."),
        (figure(31, "people"), "31% of people left."),
        (figure(31, "people"), "The $31 came from people."),
        (figure(31, "people"), "A 31-year-old was among the people."),
        (figure(52, "people"), "Jorun Askelby, 52, and other people left."),
        (figure(1931, "people"), "In 1931, people left."),
        (figure(1880, "houses"), "In the 1880s houses were built."),
        (figure(10, "people"), "On May 10 people left."),
        (figure(43.8, "percent"), "They rose by 43.8 percentage points."),
        (figure(43.8, "percent"), "It took 43.8 metres."),
        (figure(4.6, "million"), "It costs $4.6 billion."),
        (figure(23, "dollars"), "Each journey costs £23."),
        (figure(4.8, "kilometres"), "It is 4.8 miles."),
        (figure(3, "people"), "The third of the people to leave."),
        (figure(2, "times"), "It burned 2 houses."),
        (figure(31, "people"), "It hurt 31; people left."),
        (figure(31, "people"), "It hurt 31. People left."),
        (figure(0, "casualties"), "There were casualties, no doubt."),
    ],
)
def test_figures_that_are_not_given(wanted: Figure, text: str) -> None:
    assert not matches(wanted, text)


@pytest.mark.parametrize(
    "text",
    [
        "on 18 October 2025",
        "on Oct. 18",
        "on OCTOBER 18",
        "on October 18th, 2025",
        "on the 18th of October",
        "on 18th October",
        "on Saturday 18 October",
        "on Saturday, Oct. 18, 2025, at noon",
        "on Sat. Oct. 18",
        "2025-10-18",
        "18/10/2025",
        "10/18/2025",
        "18.10.2025",
        "18-20 October",
        "17–18 October 2025",
        "between 18 and 20 October",
        "Oct. 17 and 18",
        "from Oct. 16 to 18",
        "on 18 October, 31 people",
        "Oct. 18 in 2025",
    ],
)
def test_days_that_are_named(text: str) -> None:
    assert matches(OCTOBER_18, text)


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (OCTOBER_18, "on 18 October 2024"),
        (OCTOBER_18, "on Oct. 18, 2024"),
        (OCTOBER_18, "Oct. 18 in 2024"),
        (OCTOBER_18, "2024-10-18"),
        (OCTOBER_18, "on Friday 18 October"),
        (OCTOBER_18, "on Friday, Oct. 18"),
        (OCTOBER_18, "on Saturday"),
        (OCTOBER_18, "in October 2025"),
        (OCTOBER_18, "in October, 18 people"),
        (OCTOBER_18, "on 17 October, 18 people"),
        (OCTOBER_18, "on Oct. 17 and 18 people came"),
        (OCTOBER_18, "Nov. 18"),
        (OCTOBER_18, "October 180"),
        (OCTOBER_18, "version 18.10.2025.1"),
        (MAY_3, "on May 30"),
        (MAY_3, "on 30 May"),
        (MAY_3, "on 13 May"),
        (MAY_3, "3 may come"),
        (MAY_3, "on 05/03/2025"),
        (MAY_3, "on May 31"),
    ],
)
def test_days_that_are_not_named(wanted: Day, text: str) -> None:
    assert not matches(wanted, text)


def test_all_of_several() -> None:
    both = AllOf((Words("6,500"), Figure(20_000), AllOf((OCTOBER_18, Pattern("march")))))
    text = "On Oct. 18 some 6500 marched, say the police, and twenty thousand, say others."
    assert matches(both, text)
    assert not matches(both, text.replace("twenty", "twelve"))
    assert not matches(both, text.replace("18", "19"))


def test_any_of_several() -> None:
    accepted = [Words("breakwater"), Words("stone wall")]
    assert any_matches(accepted, "It hit the stone wall.")
    assert not any_matches(accepted, "It hit the wall.")
    assert not any_matches([], "It hit the wall.")


def test_wordings() -> None:
    accepted: list[Accepted] = [
        Words("31 houses"),
        Figure(6500.0, 100.0, ("people", "marchers")),
        Figure(4.6),
        Day(date(2025, 10, 8)),
        Pattern("colli(ded|sion)"),
        AllOf((Words("wind"), Figure(3.0))),
        AllOf((Words("wind"), Pattern("rain"))),
        Words("31 houses"),
    ]
    assert wordings(accepted) == [
        "31 houses",
        "6,500 people",
        "6,500 marchers",
        "6,500",
        "4.6",
        "October 8, 2025",
        "8 October 2025",
        "October 8",
        "wind 3",
    ]
    assert wordings([Pattern("x")]) == []


WORD = st.text(st.characters(categories=["Ll", "Lu"], max_codepoint=0x17F), min_size=1, max_size=8)


@given(st.lists(WORD, min_size=1, max_size=6), st.lists(WORD, max_size=4), st.lists(WORD, max_size=4))
def test_words_are_found_wherever_they_stand(wanted: list[str], before: list[str], after: list[str]) -> None:
    # A word before or behind may join a number on its border: “one” and “hundred” are 100.
    inner = " ".join(wanted)
    assert matches(Words(inner), inner.upper() if inner.upper().lower() == inner.lower() else inner)
    assert matches(Words(inner), " ".join([*before, "—", inner, "—", *after]))


@given(st.integers(0, 10**9), st.integers(0, 10**9))
@example(999_999_999, 1_000_000_000)
def test_a_figure_is_that_number_and_no_other(number: int, other: int) -> None:
    for text in (f"They counted {number:,} sheep.", f"They counted {number} sheep."):
        assert matches(Figure(float(other), 0.0, ("sheep",)), text) is (number == other)
        assert matches(Words(str(other)), text) is (number == other)


@given(st.dates(date(1950, 1, 1), date(2049, 12, 31)), st.integers(-400, 400))
def test_a_day_is_that_day_and_no_other(day: date, shift: int) -> None:
    other = day + timedelta(shift)
    written = [
        day.isoformat(),
        f"{day:%B} {day.day}, {day.year}",
        f"{day:%A} {day.day} {day:%b} {day.year}",
        f"the {day.day}th of {day:%B} {day.year}",
    ]
    for text in written:
        assert matches(Day(other), f"It was on {text} that they met.") is (other == day)
    assert matches(Day(day.replace(year=2020) if day.day != 29 else day), f"On {day:%B} {day.day} they met.")
