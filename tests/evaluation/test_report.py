"""The report: one page that loads nothing, holds every case, and lets no text of an article become markup."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest

from rag.evaluation.cases import AllOf, Case, Day, Expected, Figure, GoldTurn, Pattern, Words
from rag.evaluation.comparing import compare
from rag.evaluation.matching import worded
from rag.evaluation.outcomes import Outcome, Run, Scored
from rag.evaluation.plots import Bin, Spot, calibration, cost_against_quality, distribution
from rag.evaluation.report import render_report
from rag.showing import UNSAFE, clean
from rag.types import Answer, Article, Citation, Span, Statement
from tests.evaluation.build_runs import item, run

TEXT = "The bridge opened in March. <script>alert(1)</script> It cost 4 million. Nobody was hurt."
ARTICLE = Article.create(key="id:1", text=TEXT, title="Bridge <b>opens</b>", source="bridge.txt")
QUOTE = "It cost 4 million."
START = TEXT.index(QUOTE)
CASES = {
    "cost": Case(
        id="cost",
        file="facts.jsonl",
        line=1,
        turns=(
            GoldTurn("What did it cost?", Expected(answers=(Words("4 million"),), forbidden=(Words("5 million"),))),
        ),
        note="a <i>note</i>",
    ),
    "hurt": Case(id="hurt", file="facts.jsonl", line=2, turns=(GoldTurn("Who was hurt?", Expected(abstain=True)),)),
}


def answered(**changed: object) -> Scored:
    """The question about the cost, answered and right."""
    citation = Citation.of(ARTICLE, Span(START, START + len(QUOTE)), 1)
    answer = Answer(
        question="What did it cost?",
        status="answered",
        statements=(Statement(QUOTE, (1,), "verified", "word for word"),),
        citations=(citation,),
    )
    outcome = Outcome(id="cost", answer=answer, confidence=0.9, seconds=0.3)
    fields: dict[str, object] = {
        "outcome": outcome,
        "scores": {"correct": 1.0, "token_f1": 0.4, "over_refusal": 0.0, "seconds": 0.3},
    }
    return replace(item("cost"), **(fields | changed))  # type: ignore[arg-type]


def refused(**changed: object) -> Scored:
    """The question that nothing answers, refused and right."""
    scores = {"correct": 1.0, "false_answer": 0.0, "seconds": 0.1}
    outcome = replace(item("hurt").outcome, confidence=0.2, seconds=0.1)
    fields: dict[str, object] = {"outcome": outcome, "scores": scores}
    return replace(item("hurt"), **(fields | changed))  # type: ignore[arg-type]


SMALL = run(answered(), refused(), metrics={"correct": 1.0, "token_f1": 0.4})


def look(article_id: str, version: str) -> Article | None:
    return ARTICLE if (article_id, version) == (ARTICLE.id, ARTICLE.version) else None


class _Page(HTMLParser):
    """The tags of a page, what they refer to, and the text in marks and in cells of tables."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.marked: list[str] = []
        self.cells: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "action")]
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "mark":
            self.marked.append(data)
        if {"td", "th"} & set(self.open) and data.strip():
            self.cells.append(data.strip())


def test_the_page_runs_nothing_and_loads_nothing() -> None:
    other = replace(SMALL, started="2026-01-02T00:00:00+00:00", items=(answered(passed=False), refused()))
    page = _Page(render_report(SMALL, look, CASES, compare(other, SMALL), other=other))
    assert not {"script", "link", "img", "iframe", "object", "form", "base", "b", "i"} & set(page.tags)
    assert [link for link in page.links if not link.startswith("#")] == []


def test_what_an_article_holds_is_text_and_never_markup() -> None:
    page = render_report(SMALL, look, CASES)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "Bridge &lt;b&gt;opens&lt;/b&gt;" in page


def test_the_quote_is_marked_in_its_article_and_what_gold_wants_is_underlined() -> None:
    gold = {"cost": [(ARTICLE.id, Span(START, START + len("It cost")))]}
    page = render_report(SMALL, look, CASES, gold=gold)
    assert _Page(page).marked == ["What is cited", "It cost", " 4 million."]
    assert '<mark class="gold">It cost</mark><mark> 4 million.</mark> Nobody was hurt.' in page


def test_a_quote_whose_article_is_gone_is_shown_alone() -> None:
    page = render_report(SMALL, lambda *_: None, CASES)
    assert f"… <mark>{QUOTE}</mark> …" in page


def test_every_case_stands_there_with_why_it_failed() -> None:
    wrong = answered(passed=False, faults=("says what is forbidden: 5 million",))
    failed = refused(passed=False, outcome=Outcome(id="hurt", error="the server is down"))
    page = render_report(run(wrong, failed, metrics={"correct": 0.0}), look, CASES)
    for text in ("small: 0 of 2 right", "says what is forbidden: 5 million", "the server is down", "What did it cost?",
                 "that the articles do not say", "a &lt;i&gt;note&lt;/i&gt;"):  # fmt: skip
        assert text in page


def test_a_comparison_shows_what_flipped() -> None:
    before = run(answered(passed=False, faults=("says nothing",)), refused(), metrics={"correct": 0.5})
    page = render_report(SMALL, look, CASES, compare(before, SMALL), other=before)
    assert '<a href="#cost">cost</a>' in page
    assert "right now" in page
    assert "What flipped" not in render_report(SMALL, look, CASES)


def test_calibration_puts_confidence_beside_what_is_true() -> None:
    assert calibration(SMALL) == (Bin(0.2, 0.3, 1, 0.2, 0.0), Bin(0.9, 1.0, 1, 0.9, 1.0))
    # What failed, and what only must not be said, tell nothing of whether the articles answer.
    failed = refused(scores={"correct": 0.0}, outcome=replace(refused().outcome, answer=None, error="busy"))
    assert calibration(run(answered(), failed)) == calibration(run(answered()))
    silent = run(item("q"), metrics={})
    assert calibration(silent) == ()
    assert "this engine gives no confidence" in render_report(silent, look, {"q": replace(CASES["hurt"], id="q")})


def test_the_distribution_counts_every_item_that_has_a_time() -> None:
    bars = distribution(SMALL)
    assert (len(bars), bars[-1].high, sum(bar.count for bar in bars), sum(bar.right for bar in bars)) == (10, 0.5, 2, 2)
    assert distribution(run()) == ()


def test_cost_is_money_where_every_run_has_it_and_time_else() -> None:
    timed = cost_against_quality([SMALL])
    assert (timed.unit, timed.most) == ("seconds", 0.2)
    assert timed.spots[-1] == Spot("fact", 0.2, 1.0, 2)
    paid = run(answered(scores={"correct": 1.0, "cost_usd": 0.03}))
    assert cost_against_quality([paid]).unit == "dollars"
    assert cost_against_quality([SMALL, paid]).unit == "seconds"


def test_what_an_item_cost_that_nobody_knows_is_not_nothing() -> None:
    paid = answered(scores={"correct": 1.0, "cost_usd": 0.03}, tags=("fact",))
    unknown = refused(scores={"correct": 1.0}, tags=("free",), passed=False)
    costs = cost_against_quality([run(paid, unknown)])
    assert costs.spots == (Spot(costs.spots[0].label, 0.03, 0.5, 2, whole=True), Spot("fact", 0.03, 1.0, 1))


def test_tags_have_intervals() -> None:
    wrong = refused(passed=False, cluster="b")
    page = _Page(render_report(run(answered(), wrong), look, CASES))
    at = page.cells.index("fact")
    assert page.cells[at : at + 4] == ["fact", "0.500", "0.000 – 1.000", "2"]


@pytest.mark.parametrize(
    ("accepted", "words"),
    [
        (Words("31 houses"), "31 houses"),
        (Pattern("colli(ded|sion)"), "/colli(ded|sion)/"),
        (Figure(6500, 100, ("people", "marchers")), "6,500 ± 100 people/marchers"),
        (Figure(4.6), "4.6"),
        (Day(date(2025, 10, 18)), "2025-10-18"),
        (AllOf((Words("a"), Words("b"))), "a and b"),
    ],
)
def test_an_accepted_answer_in_words(accepted: Words, words: str) -> None:
    assert worded(accepted) == words


def test_a_run_without_items_has_a_page_too() -> None:
    empty: Run = run(metrics={})
    assert "small: 0 of 0 right" in render_report(empty, look, {})


def test_cases_of_the_split_test_are_counted_and_not_listed() -> None:
    wrong = answered(split="test", passed=False, faults=("says what is forbidden: 5 million",))
    mixed = run(wrong, refused(), metrics={"correct": 0.5})
    before = run(answered(split="test"), refused())
    page = render_report(mixed, look, CASES, compare(before, mixed), other=before)
    assert "Of the split test, 0 of 1 is right." in page
    assert "Nothing but cases of the split test." in page
    for told in ("What did it cost?", "5 million", "It cost 4 million.", 'id="cost"', "#cost"):
        assert told not in page
    assert "Who was hurt?" in page
    asked_for = render_report(replace(mixed, settings={"split": "test"}), look, CASES)
    assert "says what is forbidden: 5 million" in asked_for
    assert "Of the split test" not in asked_for


def test_no_character_turns_text_round_or_steers() -> None:
    bad = "\u202e\u2066\x1b\x9b\x00"
    wrong = answered(passed=False, faults=(f"says {bad}",), tags=(f"tag{bad}",))
    cases = {"cost": replace(CASES["cost"], note=f"note {bad}")}
    page = render_report(run(wrong, metrics={}), lambda *_: replace(ARTICLE, text=TEXT.replace("hurt", bad)), cases)
    assert not UNSAFE.search(page)
    assert f"<bdi>says {clean(bad)}</bdi>" in page
