"""The library with a language model: it writes, the articles decide, and a failing one is replaced and named."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rag import Answer, Library, Settings
from rag.models.fakes import HashEmbedder
from rag.models.scripted import ScriptedServer, say_json
from rag.surfaces.cli import main
from tests.answering.writing import STRIKES, chat_at, quote, reply, sentence

TITLE, TEXT = STRIKES.title, STRIKES.text
SITES = sentence("More than 85 sites were struck.", quote("struck more than 85 sites in Iraq and Syria"))
FALSE = sentence("Nobody was killed in Jordan.", quote("Three soldiers had been killed in Jordan"))
KEY = "sk-not-to-be-shown-0123456789"


@contextmanager
def written(tmp_path: Path, *script: Any) -> Iterator[Library]:
    with (
        ScriptedServer(*script) as server,
        Library.open(tmp_path / "l", settings=Settings(), embedder=HashEmbedder(), llm=chat_at(server)) as library,
    ):
        library.add({"id": "strikes", "title": TITLE, "text": TEXT})
        yield library


def test_what_the_model_writes_is_said_with_its_exact_source(tmp_path: Path) -> None:
    with written(tmp_path, say_json(reply(SITES))) as library:
        answer = library.ask("How many sites were struck?")
        assert (answer.status, answer.engine, answer.text) == (
            "answered", "generative", "More than 85 sites were struck. [1]",
        )  # fmt: skip
        assert answer.model
        assert answer.prompt
        for citation in answer.citations:
            article = library.article(citation.article_id, citation.version)
            assert article.text[citation.start : citation.end] == citation.quote


def test_what_the_articles_do_not_bear_out_is_withheld(tmp_path: Path) -> None:
    with written(tmp_path, say_json(reply(FALSE)), say_json({"repaired": []})) as library:
        answer = library.ask("How many were killed?")
    assert (answer.status, answer.statements) == ("abstained", ())
    assert [item.text for item in answer.withheld] == ["Nobody was killed in Jordan."]


def test_a_model_that_fails_is_replaced_and_named(tmp_path: Path) -> None:
    from rag.models.scripted import Fail

    with written(tmp_path, *[Fail(500)] * 6) as library:
        answer = library.ask("How many sites were struck?")
    assert answer.engine == "extractive"
    assert answer.notice is not None
    assert answer.notice.endswith("; these are the articles' own sentences")


def test_summaries_are_written_too(tmp_path: Path) -> None:
    with written(tmp_path, say_json(reply(SITES)), say_json(reply(SITES))) as library:
        summary = library.summarize(library.articles()[0].id, sentences=1)
        about = library.summarize(about="strikes in Iraq", sentences=1)
    assert (summary.engine, summary.text) == ("generative", "More than 85 sites were struck. [1]")
    assert (about.engine, about.text) == ("generative", summary.text)


def test_a_stream_shows_each_statement_after_its_citation_and_ends_with_the_answer(tmp_path: Path) -> None:
    with written(tmp_path, say_json(reply(SITES)), say_json(reply(SITES))) as library:
        events = list(library.stream("How many sites were struck?"))
        whole = library.ask("How many sites were struck?", fresh=True)
    *shown, last = events
    assert shown == [*whole.citations, *whole.statements]
    assert isinstance(last, Answer)
    assert dataclasses.replace(last, timings_ms=whole.timings_ms) == whole


def test_without_a_model_a_stream_gives_the_same_answer(library: Library) -> None:
    library.add({"id": "strikes", "title": TITLE, "text": TEXT})
    *_, last = library.stream("How many sites were struck?")
    whole = library.ask("How many sites were struck?")
    assert isinstance(last, Answer)
    assert dataclasses.replace(last, timings_ms=whole.timings_ms) == whole


def test_auto_that_finds_nothing_says_so(tmp_path: Path) -> None:
    with Library.open(tmp_path / "l", embedder=HashEmbedder(), llm="auto") as library:
        assert library.chat_model is None
        assert "nothing is sent" in (library.writer_notice or "")


def test_nobody_is_asked_unless_a_model_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with Library.open(tmp_path / "l", embedder=HashEmbedder()) as library:
        assert library.chat_model is None


def test_the_command_line_says_who_writes_before_it_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "strikes.txt").write_text(f"{TITLE}\n\n{TEXT}", encoding="utf-8")
    with ScriptedServer(say_json(reply(SITES))) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("RAG_LIBRARY", str(tmp_path / "l"))
        assert main(["add", str(tmp_path / "strikes.txt")]) == 0
        capsys.readouterr()
        assert main(["ask", "--llm", "openai:scripted", "How many sites were struck?"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("More than 85 sites were struck. [1]")
    assert shown.err.startswith("rag: ")
    assert KEY not in shown.out + shown.err
