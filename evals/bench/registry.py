"""The public benchmarks by name, in the order of the table; each is a module of this folder with a function `run`."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from evals.bench.results import Bench

NAMES = (
    "squad2",
    "multihoprag",
    "clapnq",
    "ramdocs",
    "summedits",
    "attributionbench",
    "realsumm",
    "bipia",
    "poisonedrag",
    "bbc",
)


def load(name: str) -> Bench:
    """The benchmark of that name, which is one of `NAMES`; only its own module is imported."""
    return cast(Bench, import_module(f"evals.bench.{name}").run)
