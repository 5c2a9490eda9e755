"""A quote is found wherever it stands, however it was typed, and nowhere else."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import Span
from rag.grounding.quotes import resolve

TEXT = (
    "“We lost 1,204 sheep — all of them,” said Dr. Zoë O’Hare.\n\nShe added: 'It is not over.' "
    "The dam, built in 1931, held 3.2 million litres… The dam was not rebuilt. It cost $4.60."
)


def found(quote: str, text: str = TEXT) -> str | None:
    span = resolve(quote, text)
    return None if span is None else text[span.start : span.end]


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("said Dr. Zoë O’Hare", "said Dr. Zoë O’Hare"),
        ("SAID DR. ZOË O'HARE", "said Dr. Zoë O’Hare"),
        (unicodedata.normalize("NFD", "Zoë O'Hare"), "Zoë O’Hare"),
        ('"We lost 1,204 sheep - all of them,"', "“We lost 1,204 sheep — all of them,”"),
        ("We lost 1,204 sheep -- all of them", "We lost 1,204 sheep — all of them"),
        ("We lost 1,204 sheep—all of them", "We lost 1,204 sheep — all of them"),
        ("O’Hare. She  added:\tIt is not over", "O’Hare.\n\nShe added: 'It is not over"),
        ("...The dam, built in 1931…", "The dam, built in 1931"),
        ("held 3.2 million litres...", "held 3.2 million litres…"),
        ("3.2 million litres... The dam was", "3.2 million litres… The dam was"),
        ("3.2 million litres . . . The dam was", "3.2 million litres… The dam was"),
        ("It cost $4.60", "It cost $4.60"),
        ("The dam was not rebuilt;", "The dam was not rebuilt"),
        ("The dam was not rebuilt.", "The dam was not rebuilt."),
        ("ﬁsh", None),
    ],
)
def test_the_way_of_typing_may_differ(quote: str, expected: str | None) -> None:
    assert found(quote) == expected


@pytest.mark.parametrize(
    "quote",
    [
        "We lost 1,204 goats",
        "We lost 1204 sheep and more",
        "We lost 1,205 sheep",
        "We lost 204 sheep",
        "The dam was rebuilt",
        "It is … over",
        "We lost 1,204 sheep … The dam was not rebuilt",
        "We lost 1,204 sheep The dam was not rebuilt",
        "Zoe O'Hare",
        "he dam, built",
        "built in 193",
        "It cost $4",
        "3.2 million litre",
        "",
        "…",
        "“”",
        ". , -",
    ],
)
def test_words_and_digits_may_not(quote: str) -> None:
    assert found(quote) is None


def test_letters_written_as_one_are_their_letters() -> None:
    assert resolve("office", "The oﬃce is shut.") == Span(4, 8)
    assert resolve("oﬃce", "The office is shut.") == Span(4, 10)


def test_repeated_text_is_found_where_it_was_cited() -> None:
    text = "It rained. It snowed. It rained. It rained again."
    assert resolve("It rained.", text) == Span(0, 10)
    assert resolve("it rained", text, [Span(22, 30)]) == Span(22, 31)
    assert resolve("it rained", text, [Span(12, 20), Span(34, 40)]) == Span(33, 42)
    assert resolve("it rained", text, [Span(12, 20)]) == Span(0, 9)


WORDS = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\ufffd"), min_size=1, max_size=8), min_size=1, max_size=12
)


def letters(text: str) -> str:
    """What may not differ: letters and digits, in their order."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(character for character in folded if character.isalnum())


@given(WORDS, st.data())
def test_every_run_of_words_is_found(parts: list[str], data: st.DataObject) -> None:
    text = " ".join(parts)
    first = data.draw(st.integers(0, len(parts) - 1))
    last = data.draw(st.integers(first, len(parts) - 1))
    quote = " ".join(parts[first : last + 1])
    span = resolve(quote, text)
    if span is None:
        # Marks at its ends may join what is quoted to what is not, as a full stop between digits does.
        assert not letters(quote) or re.search(r"\W|_", quote) or len(parts) > 1
    else:
        assert letters(text[span.start : span.end]) == letters(quote)


@given(st.lists(st.sampled_from("the dam held 12 3.5 was not rebuilt Zoë".split()), min_size=1, max_size=30), st.data())
def test_plain_words_are_always_found(parts: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(parts) - 1))
    last = data.draw(st.integers(first, len(parts) - 1))
    quote = " ".join(parts[first : last + 1])
    text = ", ".join(parts[:first]) + " — " + " ".join(parts[first : last + 1]) + "; " + ", ".join(parts[last + 1 :])
    typed = data.draw(st.sampled_from([quote, quote.upper(), f"“{quote}”", f"...{quote}", quote.replace(" ", "\n")]))
    span = resolve(typed, text)
    assert span is not None
    assert text[span.start : span.end].casefold().split() == quote.casefold().split()


@given(st.text(), st.text())
def test_what_is_found_says_what_was_quoted(quote: str, text: str) -> None:
    span = resolve(quote, text)
    if span is not None:
        assert 0 <= span.start < span.end <= len(text)
        assert letters(text[span.start : span.end]) == letters(quote)


@pytest.mark.parametrize("piece", ["a ", "aa ", "“", ". ", "...", "- ", "1.", "'a", "\u0301", "a'"])
def test_hostile_text_takes_linear_time(piece: str) -> None:
    text = piece * (300_000 // len(piece))
    began = time.process_time()
    resolve(text[: len(text) // 2] + "b", text)
    resolve(text[: len(text) // 2], text)
    resolve("a", text, [Span(len(text) - 2, len(text))])
    assert time.process_time() - began < 12
