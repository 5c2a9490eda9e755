"""`python -m evals gate` over small suites: which are run, what is held, and where their articles are looked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals import gate
from rag.evaluation.baseline import read_baseline
from rag.models.fakes import HashEmbedder
from rag.types import Embedder

FERRY = "Ferry times\n\nThe ferry to Osk leaves at 9 a.m. A ticket costs 12 crowns.\n"
CASES = ({"id": "price", "question": "What does a ticket cost for the ferry?", "answers": [{"number": 12}]},)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two suites, of which `away` may be absent, and the folders that the command works in."""
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "ferry.txt").write_text(FERRY, encoding="utf-8")
    for name, described in (
        ("here", "articles: [../../news]\n"),
        ("away", "articles: [$RAG_EVAL_DATA/ferry.txt]\noptional: true\n"),
    ):
        folder = tmp_path / "suites" / name
        folder.mkdir(parents=True)
        (folder / "suite.yaml").write_text(described)
        (folder / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in CASES))

    def load(_: str) -> Embedder:
        return HashEmbedder()

    monkeypatch.setattr("rag.models.embeddings.load_embedder", load)
    monkeypatch.setattr(gate, "SUITES", tmp_path / "suites")
    monkeypatch.setattr(gate, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(gate, "BASELINE", tmp_path / "baseline.json")
    monkeypatch.setenv("RAG_EVAL_DATA", str(tmp_path / "news"))
    return tmp_path


def test_all_are_pinned_and_held(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gate.main([]) == 1
    assert "RED  here: not pinned; --update pins it" in capsys.readouterr().out
    assert gate.main(["--update", "--lower"]) == 0
    assert [(each.suite, each.optional) for each in read_baseline(place / "baseline.json").suites] == [
        ("away", True),
        ("here", False),
    ]
    assert gate.main([]) == 0
    assert capsys.readouterr().out.endswith("0 in breach\ngreen\n")
    assert sorted(file.name for file in (place / "kept" / "here").iterdir() if file.is_file()) == ["run.json"]


def test_suites_that_are_named_are_held_and_no_others(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gate.main(["--update", "--lower"]) == 0
    capsys.readouterr()
    assert gate.main(["here", "here"]) == 0
    out = capsys.readouterr().out
    assert "away" not in out
    assert out.count("items right") == 1
    # What is pinned of the others stays.
    assert gate.main(["here", "--update"]) == 0
    assert [each.suite for each in read_baseline(place / "baseline.json").suites] == ["away", "here"]


def test_a_suite_that_is_gone_is_red_where_all_are_run(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gate.main(["--update", "--lower"]) == 0
    (place / "suites" / "here").rename(place / "gone")
    assert gate.main([]) == 1
    assert "RED  here: not run" in capsys.readouterr().out
    assert gate.main(["here"]) == 1
    assert capsys.readouterr().err.startswith("evals: there is no gold file or suite ")


def test_a_variable_that_is_empty_is_not_set(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("evals.data.ROOT", place / "project" / "main")
    monkeypatch.setenv("RAG_EVAL_DATA", "")
    (place / "project" / "shared").mkdir(parents=True)
    (place / "news").rename(place / "project" / "shared" / "data")
    assert gate.main(["away"]) == 1
    assert "away: 1 of 1 items right" in capsys.readouterr().out


def test_articles_that_are_away_read_not_run(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate.main(["--update", "--lower"]) == 0
    monkeypatch.setenv("RAG_EVAL_DATA", str(place / "nowhere"))
    assert gate.main([]) == 0
    assert "away: not run, its articles are not there" in capsys.readouterr().out


def test_what_other_code_had_filled_is_made_anew(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert gate.main(["here", "--update", "--lower"]) == 0
    (before,) = (place / "kept" / "here").glob("library-*")
    (place / "kept" / "here" / "library").mkdir()
    monkeypatch.setattr("rag.evaluation.keeping._code", lambda: "changed")
    assert gate.main(["here"]) == 0
    (after,) = (place / "kept" / "here").glob("library*")
    assert after != before
