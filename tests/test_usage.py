"""What models used, and its sum."""

from __future__ import annotations

from datetime import date

from rag.usage import UsageRow, Used, total

DAY = date(2026, 1, 2)
PRICED = UsageRow(day=DAY, model="m", calls=2, input_tokens=10, output_tokens=3, known_usd=0.5, seconds=1.5, cached=1)
UNPRICED = UsageRow(day=DAY, model="n", calls=1, input_tokens=5, output_tokens=2, unpriced_calls=1, seconds=0.5)


def test_a_total_is_the_sum_and_unknown_where_one_price_is() -> None:
    everything = total([PRICED, UNPRICED])
    assert everything == Used(
        calls=3, input_tokens=15, output_tokens=5, known_usd=0.5, unpriced_calls=1, seconds=2.0, cached=1
    )
    assert (PRICED.cost_usd, UNPRICED.cost_usd, everything.cost_usd) == (0.5, None, None)


def test_a_total_of_nothing() -> None:
    assert total([]) == Used()
    assert Used().cost_usd == 0.0


def test_plain_values() -> None:
    assert UNPRICED.to_dict() == {
        "calls": 1,
        "input_tokens": 5,
        "output_tokens": 2,
        "known_usd": 0.0,
        "unpriced_calls": 1,
        "seconds": 0.5,
        "cached": 0,
        "day": "2026-01-02",
        "model": "n",
        "cost_usd": None,
    }
