from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.normalize import normalise, one_line


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("a\vb\fc\x85d\u2028e\u2029f", "a\nb\nc\nd\ne\nf"),
        ("a\tb\u00a0c\u202fd\u3000e", "a b c d e"),
        ("a\u200bb\u00adc\ufeffd\u2060e", "abcde"),
        ("user\u202etxt.exe\u202c \u2066x\u2069", "usertxt.exe x"),
        ("hidden\U000e0041\U000e0042 text", "hidden text"),
        ("bell\x07 nul\x00 del\x7f", "bell nul del"),
        ("cafe\u0301", "caf\u00e9"),
        ("\ud83d \ude00", "\ufffd \ufffd"),
        ("one  \ntwo \n\n\n\nthree\n \n \nfour", "one\ntwo\n\nthree\n\nfour"),
        ("\n  text \n", "text"),
        ("می‌خواهم", "می‌خواهم"),
        ("in\u200cvisible", "invisible"),
        ("👩\u200d🚒", "👩\u200d🚒"),
        ("", ""),
    ],
)
def test_normalise(raw: str, expected: str) -> None:
    assert normalise(raw) == expected


AWKWARD = st.text(
    st.sampled_from("ae\u0301\u0323\u200b\u200c\u200d\u00ad\u202e\r\n\t \u00a0\ufeff\ud800\udc00\u1100\u1161\uac00می👩")
    | st.characters()
)


@given(AWKWARD)
def test_normalise_is_idempotent_and_clean(raw: str) -> None:
    text = normalise(raw)
    assert normalise(text) == text
    assert text == text.strip()
    assert unicodedata.is_normalized("NFC", text)
    assert "\n\n\n" not in text
    assert not {unicodedata.category(character) for character in text} & {"Cs"}
    assert all(character == "\n" or unicodedata.category(character) != "Cc" for character in text)


@given(st.text(st.characters(whitelist_categories=("Lu", "Ll", "Nd", "Po")), max_size=50))
def test_letters_figures_and_stops_are_kept(raw: str) -> None:
    assert normalise(raw) == unicodedata.normalize("NFC", raw)


def test_a_pile_of_combining_marks_is_cut_and_takes_no_time() -> None:
    assert len(normalise("a" + "\u0316\u0301" * 100_000)) <= 31


def test_a_long_run_of_spaces_takes_no_time() -> None:
    assert normalise("a" + " " * 1_000_000 + "b") == "a" + " " * 1_000_000 + "b"


def test_one_line() -> None:
    assert one_line(" Pool \r\n to\u00a0 close ") == "Pool to close"
