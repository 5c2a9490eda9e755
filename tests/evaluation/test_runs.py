"""Runs as files, and the journal of one that was stopped."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from pathlib import Path

import pytest

from rag import Answer, Citation, Statement, StorageError, Summary, Usage, UserError, Withheld
from rag.evaluation.outcomes import Estimate, GoldFile, Outcome, Run, Scored
from rag.evaluation.runs import Journal, last_run, read_run, run_file, write_run, write_whole

CITED = Citation(
    number=1,
    article_id="a" * 12,
    version="b" * 12,
    title="Flood \u2028 of \ud800 January",
    publisher=None,
    author=None,
    published=date(2026, 1, 11),
    published_from="text",
    url=None,
    start=3,
    end=12,
    quote="31 houses",
)
ANSWERED = Answer(
    question="How many houses?",
    status="answered",
    statements=(Statement("31 houses.", (1,), "verified", "word for word"),),
    withheld=(Withheld("13 houses.", "it says 31"),),
    citations=(CITED,),
    engine="generative",
    model="openai:scripted",
    usage=Usage(12, 5, 0.25),
)
SUMMED = Summary(subject="flood", status="abstained", reason="no_match", nearest=(CITED,))


def scored(name: str, outcome: Outcome, **changed: object) -> Scored:
    fields: dict[str, object] = {
        "id": name,
        "case": name.partition("#")[0],
        "kind": "question",
        "tags": ("fact", "date"),
        "split": "test",
        "cluster": "a" * 12,
        "outcome": outcome,
        "scores": {"correct": 1.0, "seconds": 0.25},
        "passed": True,
    }
    return Scored(**(fields | changed))  # type: ignore[arg-type]


ITEMS = (
    scored("a", Outcome(id="a", answer=ANSWERED, found=(CITED,), confidence=0.75, seconds=0.25)),
    scored("b", Outcome(id="b", summary=SUMMED), kind="summary", passed=False, faults=("does not say: 31",)),
    scored("c", Outcome(id="c", error="the library is busy"), passed=False),
    scored("c#2", Outcome(id="c#2", answer=ANSWERED), kind="turn"),
)
RUN = Run(
    suite="seeds",
    gold=(GoldFile("facts.jsonl", "ab" * 32, 3),),
    engine="generative",
    model="openai:scripted",
    embedder="hash-64",
    articles=16,
    fingerprint="cd" * 8,
    seed=7,
    started="2026-11-23T03:40:12.123+00:00",
    seconds=1.5,
    versions={"rag": "0.1.0"},
    prompts={"answer": "ef" * 6},
    settings={"abstain": True, "timeout_seconds": 20.0, "judge": None},
    metrics={"correct": Estimate(0.5, 0.25, 0.75, 4)},
    items=ITEMS,
)


def test_a_run_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    file = run_file(tmp_path / "runs", RUN)
    assert file == tmp_path / "runs" / "seeds-2026-11-23T034012.123.json"
    write_run(RUN, file)
    assert read_run(file) == RUN
    assert [held.name for held in file.parent.iterdir()] == [file.name]
    # Others read it too: it holds each reply as every surface gives it.
    plain = json.loads(file.read_text(encoding="utf-8"))
    assert plain["schema"] == 1
    assert plain["items"][0]["outcome"]["answer"] == ANSWERED.to_dict()
    assert plain["items"][1]["outcome"]["summary"] == SUMMED.to_dict()


def test_a_run_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    write_run(RUN, file)
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_run(dataclasses.replace(RUN, seconds=float("nan")), file)
    assert read_run(file) == RUN
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(StorageError, match=r"taken/run\.json cannot be written: "):
        write_run(RUN, tmp_path / "taken" / "run.json")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no run that was written by rag: "),
        ("[]", "is no run that was written by rag: its schema is not 1"),
        ('{"schema": 2}', "is no run that was written by rag: its schema is not 1"),
        ('{"schema": 1}', "is no run that was written by rag: suite is missing"),
    ],
)
def test_what_is_no_run_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(UserError, match=said):
        read_run(tmp_path / "run.json")


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ({"correct": 1.5}, "a has correct 1.5, which that cannot be"),
        ({"correct": -0.5}, "a has correct -0.5, which"),
        ({"seconds": -1.0}, "a has seconds -1, which"),
        ({"input_tokens": 1e300}, r"a has input_tokens 1e\+300, which"),
    ],
)
def test_figures_that_no_run_has_are_refused(tmp_path: Path, scores: dict[str, float], said: str) -> None:
    file = tmp_path / "run.json"
    write_run(dataclasses.replace(RUN, items=(dataclasses.replace(ITEMS[0], scores=scores),)), file)
    with pytest.raises(UserError, match=f"is no run that was written by rag: {said}"):
        read_run(file)
    write_run(dataclasses.replace(RUN, metrics={"correct": Estimate(0.5, 0.25, 2.0, 4)}), file)
    with pytest.raises(UserError, match="the run has correct 2, which that cannot be"):
        read_run(file)


def test_no_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no run "):
        read_run(tmp_path / "run.json")
    with pytest.raises(UserError, match="cannot be read: Is a directory"):
        read_run(tmp_path)


def test_the_last_run_of_a_suite(tmp_path: Path) -> None:
    assert last_run(tmp_path / "nowhere", "seeds") is None
    for name in ("seeds-2026-11-23T034012.123", "seeds-2026-02-01T000000.000", "seeds-more-2027-01-01T000000.000"):
        (tmp_path / f"{name}.json").touch()
    assert last_run(tmp_path, "seeds") == tmp_path / "seeds-2026-11-23T034012.123.json"
    assert last_run(tmp_path, "other") is None


# The journal -----------------------------------------------------------------------------------

MADE: dict[str, object] = {"gold": [["facts.jsonl", "ab"]], "articles": "cd", "settings": {"abstain": True}}


def held_in(file: Path, made: dict[str, object] = MADE) -> tuple[dict[str, tuple[Scored, ...]], tuple[str, ...]]:
    journal = Journal(file)
    try:
        return journal.begin(made)
    finally:
        journal.close()


def journal_of(file: Path, *cases: str) -> Journal:
    journal = Journal(file)
    assert journal.begin(MADE) == ({}, ())
    for case in cases:
        journal.note(case, [item for item in ITEMS if item.case == case])
    journal.close()
    return journal


def test_a_journal_holds_what_is_done(tmp_path: Path) -> None:
    file = tmp_path / "runs" / "journal"
    assert journal_of(file, "a", "c").cases == 2
    again = Journal(file)
    assert again.begin(MADE) == ({"a": ITEMS[:1], "c": ITEMS[2:]}, ())
    again.note("b", ITEMS[1:2])
    assert again.cases == 3
    again.close()
    assert held_in(file) == ({"a": ITEMS[:1], "b": ITEMS[1:2], "c": ITEMS[2:]}, ())


def test_a_line_that_was_cut_short_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    journal_of(file, "a", "c")
    whole = file.read_bytes()
    head, first, _ = whole.splitlines(keepends=True)
    edges = {len(head) + len(first) + more for more in (-2, -1, 0, 1)}
    for size in sorted({*range(len(head), len(whole), 211), *edges, len(whole) - 1}):
        file.write_bytes(whole[:size])
        journal = Journal(file)
        done, _ = journal.begin(MADE)
        whole_lines = {"a": ITEMS[:1]} if size >= len(head + first) - 1 else {}
        assert done == (whole_lines if size < len(whole) - 1 else {"a": ITEMS[:1], "c": ITEMS[2:]})
        journal.note("b", ITEMS[1:2])
        journal.close()
        assert held_in(file) == ({**done, "b": ITEMS[1:2]}, ())


def test_a_journal_of_another_run_is_started_over(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    journal_of(file, "a")
    other = {**MADE, "articles": "ef", "settings": {"abstain": False}}
    assert held_in(file, other) == ({}, ("articles", "settings"))
    assert held_in(file, other) == ({}, ())


@pytest.mark.parametrize("text", ["", "{", "[]", '{"journal": 9, "identity": {}}', '{"journal": 1, "identity": 3}'])
def test_what_is_no_journal_is_written_over(tmp_path: Path, text: str) -> None:
    file = tmp_path / "journal"
    file.write_text(text)
    journal_of(file, "a")
    assert held_in(file) == ({"a": ITEMS[:1]}, ())


def test_a_journal_can_be_discarded(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    journal = journal_of(file, "a")
    journal.discard()
    journal.discard()
    assert not file.exists()
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(StorageError, match="taken/journal cannot be written: "):
        Journal(tmp_path / "taken" / "journal").begin(MADE)


def test_a_device_is_written_to_and_never_replaced_and_a_link_is_followed(tmp_path: Path) -> None:
    write_whole(Path("/dev/null"), "gone")
    assert Path("/dev/null").is_char_device()
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text("before")
    link.symlink_to(target)
    write_whole(link, "after")
    assert (link.is_symlink(), target.read_text()) == (True, "after")
