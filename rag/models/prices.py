"""What a language model costs, as the user says it: LangChain's profiles hold no prices."""

from __future__ import annotations

import math
import re

from rag.errors import ConfigError
from rag.models.chat_model import Price

_FORM = re.compile(r"\s*(\d+(?:\.\d+)?|\.\d+)\s*/\s*(\d+(?:\.\d+)?|\.\d+)\s*", re.ASCII)


def parse_price(setting: str) -> Price | None:
    """The price in a setting such as ``0.25/2``: dollars per million tokens read, and written.

    `None` where the setting is empty; raises `ConfigError` for what is no price.
    """
    if not setting.strip():
        return None
    match = _FORM.fullmatch(setting)
    read, written = map(float, match.groups()) if match else (math.nan, math.nan)
    if not (math.isfinite(read) and math.isfinite(written)):
        raise ConfigError(
            f"llm_price: {setting[:40]!r} is no price: give dollars per million tokens read and written, such as 0.25/2"
        )
    return Price(read, written)


def price_of(llm: object, setting: str) -> Price | None:
    """The price of the model that the setting `llm` names: as set, else nothing for a local one, else unknown."""
    price = parse_price(setting)
    if price is None and isinstance(llm, str) and llm.strip().partition(":")[0] == "local":
        return Price(0.0, 0.0)
    return price
