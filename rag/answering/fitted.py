"""The weights that were fitted on data, in `fitted.json` beside this file; `evals/calibrate.py` writes it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Fitted:
    """One weight a trait (`ranking`) and a sign (`abstention`), the bias, the reader's weight beside the
    ranking (`reading`), and when to answer.

    A question is answered when the estimated probability that the best evidence answers it
    reaches `threshold`.
    """

    ranking: dict[str, float]
    reading: float
    abstention: dict[str, float]
    bias: float
    threshold: float


@cache
def fitted() -> Fitted:
    """The weights that ship."""
    return Fitted(**json.loads((Path(__file__).parent / "fitted.json").read_text(encoding="utf-8")))
