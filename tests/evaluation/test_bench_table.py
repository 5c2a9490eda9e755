"""The table of all benchmarks, and its place in a file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.bench import table
from evals.bench.results import BenchResult, Row
from rag import UserError
from rag.evaluation.outcomes import Estimate

RESULT = BenchResult(
    name="one",
    title="One",
    rows=(
        Row(metric="Hits@4", estimate=Estimate(0.9341, 0.92, 1.0, 1145), published="somebody .9 | nobody .8"),
        Row(metric="length", estimate=Estimate(271.66, 250.0, 300.04, 20)),
        Row(metric="nothing", estimate=Estimate(0.0, 0.0, 0.0, 3)),
    ),
    seconds=61.6,
    notes=("Mind this.",),
)


def test_the_table() -> None:
    rendered = table.render(
        [RESULT],
        command="python -m evals all",
        day=date(2026, 11, 23),
        measured_with={"python": "3.12.1", "cores": "2"},
        not_run={"two": "/data/two.jsonl is not there"},
    )
    assert rendered == "\n".join(
        [
            "`python -m evals all`, 2026-11-23; python 3.12.1, cores 2. In brackets the 95% interval.",
            "",
            "| benchmark | figure | ours | cases | published by others |",
            "|---|---|---|---|---|",
            "| One | Hits@4 | .934 (.920–1.000) | 1,145 | somebody .9 / nobody .8 |",
            "|  | length | 271.7 (250.0–300.0) | 20 | – |",
            "|  | nothing | .000 (.000–.000) | 3 | – |",
            "| two | /data/two.jsonl is not there | not run | – | – |",
            "",
            "Seconds: one 62; 1 minutes in all.",
            "",
            "- One: Mind this.",
        ]
    )


def test_the_versions_are_those_that_are_installed() -> None:
    assert set(table.versions()) == {"python", "rag", "chromadb", "onnxruntime", "numpy", "cores"}


TEXTS = st.text(st.characters(exclude_characters="<\r", exclude_categories=["Cs"]), max_size=40)


@settings(deadline=None)
@given(before=TEXTS, old=TEXTS, after=TEXTS, new=TEXTS)
def test_the_table_is_put_between_the_marks_and_nothing_else_changes(
    tmp_path_factory: pytest.TempPathFactory, before: str, old: str, after: str, new: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "RESULTS.md"
    path.write_text(f"{before}<!-- table -->{old}<!-- /table -->{after}", encoding="utf-8")
    for _ in range(2):
        table.place(path, new)
        assert path.read_text(encoding="utf-8") == f"{before}<!-- table -->\n{new}\n<!-- /table -->{after}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<!-- table -->",
        "<!-- /table -->",
        "<!-- /table --><!-- table -->",
        "<!-- table --><!-- table --><!-- /table -->",
        "<!-- table --><!-- /table --><!-- /table -->",
    ],
)
def test_a_file_without_one_place_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "RESULTS.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="no one place for the table"):
        table.place(path, "new")
    assert path.read_text(encoding="utf-8") == text


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"RESULTS\.md cannot be read"):
        table.place(tmp_path / "RESULTS.md", "new")
