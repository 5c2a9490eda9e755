"""Ten clients at once, asking and adding: no error but the stated limits, and every article is there."""

from __future__ import annotations

import asyncio
from pathlib import Path

from evals.load import LIMITS, load, lost
from rag.surfaces.http.limits import Limits
from tests.conftest import SEEDS

from .serving import opened, served

CLIENTS = 10
SECONDS = 5.0


def test_ten_clients_lose_nothing_and_meet_no_error(tmp_path: Path) -> None:
    with opened(tmp_path / "news") as library:
        library.add(SEEDS)
        library.ask("How many sites did the U.S. strikes hit?")  # what is loaded once is no load
        with served(library, limits=Limits(rate_per_minute=0)) as url:
            done = asyncio.run(load(url, CLIENTS, SECONDS))
        assert (done.errors, done.limited) == ([], {})
        assert set(done.times) == {"ask", "stream", "search", "list", "add"}
        assert done.added
        assert lost(library, done.added) == []


def test_beyond_its_limits_a_server_says_so_and_loses_nothing(tmp_path: Path) -> None:
    with opened(tmp_path / "news") as library:
        limits = Limits(rate_per_minute=0, concurrency=1, waiting=1)
        with served(library, limits=limits) as url:
            done = asyncio.run(load(url, CLIENTS, 1.5))
        assert done.errors == []
        assert done.limited[503] > 0
        assert set(done.limited) <= set(LIMITS)
        assert lost(library, done.added) == []
