"""30 questions on one news article among 200 others: is each answered from the right sentence, or refused?

    python -m evals.seed_article [QUESTIONS.jsonl] [--verbose]

Eleven sets of 30 were written from the article alone. `seed_questions_a.jsonl` was looked at while
the engine was made, b and c were looked at later; the questions of d to k never were.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from evals.data import ROOT, bbc, data_folder
from rag import Answer, Library

GOLD = ROOT / "evals" / "gold"
DISTRACTORS = 200


def holds(answer: Answer, accept: Sequence[Sequence[str]]) -> bool:
    """Whether one cited quote holds all strings of one accepted way."""
    quotes = [citation.quote.casefold() for citation in answer.citations]
    return any(all(part.casefold() in quote for part in way) for way in accept for quote in quotes)


def main(arguments: Sequence[str]) -> None:
    """Ask every question of the files given, and print how many came out right."""
    files = [Path(name) for name in arguments if not name.startswith("-")]
    with tempfile.TemporaryDirectory() as folder, Library.open(folder) as library:
        library.add([data_folder() / "seed_article", *bbc()[:DISTRACTORS]])
        for file in files or sorted(GOLD.glob("seed_questions_*.jsonl")):
            right = answered = refused = total = 0
            for line in file.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                answer = library.ask(row["question"])
                total += row["answerable"]
                if row["answerable"]:
                    good = holds(answer, row["accept"])
                    right += good
                    answered += answer.status == "answered"
                else:
                    good = answer.status == "abstained"
                    refused += good
                if "--verbose" in arguments:
                    print(f"{'right' if good else 'WRONG'}  {row['question']}\n       {answer.text or answer.reason}")
            unanswerable = len(file.read_text(encoding="utf-8").splitlines()) - total
            print(
                f"{file.stem}: {right} of {total} answered with the fact in a cited sentence "
                f"({answered} answered at all); {refused} of {unanswerable} abstained"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
