"""Gold files: what is read from them, and what is said of each mistake."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import UserError
from rag.evaluation.cases import (
    AllOf,
    Case,
    Day,
    Expected,
    Figure,
    GoldPassage,
    GoldTurn,
    Nugget,
    Pattern,
    SummaryRequest,
    Words,
)
from rag.evaluation.gold import load_cases
from rag.types import Filters

QUESTION = {"id": "flood-01", "question": "How many houses?", "answers": ["31"]}


def written(folder: Path, *cases: object, name: str = "gold.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(case) + "\n" for case in cases), encoding="utf-8")
    return path


def refused(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        load_cases(path)
    message = str(caught.value)
    assert "\n" not in message
    return message.removeprefix(str(path))


FULL: dict[str, Any] = {
    "id": "flood-02",
    "question": "How many houses?",
    "answers": [
        "31 houses",
        {"number": 6500, "tolerance": 100, "unit": "people"},
        {"number": 4.9, "unit": ["metres", "m"]},
        {"date": "2025-10-18"},
        {"regex": "colli(ded|sion) "},
        {"all": ["wind", {"number": 3}]},
    ],
    "cite": [
        {"article": "flood.md", "quote": "31 houses"},
        [{"article": "flood.md", "start": 3, "end": 9, "words": "31"}, {"article": "a", "start": 0, "end": 2}],
    ],
    "forbid": ["13 houses"],
    "filters": {"publisher": "Gazette", "after": "2025-01-01", "before": "2025-02-01"},
    "tags": ["fact", "number"],
    "split": "test",
    "note": "a near miss",
}
FULL_CASE = Case(
    id="flood-02",
    file="gold.jsonl",
    line=1,
    turns=(
        GoldTurn(
            "How many houses?",
            Expected(
                answers=(
                    Words("31 houses"),
                    Figure(6500.0, 100.0, ("people",)),
                    Figure(4.9, 0.0, ("metres", "m")),
                    Day(date(2025, 10, 18)),
                    Pattern("colli(ded|sion) "),
                    AllOf((Words("wind"), Figure(3.0))),
                ),
                cite=(
                    (GoldPassage("flood.md", quote="31 houses"),),
                    (
                        GoldPassage("flood.md", start=3, end=9, words="31"),
                        GoldPassage("a", start=0, end=2),
                    ),
                ),
                forbidden=(Words("13 houses"),),
            ),
        ),
    ),
    filters=Filters("Gazette", date(2025, 1, 1), date(2025, 2, 1)),
    tags=("fact", "number"),
    split="test",
    note="a near miss",
)


def test_a_question_with_all_that_it_may_have(tmp_path: Path) -> None:
    assert load_cases(written(tmp_path, FULL)) == (FULL_CASE,)
    assert FULL_CASE.kind == "question"
    assert [passage.article for passage in FULL_CASE.passages] == ["flood.md", "flood.md", "a"]


def test_conversations_summaries_and_what_is_not_said(tmp_path: Path) -> None:
    turns = [{"question": "Who?", "answers": ["Vennick"]}, {"question": "Why?", "abstain": True, "forbid": ["rain"]}]
    nuggets = [{"text": "It rained.", "vital": True, "answers": ["rain"]}]
    path = written(
        tmp_path,
        {"id": "c", "turns": turns},
        {"id": "s", "summarize": {"article": "flood.md", "sentences": 3}, "nuggets": nuggets, "reference": "Rain."},
        {"id": "t", "summarize": {"about": "rain"}, "forbid": ["sun"]},
        {"id": "u", "question": "When?", "abstain": True},
    )
    assert load_cases(path) == (
        Case(
            id="c",
            file="gold.jsonl",
            line=1,
            turns=(
                GoldTurn("Who?", Expected(answers=(Words("Vennick"),))),
                GoldTurn("Why?", Expected(abstain=True, forbidden=(Words("rain"),))),
            ),
        ),
        Case(
            id="s",
            file="gold.jsonl",
            line=2,
            summary=SummaryRequest("flood.md", None, 3),
            nuggets=(Nugget("It rained.", True, (Words("rain"),)),),
            reference="Rain.",
        ),
        Case(
            id="t",
            file="gold.jsonl",
            line=3,
            summary=SummaryRequest(None, "rain", 5),
            expected=Expected(forbidden=(Words("sun"),)),
        ),
        Case(id="u", file="gold.jsonl", line=4, turns=(GoldTurn("When?", Expected(abstain=True)),)),
    )
    assert [case.kind for case in load_cases(path)] == ["conversation", "summary", "summary", "question"]


def test_lines_are_counted_past_empty_ones_and_odd_characters(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    first = json.dumps({**QUESTION, "note": "a\u2028b"}, ensure_ascii=False)
    path.write_text(f"\ufeff{first}\r\n\n   \n{json.dumps({**QUESTION, 'id': 'b'})}", encoding="utf-8")
    assert [(case.id, case.line) for case in load_cases(path)] == [("flood-01", 1), ("b", 4)]


YAML = """\
# Two cases.
- id: flood-01
  question: How many houses?
  answers: ["31"]

- id: flood-02
  question: When?
  answers:
    - date: 2025-10-18
  filters: {after: 2025-01-01}
"""


@pytest.mark.parametrize("under", [False, True])
def test_yaml(tmp_path: Path, under: bool) -> None:
    path = tmp_path / "gold.yaml"
    path.write_text("cases:\n" + YAML if under else YAML, encoding="utf-8")
    assert load_cases(path) == (
        Case(
            id="flood-01",
            file="gold.yaml",
            line=2 + under,
            turns=(GoldTurn("How many houses?", Expected(answers=(Words("31"),))),),
        ),
        Case(
            id="flood-02",
            file="gold.yaml",
            line=6 + under,
            turns=(GoldTurn("When?", Expected(answers=(Day(date(2025, 10, 18)),))),),
            filters=Filters(None, date(2025, 1, 1), None),
        ),
    )


PASSAGE = {"article": "a.md", "quote": "31 houses"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"answer": ["31"]}, "'answer' is not known: did you mean answers?"),
        ({"id": None}, "id is a text"),
        ({"id": "a b"}, "the id 'a b' holds a space or “#”"),
        ({"id": "a#2"}, "the id 'a#2' holds a space or “#”"),
        ({"question": " "}, "flood-01: question is a text, not ' '"),
        ({"turns": []}, "flood-01 has question and turns: a case has exactly one of question, turns and summarize"),
        ({"question": ...}, "flood-01 asks nothing: a case has exactly one"),
        ({"abstain": True}, "flood-01: it has answers and abstain"),
        ({"abstain": True, "answers": ..., "cite": [PASSAGE]}, "flood-01: it has cite and abstain"),
        ({"abstain": "yes"}, "flood-01: abstain is true or false"),
        ({"answers": ...}, "flood-01: nothing says what is right: give answers, cite, forbid or abstain"),
        ({"answers": ..., "abstain": False}, "flood-01: nothing says what is right"),
        ({"answers": []}, "flood-01: answers is a list with at least one way to say it"),
        ({"answers": "31"}, "flood-01: answers is a list with at least one way to say it, not '31'"),
        ({"answers": [31]}, "flood-01: answers: 31 is no text: put it in quotation marks"),
        ({"answers": ["–"]}, "flood-01: answers: '–' holds no word"),
        ({"answers": [{"words": "a"}]}, "flood-01: answers: {'words': 'a'} is none of all, regex, number, date"),
        ({"answers": [{"regex": "a", "date": "b"}]}, "is none of all, regex, number, date"),
        ({"answers": [{"regex": "(a"}]}, "the regex '(a' cannot be read: missing )"),
        ({"answers": [{"regex": " "}]}, "flood-01: answers: the regex is empty"),
        ({"answers": [{"regex": "(" * 5000 + ")" * 5000}]}, "cannot be read: it is too large"),
        ({"answers": [{"regex": "a*"}]}, "the regex 'a*' is found in every text"),
        ({"answers": [{"number": "31"}]}, "answers: number is a number, not '31'"),
        ({"answers": [{"number": True}]}, "answers: number is a number, not True"),
        ({"answers": [{"number": 10**400}]}, "answers: number is too large"),
        ({"answers": [{"number": 3, "tolerance": -1}]}, "answers: tolerance is 0 or more"),
        ({"answers": [{"number": 3, "unit": []}]}, "answers: unit is a text, or a list of them"),
        ({"answers": [{"number": 3, "unit": 4}]}, "answers: unit is a list of texts, not 4"),
        ({"answers": [{"number": 3, "units": "m"}]}, "'units' is not known: did you mean unit?"),
        ({"answers": [{"date": "2025-02-30"}]}, "answers: date is a day such as 2025-10-18, not '2025-02-30'"),
        ({"answers": [{"date": "20251018"}]}, "answers: date is a day such as 2025-10-18"),
        ({"answers": [{"all": ["31"]}]}, "answers: all is a list of two answers or more"),
        ({"forbid": [{"all": ["31", []]}]}, "forbid: [] is no text"),
        ({"cite": []}, "flood-01: cite is a list with at least one passage"),
        ({"cite": PASSAGE}, "flood-01: cite is a list with at least one passage"),
        ({"cite": [[]]}, "flood-01: cite: a list in it holds no passage"),
        ({"cite": [{"article": "a.md"}]}, "cite: a passage has a quote, or start and end"),
        ({"cite": [{"quote": "a"}]}, "cite: article is a text"),
        ({"cite": [{**PASSAGE, "start": 1}]}, "cite: a passage has a quote or start, not both"),
        ({"cite": [{"article": "a", "start": 4, "end": 4}]}, "cite: start 4 and end 4 are no passage"),
        ({"cite": [{"article": "a", "start": -1, "end": 4}]}, "cite: start -1 and end 4 are no passage"),
        ({"filters": {"since": "x"}}, "'since' is not known: filters has publisher, after, before"),
        ({"filters": {"after": "2025-02-01", "before": "2025-01-01"}}, "filters: nothing is both after 2025-02-01"),
        ({"tags": "fact"}, "flood-01: tags is a list of texts, not 'fact'"),
        ({"split": "train"}, "flood-01: split is dev or test, not 'train'"),
        ({"nuggets": []}, "flood-01: nuggets is for summaries alone"),
        ({"question": ..., "turns": [{"question": "a"}]}, "flood-01: answers of a conversation belongs into its turns"),
        (
            {"question": ..., "answers": ..., "turns": [{"question": "a", "answers": ["b"]}]},
            "flood-01: turns is a list of two questions or more",
        ),
        (
            {"question": ..., "answers": ..., "turns": [{"question": "a", "abstain": True}, {"question": "b"}]},
            "flood-01: turn 2: nothing says what is right",
        ),
        ({"question": ..., "summarize": {"article": "a"}}, "flood-01: answers is for questions alone"),
        ({"question": ..., "answers": ..., "summarize": {"article": "a"}}, "flood-01: nothing says what is right"),
        ({"question": ..., "answers": ..., "summarize": {}}, "summarize has exactly one of article and about"),
        (
            {"question": ..., "answers": ..., "summarize": {"about": "a", "sentences": 0}},
            "flood-01: sentences is a whole number from 1 to 100",
        ),
        (
            {"question": ..., "answers": ..., "summarize": {"article": "a"}, "filters": {"publisher": "b"}},
            "flood-01: filters go with a summary about a topic",
        ),
        (
            {"question": ..., "answers": ..., "summarize": {"about": "a"}, "abstain": True, "reference": "b"},
            "flood-01: it has abstain and what the summary should hold",
        ),
        (
            {"question": ..., "answers": ..., "summarize": {"about": "a"}, "nuggets": [{"text": "b"}]},
            "flood-01: nugget 1: vital is true or false",
        ),
        (
            {"question": ..., "answers": ..., "summarize": {"about": "a"}, "nuggets": [{"text": "b", "vital": True}]},
            "flood-01: nugget 1: answers is a list with at least one way to say it",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    case = {key: value for key, value in {**QUESTION, **changed}.items() if value is not ...}
    message = refused(written(tmp_path, {**QUESTION, "id": "right"}, case))
    assert message.startswith(", line 2: ")
    assert said in message


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", ", line 1: no JSON object: "),
        ("[]", ", line 1: a case is an object with id, question"),
        ('{"id": "a", "id": "b"}', ", line 1: no JSON object: the key 'id' stands there twice"),
        ('{"id": NaN}', ", line 1: no JSON object: NaN is no number"),
        ("[" * 100_000, ", line 1: no JSON object: it is nested too deep"),
        ('{"id": "a", "question": "Who\\ud800?"}', ", line 1: \\ud800 in a text is half a character"),
        ('{"id": "a", "\\\\\\udc00": 1}', ", line 1: \\udc00 in a text is half a character"),
        ('{"id": "a", "question": "\\\\ud800"}', ", line 1: a: nothing says what is right"),
        (
            '{"id": "a", "question": "b", "answers": [{"number": ' + "9" * 5000 + "}]}",
            ", line 1: a: answers: number is too large",
        ),
        ("", " holds no case: "),
    ],
)
def test_lines_that_are_no_case(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(line, encoding="utf-8")
    assert refused(path).startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- id: a\n  question: [", ", line 2: no YAML: "),
        ("cases: 3", ": it is a list of cases, or has the key cases and no other"),
        ("name: b\ncases: []", ": it is a list of cases, or has the key cases and no other"),
        ("31", ": it is a list of cases, or has the key cases and no other"),
        ("- id: a\n- id: b\n  id: c\n", ", line 2: no YAML: a key stands there twice"),
        ("- id: !!python/object:os.system x", ", line 1: no YAML: "),
        ("- 31", ", line 1: a case is an object with id, question"),
        ("- {id: a, question: b, answers: [no]}", ", line 1: a: answers: False is no text: put it in quotation marks"),
        ("", " holds no case: "),
        ("cases: []", " holds no case: "),
        ('- "\\ud800"', ", line 1: \\ud800 in a text is half a character"),
        ("- " + "[" * 5000, ": no YAML: it is nested too deep"),
        ("- {id: a, question: b, answers: [{number: " + "9" * 5000 + "}]}", ": no YAML: a number in it is too large"),
    ],
)
def test_yaml_that_is_no_gold(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "gold.yml"
    path.write_text(text, encoding="utf-8")
    assert refused(path).startswith(said)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot be read: No such file or directory"):
        load_cases(tmp_path / "none.jsonl")
    path = tmp_path / "latin.jsonl"
    path.write_bytes("é".encode("latin-1"))
    with pytest.raises(UserError, match="is not UTF-8"):
        load_cases(path)
    with pytest.raises(UserError, match=r"ends in \.jsonl, \.yaml or \.yml, not in '\.txt'"):
        load_cases(written(tmp_path, QUESTION, name="gold.txt"))


def test_an_id_stands_once(tmp_path: Path) -> None:
    path = written(tmp_path, QUESTION, {**QUESTION, "id": "other"}, QUESTION)
    assert refused(path) == ", line 3: the id 'flood-01' is that of line 1 already"


def test_the_first_mistakes_are_all_said_at_once(tmp_path: Path) -> None:
    wrong = [{**QUESTION, "id": f"w{number}", "answers": []} for number in range(12)]
    message = refused(written(tmp_path, QUESTION, *wrong))
    assert message.startswith(" has 12 mistakes: line 2: w0: ")
    assert [f"line {line}:" in message for line in range(1, 14)] == [False, *[True] * 10, False, False]
    assert message.endswith("; and 2 more")


@pytest.mark.parametrize("file", sorted((Path(__file__).parents[2] / "evals" / "suites").glob("*/*.jsonl")), ids=str)
def test_our_own_gold_is_valid(file: Path) -> None:
    cases = load_cases(file)
    assert all(case.file == file.name for case in cases)


SAID = st.text(min_size=1).filter(lambda text: any(letter.isalnum() for letter in text) and text == text.strip())


@given(SAID, st.floats(allow_nan=False, allow_infinity=False), st.dates(), st.lists(SAID, min_size=1, max_size=3))
def test_what_is_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, text: str, number: float, day: date, units: list[str]
) -> None:
    case = {
        "id": "a",
        "question": text,
        "answers": [text, {"number": number, "unit": units}, {"date": day.isoformat()}],
        "cite": [{"article": text, "quote": text}],
    }
    (read,) = load_cases(written(tmp_path_factory.mktemp("gold"), case))
    assert read.turns == (
        GoldTurn(
            text,
            Expected(
                answers=(Words(text), Figure(number, 0.0, tuple(units)), Day(day)),
                cite=((GoldPassage(text, quote=text),),),
            ),
        ),
    )


def test_the_article_that_a_question_is_about_whose_answer_none_gives(tmp_path: Path) -> None:
    (case,) = load_cases(written(tmp_path, {"id": "a", "question": "Who?", "abstain": True, "about": "flood.md"}))
    assert case.about == "flood.md"
    with pytest.raises(UserError, match="line 1: a: about is a text"):
        load_cases(written(tmp_path, {"id": "a", "question": "Who?", "abstain": True, "about": 3}))
