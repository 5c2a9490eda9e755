"""The gate turns red for what it should turn red for, and for nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rag import UserError
from rag.evaluation.gate import Baseline, check, read_baseline, updated, write_baseline
from rag.evaluation.outcomes import Estimate, GoldFile, Outcome, Run
from rag.types import Answer
from tests.evaluation.build_runs import item, run

GOOD = {"correct": 0.75, "span_exact": 1.0, "false_answer": 0.1, "seconds": 0.2}


def small(**changed: object) -> Run:
    """A run of four items with good figures."""
    options: dict[str, object] = {"metrics": GOOD} | changed
    return run(*(item(f"q{n}") for n in range(4)), **options)  # type: ignore[arg-type]


BASELINE = updated(Baseline(), [small()])[0]


def test_a_run_passes_the_gate_that_it_was_pinned_by() -> None:
    report = check(BASELINE, [small()])
    assert (report.green, report.breaches) == (True, ())
    assert report.lines == ("small: 4 items, 3 floors, 0 in breach",)


@pytest.mark.parametrize(
    ("metrics", "breach"),
    [
        ({"correct": 0.7}, "small: correct is 0.700, and 0.750 is pinned (margin 0.020)"),
        ({"span_exact": 0.99}, "small: span_exact is 0.990, and 1.000 is pinned (margin 0.000)"),
        ({"false_answer": 0.2}, "small: false_answer is 0.200, and 0.100 is pinned (margin 0.020)"),
    ],
)
def test_a_fall_beyond_the_margin_is_red(metrics: dict[str, float], breach: str) -> None:
    assert check(BASELINE, [small(metrics=GOOD | metrics)]).breaches == (breach,)


@pytest.mark.parametrize(
    "metrics", [{"correct": 0.735}, {"correct": 1.0}, {"false_answer": 0.115}, {"false_answer": 0.0}, {"seconds": 9.0}]
)
def test_a_fall_within_the_margin_a_rise_and_a_slower_machine_are_green(metrics: dict[str, float]) -> None:
    assert check(BASELINE, [small(metrics=GOOD | metrics)]).green


def test_over_few_items_one_of_them_is_allowed_to_fall() -> None:
    few = replace(small(), metrics={"correct": Estimate(0.75, 0.5, 1.0, 8)})
    (floor,) = updated(Baseline(), [few])[0].suites[0].floors
    assert (floor.metric, floor.margin) == ("correct", 0.125)


def test_a_metric_that_was_not_measured_is_red() -> None:
    metrics = {name: value for name, value in GOOD.items() if name != "correct"}
    assert check(BASELINE, [small(metrics=metrics)]).breaches == ("small: correct was not measured",)


def test_gold_that_changed_and_was_not_pinned_again_is_red() -> None:
    report = check(BASELINE, [small(gold=(GoldFile("facts.jsonl", "ee" * 32, 4),))])
    assert report.breaches == ("small: the gold in facts.jsonl is not what is pinned; --update pins it again",)


def test_a_gold_file_that_went_or_came_is_red() -> None:
    report = check(BASELINE, [small(gold=(GoldFile("other.jsonl", "ab" * 32, 4),))])
    assert report.breaches == (
        "small: the gold in facts.jsonl is not what is pinned; --update pins it again",
        "small: the gold in other.jsonl is not what is pinned; --update pins it again",
    )


def test_other_articles_are_red() -> None:
    report = check(BASELINE, [small(fingerprint="ff" * 6)])
    assert report.breaches == ("small: the articles are not those that are pinned; --update pins them again",)


def test_a_lost_case_is_red() -> None:
    fewer = run(*(item(f"q{n}") for n in range(3)), metrics=GOOD, gold=small().gold)
    assert check(BASELINE, [fewer]).breaches == ("small: 3 items were scored, and 4 are pinned",)


def test_an_item_that_failed_is_red_whatever_the_figures() -> None:
    failed = replace(item("q3"), outcome=Outcome(id="q3", error="the server is down"))
    broken = run(*(item(f"q{n}") for n in range(3)), failed, metrics=GOOD)
    assert check(BASELINE, [broken]).breaches == ("small: 1 of 4 items could not be asked, the first q3",)
    assert updated(BASELINE, [broken]) == (
        BASELINE,
        ("small: not pinned, for 1 of 4 items could not be asked, the first q3",),
    )


def test_sentences_that_stand_in_for_a_model_are_red() -> None:
    answer = Answer(question="What?", status="abstained", reason="not_stated", notice="the model is not there")
    replaced = replace(item("q3"), outcome=Outcome(id="q3", answer=answer))
    whole = [*(item(f"q{n}") for n in range(3)), replaced]
    pinned = updated(Baseline(), [small(model="m")])[0]
    assert check(pinned, [run(*whole, metrics=GOOD, model="m")]).breaches == (
        "small: 1 of 4 items got the articles' own sentences, for the model failed, the first q3",
    )
    # Where no model was to write, a notice says something else.
    assert check(BASELINE, [run(*whole, metrics=GOOD)]).green


def test_floors_of_one_writer_say_nothing_of_another() -> None:
    assert check(BASELINE, [small(model="m")]).breaches == (
        "small: m answered, and the floors are those of the articles' own sentences",
    )


def test_update_loses_no_item_and_lets_no_suite_become_optional_unless_told() -> None:
    fewer = run(*(item(f"q{n}") for n in range(3)), metrics=GOOD)
    again, kept = updated(BASELINE, [fewer], optional=["small"])
    assert (again.suites[0].items, again.suites[0].optional) == (4, False)
    assert kept == ("small: 4 items stay pinned, though 3 were scored", "small: stays one that must be run")
    assert check(again, [fewer]).breaches == ("small: 3 items were scored, and 4 are pinned",)
    told, nothing = updated(BASELINE, [fewer], optional=["small"], lower=True)
    assert (told.suites[0].items, told.suites[0].optional, nothing) == (3, True, ())


def test_a_suite_that_was_not_run_is_red_unless_it_is_optional_and_its_articles_are_away() -> None:
    assert check(BASELINE, []).breaches == ("small: not run",)
    assert check(BASELINE, [], ["small"]).breaches == ("small: not run",)
    optional = updated(Baseline(), [small()], optional=["small"])[0]
    report = check(optional, [], ["small"])
    assert (report.breaches, report.lines) == ((), ("small: not run, its articles are not there",))
    assert check(optional, []).breaches == ("small: not run",)


def test_a_suite_that_nobody_pinned_is_red() -> None:
    report = check(BASELINE, [small(), small(suite="new")])
    assert report.breaches == ("new: not pinned; --update pins it",)


def test_update_raises_floors_and_never_lowers_one_unless_told() -> None:
    mixed = small(metrics=GOOD | {"correct": 0.9, "false_answer": 0.3})
    raised, kept = updated(BASELINE, [mixed])
    assert {floor.metric: floor.value for floor in raised.suites[0].floors} == {
        "correct": 0.9,
        "span_exact": 1.0,
        "false_answer": 0.1,
    }
    assert kept == ("small: false_answer stays at 0.100, though 0.300 was reached",)
    lowered, nothing = updated(BASELINE, [mixed], lower=True)
    assert {floor.metric: floor.value for floor in lowered.suites[0].floors}["false_answer"] == 0.3
    assert nothing == ()


def test_update_keeps_the_floor_of_what_was_not_measured() -> None:
    metrics = {name: value for name, value in GOOD.items() if name != "correct"}
    again, kept = updated(BASELINE, [small(metrics=metrics)])
    assert {floor.metric for floor in again.suites[0].floors} == {"correct", "span_exact", "false_answer"}
    assert kept == ("small: correct stays, though it was not measured",)


def test_update_pins_changed_gold_and_leaves_other_suites_alone() -> None:
    other = updated(BASELINE, [small(suite="other", gold=(GoldFile("facts.jsonl", "ee" * 32, 4),))])[0]
    assert [pinned.suite for pinned in other.suites] == ["other", "small"]
    assert other.suites[1] == BASELINE.suites[0]
    assert other.suites[0].gold == (GoldFile("facts.jsonl", "ee" * 32, 4),)


def test_a_baseline_comes_back_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    assert read_baseline(file) == Baseline()
    write_baseline(BASELINE, file)
    assert read_baseline(file) == BASELINE
    assert [path.name for path in tmp_path.iterdir()] == ["baseline.json"]


def test_a_baseline_that_could_never_be_red_is_refused(tmp_path: Path) -> None:
    (pinned,) = BASELINE.suites
    wide = replace(pinned, floors=(replace(pinned.floors[0], margin=5.0),))
    unknown = replace(pinned, floors=(replace(pinned.floors[0], metric="speed"),))
    twice = replace(pinned, floors=(pinned.floors[0], pinned.floors[0]))
    file = tmp_path / "baseline.json"
    for suites, why in (
        ((wide,), "the margin of correct of small is not from 0 to 0.2"),
        ((unknown,), "small has a floor for speed, which is no metric"),
        ((twice,), "the metric of small correct stands there twice"),
        ((replace(pinned, floors=()),), "small has no floors or no items"),
        ((replace(pinned, items=0),), "small has no floors or no items"),
        ((pinned, pinned), "the suite small stands there twice"),
    ):
        write_baseline(Baseline(suites), file)
        with pytest.raises(UserError) as caught:
            read_baseline(file)
        assert str(caught.value) == f"{file} is no baseline: {why}"


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": 2}', '{"schema": 1, "suites": [{}]}', '{"schema": 1, "suites": 3}']
)
def test_what_is_no_baseline_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(text)
    with pytest.raises(UserError, match=r"baseline\.json is no baseline: [^\n]+\Z"):
        read_baseline(file)
