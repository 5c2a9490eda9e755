"""Chunks: runs of whole sentences, exact to the character, and never a character of boilerplate."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag import Article, Chunk, Span
from rag.text.boilerplate import find_boilerplate
from rag.text.chunks import MAX_CHARS, chunk_article, embedded_text, usable_sentences, widened
from rag.text.normalize import normalise
from rag.text.sentences import split_sentences

PIECES = st.one_of(
    st.sampled_from(
        [
            "The council met on Monday. ",
            "“It is over,” Lt. Gen. A. Smith said at 4 p.m. in the U.S. ",
            "Was it? ",
            "No! ",
            "\n",
            "\n\n",
            "and so on, ",
            "because; therefore: ",
            "北京市长周一宣布。",
            "word " * 300,
            "x" * 1000,
            "😀",
            "- item\n",
            'He said: "Well. ',
        ]
    ),
    st.text(max_size=40),
)
TEXTS = st.lists(PIECES, max_size=14).map("".join).map(normalise)


@st.composite
def articles(draw: st.DrawFn) -> Article:
    """Any text as it is kept, with any spans in it marked as boilerplate."""
    text = draw(TEXTS)
    ends = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    spans = tuple(Span(start, end) for start, end in zip(ends[::2], ends[1::2], strict=False))
    return Article.create(key="k", text=text, title="A title", source="s", boilerplate=spans)


def article_of(text: str, boilerplate: tuple[Span, ...] = ()) -> Article:
    return Article.create(key="k", text=text, title="A title", source="s", boilerplate=boilerplate)


@settings(deadline=None, max_examples=200)
@example(article_of("word " * 1000))
@example(article_of("x" * 5000))
@given(articles())
def test_every_chunk_is_exact(article: Article) -> None:
    chunks = chunk_article(article)
    text = article.text
    for number, chunk in enumerate(chunks):
        assert (chunk.article_id, chunk.version, chunk.number) == (article.id, article.version, number)
        assert chunk.text == text[chunk.start : chunk.end] != ""
        assert 0 < chunk.end - chunk.start <= MAX_CHARS
        assert (chunk.sentences[0].start, chunk.sentences[-1].end) == (chunk.start, chunk.end)
        assert all(text[start:end].strip() for start, end in chunk.sentences)
    spans = [span for chunk in chunks for span in chunk.sentences]
    assert all(one.end <= other.start for one, other in pairwise(spans))
    assert all(one.end <= other.start for one, other in pairwise(chunks))


@settings(deadline=None, max_examples=200)
@given(articles())
def test_chunks_hold_all_that_is_usable_and_no_boilerplate(article: Article) -> None:
    held = {place for chunk in chunk_article(article) for place in range(chunk.start, chunk.end)}
    assert not any(place in held for start, end in article.boilerplate for place in range(start, end))
    wanted = {
        place
        for start, end in split_sentences(article.text)
        if not any(start < span.end and span.start < end for span in article.boilerplate)
        for place in range(start, end)
        if not article.text[place].isspace()
    }
    # Beside boilerplate, what is left of a sentence may be one by itself.
    assert wanted <= held
    spans = {place for chunk in chunk_article(article) for start, end in chunk.sentences for place in range(start, end)}
    assert wanted <= spans <= held


@settings(deadline=None, max_examples=100)
@given(articles())
def test_usable_sentences_are_the_sentences_less_boilerplate(article: Article) -> None:
    untouched = [
        sentence
        for sentence in split_sentences(article.text)
        if not any(sentence.start < span.end and span.start < sentence.end for span in article.boilerplate)
    ]
    usable = usable_sentences(article)
    assert set(untouched) <= set(usable)
    for start, end in set(usable) - set(untouched):
        assert article.text[end - 1] not in " \n"
        assert not any(start < span.end and span.start < end for span in article.boilerplate)


@pytest.mark.parametrize("spaces", [900, 2000])
def test_a_run_of_spaces_is_no_sentence(spaces: int) -> None:
    """As in a table that was laid out with spaces."""
    article = article_of("The harbour took in" + " " * spaces + "412 million dollars and more.")
    sentences = [span for chunk in chunk_article(article) for span in chunk.sentences]
    assert [article.text[start:end] for start, end in sentences if not article.text[start:end].strip()] == []
    assert [article.text[start:end] for start, end in sentences if article.text[start].isspace()] == []


def test_a_short_article_is_one_chunk() -> None:
    text = "The council met on Monday. It approved a budget.\n\nThe mayor was absent."
    article = article_of(text)
    assert chunk_article(article) == [
        Chunk(article.id, article.version, 0, 0, len(text), text, (Span(0, 26), Span(27, 48), Span(50, 71)))
    ]


def test_a_sentence_is_whole_where_it_can_be() -> None:
    text = " ".join(f"Sentence number {number} tells of the harbour and the pilot." for number in range(60))
    article = article_of(text)
    chunks = chunk_article(article)
    assert len(chunks) > 3
    assert [span for chunk in chunks for span in chunk.sentences] == split_sentences(text)
    assert all(chunk.end - chunk.start > MAX_CHARS // 2 for chunk in chunks[:-1])


def test_a_chunk_ends_with_its_paragraph_past_half_of_its_size() -> None:
    paragraph = "The harbour was closed for three days by the storm, the pilots said. " * 7
    text = normalise(f"{paragraph}\n\n{paragraph}")
    end = len(paragraph.strip())
    assert MAX_CHARS // 2 < end < MAX_CHARS
    assert [(chunk.start, chunk.end) for chunk in chunk_article(article_of(text))] == [(0, end), (end + 2, len(text))]


def test_a_very_long_sentence_is_cut_between_words() -> None:
    text = "The harbour, the pilots and the ferry were " + "closed and open and " * 120 + "sold."
    chunks = chunk_article(article_of(text))
    assert len(chunks) >= 3
    for chunk in chunks:
        assert chunk.end - chunk.start <= MAX_CHARS
        before, after = text[chunk.start - 1 : chunk.start], text[chunk.end : chunk.end + 1]
        assert before.strip() == after.strip() == ""
    assert " ".join(chunk.text for chunk in chunks).split() == text.split()


def test_a_chunk_never_reaches_over_boilerplate() -> None:
    first, advert, second = "The council met on Monday.", "Sign up for our newsletter!", "It approved a budget."
    text = f"{first}\n\n{advert}\n\n{second}"
    start = text.index(advert)
    chunks = chunk_article(article_of(text, (Span(start, start + len(advert)),)))
    assert [chunk.text for chunk in chunks] == [first, second]


def test_a_sentence_that_boilerplate_touches_is_left_out() -> None:
    text = "The council met on Monday. It approved a budget. The mayor was absent."
    chunks = chunk_article(article_of(text, (Span(30, 32),)))
    assert [chunk.text for chunk in chunks] == ["The council met on Monday.", "The mayor was absent."]


def test_what_follows_a_pointer_in_brackets_is_kept() -> None:
    text = "The council met for two hours. (Also read: Ten things to know about the pool) It left without a vote."
    article = article_of(text, find_boilerplate(text))
    assert [text[start:end] for start, end in article.boilerplate] == ["(Also read: Ten things to know about the pool)"]
    kept = "".join(chunk.text for chunk in chunk_article(article))
    assert "met for two hours" in kept
    assert "left without a vote" in kept


def test_nothing_but_boilerplate_gives_no_chunk() -> None:
    assert chunk_article(article_of("All rights reserved.", (Span(0, 20),))) == []
    assert chunk_article(article_of("")) == []


@pytest.mark.parametrize(
    ("publisher", "published", "header"),
    [
        ("The Post", date(2024, 2, 2), "Strikes · The Post · 2024-02-02"),
        (None, date(2024, 2, 2), "Strikes · 2024-02-02"),
        ("The Post", None, "Strikes · The Post"),
        (None, None, "Strikes"),
    ],
)
def test_what_is_embedded_tells_where_it_stands(publisher: str | None, published: date | None, header: str) -> None:
    article = Article.create(
        key="k", text="One. Two.", title="Strikes", source="s", publisher=publisher, published=published
    )
    (chunk,) = chunk_article(article)
    assert embedded_text(article, chunk) == f"{header}\nOne. Two."
    assert chunk.text == "One. Two."


def test_a_very_long_title_leaves_room_for_the_chunk() -> None:
    article = Article.create(key="k", text="One. Two.", title="T" * 300, source="s")
    (chunk,) = chunk_article(article)
    head, _, body = embedded_text(article, chunk).partition("\n")
    assert (set(head), body) == ({"T"}, "One. Two.")
    assert len(head) <= 200


@pytest.mark.parametrize(
    ("neighbours", "context"),
    [
        ((Span(0, 4), Span(10, 14)), Span(0, 14)),
        ((None, Span(10, 14)), Span(5, 14)),
        ((Span(0, 4), None), Span(0, 9)),
        ((None, None), Span(5, 9)),
    ],
)
def test_neighbours_come_along(neighbours: tuple[Span | None, Span | None], context: Span) -> None:
    assert widened("One. Two. Six.", Span(5, 9), neighbours) == context
    # Not from another paragraph.
    assert widened("One.\nTwo.\nSix.", Span(5, 9), neighbours) == Span(5, 9)
