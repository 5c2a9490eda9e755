"""Finds sentences that the reader takes for answers, wrongly: what it may learn most from next.

    python -m evals.reader.mine --start CHECKPOINT [--questions 10000] [--near .75] [--seed 0] FILE

Each question is read against the whole of its article, as in use, and not only against the sentence that its
writer held for the most tempting one. Kept are, as JSON Lines, the surest sentence of a near miss when the reader
holds it for an answer or nearly so, and the surest wrong one of a question with an answer when it is put well
before the right one. On two cores a thousand questions take some 80 seconds.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

from evals.reader.data import Example, training

NEARLY = -1.5
"""Log-odds above which a near miss is worth reading again."""
BEFORE, AT_ALL = 1.0, -2.0
"""By how much a wrong sentence must stand before the right one, and at which log-odds."""


def tempting(example: Example, odds: Mapping[int, float]) -> int | None:
    """The wrong sentence that is worth reading again, by the log-odds of all of them; None where there is none."""
    wrong = [number for number in odds if number not in example.answers]
    if not wrong:
        return None
    worst = max(wrong, key=lambda number: odds[number])
    right = [odds[number] for number in example.answers if number in odds]
    least = max(AT_ALL, max(right) + BEFORE) if right else NEARLY
    return worst if odds[worst] > least else None


def drawn(examples: Sequence[Example], count: int, near: float, seed: int) -> list[Example]:
    """`count` of the examples at random, of which the share `near` has no answer."""
    draw = random.Random(seed)
    without, answered = ([example for example in examples if bool(example.answers) is kind] for kind in (False, True))
    some = round(count * near)
    taken = [*draw.sample(without, min(some, len(without))), *draw.sample(answered, min(count - some, len(answered)))]
    draw.shuffle(taken)
    return taken


def main() -> None:
    """Read as the arguments say, and write what was found."""
    from evals.reader.train import Trainer

    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--start", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=10_000)
    parser.add_argument("--near", type=float, default=0.75, help="the share of near misses")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    kept = 0
    with args.file.open("w", encoding="utf-8") as out:
        asked = drawn(training(), args.questions, args.near, args.seed)
        for done, (example, odds) in enumerate(Trainer(args.start).odds(asked), 1):
            if (sentence := tempting(example, odds)) is not None:
                row = {"article": example.article, "question": example.question, "sentence": sentence}
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
                kept += 1
            if done % 500 == 0:
                print(f"{done} of {len(asked)} read, {kept} kept", flush=True)


if __name__ == "__main__":
    main()
