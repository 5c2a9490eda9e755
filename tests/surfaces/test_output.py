from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.showing import UNSAFE
from rag.surfaces.layout import paragraph
from rag.surfaces.output import Output, to_json


def stream(encoding: str = "utf-8") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding)


def written(text: io.TextIOWrapper) -> bytes:
    text.flush()
    assert isinstance(text.buffer, io.BytesIO)
    return text.buffer.getvalue()


@given(st.text())
def test_json_says_the_same_and_shows_nothing_unsafe(text: str) -> None:
    encoded = to_json({"a": text})
    assert json.loads(encoded) == {"a": text}
    assert not UNSAFE.search(encoded)
    assert encoded.encode()


def test_dates_in_json() -> None:
    values = {"day": date(2024, 2, 2), "moment": datetime(2024, 2, 2, 3, 4, tzinfo=UTC)}
    assert json.loads(to_json(values)) == {"day": "2024-02-02", "moment": "2024-02-02T03:04:00+00:00"}
    with pytest.raises(TypeError, match="Path"):
        to_json({"a": Path()})


def test_an_encoding_without_the_characters_never_fails() -> None:
    out, err = stream("ascii"), stream("ascii")
    output = Output(out, err)
    output.give({}, lambda: [paragraph("“naïve” — 日本")])
    output.message("rag: naïve")
    assert (written(out), written(err)) == (b"?na?ve? ? ??\n", b"rag: na?ve\n")


def test_json_is_exact_in_any_encoding() -> None:
    for encoding in ("ascii", "latin-1", "utf-8", "UTF8"):
        out = stream(encoding)
        Output(out, stream(), as_json=True).give({"a": "naïve — 日本"}, tuple)
        assert json.loads(written(out).decode(encoding)) == {"a": "naïve — 日本"}


def test_a_message_is_one_safe_line_of_bearable_length() -> None:
    err = stream()
    output = Output(stream(), err)
    output.message("  a\nb\x1b[31m\u202e")
    output.message("x" * 5_000_000)
    assert written(err).decode() == "  a b�[31m�\n" + "x" * 600 + " …\n"


def test_streams_that_the_shell_closed_take_in_everything() -> None:
    output = Output(None, None)
    output.give({}, lambda: [paragraph("text")])
    output.message("rag: text")
    output.flush()
    output.abandon()
