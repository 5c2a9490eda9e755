"""Replies of a language model over the sample articles: are false ones withheld, and honest ones let through?

    python -m evals.replies [FILES] [--verbose] [--plain]

Each line of a file is one statement with the quotes that it cites. The false files are those with
`adversarial` in their name: none of theirs may count as verified. The bundled embedder confirms
paraphrases, as it does in the library; not with ``--plain``.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.data import ROOT
from rag import Article, Settings
from rag.grounding.coverage import Similarity
from rag.grounding.quotes import resolve
from rag.grounding.statements import check_statement
from rag.grounding.verdict import Evidence, Verdict
from rag.models.embeddings import load_embedder
from rag.sources.reading import read
from rag.types import Embedder

GOLD = ROOT / "evals" / "gold"
SEEDS = ROOT / "seeds"


@dataclass(frozen=True, slots=True)
class Judged:
    """A reply and the verdict on it."""

    id: str
    kind: str
    text: str
    verdict: Verdict


def articles() -> dict[str, Article]:
    """The sample articles by file name."""
    return {Path(item.source).name: item.article for item in read([SEEDS], Settings()) if item.article}


def judge(row: dict[str, Any], held: dict[str, Article], similarity: Similarity | None = None) -> Judged:
    """Resolve the quotes of one reply and check its statement by them."""
    evidence = []
    for quote in row["quotes"]:
        article = held[quote["article"]]
        span = resolve(quote["quote"], article.text)
        if span is None:
            missing = Verdict("unsupported", f"the article does not hold the quote “{quote['quote'][:60]}”")
            return Judged(row["id"], row["kind"], row["text"], missing)
        evidence.append(Evidence(article, span))
    return Judged(row["id"], row["kind"], row["text"], check_statement(row["text"], evidence, similarity))


def judged(file: Path, held: dict[str, Article], similarity: Similarity | None = None) -> Iterator[Judged]:
    """The verdict on every reply of a file."""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield judge(json.loads(line), held, similarity)


def likeness(embedder: Embedder) -> Similarity:
    """The cosine of two texts' vectors."""

    def compare(text: str, others: Sequence[str]) -> list[float]:
        vectors = embedder.embed([text, *others])
        return [float(vectors[0] @ other) for other in vectors[1:]]

    return compare


def table(results: Sequence[Judged]) -> str:
    """Verdicts by kind, and in all."""
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for item in results:
        kinds[item.kind][item.verdict.support] += 1
        kinds["all"][item.verdict.support] += 1
    names = ("verified", "partial", "unsupported")
    lines = [f"{'kind':44}" + "".join(f"{name:>13}" for name in names)]
    total = kinds.pop("all", Counter())
    for kind, counts in (*sorted(kinds.items()), ("all", total)):
        lines.append(f"{kind:44}" + "".join(f"{counts[name]:13}" for name in names))
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> None:
    """Print a table for each file; with ``--verbose``, each reply that came out otherwise than it should."""
    held = articles()
    similarity = None if "--plain" in arguments else likeness(load_embedder())
    files = [Path(name) for name in arguments if not name.startswith("-")]
    for file in files or sorted(GOLD.glob("replies_*_dev.jsonl")):
        results = list(judged(file, held, similarity))
        print(f"{file.stem}\n{table(results)}\n")
        false = "adversarial" in file.stem
        for item in results if "--verbose" in arguments else ():
            if (item.verdict.support != "unsupported") == false:
                print(f"{item.verdict.support:11} {item.id} [{item.kind}] {item.text}\n{'':12}{item.verdict.check}")


if __name__ == "__main__":
    main(sys.argv[1:])
