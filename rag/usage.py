"""What language models used: rows of a day and a model, and their sum."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """Calls to models, the tokens that they read and wrote, and the seconds that they took.

    `known_usd` is what the calls cost whose price is known; `unpriced_calls` counts the others.
    `cached` counts the answers that were given again without a call.
    """

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    known_usd: float = 0.0
    unpriced_calls: int = 0
    seconds: float = 0.0
    cached: int = 0

    @property
    def cost_usd(self) -> float | None:
        """What it all cost in US dollars, `None` where the price of any call is unknown."""
        return None if self.unpriced_calls else self.known_usd

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        plain = dataclasses.asdict(self)
        plain |= {name: value.isoformat() for name, value in plain.items() if isinstance(value, date)}
        return {**plain, "cost_usd": self.cost_usd}


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRow(Used):
    """What one model used on one day."""

    day: date
    model: str


def total(rows: Iterable[Used]) -> Used:
    """All of them together."""
    several = list(rows)
    return Used(**{field.name: sum(getattr(row, field.name) for row in several) for field in dataclasses.fields(Used)})
