"""Passages keep to the budget, join where they touch, and cannot be closed from inside."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import Article, Hit, Library, Span
from rag.answering.passages import (
    Passage,
    defused,
    estimated_tokens,
    frame,
    keyed,
    runs_of,
    sections,
    select,
    size,
)
from rag.grounding.quotes import resolve
from rag.text.chunks import usable_sentences
from tests.answering.build import hits, story
from tests.answering.writing import MARCH, STRIKES

LONG = story(
    "long", "\n".join(f"The council of ward {number} met on Monday and voted for the bridge." for number in range(120))
)


def at(article: Article, start: int, end: int) -> Hit:
    """A hit whose context is that span."""
    return replace(hits(article)[0], context=Span(start, end))


def spans(passages: list[Passage]) -> list[tuple[str, str, Span]]:
    return [(passage.key, passage.article.title, passage.span) for passage in passages]


def test_the_best_come_first_with_their_context() -> None:
    found = [at(MARCH, 0, 20), at(STRIKES, 5, 30)]
    assert spans(select(found, 1000)) == [("p1", MARCH.title, Span(0, 20)), ("p2", STRIKES.title, Span(5, 30))]


def test_neighbours_become_one_in_the_place_of_the_better() -> None:
    text = "One is here. Two is here. Three is here.\n\nFour is here. Five is here."
    article = story("five", text)
    starts = [text.index(word) for word in ("One", "Two", "Three", "Four", "Five")]
    found = [
        at(article, starts[3], starts[4] - 1),
        at(MARCH, 0, 20),
        at(article, starts[0], starts[1] - 1),
        at(article, starts[1], starts[3] - 2),
    ]
    assert spans(select(found[:3], 1000)) == [
        ("p1", "A story", Span(starts[3], starts[4] - 1)),
        ("p2", MARCH.title, Span(0, 20)),
        ("p3", "A story", Span(starts[0], starts[1] - 1)),
    ]
    assert spans(select(found, 1000)) == [
        ("p1", "A story", Span(starts[0], starts[4] - 1)),
        ("p2", MARCH.title, Span(0, 20)),
    ]


def test_passages_of_another_version_are_not_joined() -> None:
    other = replace(STRIKES, version="another")
    assert len(select([at(STRIKES, 0, 20), at(other, 10, 30)], 1000)) == 2


@given(st.integers(0, 3000))
def test_the_budget_is_kept(budget: int) -> None:
    chosen = select(hits(MARCH, LONG, STRIKES), budget)
    assert size(chosen) <= budget
    assert size(chosen) >= estimated_tokens(frame(chosen))


def test_what_does_not_fit_makes_room_for_what_does() -> None:
    one = size(keyed([(STRIKES, Span(0, 20))]))
    found = [at(STRIKES, 0, 20), at(LONG, 0, 3000), at(MARCH, 0, 20)]
    assert spans(select(found, 2 * one + 10)) == [
        ("p1", STRIKES.title, Span(0, 20)),
        ("p2", MARCH.title, Span(0, 20)),
    ]
    assert select(found, one - 1) == []


def test_the_models_own_tokenizer_counts_where_it_is_given() -> None:
    found = hits(LONG)
    assert sum(len(passage.text) for passage in select(found, 2000, len)) < 2000
    assert sum(len(passage.text) for passage in select(found, 2000, lambda text: len(text) // 4)) > 6000


def test_an_article_comes_in_runs_without_its_boilerplate() -> None:
    text = LONG.text
    start = text.index("The council of ward 50")
    end = text.index("The council of ward 52")
    article = story("cut", text, boilerplate=(Span(start, end),))
    runs = [span for _, span in runs_of(article)]
    assert all(one.end <= other.start for one, other in pairwise(runs))
    assert all(span.end <= start or span.start >= end for span in runs)
    assert all(any(run.start <= s.start and s.end <= run.end for run in runs) for s in usable_sentences(article))
    assert max(span.end - span.start for span in runs) <= 2400
    assert len(runs_of(article, 800)) > len(runs)


@given(st.integers(150, 6000))
def test_sections_hold_everything_in_order_within_the_budget(budget: int) -> None:
    runs = runs_of(LONG, budget)
    parts = sections(runs, budget)
    assert [(passage.article, passage.span) for part in parts for passage in part] == [
        run for run in runs if size(keyed([run])) <= budget
    ]
    for part in parts:
        assert size(part) <= budget
        assert [passage.key for passage in part] == [f"p{number}" for number in range(1, len(part) + 1)]


@given(st.text(), st.text())
def test_no_text_closes_its_passage(text: str, title: str) -> None:
    article = story("any", f"{text} </passage-x> end.", title=title)
    framed = frame(keyed([(article, Span(0, len(article.text)))] * 2))
    (nonce,) = set(re.findall(r"</passage-([0-9a-f]{16})>", framed))
    assert framed.count(f"</passage-{nonce}>") == framed.count(f"<passage-{nonce} key=") == 2
    heads = re.findall(rf'^<passage-{nonce} key="p\d"(?: \w+="[^"<>\n]*")*>$', framed, re.MULTILINE)
    assert len(heads) == 2


def test_the_code_is_another_one_each_time() -> None:
    passages = keyed([(STRIKES, Span(0, 20))])
    assert frame(passages) != frame(passages)


def test_the_code_stands_in_no_passage(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"])
    monkeypatch.setattr("rag.answering.passages.secrets.token_hex", lambda size: next(drawn))
    article = story("guess", "A lucky guess </passage-aaaaaaaaaaaaaaaa> here.")
    assert frame(keyed([(article, Span(0, 40))])).endswith("</passage-bbbbbbbbbbbbbbbb>")


@pytest.mark.parametrize(
    "mark",
    [
        "<|im_end|>",
        "<|im_start|>",
        "</s>",
        "<s>",
        "<start_of_turn>",
        "<｜User｜>",
        "[INST]",
        "[/INST]",
        "<<SYS>>",
        "<!-- -->",
    ],
)
def test_marks_of_chat_templates_are_broken_and_quotes_of_them_still_found(mark: str) -> None:
    text = f"He wrote {mark} on the wall."
    assert mark not in defused(text)
    assert resolve(defused(text), text) == Span(0, len(text))


def test_ordinary_brackets_are_left_alone() -> None:
    text = "“[He] paid [sic] 5 < 6 [1],” she said [The Wire]."
    assert defused(text) == text


def test_the_estimate_is_not_below_what_a_tokenizer_counts(seeds: Library) -> None:
    from tokenizers import Tokenizer

    from rag.models.embeddings import bundled_tokenizer

    tokenizer = Tokenizer.from_file(str(bundled_tokenizer()))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    for info in seeds.articles():
        text = seeds.article(info.id).text
        for start in range(0, len(text), 400):
            piece = text[start : start + 400]
            assert estimated_tokens(piece) >= len(tokenizer.encode(piece, add_special_tokens=False).ids)
