"""Fits the weights by which the extractive engine ranks sentences, heeds the reader, and decides to answer.

    python -m evals.calibrate            report by cross-validation over articles
    python -m evals.calibrate --write    and write rag/answering/fitted.json

Ranking is a listwise softmax (Cao et al., "Learning to Rank", ICML 2007) over the candidate
sentences of a question; the decision is logistic regression (Hastie, Tibshirani, Friedman, "The
Elements of Statistical Learning", 4.4.1). Ranking goes by SQuAD 2.0 and our news questions, the
decision by all but SQuAD 2.0; each data set and each class has the same say. What is reported comes
from folds that share no article with what was fitted. Our own news questions are those on articles
that the reader was not trained on; of SQuAD 2.0 and of MultiHop-RAG's answerable questions it is
every third, which saves half an hour. Which passages are read is decided by the weights that ship,
in every fold.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evals.data import ROOT, Asked, Set, absent, clapnq, news, squad2
from evals.ranking import multihop
from evals.reader.data import held_out
from evals.remembering import Remembering
from rag.answering.abstention import SIGNS, signs
from rag.answering.evidence import TRAITS, Evidence
from rag.answering.questions import Question
from rag.library import Library

Floats = NDArray[np.float64]
FOLDS, STEPS, PENALTY = 6, 300, 3.0
THRESHOLD = 0.5
"""Answering wrongly and refusing wrongly weigh the same."""


@dataclass(frozen=True)
class Case:
    """A question with its candidate sentences, and which of them hold the answer (1 or 0)."""

    asked: Asked
    data: str
    question: Question
    evidence: list[Evidence]
    holds: Floats


def observe(data: str, articles: list[dict[str, object]], asked: Iterable[Asked], embedder: Remembering) -> list[Case]:
    """Ask every question of a library of these articles."""
    cases = []
    with tempfile.TemporaryDirectory() as folder, Library.open(folder, embedder=embedder) as library:
        library.add(articles)
        for item in asked:
            question, evidence = library.evidence(item.question)
            holds = [float(e.article.key == f"id:{item.article}" and item.answered_by(e.text)) for e in evidence]
            cases.append(Case(item, data, question, evidence, np.array(holds)))
            if len(cases) % 500 == 0:
                print(f"  {data}: {len(cases)}", file=sys.stderr)
    return cases


def fit_ranking(cases: Sequence[Case]) -> dict[str, float]:
    """Weights that make a sentence that holds the answer the likeliest of its question's candidates."""
    cases = [case for case in cases if case.holds.any() and case.data in ("squad2", "news")]
    width = max(len(case.evidence) for case in cases)
    x, mask, good = (
        np.zeros((len(cases), width, len(TRAITS))),
        np.zeros((len(cases), width)),
        np.zeros((len(cases), width)),
    )
    for row, case in enumerate(cases):
        x[row, : len(case.evidence)] = [[item.traits[name] for name in TRAITS] for item in case.evidence]
        mask[row, : len(case.evidence)] = 1
        good[row, : len(case.holds)] = case.holds
    centre, scale = x[mask == 1].mean(axis=0), x[mask == 1].std(axis=0)
    x = (x - centre) / scale * mask[:, :, None]
    share = {name: len(cases) / sum(case.data == name for case in cases) for name in {case.data for case in cases}}
    say = np.array([share[case.data] for case in cases])[:, None]
    weights, momentum, spread = np.zeros(len(TRAITS)), np.zeros(len(TRAITS)), np.zeros(len(TRAITS))
    for _ in range(STEPS):  # Adam (Kingma and Ba, 2015) on a concave-enough likelihood
        odds = np.exp(x @ weights - (x @ weights).max(axis=1, keepdims=True)) * mask
        chance = odds / odds.sum(axis=1, keepdims=True)
        wanted = chance * good / (chance * good).sum(axis=1, keepdims=True)
        gradient = np.einsum("ij,ijk->k", (wanted - chance) * say, x) - PENALTY * weights
        momentum = 0.9 * momentum + 0.1 * gradient
        spread = 0.99 * spread + 0.01 * gradient**2
        weights = weights + 0.05 * momentum / (np.sqrt(spread) + 1e-8)
    return dict(zip(TRAITS, (weights / scale).round(3).tolist(), strict=True))


def fit_reading(cases: Sequence[Case], ranking: dict[str, float]) -> float:
    """The reader's weight beside the ranking that most often brings a sentence to the front that holds the answer."""
    cases = [case for case in cases if case.holds.any()]
    sets = [[case for case in cases if case.data == name] for name in ("squad2", "news")]

    def right(weight: float) -> float:
        return sum(
            float(np.mean([case.holds[np.argmax(worths(case, ranking, weight))] for case in part])) for part in sets
        )

    return max((0.25 * step for step in range(13)), key=right)


def worths(case: Case, ranking: dict[str, float], reading: float) -> Floats:
    """What each candidate is worth by these weights; what was not read comes after what was."""
    scores = np.array([sum(ranking[name] * item.traits[name] for name in TRAITS) for item in case.evidence])
    read = [-1000.0 if item.answers is None else reading * item.answers for item in case.evidence]
    result: Floats = scores + np.array(read)
    return result


def ranked(case: Case, ranking: dict[str, float], reading: float) -> Case:
    """The case with its candidates put in the order of these weights."""
    order = np.argsort(-worths(case, ranking, reading), kind="stable")
    return replace(case, evidence=[case.evidence[place] for place in order], holds=case.holds[order])


def fit_abstention(cases: Sequence[Case]) -> tuple[dict[str, float], float]:
    """Logistic weights of the signs and the bias, by Newton's method; `cases` are ranked.

    SQuAD's unanswerable questions are made so that their own paragraph seems to answer them; they only
    measure. Every other data set and each of its classes has the same say.
    """
    cases = [case for case in cases if case.data != "squad2"]
    x, y = _signs(cases), np.array([float(case.asked.answerable) for case in cases])
    names = [(case.data, case.asked.answerable) for case in cases]
    counts = {name: names.count(name) for name in set(names)}
    weights = np.array([500 / counts[name] for name in names])
    penalty = np.diag([PENALTY] * len(SIGNS) + [0.0])
    coefficients = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ coefficients))
        hessian = (x * (weights * p * (1 - p))[:, None]).T @ x + penalty
        coefficients += np.linalg.solve(hessian, x.T @ (weights * (y - p)) - penalty @ coefficients)
    return dict(zip(SIGNS, coefficients[:-1].round(3).tolist(), strict=True)), round(float(coefficients[-1]), 3)


def _signs(cases: Sequence[Case]) -> Floats:
    """An array of shape (cases, signs + 1), the last column being that of the bias."""
    rows = []
    for case in cases:
        found = signs(case.question, case.evidence)
        rows.append([*(found[name] for name in SIGNS), 1.0])
    return np.array(rows)


def probability(cases: Sequence[Case], model: tuple[dict[str, float], float]) -> Floats:
    """The estimated probability of each case that its best evidence answers it."""
    result: Floats = 1 / (1 + np.exp(-_signs(cases) @ np.array([*model[0].values(), model[1]])))
    return result


def report(cases: Sequence[Case], estimated: Floats) -> None:
    """Print what folds that were not fitted on reached, by data set."""
    y = np.array([case.asked.answerable for case in cases])
    where = np.array([case.data for case in cases])
    for name in sorted(set(where)):
        found = [case for case in cases if case.data == name and case.asked.answerable]
        first, three = (np.mean([case.holds[:n].any() for case in found]) for n in (1, 3))
        positive, negative = estimated[(where == name) & y], estimated[(where == name) & ~y]
        area = np.mean(positive[:, None] > negative[None, :])
        print(
            f"{name}: {len(found)} answerable, {len(negative)} not; answer in the best sentence {first:.3f}, "
            f"in the best three {three:.3f}; area under the curve {area:.3f}"
        )
        for threshold in (0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6):
            answered, refused = (positive >= threshold).mean(), (negative < threshold).mean()
            print(
                f"   threshold {threshold:.2f}: answered {answered:.3f}, refused {refused:.3f}, "
                f"balanced accuracy {(answered + refused) / 2:.3f}"
            )


def sets() -> dict[str, Set]:
    """What is fitted on and reported, by name."""
    found = {"squad2": squad2(), "clapnq": clapnq(), "news": news(), "absent": absent()}
    for data in ("news", "absent"):
        articles, asked = found[data]
        found[data] = articles, [item for item in asked if held_out(item.article)]
    articles, asked = found["squad2"]
    found["squad2"] = articles, asked[::3]
    facts, questions = multihop()
    found["multihoprag"] = (
        facts,
        [
            Asked(question, min(gold, default=""), (("",),) if gold else (), group)
            for number, (question, gold, group) in enumerate(questions)
            if not gold or number % 3 == 0
        ],
    )
    return found


def main(arguments: Sequence[str]) -> None:
    """Observe, cross-validate, report, and write with `--write`."""
    embedder = Remembering()
    cases: list[Case] = []
    for data, (articles, asked) in sets().items():
        cases += observe(data, articles, asked, embedder)
    cases = [case for case in cases if case.evidence]
    groups = [case.asked.group for case in cases]
    fold = dict(zip(sorted(set(groups)), np.random.default_rng(0).permutation(len(set(groups))) % FOLDS, strict=True))
    tested: list[Case] = []
    estimated: list[Floats] = []
    for number in range(FOLDS):
        held = [case for case, group in zip(cases, groups, strict=True) if fold[group] == number]
        rest = [case for case, group in zip(cases, groups, strict=True) if fold[group] != number]
        ranking = fit_ranking(rest)
        reading = fit_reading(rest, ranking)
        held = [ranked(case, ranking, reading) for case in held]
        model = fit_abstention([ranked(case, ranking, reading) for case in rest])
        tested += held
        estimated.append(probability(held, model))
    report(tested, np.concatenate(estimated))
    if "--write" in arguments:
        ranking = fit_ranking(cases)
        reading = fit_reading(cases, ranking)
        abstention, bias = fit_abstention([ranked(case, ranking, reading) for case in cases])
        fitted = {
            "ranking": ranking,
            "reading": round(reading, 2),
            "abstention": abstention,
            "bias": bias,
            "threshold": THRESHOLD,
        }
        (ROOT / "rag" / "answering" / "fitted.json").write_text(json.dumps(fitted, indent=1) + "\n", encoding="utf-8")
        print(fitted)


if __name__ == "__main__":
    main(sys.argv[1:])
