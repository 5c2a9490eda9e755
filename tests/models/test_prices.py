"""What a model costs, as the user says it."""

from __future__ import annotations

import pytest

from rag import ConfigError
from rag.models.chat_model import Price
from rag.models.prices import parse_price, price_of


@pytest.mark.parametrize(
    ("setting", "price"),
    [
        ("0.25/2", Price(0.25, 2.0)),
        (" 1.10 / 4.40\n", Price(1.1, 4.4)),
        ("0/0", Price(0.0, 0.0)),
        (".5/10", Price(0.5, 10.0)),
        ("", None),
        ("  ", None),
    ],
)
def test_a_price(setting: str, price: Price | None) -> None:
    assert parse_price(setting) == price


@pytest.mark.parametrize(
    "setting",
    [
        "2",
        "/",
        "1/",
        "/1",
        "a/b",
        "-1/2",
        "1/-2",
        "1/2/3",
        "1,5/2",
        "$1/$2",
        "nan/1",
        "inf/1",
        "1e3/1",
        "1_0/1",
        "٣/٤",
        "9" * 400 + "/1",
        "1/2\nx",
        "x" * 10_000,
        "1./2",
    ],
)
def test_what_is_no_price(setting: str) -> None:
    with pytest.raises(ConfigError, match="^llm_price: '.*is no price: give dollars .* such as 0.25/2$") as caught:
        parse_price(setting)
    assert len(str(caught.value)) < 160


def test_whose_price_is_known() -> None:
    assert price_of("local", "") == price_of("local:a.gguf", "") == Price(0.0, 0.0)
    assert price_of("local", "1/2") == price_of("openai:m", "1/2") == price_of(object(), "1/2") == Price(1.0, 2.0)
    assert [price_of(llm, "") for llm in ("openai:m", "auto", "localhost:m", object(), None)] == [None] * 5
    with pytest.raises(ConfigError):
        price_of("local", "free")
