"""Each command from its arguments to what is printed, on a real library."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rag.library import Library
from rag.models.fakes import HashEmbedder
from rag.types import Answer, Summary

from .conftest import ARTICLES, Result, Run

MARCH = "https://courier.example/march"


@pytest.fixture
def opened(library: Path) -> Library:
    return Library.open(library, embedder=HashEmbedder())


def parsed(result: Result) -> Any:
    """The one JSON object that was printed."""
    assert result.out.endswith("}\n")
    assert result.out.count("\n") == 1
    return json.loads(result.out)


def untimed(reply: dict[str, Any]) -> dict[str, Any]:
    return {**reply, "timings_ms": None}


def test_add(rag: Run, tmp_path: Path) -> None:
    story = tmp_path / "story.md"
    story.write_text(ARTICLES["bridge.md"])
    result = rag("add", str(story), str(tmp_path / "missing.txt"))
    assert result.code == 1
    first, second = result.out.splitlines()
    assert first == "Added 1, failed 1."
    assert second.endswith("  Bridge repairs to cost $4.6 million (1 chunk)")
    assert result.err == f"  {tmp_path}/missing.txt: there is no such file or folder\n"

    again = rag("add", str(story))
    assert again == Result(0, "Unchanged 1.\n", "")
    story.write_text(ARTICLES["bridge.md"].replace("eleven", "twelve"))
    report = parsed(rag("add", str(story), "--json"))
    assert {name: report[name] for name in ("schema", "added", "updated", "unchanged", "failed")} == {
        "schema": 1,
        "added": 0,
        "updated": 1,
        "unchanged": 0,
        "failed": 0,
    }


def test_add_from_standard_input(rag: Run) -> None:
    assert rag("add", "-", stdin=ARTICLES["fire.txt"].encode()).out.startswith("Added 1.\n")
    assert rag("add", "-", stdin=b"").code == 1


def test_ask(rag: Run, opened: Library, library: Path) -> None:
    question = "How many people marched against the closure of the railway?"
    answer = opened.ask(question)
    assert isinstance(answer, Answer)
    assert answer.status == "answered"
    as_json = rag("ask", "--json", *question.split())
    assert (as_json.code, as_json.err) == (0, "")
    assert untimed(parsed(as_json)) == untimed(answer.to_dict())
    assert untimed(parsed(rag("ask", "-", "--json", stdin=f"\ufeff{question}\n".encode()))) == untimed(answer.to_dict())

    page = rag("ask", question)
    assert page.code == 0
    assert page.out.splitlines()[0] == answer.text
    assert f"[1] {answer.citations[0].title} — " in page.out
    assert answer.citations[0].quote in page.out


def test_ask_takes_filters(rag: Run, opened: Library) -> None:
    asked = parsed(rag("ask", "How many were arrested?", "--publisher", "Nobody", "--json"))
    assert (asked["status"], asked["reason"]) == ("abstained", "filtered_out")
    assert rag("ask", "How many were arrested?", "--after", "2030-01-01") == Result(
        0, "No article passes the filter.\n", ""
    )


def test_a_notice_goes_to_standard_error(rag: Run, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Answer(question="Why?", status="abstained", reason="not_stated", notice="the model did not reply")
    monkeypatch.setattr(Library, "ask", lambda *_, **__: answer)
    assert rag("ask", "Why?") == Result(0, "The articles do not say.\n", "rag: the model did not reply\n")
    assert parsed(rag("ask", "Why?", "--json")) == answer.to_dict()


def test_summarize(rag: Run, opened: Library) -> None:
    for arguments, summary in (
        ([MARCH, "--sentences", "2"], opened.summarize(MARCH, sentences=2)),
        (
            ["--about", "the bridge", "--before", "2025-08-01"],
            opened.summarize(about="the bridge", before=date(2025, 8, 1)),
        ),
    ):
        assert isinstance(summary, Summary)
        assert untimed(parsed(rag("summarize", *arguments, "--json"))) == untimed(summary.to_dict())
        assert rag("summarize", *arguments).out.splitlines()[0] == (summary.text or "The articles do not say.")
    wrong = rag("summarize")
    assert (wrong.code, wrong.out, wrong.err.count("\n")) == (2, "", 1)


def test_search(rag: Run, opened: Library) -> None:
    hits = opened.search("tannery bridge repair", 2)
    assert parsed(rag("search", "tannery", "bridge", "repair", "-k", "2", "--json")) == {
        "schema": 1,
        "query": "tannery bridge repair",
        "hits": [hit.to_dict() for hit in hits],
    }
    page = rag("search", "tannery bridge repair", "-k", "1")
    assert page.code == 0
    assert page.out.startswith(
        f"{hits[0].score:.2f}  Bridge repairs to cost $4.6 million — Skelbray Post, 10 July 2025\n"
    )
    nothing = rag("search", "bridge", "--publisher", "Nobody")
    assert nothing == Result(0, "No article passes the filter.\n", "")


def test_list(rag: Run, opened: Library) -> None:
    infos = opened.articles()
    assert parsed(rag("list", "--json")) == {"schema": 1, "articles": [info.to_dict() for info in infos]}
    lines = rag("list").out.splitlines()
    assert [line.split()[0] for line in lines[1:4]] == [info.id for info in infos]
    assert lines[4:] == ["", "3 articles, 3 chunks."]
    assert rag("list", "--publisher", "Nobody") == Result(0, "No article passes the filter.\n", "")


def test_show(rag: Run, opened: Library) -> None:
    article = opened.article(MARCH)
    page = rag("show", article.id[:6])
    assert page == Result(
        0,
        f"{article.title}\nHaldrenn Courier, 19 October 2025, by Emeric Tolwyther\n"
        f"article {article.id}, version {article.version}\n{MARCH}\n\n{article.text}\n",
        "",
    )
    shown = parsed(rag("show", MARCH, "--json"))
    assert (shown["schema"], shown["text"], shown["published"]) == (1, article.text, "2025-10-19")
    assert rag("show", MARCH, "--version", article.version) == page
    assert rag("show", MARCH, "--version", "f" * 12).code == 1


def test_show_versions(rag: Run, library: Path, tmp_path: Path) -> None:
    changed = tmp_path / "march.md"
    changed.write_text(ARTICLES["march.md"].replace("nine", "ten"))
    assert rag("add", str(changed)).code == 0
    found = parsed(rag("show", MARCH, "--versions", "--json"))
    old, new = found["versions"]
    assert found["current"] == new["version"] != old["version"]
    assert "text" not in old
    lines = rag("show", MARCH, "--versions").out.splitlines()
    assert [line.split()[0] for line in lines] == ["VERSION", old["version"], new["version"]]
    assert "nine people" in rag("show", MARCH, "--version", old["version"]).out


def test_remove(rag: Run, opened: Library) -> None:
    article = opened.article(MARCH)
    result = rag("remove", "nothing", MARCH)
    assert result == Result(
        1,
        f"Removed {article.id}  {article.title}\n",
        "rag: there is no article 'nothing'; `rag list` shows them\n",
    )
    assert parsed(rag("remove", article.id, "--json")) == {
        "schema": 1,
        "removed": [],
        "failed": [{"reference": article.id, "reason": f"there is no article '{article.id}'; `rag list` shows them"}],
    }
    assert "2 articles" in rag("list").out


def test_refresh_with_nothing_from_the_web(rag: Run, library: Path) -> None:
    assert rag("refresh") == Result(0, "There is nothing to refresh: no article is from the web.\n", "")


def test_export_prints_lines_and_not_one_object(rag: Run, library: Path) -> None:
    assert [json.loads(line)["schema"] for line in rag("export").out.splitlines()] == [1, 1, 1]
    message = "export writes JSON Lines; with --json, name a file to write them to"
    result = rag("export", "--json")
    assert (result.code, result.err) == (2, f"rag: {message}\n")
    assert parsed(result) == {"schema": 1, "error": {"type": "UserError", "message": message}}


def test_export_is_read_back(rag: Run, library: Path, tmp_path: Path) -> None:
    lines = rag("export").out
    file = tmp_path / "all.jsonl"
    assert rag("export", str(file)) == Result(0, f"Wrote 3 article versions to {file}.\n", "")
    assert file.read_text(encoding="utf-8") == lines
    assert parsed(rag("export", str(file), "--json")) == {"schema": 1, "file": str(file), "versions": 3}

    copy = str(tmp_path / "copy")
    assert rag("--library", copy, "add", "-", stdin=lines.encode()).code == 0

    def undated(text: str) -> list[dict[str, Any]]:
        return [{**json.loads(line), "added": None} for line in text.splitlines()]

    assert undated(rag("--library", copy, "export").out) == undated(lines)


def test_an_export_that_fails_leaves_the_file_as_it_was(
    rag: Run, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "all.jsonl"
    file.write_text("before")

    def broken(_: Library) -> Any:
        yield {"a": 1}
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Library, "export", broken)
    before = sorted(tmp_path.iterdir())
    assert rag("export", str(file)) == Result(1, "", "rag: No space left on device\n")
    assert file.read_text() == "before"
    assert sorted(tmp_path.iterdir()) == before


def test_export_follows_a_link_and_replaces_no_device(rag: Run, library: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert rag("export", str(tmp_path / "link")).code == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text().count("\n") == 3
    assert rag("export", "/dev/null").code == 0
    assert not Path("/dev/null").is_file()


def test_reindex_and_doctor(rag: Run, library: Path) -> None:
    assert rag("reindex") == Result(0, "Made 3 vectors anew.\n", "")
    assert parsed(rag("reindex", "--json")) == {"schema": 1, "vectors": 3}
    assert rag("doctor") == Result(0, "3 articles, 3 chunks.\nNothing is wrong.\n", "")
    report = parsed(rag("doctor", "--json"))
    assert (report["schema"], report["healthy"], report["articles"], report["missing"]) == (1, True, 3, 0)


def test_doctor_looks_before_it_mends(rag: Run, library: Path) -> None:
    shutil.rmtree(library / "vectors")
    looked = rag("doctor", "--check")
    assert looked.code == 1
    assert "3 vectors missing (not mended: run `rag doctor` without --check)" in looked.out
    assert rag("doctor").out == "3 articles, 3 chunks.\n  3 vectors missing (mended)\n"
    assert rag("doctor", "--check") == Result(0, "3 articles, 3 chunks.\nNothing is wrong.\n", "")


def test_prompts(rag: Run) -> None:
    found = parsed(rag("prompts", "--json"))["prompts"]
    lines = rag("prompts").out.splitlines()
    assert lines[0].split() == ["NAME", "VERSION", "HASH", "DESCRIPTION"]
    assert [line.split()[0] for line in lines[1:]] == [prompt["name"] for prompt in found]
    assert {len(prompt["hash"]) for prompt in found} == {12}
