"""Runs as files, and the journal of one that was stopped."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from rag import StorageError, UserError
from rag.evaluation.outcomes import Estimate, GoldFile, Run
from rag.evaluation.runs import earlier_run, last_run, read_run, run_file, write_run, write_whole
from tests.evaluation.build_replies import ANSWERED, ITEMS, SUMMED

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
    file = run_file(tmp_path / "runs", "seeds-1a2b3c4d", RUN)
    assert file == tmp_path / "runs" / "seeds-1a2b3c4d-2026-11-23T034012.123.json"
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
    for name in (
        "seeds-2026-11-23T034012.123",
        "seeds-2026-02-01T000000.000",
        "seeds-more-2027-01-01T000000.000",
        "seeds-2027-2026-11-23T034012.123",
        "seeds-2028-01-01",
    ):
        (tmp_path / f"{name}.json").touch()
    assert last_run(tmp_path, "seeds") == tmp_path / "seeds-2026-11-23T034012.123.json"
    assert last_run(tmp_path, "seeds-2027") == tmp_path / "seeds-2027-2026-11-23T034012.123.json"
    assert last_run(tmp_path, "other") is None


def test_the_run_to_compare_with(tmp_path: Path) -> None:
    file = run_file(tmp_path, "seeds-1a2b3c4d", RUN)
    write_run(RUN, file)
    assert earlier_run(tmp_path, "seeds-1a2b3c4d", "seeds", None) == RUN
    assert earlier_run(tmp_path, "other", "seeds", file) == RUN
    # A gold file of the same name elsewhere is another suite.
    with pytest.raises(UserError, match="there is no earlier run of seeds in "):
        earlier_run(tmp_path, "seeds-99999999", "seeds", None)
    with pytest.raises(UserError, match=r"\.json is a run of seeds, not of other"):
        earlier_run(tmp_path, "other", "other", file)


def test_a_device_is_written_to_and_never_replaced_and_a_link_is_followed(tmp_path: Path) -> None:
    write_whole(Path("/dev/null"), "gone")
    assert Path("/dev/null").is_char_device()
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text("before")
    link.symlink_to(target)
    write_whole(link, "after")
    assert (link.is_symlink(), target.read_text()) == (True, "after")
