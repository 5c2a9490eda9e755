"""The gate turns red for what it should turn red for, and for nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rag import UserError
from rag.answering.fitted import fitted
from rag.evaluation.baseline import Baseline, read_baseline, write_baseline
from rag.evaluation.gate import NARROW, check, updated
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
    assert report.lines == ("small: 4 items, 3 floors, 4 pinned as right, 0 in breach",)


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


WRONG = replace(item("q3", passed=False, faults=("says 3, not 4",)), split="dev")


def test_an_item_that_was_right_and_is_no_longer_is_red_though_no_figure_fell() -> None:
    turned = run(*(item(f"q{n}") for n in range(3)), WRONG, metrics=GOOD, gold=small().gold)
    assert check(BASELINE, [turned]).breaches == ("small: q3 was right, and is no longer: says 3, not 4",)
    # Which of the split test became wrong is not told.
    hidden = replace(turned, items=(*turned.items[:3], replace(WRONG, split="test")))
    assert check(BASELINE, [hidden]).breaches == ("small: 1 of the split test were right, and are no longer",)
    # An update does not forget it unless told.
    again, kept = updated(BASELINE, [turned])
    assert kept == ("small: 1 items stay pinned as right, though they are not",)
    assert not check(again, [turned]).green
    assert check(updated(BASELINE, [turned], lower=True)[0], [turned]).green


def test_an_item_that_was_decided_narrowly_is_left_to_the_margins() -> None:
    edge = fitted().threshold
    narrow, sure = ((f"q{n}", edge + way * NARROW * (1 - 2 * n)) for n, way in enumerate((0.9, 1.1)))
    sound = [replace(item(name), outcome=replace(item(name).outcome, confidence=at)) for name, at in (narrow, sure)]
    pinned = updated(Baseline(), [run(*sound, metrics=GOOD)])[0]
    assert (pinned.suites[0].right, pinned.suites[0].uncertain) == (("q0", "q1"), ("q0",))
    wrong = [replace(each, passed=False, faults=("abstained",)) for each in sound]
    assert check(pinned, [run(*wrong, metrics=GOOD)]).breaches == ("small: q1 was right, and is no longer: abstained",)
    fallen = check(pinned, [run(wrong[0], sound[1], metrics=GOOD | {"correct": 0.5})])
    assert fallen.breaches == ("small: correct is 0.500, and 0.750 is pinned (margin 0.020)",)
    assert check(pinned, [run(sound[1], metrics=GOOD, gold=run(*sound).gold)]).breaches == (
        "small: 1 items were scored, and 2 are pinned",
        "small: q0 was right, and is lost",
    )


def test_what_a_model_writes_has_floors_alone() -> None:
    (pinned,) = updated(Baseline(), [small(model="m")])[0].suites
    assert (pinned.right, pinned.uncertain) == (None, ())


def test_a_baseline_of_before_says_that_it_pins_no_items(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    write_baseline(BASELINE, file)
    plain = json.loads(file.read_text())
    for name in ("right", "uncertain"):
        del plain["suites"][0][name]
    file.write_text(json.dumps(plain))
    old = read_baseline(file)
    assert old.suites == (replace(BASELINE.suites[0], right=None),)
    turned = run(*(item(f"q{n}") for n in range(3)), WRONG, metrics=GOOD, gold=small().gold)
    report = check(old, [turned])
    assert report.breaches == ()
    assert report.lines == ("small: 4 items, 3 floors, which are right is not pinned, 0 in breach",)


def test_what_must_be_exact_is_compared_to_the_last_place(tmp_path: Path) -> None:
    thirds = small(metrics={"span_exact": 2 / 3, "unsupported": 0.0, "correct": 2 / 3})
    write_baseline(updated(Baseline(), [thirds])[0], tmp_path / "baseline.json")
    baseline = read_baseline(tmp_path / "baseline.json")
    assert [(floor.metric, floor.value) for floor in baseline.suites[0].floors] == [
        ("correct", 0.6667),
        ("span_exact", 2 / 3),
        ("unsupported", 0.0),
    ]
    assert check(baseline, [thirds]).green
    slipped = small(metrics={"span_exact": 2 / 3 - 0.0004, "unsupported": 0.0004, "correct": 2 / 3})
    assert [breach.split()[1] for breach in check(baseline, [slipped]).breaches] == ["span_exact", "unsupported"]


def test_a_figure_that_nothing_is_worse_than_has_no_floor(tmp_path: Path) -> None:
    worst = small(metrics={"correct": 0.01, "false_answer": 1.0, "span_exact": 1.0})
    baseline, said = updated(Baseline(), [worst])
    assert [floor.metric for floor in baseline.suites[0].floors] == ["span_exact"]
    assert said == (
        "small: correct has no floor, for nothing is worse than 0.010",
        "small: false_answer has no floor, for nothing is worse than 1.000",
    )
    write_baseline(baseline, tmp_path / "baseline.json")
    assert read_baseline(tmp_path / "baseline.json") == baseline
    assert updated(Baseline(), [small(metrics={"correct": 0.0})]) == (
        Baseline(),
        (
            "small: correct has no floor, for nothing is worse than 0.000",
            "small: not pinned, for it has no figure that could become worse",
        ),
    )


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
    assert check(BASELINE, [fewer]).breaches == (
        "small: 3 items were scored, and 4 are pinned",
        "small: q3 was right, and is lost",
    )


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
    assert kept == (
        "small: 1 items stay pinned as right, though they are not",
        "small: 4 items stay pinned, though 3 were scored",
        "small: stays one that must be run",
    )
    assert check(again, [fewer]).breaches == (
        "small: 3 items were scored, and 4 are pinned",
        "small: q3 was right, and is lost",
    )
    told, nothing = updated(BASELINE, [fewer], optional=["small"], lower=True)
    assert (told.suites[0].items, told.suites[0].optional, nothing) == (3, True, ())
    assert told.suites[0].right == ("q0", "q1", "q2")


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
    beyond = replace(pinned, floors=(replace(pinned.floors[0], value=1.5),))
    idle = replace(pinned, floors=(replace(pinned.floors[0], value=0.02),))
    ceiling = replace(pinned, floors=(replace(pinned.floors[0], metric="false_answer", value=0.99),))
    file = tmp_path / "baseline.json"
    for suites, why in (
        ((wide,), "the margin of correct of small is not from 0 to 0.2"),
        ((unknown,), "small has a floor for speed, which is no metric"),
        ((twice,), "the metric of small correct stands there twice"),
        ((beyond,), "correct of small cannot be 1.5"),
        ((idle,), "nothing is a breach of correct 0.02 of small, margin 0.02"),
        ((ceiling,), "nothing is a breach of false_answer 0.99 of small, margin 0.02"),
        ((replace(pinned, right=("a", "a")),), "the right item of small a stands there twice"),
        ((replace(pinned, uncertain=("z",)),), "the uncertain item z of small is not among those that were right"),
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
