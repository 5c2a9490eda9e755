"""The time that our own code adds around a language model's call, and the wait for the first statement.

    python -m evals.overhead

Honest statements of the development set over `seeds/`. The model is a scripted server in a process of its own: its
reply, four statements with exact quotes of the passages sent, comes 20 ms late, as does each word of a stream. Its
time is that of the HTTP call at the client. What the checks remember of texts is forgotten before every ask, except
where said. All processes must have one clock, as on Linux.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from statistics import median, quantiles
from typing import Any
from unittest.mock import patch

import openai

from evals.replies import GOLD, SEEDS
from rag import Library, Settings
from rag.answering.generative import MAX_PASSAGE_TOKENS
from rag.answering.passages import select
from rag.models.chat import load_chat
from rag.models.scripted import Request, Say, ScriptedServer, _Handler
from rag.types import Statement

ASKS, DELAY_SECONDS, STATEMENTS, PASSAGES = 40, 0.02, 4, 8


def serve(told: Connection, replies: Mapping[str, str]) -> None:
    """Reply by the question that ends a prompt; tell when the first statement of a stream leaves."""

    class Clocked(_Handler):
        def _stream(self, reply: Say, body: Mapping[str, Any]) -> None:
            self.left = (reply.text or "").index('"}, {"quotes"') + 2  # where the first statement ends
            super()._stream(reply, body)

        def _event(self, value: Any) -> None:
            leaving, before = time.perf_counter(), self.left
            super()._event(value)
            self.left -= sum(len(choice["delta"].get("content") or "") for choice in value["choices"])
            if self.left <= 0 < before:
                told.send(leaving)

    def reply(request: Request) -> Say:
        asked = str(request.body["messages"][-1]["content"])
        return Say(replies[asked.rpartition("Question: ")[2].strip()], delay=DELAY_SECONDS)

    with ScriptedServer(reply, models=[{"id": "scripted", "context_length": 128_000}]) as server:
        server._server.RequestHandlerClass = Clocked
        told.send(server.base_url)
        threading.Event().wait()


def scripted(library: Library) -> dict[str, str]:
    """A reply for each question that gets enough passages: statements whose quotes stand there, least used first."""
    rows = [json.loads(line) for line in (GOLD / "replies_honest_dev.jsonl").read_text(encoding="utf-8").splitlines()]
    used, replies = Counter[str](), {}
    for question in dict.fromkeys(row["question"] for row in rows):
        passages = select(library._asking.retrieve(question).found.hits, MAX_PASSAGE_TOKENS)
        said: list[dict[str, Any]] = []
        for row in sorted(rows, key=lambda row: used[row["id"]]):
            words = [item["quote"] for item in row["quotes"]]
            keys = [next((passage.key for passage in passages if word in passage.text), "") for word in words]
            if all(keys) and len(said) < STATEMENTS:
                quotes = [{"passage": key, "words": word} for key, word in zip(keys, words, strict=True)]
                said.append({"quotes": quotes, "text": row["text"]})
                used[row["id"]] += 1
        if len(passages) >= PASSAGES and len(said) == STATEMENTS:
            replies[question] = json.dumps({"answers": True, "statements": said, "conflicts": []})
    return replies


def forget() -> None:
    """Empty the caches of the checks, as they are for texts not seen lately."""
    for module in [module for name, module in sys.modules.items() if name.startswith("rag.grounding.")]:
        for cached in filter(lambda value: hasattr(value, "cache_clear"), vars(module).values()):
            cached.cache_clear()


def measured(library: Library, bare: openai.OpenAI, told: Connection, questions: Sequence[str]) -> None:
    """Time asks, the same call by the bare client in turns, the same asks again, and streams; print all."""
    times: defaultdict[str, list[float]] = defaultdict(list)
    sent, calls, plain = Counter[int](), list[tuple[float, bytes]](), openai.OpenAI._send_request

    def noted(self: openai.OpenAI, request: Any, **options: Any) -> Any:
        started = time.perf_counter()
        given = plain(self, request, **options)
        calls.append((time.perf_counter() - started, request.content))
        return given

    def around(name: str, work: Callable[..., Any], *rest: str, **options: Any) -> Any:
        started, before = time.perf_counter(), len(calls)
        given = work(*rest, **options)
        seconds, ((called, _),) = time.perf_counter() - started, calls[before:]
        times[name].append(seconds - called)
        times[f"  beside the call itself, of ({name})"].append(called)
        sent[calls[-1][1].count(b"</passage-")] += 1
        return given

    with patch.object(openai.OpenAI, "_send_request", noted):
        for question in questions:
            forget()
            retrieving = around("ask", library.ask, question, fresh=True).timings_ms.retrieve / 1000
            times["  of it retrieval: embedding, search"].append(retrieving)
            times["  of it writing: prompt, client, parsing, grounding"].append(times["ask"][-1] - retrieving)
            around("bare client", bare.chat.completions.create, **json.loads(calls[-1][1]))
            around("ask again, checks remembered", library.ask, question, fresh=True)
            forget()
            shown = (event for event in library.stream(question, fresh=True) if isinstance(event, Statement))
            next(shown)
            come = time.perf_counter()
            times["stream: first statement's last byte to its event"].append(come - told.recv())
    print(f"{len(questions)} questions; {STATEMENTS} statements a reply; prompts by passages: {dict(sent)}")
    print(f"{'milliseconds':60}{'p50':>10}{'p90':>10}")
    for name, seconds in times.items():
        print(f"{name:60}{median(seconds) * 1000:10.1f}{quantiles(seconds, n=10)[8] * 1000:10.1f}")
    print(f"an ask adds {median(times['ask']) / median(times['bare client']):.1f} times what the bare client adds")


def main() -> None:
    """Measure and print."""
    told, telling = multiprocessing.Pipe(duplex=False)
    with tempfile.TemporaryDirectory() as folder:
        with Library.open(folder, settings=Settings()) as library:
            library.add(SEEDS)
            replies = scripted(library)
        multiprocessing.get_context("spawn").Process(target=serve, args=(telling, replies), daemon=True).start()
        url = told.recv()
        bare = openai.OpenAI(base_url=url, api_key="none", max_retries=0)
        chat = load_chat("openai:scripted", environment={"OPENAI_BASE_URL": url})
        with Library.open(folder, settings=Settings(), llm=chat) as library:
            # Warm, and without those where something must be put right, which is a second call.
            good = [text for text in replies if len(library.ask(text, fresh=True).statements) == STATEMENTS]
            measured(library, bare, told, good[:ASKS])


if __name__ == "__main__":
    main()
