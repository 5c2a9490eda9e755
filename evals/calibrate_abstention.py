"""Fits the weights by which the extractive engine decides whether to answer at all.

    python -m evals.calibrate_abstention            report by cross-validation
    python -m evals.calibrate_abstention --write    and write rag/answering/abstention.json

Logistic regression with an L2 penalty by Newton's method (Hastie, Tibshirani, Friedman, "The
Elements of Statistical Learning", 4.4.1), both classes weighted equally, each data set too.
Reported figures come from folds that share no article with what was fitted.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.data import ROOT, Asked, bbc, clapnq, squad2
from rag.answering.abstention import SIGNS, signs
from rag.library import Library
from rag.models.embeddings import load_embedder
from rag.types import Embedder

Floats = NDArray[np.float64]
FOLDS = 8
PENALTY = 3.0
QUESTIONS = ROOT / "evals" / "gold" / "bbc_questions.jsonl"


def news() -> tuple[list[dict[str, object]], list[Asked]]:
    """Our own questions on BBC articles: half of them near misses that the article does not answer."""
    asked = []
    for line in QUESTIONS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        name = f"{row['category']}/{row['file']}"
        asked.append(Asked(row["question"], name, ((row["accept"][0][0], 0),) if row["answerable"] else (), name))
    return bbc(), asked


SETS: dict[str, Callable[[], tuple[list[dict[str, object]], list[Asked]]]] = {
    "squad2": squad2,
    "clapnq": clapnq,
    "news": news,
}


class Remembering(Embedder):
    """The bundled embedder, which embeds no text twice: the same sentences come up for many questions."""

    def __init__(self) -> None:
        self._inner = load_embedder()
        self._known: dict[str, NDArray[np.float32]] = {}

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def dimension(self) -> int:
        return self._inner.dimension

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed `texts`, from memory where they were seen before."""
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        self._known.update(zip(new, self._inner.embed(new), strict=True))
        return np.stack([self._known[text] for text in texts])


def observe(articles: list[dict[str, object]], asked: Sequence[Asked]) -> tuple[Floats, Floats]:
    """Signs of shape (questions, signs) and labels of shape (questions,), 1 for answerable."""
    with tempfile.TemporaryDirectory() as folder, Library.open(folder, embedder=Remembering()) as library:
        library.add(articles)
        observed = []
        for number, item in enumerate(asked):
            found = signs(*library.evidence(item.question))
            observed.append([found[name] for name in SIGNS])
            if number % 200 == 0:
                print(f"  {number} of {len(asked)}", file=sys.stderr)
    return np.array(observed), np.array([float(bool(item.answers)) for item in asked])


def fit(x: Floats, y: Floats, weights: Floats) -> Floats:
    """Coefficients of shape (signs + 1,), the bias last; `weights` are those of the rows."""
    x = np.hstack([x, np.ones((len(x), 1))])
    penalty = np.diag([PENALTY] * (x.shape[1] - 1) + [0.0])
    coefficients = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ coefficients))
        gradient = x.T @ (weights * (y - p)) - penalty @ coefficients
        hessian = (x * (weights * p * (1 - p))[:, None]).T @ x + penalty
        step = np.linalg.solve(hessian, gradient)
        coefficients += step
        if np.abs(step).max() < 1e-8:
            break
    return coefficients


def balanced(y: Floats) -> Floats:
    """Row weights that give both classes the same say, and every data set that of 1,000 rows."""
    return np.where(y == 1, 500 / (y == 1).sum(), 500 / (y == 0).sum())


def main(arguments: Sequence[str]) -> None:
    """Observe, cross-validate, report, and write with `--write`."""
    cache = Path(tempfile.gettempdir()) / "rag-abstention.npz"
    names = [name for name in SETS if name != "news" or QUESTIONS.exists()]
    parts = {}
    for name in names:
        print(name, file=sys.stderr)
        articles, asked = SETS[name]()
        x, y = observe(articles, asked)
        parts[name] = (x, y, np.array([f"{name}:{item.group}" for item in asked]))
    np.savez(cache, **{f"{name}_{place}": value for name, part in parts.items() for place, value in enumerate(part)})
    x, y = np.vstack([part[0] for part in parts.values()]), np.concatenate([part[1] for part in parts.values()])
    weights = np.concatenate([balanced(part[1]) for part in parts.values()])
    groups = np.concatenate([part[2] for part in parts.values()])
    where = np.concatenate([[name] * len(part[1]) for name, part in parts.items()])
    order = np.random.default_rng(0).permutation(np.unique(groups))
    fold = np.array([int(np.flatnonzero(order == group)[0]) % FOLDS for group in groups])
    probability = np.zeros(len(y))
    for number in range(FOLDS):
        held, rest = fold == number, fold != number
        coefficients = fit(x[rest], y[rest], weights[rest])
        probability[held] = 1 / (1 + np.exp(-np.hstack([x[held], np.ones((held.sum(), 1))]) @ coefficients))
    for threshold in (0.4, 0.45, 0.5, 0.55, 0.6):
        print(f"threshold {threshold}: answered when answerable / refused when not / balanced accuracy")
        for name in names:
            mine = where == name
            answered = (probability[mine & (y == 1)] >= threshold).mean()
            refused = (probability[mine & (y == 0)] < threshold).mean()
            print(f"  {name:8} {answered:.3f} / {refused:.3f} / {(answered + refused) / 2:.3f}")
    coefficients = fit(x, y, weights)
    fitted = dict(zip(SIGNS, coefficients[:-1].round(3).tolist(), strict=True))
    print(fitted)
    if "--write" in arguments:
        model = {"bias": round(float(coefficients[-1]), 3), "threshold": 0.5, "weights": fitted}
        file = ROOT / "rag" / "answering" / "abstention.json"
        file.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
