"""`rag eval` from its arguments to its figures: whose library, where runs are kept, the gate, drafts, and stops."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag import Library
from rag.evaluation.baseline import read_baseline
from rag.evaluation.catalogue import METRICS
from rag.evaluation.journal import Journal
from rag.evaluation.outcomes import Estimate, Outcome
from rag.evaluation.runs import read_run
from rag.models.scripted import Fail, Say, ScriptedServer, say_json
from rag.surfaces import evals, scores
from rag.surfaces.layout import plain
from tests.evaluation.build_runs import item

from .conftest import ARTICLES, Result, Run, hear_interrupts

COST = {
    "id": "cost",
    "tags": ["number"],
    "question": "How much will the Tannery Bridge repair cost?",
    "answers": [{"number": 4600000}],
    "cite": [{"article": "bridge.md", "quote": "will cost $4.6 million"}],
}
KING = {"id": "king", "tags": ["unanswerable"], "question": "Who is the king of Atlantis?", "abstain": True}
WRONG = {
    "id": "wrong",
    "tags": ["number"],
    "split": "test",
    "question": "How much will the Tannery Bridge repair cost?",
    "answers": ["7 billion"],
}


def gold(folder: Path, *cases: dict[str, Any], name: str = "gold.jsonl") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("".join(json.dumps(case) + "\n" for case in cases), encoding="utf-8")
    return folder / name


def parsed(result: Result) -> Any:
    assert result.out.endswith("}\n")
    assert result.out.count("\n") == 1
    return json.loads(result.out)


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A suite with articles of its own."""
    folder = tmp_path / "suite"
    gold(folder, COST, KING)
    for name, text in ARTICLES.items():
        (tmp_path / "news").mkdir(exist_ok=True)
        (tmp_path / "news" / name).write_text(text, encoding="utf-8")
    (folder / "suite.yaml").write_text("name: mine\narticles: [../news]\n")
    return folder


def own_home(tmp_path: Path) -> Path:
    (home,) = (tmp_path / "data" / "rag" / "evals").iterdir()
    return home


# One's own library -----------------------------------------------------------------------------


def test_a_gold_file_over_the_library(rag: Run, library: Path, tmp_path: Path) -> None:
    file = gold(tmp_path, COST, KING, WRONG)
    result = rag("eval", str(file))
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0].startswith("gold: 3 cases over 3 articles, answered by the articles' own sentences, ")
    assert lines[1] == "2 of 3 items are right in all that the gold asks for."
    assert [line.split()[0] for line in lines[3:6]] == ["METRIC", "correct", "answer_match"]
    assert "input_tokens" not in result.out
    assert [line.split()[:2] for line in lines if line.startswith(("TAG", "number", "unanswerable"))] == [
        ["TAG", "RIGHT"],
        ["number", "0.500"],
        ["unanswerable", "1.000"],
    ]
    # What is wrong in the test split is not shown to whoever did not ask.
    assert "7 billion" not in result.out
    assert "1 item of the split test is wrong too, and not shown" in result.out
    (kept,) = (library / "runs").iterdir()
    assert lines[-1] == f"The run is kept in {kept}"
    assert [item.id for item in read_run(kept)] == ["cost", "king", "wrong"]

    shown = rag("eval", str(file), "--split", "test").out
    assert "\nwrong  How much will the Tannery Bridge repair cost?\n  does not say any of: 7 billion\n" in shown
    assert "1 case of the split test" in shown


def test_the_same_as_json(rag: Run, library: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "run.json"
    value = parsed(rag("eval", str(gold(tmp_path, COST, KING, WRONG)), "--json", "--out", str(out)))
    run = read_run(out)
    assert list(out.parent.iterdir()) == [out]
    assert not (library / "runs").exists()
    fault = "does not say any of: 7 billion"
    assert {name: value[name] for name in value if name not in ("metrics", "tags", "seconds")} == {
        "schema": 1,
        "suite": "gold",
        "run": str(out),
        "report": None,
        "engine": "extractive",
        "model": None,
        "split": "all",
        "articles": 3,
        "items": 3,
        "passed": 2,
        "failed": 0,
        "fell_back": 0,
        "usage": {"input_tokens": 0, "output_tokens": 0, "cost_usd": None},
        "judging": {"input_tokens": 0, "output_tokens": 0, "cost_usd": None},
        "wrong": [],
        "wrong_of_test": 1,
        "comparison": None,
        "gate": None,
    }
    assert list(value["metrics"]) == list(run.metrics)
    correct = run.metrics["correct"]
    assert value["metrics"]["correct"] == {
        "value": correct.value, "low": correct.low, "high": correct.high, "items": 3,
    }  # fmt: skip
    assert value["tags"]["number"]["value"] == 0.5
    # What is wrong in the split test is told to whoever asks for it.
    asked_for = parsed(rag("eval", str(gold(tmp_path, COST, KING, WRONG)), "--json", "--split", "test"))
    assert (asked_for["wrong"], asked_for["wrong_of_test"]) == ([{"id": "wrong", "faults": [fault]}], 1)


def test_it_runs_where_the_shell_closed_standard_error(
    rag: Run, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr", None)
    result = rag("eval", str(gold(tmp_path, COST)))
    assert (result.code, "1 of 1 item is right" in result.out) == (0, True)


def test_a_library_that_is_named_is_asked_and_no_other(rag: Run, library: Path, suite: Path, tmp_path: Path) -> None:
    """Though the suite brings articles of its own."""
    result = rag("eval", str(suite), "--library", str(library), "--json")
    assert (result.code, parsed(result)["run"].startswith(str(library / "runs" / "mine-"))) == (0, True)
    assert not (tmp_path / "data").exists()
    missing = rag("eval", str(suite), "--library", str(tmp_path / "missing"))
    assert (missing.code, missing.err.count("\n")) == (2, 1)
    assert missing.err.startswith(f"rag: there is no library in {tmp_path / 'missing'}: ")
    (tmp_path / "empty").mkdir()
    empty = rag("eval", str(suite), "--library", str(tmp_path / "empty"))
    assert (empty.code, empty.err.startswith(f"rag: the library in {tmp_path / 'empty'} is empty: ")) == (2, True)


# A suite's own articles ------------------------------------------------------------------------


def test_a_suite_keeps_its_own_library(rag: Run, library: Path, suite: Path, tmp_path: Path) -> None:
    before = sorted(file.name for file in library.iterdir())
    result = rag("eval", str(suite), "--json")
    assert (result.code, result.err, parsed(result)["passed"]) == (0, "", 2)
    home = own_home(tmp_path)
    assert home.name.startswith("mine-")
    (kept,) = home.glob("library-*")
    assert {entry.name for entry in home.iterdir()} == {kept.name, "runs"}
    assert parsed(result)["run"].startswith(str(home / "runs" / "mine-"))
    assert sorted(file.name for file in library.iterdir()) == before

    # The articles are followed: changed, removed.
    (tmp_path / "news" / "fire.txt").unlink()
    bridge = tmp_path / "news" / "bridge.md"
    bridge.write_text(bridge.read_text().replace("$4.6 million", "$5.6 million"))
    passage = {"article": "bridge.md", "quote": "will cost $5.6 million"}
    gold(suite, {**COST, "answers": [{"number": 5600000}], "cite": [passage]}, KING)
    again = parsed(rag("eval", str(suite), "--json"))
    assert (again["articles"], again["passed"]) == (2, 2)


def test_a_suites_library_that_other_code_filled_is_made_anew(
    rag: Run, suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rag("eval", str(suite)).code == 0
    (before,) = own_home(tmp_path).glob("library-*")
    assert rag("eval", str(suite)).code == 0
    assert list(own_home(tmp_path).glob("library-*")) == [before]
    monkeypatch.setattr("rag.evaluation.keeping._code", lambda: "changed")
    assert parsed(rag("eval", str(suite), "--json"))["passed"] == 2
    (after,) = own_home(tmp_path).glob("library-*")
    assert after != before


def test_a_suite_whose_articles_are_not_there(rag: Run, suite: Path, tmp_path: Path) -> None:
    (suite / "suite.yaml").write_text("name: mine\narticles: [$RAG_EVAL_NOWHERE/x]\n")
    why = "$RAG_EVAL_NOWHERE/x needs RAG_EVAL_NOWHERE to be set"
    assert rag("eval", str(suite)) == Result(2, "", f"rag: the articles of mine are not there: {why}\n")
    (suite / "suite.yaml").write_text("name: mine\narticles: [$RAG_EVAL_NOWHERE/x]\noptional: true\n")
    assert rag("eval", str(suite)) == Result(0, f"mine: not run: {why}\n", "")
    assert parsed(rag("eval", str(suite), "--json")) == {
        "schema": 1, "suite": "mine", "run": None, "absence": why, "gate": None,
    }  # fmt: skip
    assert not (tmp_path / "data").exists()


# Comparing and the gate ------------------------------------------------------------------------


def test_comparing_with_an_earlier_run(rag: Run, library: Path, tmp_path: Path) -> None:
    file = gold(tmp_path, COST, KING)
    none = rag("eval", str(file), "--compare", "last")
    assert none == Result(2, "", f"rag: there is no earlier run of gold in {library / 'runs'}\n")
    first = parsed(rag("eval", str(file), "--json"))["run"]
    gold(tmp_path, {**COST, "answers": ["7 billion"]}, KING)
    for named in ("last", first):
        # Before the run is made, it is the last that counts.
        result = rag("eval", str(file), "--compare", named)
        assert "No longer right (1): cost\n" in result.out
        assert "  P  N\n" in result.out
        assert [line.split()[:3] for line in result.out.splitlines() if line.startswith("answer_match")][1:] == [
            ["answer_match", "1.000", "0.000"]
        ]
        for kept in (library / "runs").iterdir():
            if str(kept) != first:
                kept.unlink()
    assert rag("eval", str(file), "--compare", str(tmp_path / "no.json")) == Result(
        2, "", f"rag: there is no run {tmp_path / 'no.json'}\n"
    )


def test_the_gate(rag: Run, library: Path, tmp_path: Path) -> None:
    file, pins = gold(tmp_path, COST, KING), tmp_path / "baseline.json"
    unpinned = rag("eval", str(file), "--gate", str(pins))
    assert (unpinned.code, "The gate is red:\n  gold: not pinned; --update pins it\n" in unpinned.out) == (1, True)
    pinned = rag("eval", str(file), "--gate", str(pins), "--update")
    assert (pinned.code, "The gate is green. gold: 2 items, " in pinned.out) == (0, True)
    floors = {floor.metric: floor.value for floor in read_baseline(pins).suites[0].floors}
    assert (floors["correct"], floors["over_refusal"]) == (1.0, 0.0)

    # A wrong answer turns it red, an update does not lower a floor unless it is told to, and other suites do not count.
    gold(tmp_path, {**COST, "answers": ["7 billion"]}, KING)
    red = rag("eval", str(file), "--gate", str(pins), "--json")
    gate = parsed(red)["gate"]
    assert (red.code, gate["green"]) == (1, False)
    assert "gold: the gold in gold.jsonl is not what is pinned; --update pins it again" in gate["breaches"]
    assert any(breach.startswith("gold: answer_match is 0.000, and 1.000 is pinned") for breach in gate["breaches"])
    kept = rag("eval", str(file), "--gate", str(pins), "--update")
    assert (kept.code, "gold: answer_match stays at 1.000, though 0.000 was reached" in kept.out) == (1, True)
    assert rag("eval", str(file), "--gate", str(pins), "--update", "--lower").code == 0
    assert rag("eval", str(gold(tmp_path, KING, name="other.jsonl")), "--gate", str(pins), "--update").code == 0
    assert [found.suite for found in read_baseline(pins).suites] == ["gold", "other"]
    assert rag("eval", str(file), "--gate", str(pins)).code == 0


def test_the_gate_of_a_suite_that_is_not_run(rag: Run, suite: Path, tmp_path: Path) -> None:
    pins = tmp_path / "baseline.json"
    described = "name: mine\narticles: [../news]\noptional: true\n"
    (suite / "suite.yaml").write_text(described)
    assert rag("eval", str(suite), "--gate", str(pins), "--update").code == 0
    (suite / "suite.yaml").write_text(described.replace("news", "gone"))
    passed_over = rag("eval", str(suite), "--gate", str(pins))
    assert (passed_over.code, passed_over.out.splitlines()[-1]) == (
        0,
        "The gate is green. mine: not run, its articles are not there",
    )


def test_a_report(rag: Run, library: Path, tmp_path: Path) -> None:
    page = tmp_path / "pages" / "out.html"
    result = rag("eval", str(gold(tmp_path, COST, KING, WRONG)), "--report", str(page))
    assert result.code == 0
    assert result.out.splitlines()[-1] == f"The report is in {page}"
    text = page.read_text(encoding="utf-8")
    assert text.lstrip().lower().startswith("<!doctype html>")
    assert "How much will the Tannery Bridge repair cost?" in text


# Mistakes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name a gold file or a suite, or with --draft a new file to draft cases into"),
        (["GOLD", "--draft", "x.jsonl"], "name a gold file or a suite, or with --draft a new file"),
        (["GOLD", "--update"], "--update needs --gate BASELINE.json"),
        (["GOLD", "--gate", "b.json", "--lower"], "--lower goes with --update alone"),
        (["GOLD", "--gate", "b.json", "--split", "dev"], "the gate wants all cases: leave --split out"),
        (["GOLD", "--split", "tset"], "argument --split: invalid choice: 'tset'"),
        (["GOLD", "--workers", "0"], "argument --workers: '0' is not a number from 1 to 64"),
        (["GOLD", "--judge", "extractive"], "--judge extractive names no language model: give one such as"),
        (["GOLD", "--engine", "nonsense:"], "the language model 'nonsense:' is none of "),
        (["nowhere.jsonl"], "there is no gold file or suite nowhere.jsonl"),
        ([""], "the name of the gold file or suite is empty"),
        (["GOLD", "--gate", ""], "--gate is empty: name a file"),
        (["GOLD", "--report", " "], "--report is empty: name a file"),
        (["GOLD", "--compare", ""], "--compare is empty: name a file"),
        (["GOLD", "--out", ""], "--out is empty: name a file"),
        (["--draft", ""], "--draft is empty: name a file"),
    ],
)
def test_wrong_usage(rag: Run, library: Path, tmp_path: Path, arguments: list[str], said: str) -> None:
    file = str(gold(tmp_path, KING))
    result = rag("eval", *(file if argument == "GOLD" else argument for argument in arguments))
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"rag: {said}")
    assert result.err.count("\n") == 1
    assert not (library / "runs").exists()


def test_a_package_that_a_report_needs_is_missed_before_the_run(
    rag: Run, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    result = rag("eval", str(gold(tmp_path, COST)), "--report", str(tmp_path / "out.html"))
    assert result == Result(2, "", 'rag: a report needs Jinja: pip install "rag[eval]"\n')
    assert not (library / "runs").exists()


@pytest.mark.parametrize("option", ["--report", "--out"])
def test_a_place_that_cannot_be_written_is_found_before_the_run(
    rag: Run, library: Path, tmp_path: Path, option: str
) -> None:
    file = str(gold(tmp_path, KING))
    (tmp_path / "taken").write_text("a file")
    os.mkfifo(tmp_path / "pipe")
    for named, said in (
        (str(tmp_path), "is a folder: name a file in it"),
        (f"{tmp_path}/new/", "is a folder: name a file in it"),
        (str(tmp_path / "taken" / "x"), "cannot be written: "),
        (str(tmp_path / "pipe"), "is no plain file"),
        ("/proc/x.json", "cannot be written: "),
    ):
        result = rag("eval", file, option, named)
        assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
        assert result.err.startswith(f"rag: {option} {named} {said}")
    assert not (library / "runs").exists()


def test_gold_that_is_wrong_is_named_with_its_line(rag: Run, library: Path, tmp_path: Path) -> None:
    file = gold(tmp_path, KING, {**COST, "cite": [{"article": "bridge.md", "quote": "will cost a fortune"}]})
    result = rag("eval", str(file))
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert "gold.jsonl, line 2: cost: 'will cost a fortune' does not stand in 'bridge.md'" in result.err
    file.write_text('{"id": "a", "question": "What?"}\n')
    assert f"{file}, line 1: " in rag("eval", str(file)).err


# Models ----------------------------------------------------------------------------------------


def test_a_model_that_is_named_writes_and_one_that_fails_is_told(
    rag: Run, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"quotes": [{"passage": "p1", "words": "will cost $4.6 million"}], "text": "It will cost $4.6 million."}
    reply = say_json({"answers": True, "statements": [said], "conflicts": []})
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-to-be-shown")
    monkeypatch.setenv("RAG_LLM_PRICE", "1/1000")
    file = gold(tmp_path, COST)
    with ScriptedServer(reply) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        first = rag("eval", str(file), "--engine", "openai:scripted")
        again = rag("eval", str(file), "--engine", "openai:scripted")
        fresh = rag("eval", str(file), "--engine", "openai:scripted", "--fresh")
    assert [result.code for result in (first, again, fresh)] == [0, 0, 0]
    assert "openai:scripted" in first.err
    for result in (first, fresh):
        assert "answered by openai:scripted, " in result.out
        assert "\n12 tokens read, 5 written, 0.0050 dollars.\n" in result.out
    assert "1 reply of the model came from those that are kept (--fresh asks anew)" in again.out
    assert "tokens read" not in again.out
    for kept in (library / "runs").iterdir():
        assert "sk-not" not in kept.read_text(encoding="utf-8")

    with ScriptedServer(Fail(400)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        failed = rag("eval", str(file), "--engine", "openai:scripted", "--fresh")
    assert failed.code == 0
    assert "The model failed 1 time: " in failed.out


def test_a_judge_decides_what_bears_out(
    rag: Run, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-to-be-shown")
    with ScriptedServer(Say("Verdict: no")) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        result = rag("eval", str(gold(tmp_path, COST)), "--judge", "openai:scripted", "--json")
        asked = len(server.requests)
        shown = rag("eval", str(gold(tmp_path, COST)), "--judge", "openai:scripted").out
    taken = {"input_tokens": 12 * asked, "output_tokens": 5 * asked, "cost_usd": None}
    assert parsed(result)["judging"] == taken
    assert f"\n{12 * asked} tokens read by the judge, {5 * asked} written.\n" in shown
    assert (result.code, asked > 0, "openai:scripted" in result.err) == (0, True, True)
    assert parsed(result)["metrics"]["citation_recall"]["value"] == 0.0
    assert read_run(Path(parsed(result)["run"])).settings["judge"] == "openai:scripted"


# In a terminal -----------------------------------------------------------------------------------


def test_every_figure_is_explained_in_80_columns() -> None:
    assert set(scores.BRIEFLY) == set(METRICS)
    metrics = {name: Estimate(0.5, 0.25, 0.75, 9_999) for name in METRICS}
    lines = plain(scores._metrics(metrics, 80)).splitlines()
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if line.endswith("…")]
    in_full = plain(scores._metrics(metrics, 120)).splitlines()
    assert [line.split()[0] for line in in_full] == [line.split()[0] for line in lines]
    assert not [line for line in in_full if line.endswith("…")]


def test_what_is_wrong_stands_beside_its_question_also_where_nothing_came() -> None:
    failed = replace(item("q", passed=False, faults=("failed: the server is down",)), outcome=Outcome(id="q"))
    assert plain(scores._wrong([failed], "all", {"q": "Who came?"})).splitlines() == [
        "", "Wrong: 1", "", "q  Who came?", "  failed: the server is down",
    ]  # fmt: skip


def test_a_long_tag_does_not_widen_its_table() -> None:
    found = Estimate(0.5, 0.25, 0.75, 3)
    lines = plain(scores._tags({"x" * 200: found, "fact": found})).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].startswith("x" * 20)
    assert "…" in lines[1]
    assert lines[1].split()[1:] == lines[2].split()[1:]


# Drafts ----------------------------------------------------------------------------------------


def test_drafts_are_run_as_they_are(rag: Run, library: Path, tmp_path: Path) -> None:
    file = tmp_path / "drafted.jsonl"
    result = rag("eval", "--draft", str(file))
    assert (result.code, result.err) == (0, "")
    count = len(file.read_text(encoding="utf-8").splitlines())
    assert result.out.startswith(f"Drafted {count} cases into {file}. Read each: ")
    assert parsed(rag("eval", str(file), "--json"))["items"] == count
    assert rag("eval", "--draft", str(file)) == Result(
        2, "", f"rag: {file} is there already: name a new file to draft into\n"
    )
    other = tmp_path / "drafted.yaml"
    assert parsed(rag("eval", "--draft", str(other), "--json")) == {"schema": 1, "file": str(other), "cases": count}


# Stops -----------------------------------------------------------------------------------------


def test_a_run_that_is_stopped_goes_on(library: Path, tmp_path: Path) -> None:
    """Interrupted by Ctrl-C in a process of its own, and called again."""
    shutil.rmtree(library)
    with Library.open(library) as opened:  # with the embedder that the process has
        opened.add({"title": "Bridge", "text": ARTICLES["bridge.md"]})
    questions = [{**KING, "id": f"king-{number}", "question": f"Who is king number {number}?"} for number in range(60)]
    file = gold(tmp_path, *questions)
    command = [sys.executable, "-m", "rag", "eval", str(file), "--library", str(library)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=hear_interrupts)
    journals: list[Path] = []
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        journals = list((library / "runs").glob(".*.journal"))
        if journals and journals[0].read_bytes().count(b"\n") > 3:
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    done = journals[0].read_bytes().count(b"\n") - 1
    assert 3 <= done < 60
    assert err.decode() == (
        f"rag: {done} cases are done: the same command goes on from there\nrag: interrupted; what was stored stays\n"
    )
    again = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    assert again.returncode == 0
    assert again.stderr == f"rag: going on with a run that was stopped: {done} of 60 cases are done\n"
    assert json.loads(again.stdout)["items"] == 60
    assert not journals[0].exists()


def test_a_stop_says_what_there_is_to_go_on_from(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "gold")
    said = []
    for journal.cases in (0, 1, 2):
        said.append(evals._how_far(journal))
    journal.shared_out = True
    assert [*said, evals._how_far(journal)] == [
        "nothing is kept of this run: the same command starts over",
        "1 case is done: the same command goes on from there",
        "2 cases are done: the same command goes on from there",
        "nothing is kept of this run: the same command starts over",
    ]
