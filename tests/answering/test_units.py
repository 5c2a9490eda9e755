"""What is said at once: no quotation in half, no "He said" without the one who did."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import Span
from rag.answering.units import MAX_CHARS, leans, quotations, unit_of, whole_quotation
from rag.text.boilerplate import find_boilerplate
from rag.text.chunks import usable_sentences
from rag.text.normalize import normalise
from rag.text.sentences import split_sentences
from tests.answering.build import story


def unit(text: str, holding: str) -> str:
    """The words that are said when the sentence that holds `holding` is."""
    sentences = split_sentences(text)
    place = text.index(holding)
    (span,) = [span for span in sentences if span.start <= place < span.end]
    start, end = unit_of(text, sentences, span)
    return text[start:end]


ALONE = "The council met on Monday. The mayor was absent. It approved a budget."


def test_a_sentence_that_stands_alone_is_said_alone() -> None:
    assert unit(ALONE, "mayor") == "The mayor was absent."
    assert unit(ALONE, "council") == "The council met on Monday."


@pytest.mark.parametrize(
    "sentence",
    [
        "He was absent.",
        "She said so.",
        "It approved a budget.",
        "They left.",
        "His deputy spoke.",
        "This came late.",
        "But he was absent.",
        "However, it failed.",
        "Later, they left.",
        '"It is over," he said.',
        "“He is gone,” she said.",
        "The two were arrested.",
    ],
)
def test_a_sentence_that_points_back_brings_the_one_before(sentence: str) -> None:
    text = f"The council met on Monday. Mayor Quillon was invited. {sentence} The hall was full."
    assert leans(sentence)
    assert unit(text, sentence) == f"Mayor Quillon was invited. {sentence}"


@pytest.mark.parametrize(
    "sentence",
    ["Hell broke loose.", "Items were sold.", "Theft rose.", "The council met.", "Butter was dear.", "Quillon left."],
)
def test_a_sentence_that_does_not_point_back(sentence: str) -> None:
    text = f"The council met on Monday. {sentence} The hall was full."
    assert not leans(sentence)
    assert unit(text, sentence) == sentence


def test_it_brings_the_last_sentence_of_the_paragraph_before() -> None:
    text = "The council met on Monday.\n\nIt approved a budget.\n\nThe hall was full."
    assert unit(text, "budget") == "The council met on Monday.\n\nIt approved a budget."


def test_the_first_sentence_has_none_before_it() -> None:
    assert unit("He was absent. The hall was full.", "absent") == "He was absent."


def test_what_is_left_out_between_is_not_leapt_over() -> None:
    """The one before is boilerplate, and no part of what is said."""
    text = "Mayor Quillon was invited. Sign up for our newsletter! He was absent."
    first, _, last = split_sentences(text)
    assert unit_of(text, [first, last], last) == last


def test_the_one_before_is_not_brought_where_both_are_too_long() -> None:
    text = f"Mayor Quillon was invited {'and invited ' * 60}again. He was absent."
    assert unit(text, "absent") == "He was absent."


QUOTES = [
    (
        'The mayor rose. "We looked at it. We cannot pay," she said. The hall was full.',
        '"We looked at it. We cannot pay," she said.',
    ),
    (
        "The mayor rose. “We looked at it. Then we left. We cannot pay,” she said. The hall was full.",
        "“We looked at it. Then we left. We cannot pay,” she said.",
    ),
    (
        'Quillon told the court: "I saw it. I said so." The hall was full.',
        'Quillon told the court: "I saw it. I said so."',
    ),
]


@pytest.mark.parametrize(("text", "whole"), QUOTES)
def test_a_quotation_is_not_cut_in_half(text: str, whole: str) -> None:
    for span in split_sentences(whole):
        assert unit(text, whole[span.start : span.end]).endswith(whole)
    assert unit(text, "hall was full") == "The hall was full."


def test_a_quotation_inside_a_quotation_is_a_part_of_it() -> None:
    text = "The driver spoke. “He said to us, ‘Leave it alone. It reads high.’ Then he left,” Mr. Lathekin said."
    for part in ("Leave it", "reads high", "Then he left"):
        assert unit(text, part).endswith(
            "“He said to us, ‘Leave it alone. It reads high.’ Then he left,” Mr. Lathekin said."
        )


def test_a_quotation_that_is_never_closed_ends_with_its_paragraph() -> None:
    text = 'Quillon wrote: "We met. We left.\n\nThe hall was full. The mayor was absent.'
    assert unit(text, "We left") == 'Quillon wrote: "We met. We left.'
    assert unit(text, "hall") == "The hall was full."


def test_a_very_long_quotation_is_not_kept_whole() -> None:
    text = f'Quillon said: "We met. {"We spoke of the tide and of the wind. " * 30}We left."'
    assert unit(text, "We met") == 'Quillon said: "We met.'


def test_quotations_of_a_paragraph() -> None:
    text = 'He said "yes" and “no” and "perhaps.\n“Other.”'
    line = Span(0, text.index("\n"))
    assert [text[start:end] for start, end in quotations(text, line)] == ['"yes"', "“no”", '"perhaps.']
    assert quotations("plain", Span(0, 5)) == []


PIECES = st.sampled_from(
    [
        "The council met. ",
        "He left. ",
        '"We met',
        "We left. ",
        '." ',
        "“It is ",
        "over.” ",
        "\n\n",
        "said Lt. A. Smith. ",
        "No! ",
    ]
)


@settings(deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=12).map("".join).map(normalise), st.data())
def test_what_is_said_is_whole_sentences_around_the_one(text: str, data: st.DataObject) -> None:
    sentences = split_sentences(text)
    if not sentences:
        return
    span = data.draw(st.sampled_from(sentences))
    for said in (
        unit_of(text, sentences, span),
        unit_of(text, sentences, span, speech=True),
        whole_quotation(text, sentences, span),
    ):
        assert said.start <= span.start < span.end <= said.end
        assert said.start in {sentence.start for sentence in sentences}
        assert said.end in {sentence.end for sentence in sentences}
        assert said == span or said.end - said.start <= MAX_CHARS


def test_boilerplate_inside_a_quotation_is_never_said() -> None:
    pointer = "(Also read: Ten things to know about the pool.)"
    text = f'"We met in the hall for two hours. {pointer} We left without a vote," Mayor Quillon said.'
    article = story("a", text, boilerplate=find_boilerplate(text))
    assert [text[start:end] for start, end in article.boilerplate] == [pointer]
    *_, last = usable = usable_sentences(article)
    start, end = unit_of(text, usable, last)
    assert pointer not in text[start:end]


# Speech ------------------------------------------------------------------------------------

SAID = (
    "The mayor rose. Mr. Lathekin, the driver, had waved to her. “I said ‘Morning,’” he said. “She did not look.” "
    "The hall was full. “No,” Ms. Quillon said."
)


def test_what_somebody_said_brings_the_one_who_is_named_before() -> None:
    text = "Mr. Lathekin drove to Varrow. “I saw it,” he said. The hall was full."
    assert unit(text, "I saw it") == "Mr. Lathekin drove to Varrow. “I saw it,” he said."
    wordless = "“We met,” Ms. Quillon said. “We left.” The hall was full."
    assert unit(wordless, "We left") == "“We met,” Ms. Quillon said. “We left.”"
    assert unit(SAID, "No") == "“No,” Ms. Quillon said."


def test_where_speech_is_asked_for_what_somebody_goes_on_to_say_comes_along() -> None:
    sentences = split_sentences(SAID)
    driver = sentences[1]
    start, end = unit_of(SAID, sentences, driver, speech=True)
    assert SAID[start:end] == SAID[driver.start : SAID.index(" The hall")]
    assert unit(SAID, "the driver") == "Mr. Lathekin, the driver, had waved to her."


@pytest.mark.parametrize("after", ["\n\n“I saw it,” he said.", " “I saw it,” Ms. Quillon said.", " The hall was full."])
def test_another_paragraph_speaker_or_matter_is_not_what_somebody_goes_on_to_say(after: str) -> None:
    text = f"Mr. Lathekin drove to Varrow.{after}"
    first, *_ = sentences = split_sentences(text)
    assert unit_of(text, sentences, first, speech=True) == first


def test_a_long_speech_does_not_come_along() -> None:
    text = f"Mr. Lathekin drove to Varrow. “I saw it {'and saw it ' * 70}again,” he said."
    first, *_ = sentences = split_sentences(text)
    assert unit_of(text, sentences, first, speech=True) == first
