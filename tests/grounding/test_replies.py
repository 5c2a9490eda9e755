"""Floors on the replies that the checks were made with: none false verified, few honest ones lost."""

from __future__ import annotations

from collections import Counter

import pytest

from evals.replies import GOLD, articles, judged
from rag import Article

FALSE, HONEST = GOLD / "replies_adversarial_dev.jsonl", GOLD / "replies_honest_dev.jsonl"


@pytest.fixture(scope="module")
def held() -> dict[str, Article]:
    return articles()


def test_no_false_reply_is_verified(held: dict[str, Article]) -> None:
    results = list(judged(FALSE, held))
    assert [item.id for item in results if item.verdict.support == "verified"] == []
    assert Counter(item.verdict.support for item in results)["unsupported"] >= 0.88 * len(results)


def test_honest_replies_pass(held: dict[str, Article]) -> None:
    results = list(judged(HONEST, held))
    assert Counter(item.verdict.support for item in results)["unsupported"] <= 0.1 * len(results)
