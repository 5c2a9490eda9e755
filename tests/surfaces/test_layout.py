from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.showing import UNSAFE, clean
from rag.surfaces.layout import BLANK, Piece, one_line, paragraph, plain, terminal

_STYLING = re.compile("\x1b\\[[0-9;]*m")


def drawn(*paragraphs: object, width: int = 40) -> str:
    file = io.StringIO()
    terminal(paragraphs, file, width)  # type: ignore[arg-type]
    return file.getvalue()


def seen(*paragraphs: object, width: int = 40) -> list[str]:
    return _STYLING.sub("", drawn(*paragraphs, width=width)).splitlines()


def test_control_and_bidirectional_characters_are_replaced_one_for_one() -> None:
    assert clean("a\x1b[31mb\x07\u202ec\u2066\x9b\x7f\tz\n") == "a�[31mb��c��� z\n"
    assert clean("naïve 日本 👩‍👩‍👧 ‘quotes’") == "naïve 日本 👩‍👩‍👧 ‘quotes’"


@given(st.text())
def test_cleaning_keeps_offsets_and_leaves_nothing_unsafe(text: str) -> None:
    assert len(clean(text)) == len(text)
    assert not UNSAFE.search(clean(text))


@given(st.text(), st.integers(0, 8))
def test_plain_text_holds_nothing_unsafe_and_can_be_encoded(text: str, indent: int) -> None:
    laid_out = plain([paragraph(Piece(text, "strong"), indent=indent)])
    assert not UNSAFE.search(laid_out)
    assert laid_out.encode()


@given(st.text(max_size=60))
def test_a_terminal_gets_no_escapes_but_our_own_styling(text: str) -> None:
    assert not UNSAFE.search(_STYLING.sub("", drawn(paragraph(Piece(text, "strong")))))


def test_one_line() -> None:
    assert one_line("  a\n b\r\n\tc\u2028d\x1b ") == "a b c d�"


def test_plain_text_is_indented_and_never_wrapped() -> None:
    long = "word " * 40
    assert plain(
        [paragraph("[1] ", Piece("Title", "title"), hanging=4), BLANK, paragraph(f"{long}\nnext", indent=2)]
    ) == (f"[1] Title\n\n  {long.rstrip()}\n  next\n")


def test_a_terminal_wraps_with_hanging_indents() -> None:
    assert seen(paragraph("[1] ", "one two three four five six seven eight nine", hanging=4)) == [
        "[1] one two three four five six",
        "    seven eight nine",
    ]


def test_prose_is_not_wider_than_reads_well() -> None:
    assert max(map(len, seen(paragraph("word " * 100), width=300))) <= 100


def test_cut_after_rows_at_a_whole_word() -> None:
    assert seen(paragraph("one two three four five six seven eight nine ten eleven twelve", rows=1), width=24) == [
        "one two three four …"
    ]
    assert seen(paragraph("one two", rows=1)) == ["one two"]


def test_unwrapped_lines_stay_whole() -> None:
    url = "https://example.org/" + "x" * 60
    assert seen(paragraph(url, wrap=False)) == [url]


def test_text_is_never_read_as_markup() -> None:
    hostile = "[bold]x[/bold] :smile: [link=https://evil.example]y[/link]"
    assert drawn(paragraph(hostile), width=80) == hostile + "\n"


def test_bold_and_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    line = paragraph(Piece("[1]", "marker"), " ", Piece("strong", "strong"))
    assert drawn(line) == "\x1b[36m[1]\x1b[0m \x1b[1mstrong\x1b[0m\n"
    monkeypatch.setenv("NO_COLOR", "1")
    assert drawn(line) == "[1] \x1b[1mstrong\x1b[0m\n"
