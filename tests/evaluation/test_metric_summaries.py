"""Metrics of summaries: ROUGE against another implementation, the others against their definitions."""

from __future__ import annotations

import re
import sys
from functools import cache
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.stem.porter import PorterStemmer
from rouge.rouge_score import rouge_l_summary_level, rouge_n

from rag.errors import ConfigError
from rag.evaluation.metrics import summaries
from rag.evaluation.metrics.summaries import Rouge, compression, nugget_recall, redundancy, rouge
from tests.conftest import SEEDS

VOCABULARY = """strike strikes striking struck march marched marching marches closure closed closing railway railways
police organisers organised organiser 6,500 20,000 people peoples' the of on Saturday saturday's against planned plans
valley town towns rail-closure U.S. relational hopping hoping hope skies dying happily agreed""".split()
FLAGS = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=12)


@cache
def stem(word: str) -> str:
    return str(PorterStemmer().stem(word)) if len(word) > 3 else word


def tokens(line: str) -> list[str]:
    """The words as Lin's script has them: runs of a–z and 0–9, those of more than three letters stemmed."""
    return [stem(word) for word in re.findall("[a-z0-9]+", line.lower())]


def drawn(random: Random, lines: int) -> str:
    return "\n".join(" ".join(random.choices(VOCABULARY, k=random.randint(1, 12))) + "." for _ in range(lines))


def f1(shared: int, one: int, other: int) -> float:
    return 2 * shared / (one + other) if shared else 0.0


def counted(score: dict[str, int]) -> float:
    return f1(score["overlap"], score["hyp"], score["ref"])


def test_rouge_agrees_with_another_implementation() -> None:
    """The package `rouge`, on the same words, with its n-grams counted as often as they occur."""
    for seed in range(300):
        random = Random(seed)
        text, reference = drawn(random, 1), drawn(random, 1)
        told, wanted = [" ".join(tokens(text))], [" ".join(tokens(reference))]
        options = {"raw_results": True, "exclusive": False}
        expected = Rouge(
            r1=counted(rouge_n(told, wanted, n=1, **options)),
            r2=counted(rouge_n(told, wanted, n=2, **options)),
            rl=counted(rouge_l_summary_level(told, wanted, **options)),
        )
        found = rouge(text, reference)
        assert (found.r1, found.r2, found.rl) == pytest.approx((expected.r1, expected.r2, expected.rl))


def common(one: list[str], other: list[str]) -> set[int]:
    """Places in `one` of a longest common subsequence; of several as good, that which uses `one` as early as it can."""

    @cache
    def best(i: int, j: int) -> int:
        if i == 0 or j == 0:
            return 0
        if one[i - 1] == other[j - 1]:
            return best(i - 1, j - 1) + 1
        return max(best(i - 1, j), best(i, j - 1))

    found = set()
    i, j = len(one), len(other)
    while i and j:
        if one[i - 1] == other[j - 1]:
            i, j = i - 1, j - 1
            found.add(i)
        elif best(i - 1, j) == best(i, j):
            i -= 1
        else:
            j -= 1
    return found


def union_lcs(text: str, reference: str) -> float:
    """Section 3.2 of Lin 2004: for each line of the reference the union of what it has in common with each line of
    the text; as in his script, no word of the text counts twice."""
    told, wanted = ([tokens(line) for line in lines.split("\n")] for lines in (text, reference))
    left = [word for line in told for word in line]
    size = len(left)
    shared = 0
    for line in wanted:
        for place in set().union(*(common(line, other) for other in told)):
            if line[place] in left:
                left.remove(line[place])
                shared += 1
    return f1(shared, size, sum(map(len, wanted)))


def test_rouge_of_several_lines_is_by_the_papers_definition() -> None:
    for seed in range(300):
        random = Random(seed)
        text, reference = drawn(random, random.randint(1, 4)), drawn(random, random.randint(2, 4))
        assert rouge(text, reference).rl == pytest.approx(union_lcs(text, reference))


def test_rouge_on_news() -> None:
    """Leads of the sample articles against each other, which share words as news does."""
    leads = [file.read_text()[:600] for file in sorted(SEEDS.glob("*.md"))]
    pairs = [(one, other) for one in leads for other in leads if one is not other][:30]
    assert len(pairs) == 30
    for one, other in pairs:
        assert rouge(one, other).rl == pytest.approx(union_lcs(one, other))


def test_rouge_stems_and_counts_and_ignores_case() -> None:
    assert rouge("The towns marched.", "the town marches") == Rouge(1.0, 1.0, 1.0)
    found = rouge("police police", "police")
    assert (found.r1, found.r2, found.rl) == pytest.approx((2 / 3, 0.0, 2 / 3))
    assert rouge("", "police") == rouge("police", "") == Rouge(0.0, 0.0, 0.0)


@given(st.text("abc \n", max_size=40), st.text("abc \n", max_size=40))
def test_rouge_keeps_its_bounds(text: str, reference: str) -> None:
    found = rouge(text, reference)
    assert all(0 <= value <= 1 + 1e-12 for value in (found.r1, found.r2, found.rl))
    assert found.rl <= found.r1 + 1e-12
    assert rouge(reference, text).r1 == pytest.approx(found.r1)


def test_where_the_package_is_missing_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rouge_score.rouge_scorer", None)
    summaries._scorer.cache_clear()
    with pytest.raises(ConfigError) as caught:
        rouge("one", "two")
    assert str(caught.value) == 'ROUGE needs the package rouge-score: pip install "rag[eval]"'


@pytest.mark.parametrize(
    ("said", "vital", "recalls"),
    [
        ([True, False, True], [True, True, False], (0.5, 2 / 3)),
        ([False, False, True], [True, True, False], (0.0, 1 / 3)),
        ([True, True], [True, True], (1.0, 1.0)),
        ([True, False], [False, False], (0.5, 0.5)),
        ([], [], (0.0, 0.0)),
    ],
)
def test_nugget_recall(said: list[bool], vital: list[bool], recalls: tuple[float, float]) -> None:
    assert nugget_recall(said, vital) == recalls


@given(FLAGS, st.randoms())
def test_nuggets_keep_their_bounds_in_any_order(flags: list[tuple[bool, bool]], random: Random) -> None:
    said, vital = [one for one, _ in flags], [other for _, other in flags]
    turned = random.sample(flags, len(flags))
    again = [one for one, _ in turned], [other for _, other in turned]
    assert nugget_recall(*again) == nugget_recall(said, vital)
    assert all(0 <= value <= 1 for value in nugget_recall(said, vital))


@pytest.mark.parametrize(
    ("sentences", "share"),
    [
        ([], 0.0),
        ([""], 0.0),
        (["One two three four."], 0.0),
        (["One two three four.", "One two three four."], 0.5),
        (["One, two three!", "Five one two three."], 1 / 3),
        # No trigram reaches from one sentence into the next.
        (["One two", "three one two three"], 0.0),
        (["He fled.", "He fled."], 0.5),
    ],
)
def test_redundancy(sentences: list[str], share: float) -> None:
    assert redundancy(sentences) == pytest.approx(share)


@given(st.lists(st.text("ab ", min_size=1, max_size=12), max_size=6), st.randoms())
def test_redundancy_keeps_its_bounds_in_any_order(sentences: list[str], random: Random) -> None:
    assert 0 <= redundancy(sentences) < 1
    assert redundancy(random.sample(sentences, len(sentences))) == redundancy(sentences)
    assert redundancy([*sentences, *sentences]) >= redundancy(sentences)


def test_compression() -> None:
    assert (compression(50, 500), compression(500, 500), compression(0, 500)) == (10.0, 1.0, 0.0)
