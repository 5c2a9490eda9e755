"""Search beside that of others, with the same embedder, over the same texts, in one run.

    python -m evals.peers

Raw Chroma (vectors alone) and, where it is installed (`pip install txtai`, which brings PyTorch), txtai's hybrid search
with its own defaults. Questions of SQuAD 2.0 and MultiHop-RAG; an article is one text for the others, its title in
front, as it is what we embed of a chunk. The question's vector is made once, and its time is nobody's.
"""

from __future__ import annotations

import importlib.util
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from evals.data import Set, news, squad2
from evals.ranking import multihop
from evals.remembering import Remembering
from rag import Library
from rag.evaluation.metrics.retrieval import all_at, hits_at, recall_at, reciprocal_rank
from rag.retrieval.search import search

Articles = list[dict[str, object]]
Asked = list[tuple[str, frozenset[str]]]
Search = Callable[[str, NDArray[np.float32]], list[str]]
"""A question with its vector → the ids of the ten best articles."""

Build = Callable[[Articles, Remembering, str], Search]
"""Articles, the embedder and a folder to use → how to search them."""

K = 10


def ours(articles: Articles, embedder: Remembering, folder: str) -> Search:
    """This package."""
    library = Library.open(folder, embedder=embedder)
    library.add(articles)
    names = {info.id: library.article(info.id).key.removeprefix("id:") for info in library.articles()}

    def find(question: str, vector: NDArray[np.float32]) -> list[str]:
        hits = search(library._store, question, vector, k=2 * K).hits
        return list(dict.fromkeys(names[hit.article.id] for hit in hits))[:K]

    return find


def chroma(articles: Articles, embedder: Remembering, folder: str) -> Search:
    """Chroma with its own defaults but for cosine distance."""
    import chromadb
    from chromadb.config import Settings

    client = chromadb.PersistentClient(folder, settings=Settings(anonymized_telemetry=False))
    collection = client.create_collection(
        "articles", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
    )
    ids, texts = _texts(articles)
    collection.add(ids=ids, embeddings=embedder.embed(texts), documents=texts)

    def find(_: str, vector: NDArray[np.float32]) -> list[str]:
        return list(collection.query(query_embeddings=vector[None], n_results=K)["ids"][0])

    return find


def txtai(articles: Articles, embedder: Remembering, _: str) -> Search:
    """txtai's hybrid of vectors and BM25, with vectors of our embedder."""
    from txtai import Embeddings

    def transform(texts: list[str]) -> NDArray[np.float32]:  # a method of an object it would call without texts
        return embedder.embed(texts)

    index = Embeddings(method="external", transform=transform, hybrid=True)
    ids, texts = _texts(articles)
    index.index(zip(ids, texts, strict=True))

    def find(question: str, _: NDArray[np.float32]) -> list[str]:
        return [key for key, _ in index.search(question, K)]

    return find


def _texts(articles: Articles) -> tuple[list[str], list[str]]:
    return [str(row["id"]) for row in articles], [f"{row['title']}\n{row['text']}" for row in articles]


def figures(found: Sequence[tuple[list[str], frozenset[str]]]) -> list[float]:
    """Right first, MRR@10, hits@4, recall@10, all gold in ten."""
    each = [
        (
            hits_at(names, gold, 1),
            reciprocal_rank(names, gold, K),
            hits_at(names, gold, 4),
            recall_at(names, gold, K),
            all_at(names, gold, K),
        )
        for names, gold in found
    ]
    return [float(value) for value in np.mean(each, axis=0)]


def _answerable(given: Set) -> tuple[Articles, Asked]:
    articles, asked = given
    return articles, [(item.question, frozenset([item.article])) for item in asked if item.answerable]


def main() -> None:
    """Measure and print."""
    facts, several = multihop()
    data = {
        "squad2": _answerable(squad2()),
        "multihoprag": (facts, [(question, gold) for question, gold, _ in several if gold]),
        "our news": _answerable(news()),
    }
    systems: dict[str, Build] = {"rag": ours, "Chroma": chroma}
    if importlib.util.find_spec("txtai"):
        systems["txtai"] = txtai
    else:
        print("txtai is not installed: left out", file=sys.stderr)
    print(f"{'':22}{'first':>8}{'MRR@10':>8}{'hits@4':>8}{'R@10':>8}{'all':>8}{'p50':>10}")
    for name, (articles, asked) in data.items():
        embedder = Remembering()
        for system, build in systems.items():
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                find = build(articles, embedder, folder)
                found: list[tuple[list[str], frozenset[str]]] = []
                spent: list[float] = []
                for question, gold in asked:
                    vector = embedder.embed([question])[0]
                    started = time.perf_counter()
                    names = find(question, vector)
                    spent.append(time.perf_counter() - started)
                    found.append((names, gold))
            values = "".join(f"{value:8.3f}" for value in figures(found))
            print(f"{name:12}{system:10}{values}{statistics.median(spent) * 1000:7.1f} ms", flush=True)


if __name__ == "__main__":
    main()
