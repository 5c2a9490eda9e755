"""Words: what counts as one, which carry content, and when two are forms of one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.words import STOPWORDS, content_words, spaced, stem, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The council's budget, of $4.6 million.", ["the", "council", "budget", "of", "4.6", "million"]),
        ("the ministry’s “no”", ["the", "ministry", "no"]),
        ("He didn’t; they didn't.", ["he", "didn't", "they", "didn't"]),
        ("1,847 ships at 7.42 a.m. on 2024-02-02", "1,847 ships at 7.42 a m on 2024 02 02".split()),
        ("At 4:00 it ended 3-2.", ["at", "4:00", "it", "ended", "3", "2"]),
        ("snake_case and 4x4", ["snake", "case", "and", "4", "x", "4"]),
        ("Zoë Müller İstanbul", ["zoë", "müller", "i̇stanbul"]),
        ("أعلن رئيس البلدية", ["أعلن", "رئيس", "البلدية"]),
        ("— … !? 😀 \x00", []),
        ("", []),
    ],
)
def test_words(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_content_words_say_what_it_is_about() -> None:
    assert content_words("How many of the sites were hit, and by whom?") == ["sites", "hit"]
    assert content_words("What is it that they do?") == []


def test_function_words_are_words() -> None:
    assert [word for word in STOPWORDS if words(word) != [word]] == []


@given(st.text())
def test_words_stand_in_the_text_in_order(text: str) -> None:
    lowered = text.lower().replace("’", "'")
    place = 0
    for word in words(text):
        assert word
        assert not any(character.isspace() for character in word)
        found = lowered.find(word, place)
        if text.lower() == text:  # where lower-casing changes no lengths
            assert found >= 0
            place = found + len(word)
    assert words(text.upper().lower()) == words(text.upper())


@pytest.mark.parametrize(
    "forms",
    [
        "strike strikes striking",
        "stop stops stopped stopping",
        "city cities",
        "carry carries carried",
        "boss bosses",
        "close closes closed closing",
        "march marches marched marching",
        "hope hopes hoping",
        "quick quickly",
    ],
)
def test_forms_of_one_word_have_one_stem(forms: str) -> None:
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.parametrize("pair", ["iraq iran", "mass mas", "bus business", "4.6 6.4", "1911 1912", "sing sting"])
def test_different_words_have_different_stems(pair: str) -> None:
    one, other = pair.split()
    assert stem(one) != stem(other)


@pytest.mark.parametrize("word", ["is", "the", "4.6", "1,847", "12s", "didn't", "as"])
def test_short_words_and_figures_are_left_alone(word: str) -> None:
    assert stem(word) == word


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=15))
def test_a_stem_is_never_empty_nor_longer(word: str) -> None:
    assert 0 < len(stem(word)) <= len(word)


def test_unspaced_scripts_are_spaced() -> None:
    assert spaced("北京 news").split() == ["北", "京", "news"]
    assert spaced("カナ・かな").split() == ["カ", "ナ", "・", "か", "な"]
    assert spaced("plain text, Ümlaut, العربية") == "plain text, Ümlaut, العربية"


@given(st.text())
def test_spacing_adds_nothing_but_spaces(text: str) -> None:
    assert spaced(text).replace(" ", "") == text.replace(" ", "")
