"""Answers in the articles' own sentences: what is said, what is withheld, what is declined."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import Answer, Article, Citation, Span, Statement
from rag.answering.extractive import MAX_STATEMENTS, answer
from rag.answering.sayings import NEAREST
from rag.text.chunks import usable_sentences
from rag.text.normalize import normalise
from tests.answering.build import ask, evidence, holding, question, story

COUNCIL = story(
    "council",
    "The council of Varrow met on Monday. It approved a budget of 4 million for the harbour.\n\n"
    'Mayor Quillon was pleased. "We waited long. We can build now," she said.\n\n'
    "Swimmers gathered outside the hall.",
)
COPY = story("copy", "VARROW — The council of Varrow met on Monday. It approved a budget of 4 million for the harbour.")
GERMAN = story("de", "Der Rat von Varrow tagte am Montag und beschloss den Haushalt.", language="de")


def consistent(given: Answer, *articles: Article) -> None:
    """What holds of every answer from `articles`."""
    held = holding(articles)
    for cited in (*given.citations, *given.nearest):
        article = held(cited.article_id, cited.version)
        assert article is not None
        assert cited == Citation.of(article, Span(cited.start, cited.end), cited.number)
        assert cited.quote.strip()
        assert not any(cited.start < end and start < cited.end for start, end in article.boilerplate)
    numbers = [citation.number for citation in given.citations]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [number for statement in given.statements for number in statement.citations] == numbers
    for statement in given.statements:
        assert statement.text == " ".join(given.citations[statement.citations[0] - 1].quote.split())
        assert statement.support in ("verified", "partial")
        assert statement.check
    assert (given.status == "answered") == bool(given.statements) == (given.reason is None)
    assert len(given.statements) <= MAX_STATEMENTS
    assert len(given.nearest) <= NEAREST


def test_an_answer_is_a_sentence_with_its_citation() -> None:
    given = ask("Who gathered outside the hall?", COUNCIL)
    consistent(given, COUNCIL)
    assert given.statements[0] == Statement(
        "Swimmers gathered outside the hall.", (1,), "verified", "the article's own words"
    )
    assert given.text.startswith("Swimmers gathered outside the hall. [1]")


def test_a_sentence_that_points_back_is_said_with_the_one_before() -> None:
    given = ask("What budget was approved for the harbour?", COUNCIL)
    consistent(given, COUNCIL)
    assert given.statements[0].text == (
        "The council of Varrow met on Monday. It approved a budget of 4 million for the harbour."
    )


@pytest.mark.parametrize("asked", ["Who waited long?", "Can we build now?"])
def test_a_quotation_is_said_whole(asked: str) -> None:
    given = ask(asked, COUNCIL)
    consistent(given, COUNCIL)
    assert given.statements[0].text.endswith('"We waited long. We can build now," she said.')


def test_the_same_sentence_in_two_articles_is_said_once_with_two_citations() -> None:
    text = "The council of Varrow approved a budget of 4 million for the harbour on Monday."
    one, other = story("one", text), story("other", f"{text} Nobody spoke against it.")
    given = ask("What budget did the council approve for the harbour?", one, other)
    consistent(given, one, other)
    assert given.statements[0].text == text
    assert {given.citations[number - 1].article_id for number in given.statements[0].citations} == {one.id, other.id}
    assert sum(statement.text == text for statement in given.statements) == 1


def test_two_figures_are_two_statements() -> None:
    text = "About {} people marched through the capital on Saturday, according to those who counted."
    one, other = story("one", text.format("6,500")), story("other", text.format("20,000"))
    given = ask("How many people marched through the capital?", one, other)
    consistent(given, one, other)
    assert sorted(statement.text for statement in given.statements) == sorted([one.text, other.text])
    assert [len(statement.citations) for statement in given.statements] == [1, 1]


def test_nothing_is_said_twice() -> None:
    article = story("a", "He left. He left. The council of Varrow met. It met in the hall. It met at noon.")
    given = ask("When did the council of Varrow meet in the hall?", article)
    consistent(given, article)
    spans = [(citation.start, citation.end) for citation in given.citations]
    assert all(end <= start for (_, end), (start, _) in zip(sorted(spans), sorted(spans)[1:], strict=False))


def test_a_headline_is_no_statement() -> None:
    article = story(
        "a", "Council approves the harbour budget\n\nThe vote was close.", title="Council approves the harbour budget"
    )
    assert [item.text for item in evidence("Did the council approve the harbour budget?", article)] == [
        "The vote was close."
    ]


def test_another_language_is_quoted_and_said_to_be_unchecked() -> None:
    given = ask("Was beschloss der Rat von Varrow?", GERMAN)
    consistent(given, GERMAN)
    assert given.statements == (
        Statement(GERMAN.text, (1,), "partial", "the article's own words, in a language the checks do not read (de)"),
    )


# Between finding and saying ---------------------------------------------------------------


def changed(article: Article) -> Article:
    """What a broken store would give: another text under the same version."""
    other = Article.create(key=article.key, text=article.text.replace("a", "e"), title="A story", source="x")
    assert other.id == article.id
    return other


@pytest.mark.parametrize(
    ("lookup", "check"),
    [
        (lambda *_: None, "the cited version of the article is not there"),
        (lambda *_: changed(COUNCIL), "the quote does not stand at its place in the article"),
    ],
    ids=["removed", "changed"],
)
def test_what_is_gone_when_it_is_checked_is_withheld(lookup: object, check: str) -> None:
    given = ask("Who gathered outside the hall?", COUNCIL, lookup=lookup)  # type: ignore[arg-type]
    assert (given.status, given.reason, given.text, given.statements, given.citations) == (
        "abstained",
        "not_stated",
        "",
        (),
        (),
    )
    assert given.withheld[0].text == "Swimmers gathered outside the hall."
    assert {item.check for item in given.withheld} == {check}


def test_what_is_gone_is_not_among_the_nearest() -> None:
    assert ask("Who gathered outside the hall?", COUNCIL, lookup=lambda *_: None).nearest == ()


def test_what_is_left_is_said() -> None:
    text = "About {} people marched through the capital on Saturday, according to those who counted."
    one, other = story("one", text.format("6,500")), story("other", text.format("20,000"))
    given = ask("How many people marched through the capital?", one, other, lookup=holding([other]))
    consistent(given, other)
    assert [statement.text for statement in given.statements] == [other.text]
    assert [item.text for item in given.withheld] == [one.text]
    assert given.status == "answered"


# Declining --------------------------------------------------------------------------------


def test_no_evidence_is_no_match() -> None:
    assert answer(question("Why?"), [], holding([])) == Answer(question="Why?", status="abstained", reason="no_match")


WHEN = "When did the council of Varrow meet?"


@pytest.mark.parametrize(("estimate", "status"), [(0.0, "abstained"), (1.0, "answered")])
def test_the_estimate_decides(estimate: float, status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.answering.extractive.answerable", lambda *_: estimate)
    given = answer(question(WHEN), evidence(WHEN, COUNCIL), holding([COUNCIL]))
    consistent(given, COUNCIL)
    assert given.status == status
    # Switched off, it decides nothing.
    assert answer(question(WHEN), evidence(WHEN, COUNCIL), holding([COUNCIL]), abstain=False).status == "answered"


def test_how_many_is_not_answered_without_a_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    """However near a sentence is otherwise."""
    monkeypatch.setattr("rag.answering.extractive.answerable", lambda *_: 1.0)
    asked = "How many swimmers gathered outside the hall?"
    article = story("a", "Swimmers gathered outside the hall. The mayor was pleased.")
    given = answer(question(asked), evidence(asked, article), holding([article]))
    assert (given.status, given.reason, given.text) == ("abstained", "not_stated", "")


@pytest.mark.parametrize(
    ("asked", "reason"), [("Who gathered outside the hall?", "not_stated"), ("Zanzibar?", "no_match")]
)
def test_an_abstention_shows_the_nearest(asked: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.answering.extractive.answerable", lambda *_: 0.0)
    found = evidence(asked, COUNCIL)
    given = answer(question(asked), found, holding([COUNCIL]))
    consistent(given, COUNCIL)
    assert (given.status, given.reason, given.text, given.citations) == ("abstained", reason, "", ())
    assert given.nearest == tuple(
        Citation.of(item.article, item.span, number) for number, item in enumerate(found[:NEAREST], 1)
    )


PIECES = st.sampled_from(
    [
        "The council of Varrow met on Monday. ",
        "He approved a budget of 4 million. ",
        '"We met. ',
        'We left," she said. ',
        "\n\n",
        "Who gathered outside the hall? ",
        "Swimmers gathered outside the hall. ",
        "“It is over.” ",
        "北京市长宣布。",
        "$4.6 million (about half) was paid; ",
        "Sign up! ",
    ]
)
TEXTS = st.lists(PIECES, min_size=1, max_size=12).map("".join).map(normalise).filter(bool)


@settings(deadline=None, max_examples=60)
@given(st.lists(TEXTS, min_size=1, max_size=3), st.one_of(PIECES, st.text(max_size=30)), st.data())
def test_every_answer_is_consistent(texts: list[str], asked: str, data: st.DataObject) -> None:
    """Any texts, any question, any boilerplate: every citation exact, every number used once."""
    articles = []
    for number, text in enumerate(texts):
        # Whole paragraphs: tests/answering/test_units.py tells what becomes of boilerplate within one.
        paragraphs = data.draw(st.sets(st.sampled_from([part for part in text.split("\n") if part])))
        starts = sorted(text.index(paragraph) for paragraph in paragraphs)
        boilerplate = tuple(Span(start, (text + "\n").index("\n", start)) for start in starts)
        articles.append(story(str(number), text, boilerplate=boilerplate))
    if any(usable_sentences(article) for article in articles):
        consistent(ask(asked, *articles), *articles)
