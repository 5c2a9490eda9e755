"""The command `python -m evals`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from evals import __main__ as command
from evals.bench import kept
from evals.bench.registry import NAMES, load
from evals.bench.results import Bench, BenchResult, Row
from rag import UserError
from rag.evaluation.outcomes import Estimate
from rag.types import Progress

RESULT = BenchResult(
    name="bbc", title="BBC", rows=(Row(metric="m", estimate=Estimate(0.5, 0.25, 1.0, 8)),), seconds=2.0
)


@pytest.fixture
def benches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, Path]]:
    """In place of the benchmarks: each gives one row, and is missing where its folder is; what was run and on what."""
    monkeypatch.setattr(kept, "KEPT", tmp_path / "kept")
    ran: list[tuple[str, Path]] = []

    def fake(name: str) -> Bench:
        def run(folder: Path, progress: Progress) -> BenchResult:
            progress(name, 1, 1)
            ran.append((name, folder))
            if not (folder / name / "rows.jsonl").exists():
                raise UserError(f"{folder / name} is not there")
            return replace(RESULT, name=name, title=name.upper())

        return run

    monkeypatch.setattr(command, "load", fake)
    return ran


def folder(where: Path, *names: str) -> Path:
    for name in names:
        (where / name).mkdir(parents=True)
        (where / name / "rows.jsonl").touch()
    return where


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_is_there(name: str) -> None:
    bench: Callable[..., object] = load(name)
    assert callable(bench)


@pytest.mark.usefixtures("benches")
def test_one_object_of_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = folder(tmp_path, "bbc")
    assert command.main(["bench", "bbc", "--data", str(where), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown.pop("date").count("-") == 2
    assert set(shown.pop("versions")) >= {"python", "rag"}
    estimate = {"value": 0.5, "low": 0.25, "high": 1.0, "items": 8}
    rows = [{"metric": "m", "estimate": estimate, "published": ""}]
    assert shown == {
        "schema": 1,
        "command": f"python -m evals bench bbc --data {where} --json",
        "results": [{"name": "bbc", "title": "BBC", "rows": rows, "seconds": 2.0, "notes": []}],
        "not_run": {},
    }


def test_several_are_run_once_each_in_the_order_given(
    benches: list[tuple[str, Path]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = folder(tmp_path, "bbc", "squad2")
    assert command.main(["bench", "squad2", "bbc", "squad2", "--data", str(where)]) == 0
    assert benches == [("squad2", where), ("bbc", where)]
    shown = capsys.readouterr()
    assert "| SQUAD2 | m | .500 (.250–1.000) | 8 | – |\n| BBC | m |" in shown.out
    assert shown.err == "squad2: 2 s\nbbc: 2 s\n"


@pytest.mark.usefixtures("benches")
def test_data_that_is_absent_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["bench", "bbc", "--data", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"bbc: not run: {tmp_path / 'bbc'} is not there\n"


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (FileNotFoundError(2, "No such file", "/w"), "FileNotFoundError: [Errno 2] No such file: '/w'"),
        (KeyError("text"), "KeyError: 'text'"),
        (ValueError("two\nlines"), "ValueError: two lines"),
    ],
)
def test_what_one_stumbles_over_costs_the_others_nothing(
    benches: list[tuple[str, Path]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    raised: Exception,
    said: str,
) -> None:
    where = folder(tmp_path / "data", *NAMES)
    others: Callable[[str], Bench] = vars(command)["load"]

    def run(_: Path, __: Progress) -> BenchResult:
        raise raised

    monkeypatch.setattr(command, "load", lambda name: run if name == "clapnq" else others(name))
    assert command.main(["bench", "squad2", "clapnq", "bbc", "--data", str(where)]) == 1
    assert [name for name, _ in benches] == ["squad2", "bbc"]
    assert f"clapnq: not run: {said}\n" in capsys.readouterr().err


def table(where: Path) -> Path:
    where.write_text("# Results\n\n<!-- table -->\nold\n<!-- /table -->\n\nMore.\n", encoding="utf-8")
    return where


def test_all_write_the_table(
    benches: list[tuple[str, Path]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where, out = folder(tmp_path / "data", *NAMES), table(tmp_path / "RESULTS.md")
    out.chmod(0o600)
    assert command.main(["all", "--data", str(where), "--out", str(out)]) == 0
    assert [name for name, _ in benches] == list(NAMES)
    text = out.read_text(encoding="utf-8")
    assert text.startswith(f"# Results\n\n<!-- table -->\n`python -m evals all --data {where} --out {out}`, ")
    assert text.endswith("<!-- /table -->\n\nMore.\n")
    assert "old" not in text
    assert capsys.readouterr().out.strip() in text
    assert (out.stat().st_mode & 0o777, list((tmp_path / "kept").iterdir())) == (0o600, [])


def test_what_is_not_run_takes_nothing_from_the_table_and_the_rest_is_gone_on_from(
    benches: list[tuple[str, Path]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where, out = folder(tmp_path / "data", *NAMES[:-1]), table(tmp_path / "RESULTS.md")
    asked = ["all", "--data", str(where), "--out", str(out)]
    assert command.main(asked) == 1
    assert "\nold\n" in out.read_text(encoding="utf-8")
    shown = capsys.readouterr()
    assert f"| bbc | {where / 'bbc'} is not there | not run | – | – |" in shown.out
    assert f"evals: bbc not run, so {out} is as it was; the same command goes on from here\n" in shown.err

    folder(where, "bbc")
    benches.clear()
    assert command.main(asked) == 0
    assert benches == [("bbc", where)]
    assert "| SQUAD2 | m | .500 (.250–1.000) | 8 | – |" in out.read_text(encoding="utf-8")


def test_a_stop_loses_no_more_than_what_is_under_way(
    benches: list[tuple[str, Path]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where, out = folder(tmp_path / "data", *NAMES), table(tmp_path / "RESULTS.md")
    others: Callable[[str], Bench] = vars(command)["load"]

    def stop(_: Path, __: Progress) -> BenchResult:
        raise KeyboardInterrupt

    with monkeypatch.context() as changed:
        changed.setattr(command, "load", lambda name: stop if name == NAMES[2] else others(name))
        with pytest.raises(KeyboardInterrupt):
            command.main(["all", "--data", str(where), "--out", str(out)])
    benches.clear()
    assert command.main(["all", "--data", str(where), "--out", str(out)]) == 0
    assert [name for name, _ in benches] == list(NAMES[2:])


@pytest.mark.parametrize("other", ["fresh", "data", "code", "damaged"])
def test_what_was_measured_otherwise_is_measured_again(
    benches: list[tuple[str, Path]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    where, out = folder(tmp_path / "data", *NAMES[:-1]), table(tmp_path / "RESULTS.md")
    elsewhere = folder(tmp_path / "more", *NAMES[:-1])
    asked = ["all", "--data", str(where), "--out", str(out)]
    assert command.main(asked) == 1
    benches.clear()
    if other == "fresh":
        asked.append("--fresh")
    if other == "data":
        asked[2] = str(elsewhere)
    if other == "code":
        monkeypatch.setattr(kept, "versions", lambda: {"code": "changed"})
    if other == "damaged":
        for file in (tmp_path / "kept").iterdir():
            file.write_text("{")
    assert command.main(asked) == 1
    assert [name for name, _ in benches] == list(NAMES)


def test_a_file_is_no_folder_of_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rows.jsonl").touch()
    for named in ("rows.jsonl", "nowhere"):
        with pytest.raises(SystemExit) as caught:
            command.main(["all", "--data", str(tmp_path / named)])
        assert caught.value.code == 2
        assert f"error: --data {tmp_path / named} is no folder" in capsys.readouterr().err


def test_a_file_without_a_place_is_told_before_anything_is_run(
    benches: list[tuple[str, Path]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "RESULTS.md"
    out.write_text("# Results\n", encoding="utf-8")
    assert command.main(["all", "--data", str(tmp_path), "--out", str(out)]) == 1
    assert benches == []
    assert capsys.readouterr().err.startswith(f"evals: {out} has no one place for the table")


@pytest.mark.usefixtures("benches")
def test_where_nothing_is_run_the_table_stays(tmp_path: Path) -> None:
    out = tmp_path / "RESULTS.md"
    out.write_text("<!-- table -->\nold\n<!-- /table -->\n", encoding="utf-8")
    assert command.main(["all", "--data", str(tmp_path), "--out", str(out)]) == 1
    assert out.read_text(encoding="utf-8") == "<!-- table -->\nold\n<!-- /table -->\n"


@pytest.mark.parametrize("arguments", [[], ["bench"], ["bench", "nothing"], ["all", "bbc"], ["everything"]])
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m evals" in capsys.readouterr().err
