"""Many clients at once on one `rag serve`: how much it takes, how long they wait, and is anything lost?

    python -m evals.load --clients 50 --seconds 60

Starts a real server on the loopback with the sample articles and the articles' own sentences as answers, and lets
clients ask, stream, search, list and add as fast as they are served; then once more, and kills it in the middle.
Prints how many requests a second were answered, the time that half and that 99 of 100 of them took, by route, and
ends with exit code 1 where a request failed in another way than by a stated limit, or an article was lost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from evals.data import ROOT
from rag.library import Library

LIMITS = (429, 503)
"""Statuses by which a server says that it has enough to do, and when to come again."""

_QUESTIONS = (
    "How many sites did the U.S. strikes hit?",
    "How many people marched against the rail closure?",
    "What caused the fire at the furniture factory?",
    "How many people were hurt on the Sandling Maid?",
    "Who was the captain of the Sandling Maid?",
    "How much will the repair of the bridge cost?",
)
_BEFORE_THE_KILL = 20
_LONGEST_SECONDS = 300
_FIRST_OF_THE_KILLED = 500
_REQUESTS = ("ask", "ask", "ask", "ask", "stream", "search", "list", "add", "add")
"""What clients do, each as often as it stands here."""


@dataclass
class Load:
    """What was measured: seconds of each request that was answered, by route; what failed; what was acknowledged.

    `added` holds the id of each article that the server said was stored, with its text.
    """

    seconds: float = 0.0
    times: dict[str, list[float]] = field(default_factory=dict)
    limited: Counter[int] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    added: dict[str, str] = field(default_factory=dict)

    @property
    def answered(self) -> int:
        """How many requests were answered."""
        return sum(len(times) for times in self.times.values())

    def lines(self) -> Iterator[str]:
        """The figures, for people."""
        rate = self.answered / self.seconds
        yield f"{self.answered} requests in {self.seconds:.0f} s: {rate:.1f} a second; {len(self.added)} articles added"
        for route, times in sorted(self.times.items()):
            yield f"  {route:7} {len(times):6}  p50 {_quantile(times, 0.5):6.2f} s  p99 {_quantile(times, 0.99):6.2f} s"
        limits = ", ".join(f"{count} times {status}" for status, count in sorted(self.limited.items()))
        yield f"  stated limits: {limits or 'none was met'}; errors: {len(self.errors)}"
        yield from (f"    {error}" for error in sorted(set(self.errors))[:10])


def _quantile(times: list[float], share: float) -> float:
    """The time that `share` of the requests took at most."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


async def load(url: str, clients: int, seconds: float, done: Load | None = None, *, until_lost: bool = False) -> Load:
    """Let `clients` ask and add at `url` for so long; with `until_lost`, till the server is gone. `done` is filled."""
    done = done or Load()
    started = time.monotonic()
    limits = httpx.Limits(max_connections=clients)
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits) as client:
        each = (_client(client, number, started + seconds, done, until_lost) for number in range(clients))
        await asyncio.gather(*each)
    done.seconds = time.monotonic() - started
    return done


async def _client(client: httpx.AsyncClient, number: int, end: float, done: Load, until_lost: bool) -> None:
    chance = random.Random(number)
    # What the run before has stored would be told unchanged, and nothing would be at stake.
    article = _FIRST_OF_THE_KILLED if until_lost else 0
    while time.monotonic() < end:
        kind = chance.choice(_REQUESTS)
        text = _text(number, article)
        article += kind == "add"
        started = time.monotonic()
        try:
            reply = await _sent(client, kind, chance, text, f"c{number}a{article}")
        except httpx.TransportError as error:
            if not until_lost:
                done.errors.append(f"{kind}: {type(error).__name__}")
            return
        if reply.status_code in LIMITS:
            done.limited[reply.status_code] += 1
            await asyncio.sleep(float(reply.headers["Retry-After"]))
            continue
        if fault := _fault(kind, reply):
            done.errors.append(f"{kind}: {fault}")
            continue
        done.times.setdefault(kind, []).append(time.monotonic() - started)
        if kind == "add":
            done.added[reply.json()["items"][0]["article_id"]] = text


async def _sent(client: httpx.AsyncClient, kind: str, chance: random.Random, text: str, name: str) -> httpx.Response:
    question = chance.choice(_QUESTIONS)
    if kind == "add":
        return await client.post("/v1/articles", json={"article": {"id": name, "title": f"Story {name}", "text": text}})
    if kind == "list":
        return await client.get("/v1/articles", params={"limit": 20})
    if kind == "search":
        return await client.post("/v1/search", json={"query": question})
    return await client.post("/v1/ask" if kind == "ask" else "/v1/ask/stream", json={"question": question})


def _fault(kind: str, reply: httpx.Response) -> str | None:
    """What is wrong with a reply, `None` where nothing is."""
    if reply.status_code != 200:
        return f"{reply.status_code} {reply.text[:200]}"
    if kind == "stream":
        return None if "\nevent: answer\n" in f"\n{reply.text}" else "a stream without its answer"
    value: dict[str, Any] = reply.json()
    if kind == "ask" and value["status"] == "answered" and not value["citations"]:
        return "an answer without a citation"
    if kind == "add" and value["added"] + value["unchanged"] + value["updated"] != 1:
        return f"an article that was not added: {value['items']}"
    return None


def _text(client: int, article: int) -> str:
    return (
        f"The council of Varrow counted {client * 1000 + article} swans on the river on Monday.\n\n"
        f"Nobody had asked client {client} for article {article}, the mayor said. It was stored all the same."
    )


def lost(library: Library, added: dict[str, str]) -> list[str]:
    """The ids of those articles that are not wholly there, word for word, with a vector for each chunk."""
    found = {info.id for info in library.articles()}
    report = library.doctor(mend=False)
    gone = [name for name, text in added.items() if name not in found or library.article(name).text != text]
    return gone if not (report.missing or report.inexact or report.damage) else [*gone, f"damage: {report}"]


@contextmanager
def server(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`rag serve` on the library in `folder` as a process of its own, and its address."""
    command = [sys.executable, "-m", "rag", "serve", "--library", str(folder), "--port", "0", "--rate", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        try:
            yield process, json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()


async def _killed(process: subprocess.Popen[str], url: str, clients: int) -> Load:
    """Kill the server once it has acknowledged some articles, with many more requests under way."""
    done = Load()
    running = asyncio.ensure_future(load(url, clients, _LONGEST_SECONDS, done, until_lost=True))
    while len(done.added) < _BEFORE_THE_KILL and not running.done():
        await asyncio.sleep(0.01)
    process.kill()
    return await running


def main() -> int:
    """Measure, and say whether all was as it should be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as given:
        folder = Path(given) / "news"
        with Library.open(folder) as library:
            report = library.add(ROOT / "seeds")
            assert not report.failed, report.failed
        with server(folder) as (_, url):
            done = asyncio.run(load(url, options.clients, options.seconds))
        print(*done.lines(), sep="\n")
        with server(folder) as (process, url):
            killed = asyncio.run(_killed(process, url, options.clients))
        with Library.open(folder) as library:
            gone = lost(library, {**done.added, **killed.added})
    print(f"killed after {killed.answered} more requests; {len(killed.added)} articles were acknowledged till then")
    print(f"lost: {', '.join(gone) or 'nothing'}")
    return 1 if done.errors or killed.errors or gone else 0


if __name__ == "__main__":
    sys.exit(main())
