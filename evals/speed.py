"""Speed and memory, as ratios to the parts underneath, measured in the same run.

    python -m evals.speed [--sizes 1000 10000 100000]

Adding is compared with the embedder alone on the same texts, and the embedder with the same weights run plainly
(onnxruntime as it comes, 32 texts a batch, padded to the longest), in turns. Then one library grows from size to
size, in chunks (BBC articles over and over, with words exchanged; synthetic vectors, so that adding to it takes
what our own code and the two stores take). At each size stand: search against raw Chroma, both without the
question's embedding; `ask`, warm, with the real embedder, and the memory of a process that does these; a new process
that asks, against a bare script that imports Chroma, embeds and queries. Wall-clock times on a shared machine are
worth little by themselves; ratios are.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.data import bbc
from rag import Library, Settings
from rag.models.embeddings import MAX_TOKENS, _bundled_files, load_embedder
from rag.retrieval.search import search
from rag.text.chunks import chunk_article, embedded_text
from rag.types import PartEmbedder, Span

QUESTIONS = (
    "How much did profits rise at the airline?",
    "Who won the award for best film?",
    "When will the new mobile phones be sold?",
    "What did the chancellor say about taxes?",
    "Which club signed the striker?",
    "Why did shares in the oil company fall?",
    "How many people watched the concert?",
    "Where will the championships be held?",
)


class Synthetic(PartEmbedder):
    """Vectors at random round a few centres, at no cost: for the size of a library, not for what it finds."""

    name, dimension = "synthetic-384", 384

    def __init__(self) -> None:
        self._random = np.random.default_rng(0)
        self._centres = self._random.normal(size=(50, 384)).astype(np.float32)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of shape (len(texts), 384), rows of length one."""
        places = self._random.integers(0, 50, len(texts))
        vectors = self._centres[places] + self._random.normal(size=(len(texts), 384)).astype(np.float32)
        normalised: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return normalised

    def embed_with_parts(
        self, texts: Sequence[str], parts: Sequence[Sequence[Span]]
    ) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
        """As `embed`, of the parts too."""
        return self.embed(texts), [self.embed([""] * len(spans)) for spans in parts]


@contextmanager
def clocked(into: list[float]) -> Iterator[None]:
    """Append the seconds that the block takes to `into`."""
    started = time.perf_counter()
    yield
    into.append(time.perf_counter() - started)


def adding(rounds: int, articles: int) -> None:
    """Adding against the embedder alone, in turns, each round in a new library; and the peak of memory."""
    embedder = load_embedder()
    rows = bbc()[:articles]
    with tempfile.TemporaryDirectory() as folder, Library.open(folder, embedder=embedder) as library:
        library.add(rows[-3:])  # imports and first openings are start-up, which is measured below
    alone: list[float] = []
    whole: list[float] = []
    peak = 0.0
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder, Library.open(folder, embedder=embedder) as library:
            with clocked(whole):
                library.add(rows)
            stored = [library.article(info.id) for info in library.articles()]
        peak = peak or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        texts = [embedded_text(article, chunk) for article in stored for chunk in chunk_article(article)]
        with clocked(alone):
            embedder.embed(texts)
    shares = [mine / theirs for mine, theirs in zip(alone, whole, strict=True)]
    count, middle = len(texts) * rounds, statistics.median(shares)
    speeds = count / sum(whole), count / sum(alone)
    print("adding: {} chunks, {:.1f}/s; the embedder alone {:.1f}/s".format(count, *speeds))
    print(f"share: median {middle:.3f} of {rounds} rounds, from {min(shares):.3f} to {max(shares):.3f}")
    print(f"peak resident memory while adding: {peak:.0f} MB")
    embedding(texts[:700])


def embedding(texts: Sequence[str], rounds: int = 4) -> None:
    """Our embedder against the same weights run plainly, in turns."""
    import onnxruntime
    from tokenizers import Tokenizer

    model, tokenizer = _bundled_files()
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    tokens = Tokenizer.from_file(str(tokenizer))
    tokens.enable_truncation(MAX_TOKENS)
    tokens.enable_padding()
    ours = load_embedder()
    names = {item.name for item in session.get_inputs()}

    def plainly() -> NDArray[np.float32]:
        found = []
        for start in range(0, len(texts), 32):
            batch = tokens.encode_batch(list(texts[start : start + 32]))
            ids, mask = np.array([item.ids for item in batch]), np.array([item.attention_mask for item in batch])
            feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            states = session.run(None, {name: feed[name] for name in names})[0]
            pooled = (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
            found.append(pooled / np.linalg.norm(pooled, axis=1, keepdims=True))
        return np.concatenate(found)

    seconds: dict[str, list[float]] = {"plain": [], "ours": []}
    for _ in range(rounds):
        with clocked(seconds["plain"]):
            plain = plainly()
        with clocked(seconds["ours"]):
            own = ours.embed(texts)
    nearest = float((plain * own).sum(axis=1).min())
    speeds = [len(texts) / statistics.median(seconds[name]) for name in ("ours", "plain")]
    print(
        "the embedder: {:.1f} texts/s, run plainly {:.1f}/s; ratio {:.2f}; least cosine {:.4f}".format(
            *speeds, speeds[0] / speeds[1], nearest
        )
    )


def grown(start: int, chunks: int) -> list[dict[str, object]]:
    """About so many chunks of BBC articles with a fifth of the words exchanged, numbered from `start`."""
    chance = random.Random(start)
    rows = bbc()
    vocabulary = sorted({word for row in rows for word in str(row["text"]).split() if word.isalpha()})
    found: list[dict[str, object]] = []
    while len(found) < chunks / 3.4:
        row = rows[(start + len(found)) % len(rows)]
        words = str(row["text"]).split(" ")
        for place in chance.sample(range(len(words)), len(words) // 5):
            words[place] = chance.choice(vocabulary)
        found.append({"id": f"grown-{start + len(found)}", "title": row["title"], "text": " ".join(words)})
    return found


class Named(Synthetic):
    """The real embedder for questions and sentences, under the name of the stored vectors."""

    def __init__(self) -> None:
        self._real = load_embedder()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._real.embed(texts)


def growing(sizes: Sequence[int]) -> None:
    """One library that grows from size to size, and what it takes at each."""
    heads = ("chunks", "added/s", "search", "raw", "of raw", "ask", "cold", "bare", "of bare", "memory")
    print("".join(f"{head:>9}" for head in heads))
    with tempfile.TemporaryDirectory() as folder:
        size = articles = 0
        for wanted in sizes:
            more = grown(articles, wanted - size)
            articles += len(more)
            spent: list[float] = []
            with Library.open(folder, settings=Settings(), embedder=Synthetic()) as library:
                with clocked(spent):
                    library.add(more)
                added = library._store.catalog.count()[1] - size
            size += added
            mine, theirs, whole, memory = apart(folder)
            cold, bare = (statistics.median(values) for values in starts(folder))
            figures = (
                f"{size:,}",
                f"{added / sum(spent):.0f}",
                f"{mine:.1f} ms",
                f"{theirs:.1f} ms",
                f"{mine / theirs:.1f}",
                f"{whole:.0f} ms",
                f"{cold:.2f} s",
                f"{bare:.2f} s",
                f"{cold / bare:.2f}",
                f"{memory:.0f} MB",
            )
            print("".join(f"{figure:>9}" for figure in figures), flush=True)


def apart(folder: str) -> tuple[float, float, float, float]:
    """What `warm` gives, from a new process, so that its memory is that of a library which is asked."""
    script = "import sys; from evals.speed import warm; print(*warm(sys.argv[1]))"
    printed = subprocess.run([sys.executable, "-c", script, folder], check=True, capture_output=True, text=True).stdout
    mine, theirs, whole, memory = map(float, printed.split())
    return mine, theirs, whole, memory


def warm(folder: str) -> tuple[float, float, float, float]:
    """Median milliseconds of our search, of Chroma's, and of a whole `ask`, of a library that has been asked before.

    The last is the memory of the process then, in megabytes.
    """
    ours: list[float] = []
    raw: list[float] = []
    asks: list[float] = []
    embedder = Named()
    with Library.open(folder, settings=Settings(abstain=False), embedder=embedder) as library:
        store = library._store
        vectors = [(question, embedder.embed([question])[0]) for question in QUESTIONS]
        library.ask(QUESTIONS[0])
        for question, vector in vectors * 6:
            with clocked(ours):
                search(store, question, vector, k=8, per_article=3)
            with store.reading() as opened, clocked(raw):
                opened._collection.query(query_embeddings=[vector], n_results=8)
            with clocked(asks):
                library.ask(question)
    mine, theirs, whole = (statistics.median(values) * 1000 for values in (ours, raw, asks))
    return mine, theirs, whole, resident()


def resident() -> float:
    """Megabytes of memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


_BARE = """
import sys, chromadb
from chromadb.config import Settings
from rag.models.embeddings import load_embedder
client = chromadb.PersistentClient(sys.argv[1] + "/vectors", settings=Settings(anonymized_telemetry=False))
collection = client.get_collection("articles", embedding_function=None)
collection.query(query_embeddings=load_embedder().embed([sys.argv[2]]), n_results=8)
"""


_ASK = """
import sys
from evals.speed import Named
from rag import Library, Settings
with Library.open(sys.argv[1], settings=Settings(), embedder=Named()) as library:
    print(library.ask(sys.argv[2]).text)
"""


def starts(folder: str, rounds: int = 5) -> tuple[list[float], list[float]]:
    """Seconds of new processes, in turns: one that asks the library in `folder`, and the bare script."""
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(rounds):
        for script, seconds in ((_ASK, ours), (_BARE, bare)):
            with clocked(seconds):
                subprocess.run([sys.executable, "-c", script, folder, QUESTIONS[0]], check=True, capture_output=True)
    return ours, bare


def starting() -> None:
    """New processes of the command itself: `rag --help`, and `rag ask` against the bare script."""
    program = str(Path(sys.executable).with_name("rag"))
    with tempfile.TemporaryDirectory() as folder:
        with Library.open(folder, settings=Settings()) as library:
            library.add(bbc()[:30])
        commands = {
            "help": [program, "--help"],
            "ask": [program, "ask", "--library", folder, QUESTIONS[0]],
            "bare": [sys.executable, "-c", _BARE, folder, QUESTIONS[0]],
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for name, command in list(commands.items()) * 5:
            with clocked(seconds[name]):
                subprocess.run(command, check=True, capture_output=True)
        middle = {name: statistics.median(values) for name, values in seconds.items()}
    print(f"rag --help {middle['help']:.2f} s")
    ratio = middle["ask"] / middle["bare"]
    print(f"rag ask, cold, {middle['ask']:.2f} s: {ratio:.2f} of the {middle['bare']:.2f} s of a bare script")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000], metavar="CHUNKS")
    parser.add_argument("--rounds", type=int, default=5, help="of adding")
    parser.add_argument("--articles", type=int, default=600, help="of one round of adding")
    options = parser.parse_args()
    adding(options.rounds, options.articles)
    starting()
    growing(sorted(options.sizes))


if __name__ == "__main__":
    main()
