"""Gold files: JSON Lines or YAML, one case after another, read into `Case` values; a mistake is named with its line.

The keys of a case, and the forms of an answer and of a passage, are those of `rag.evaluation.cases`, written as

    {"id": "flood-03", "question": "…", "answers": ["31 houses", {"number": 31, "unit": "houses"}],
     "cite": [{"article": "flood.md", "quote": "31 houses were under water"}], "forbid": ["13 houses"]}
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.errors import UserError
from rag.evaluation.cases import Case, Expected, GoldTurn, Nugget, SummaryRequest
from rag.evaluation.gold_files import Entry, read_entries
from rag.evaluation.gold_values import (
    Fields,
    Flaw,
    accepted_list,
    cited,
    filters,
    identifier,
    text,
    texts,
)

_SHOWN = 10
_SENTENCES = 5
_MOST_SENTENCES = 100
_EXPECTED = ("answers", "cite", "forbid", "abstain")
_TURN = ("question", *_EXPECTED)
_CASE = (
    "id", "question", "turns", "summarize", *_EXPECTED, "nuggets", "reference", "filters", "tags", "split", "note",
    "about",
)  # fmt: skip
_NUGGET = ("text", "vital", "answers")


def load_cases(path: Path) -> tuple[Case, ...]:
    """The cases of one gold file, in order: ``.jsonl`` with one a line, ``.yaml`` with a list or under `cases`.

    Raises `UserError` where the file cannot be read, and for what is wrong in it: the first ten mistakes, each with
    its line.
    """
    cases: list[Case] = []
    mistakes: list[str] = []
    lines: dict[str, int] = {}
    for entry in read_entries(path):
        try:
            case = _case(entry, path.name)
            if case.id in lines:
                raise Flaw(f"the id {case.id!r} is that of line {lines[case.id]} already")
        except Flaw as exc:
            mistakes.append(f"line {entry.line}: {exc}")
        else:
            lines[case.id] = entry.line
            cases.append(case)
    if mistakes:
        raise UserError(_listed(path, mistakes))
    if not cases:
        raise UserError(f"{path} holds no case: write one a line, with an id, a question and what is right for it")
    return tuple(cases)


def _listed(path: Path, mistakes: list[str]) -> str:
    if len(mistakes) == 1:
        return f"{path}, {mistakes[0]}"
    more = f"; and {len(mistakes) - _SHOWN} more" if len(mistakes) > _SHOWN else ""
    return f"{path} has {len(mistakes)} mistakes: {'; '.join(mistakes[:_SHOWN])}{more}"


def _case(entry: Entry, file: str) -> Case:
    if entry.flaw:
        raise Flaw(entry.flaw)
    fields = Fields(entry.value, _CASE, "a case")
    name = identifier(fields.get("id"))
    asked = [key for key in ("question", "turns", "summarize") if key in fields]
    if len(asked) != 1:
        said = f"has {' and '.join(asked)}" if asked else "asks nothing"
        raise Flaw(f"{name} {said}: a case has exactly one of question, turns and summarize")
    try:
        return _of_kind(asked[0], fields, name, file, entry.line)
    except Flaw as exc:
        raise Flaw(f"{name}: {exc}") from exc


def _of_kind(kind: str, fields: Fields, name: str, file: str, line: int) -> Case:
    of_summaries = [key for key in ("nuggets", "reference") if key in fields]
    if kind != "summarize" and of_summaries:
        raise Flaw(f"{of_summaries[0]} is for summaries alone")
    split = fields.get("split", "dev")
    if split not in ("dev", "test"):
        raise Flaw(f"split is dev or test, not {split!r}")
    common: dict[str, Any] = {
        "id": name,
        "file": file,
        "line": line,
        "filters": filters(fields.get("filters", {})),
        "tags": texts(fields.get("tags", []), "tags"),
        "split": split,
        "note": text(fields["note"], "note") if "note" in fields else None,
        "about": text(fields["about"], "about") if "about" in fields else None,
    }
    if kind == "question":
        return Case(turns=(_turn(fields),), **common)
    if kind == "turns":
        return Case(turns=tuple(_turns(fields)), **common)
    return _summary(fields, common)


def _turns(fields: Fields) -> Iterator[GoldTurn]:
    misplaced = [key for key in _EXPECTED if key in fields]
    if misplaced:
        raise Flaw(f"{misplaced[0]} of a conversation belongs into its turns")
    turns = fields["turns"]
    if not isinstance(turns, list) or len(turns) < 2:
        raise Flaw("turns is a list of two questions or more, each with what is right for it")
    for number, turn in enumerate(turns, 1):
        try:
            yield _turn(Fields(turn, _TURN, "a turn"))
        except Flaw as exc:
            raise Flaw(f"turn {number}: {exc}") from exc


def _turn(fields: Fields) -> GoldTurn:
    expected = _expected(fields)
    if expected == Expected():
        raise Flaw("nothing says what is right: give answers, cite, forbid or abstain")
    return GoldTurn(text(fields.get("question"), "question"), expected)


def _expected(fields: Fields) -> Expected:
    abstain = fields.get("abstain", False)
    if not isinstance(abstain, bool):
        raise Flaw("abstain is true or false")
    if abstain and (both := [key for key in ("answers", "cite") if key in fields]):
        raise Flaw(f"it has {both[0]} and abstain: what the articles do not say has no {both[0]}")
    return Expected(
        abstain=abstain,
        answers=accepted_list(fields["answers"], "answers") if "answers" in fields else (),
        cite=cited(fields["cite"]) if "cite" in fields else (),
        forbidden=accepted_list(fields["forbid"], "forbid") if "forbid" in fields else (),
    )


def _summary(fields: Fields, common: dict[str, Any]) -> Case:
    if "answers" in fields:
        raise Flaw("answers is for questions alone: what a summary should say are its nuggets")
    asked = Fields(fields["summarize"], ("article", "about", "sentences"), "summarize")
    if ("article" in asked) == ("about" in asked):
        raise Flaw("summarize has exactly one of article and about")
    if "article" in asked and common["filters"]:
        raise Flaw("filters go with a summary about a topic, not with that of one article")
    sentences = asked.get("sentences", _SENTENCES)
    if not isinstance(sentences, int) or isinstance(sentences, bool) or not 1 <= sentences <= _MOST_SENTENCES:
        raise Flaw(f"sentences is a whole number from 1 to {_MOST_SENTENCES}")
    expected = _expected(fields)
    nuggets = tuple(_nuggets(fields["nuggets"])) if "nuggets" in fields else ()
    reference = text(fields["reference"], "reference") if "reference" in fields else None
    if expected.abstain and (nuggets or reference):
        raise Flaw("it has abstain and what the summary should hold")
    if expected == Expected() and not nuggets and reference is None:
        raise Flaw("nothing says what is right: give nuggets, a reference, cite, forbid or abstain")
    return Case(
        summary=SummaryRequest(
            article=text(asked["article"], "article") if "article" in asked else None,
            about=text(asked["about"], "about") if "about" in asked else None,
            sentences=sentences,
        ),
        expected=expected,
        nuggets=nuggets,
        reference=reference,
        **common,
    )


def _nuggets(value: object) -> Iterator[Nugget]:
    if not isinstance(value, list) or not value:
        raise Flaw("nuggets is a list of facts, each with text, vital and answers")
    for number, given in enumerate(value, 1):
        try:
            fields = Fields(given, _NUGGET, "a nugget")
            vital = fields.get("vital")
            if not isinstance(vital, bool):
                raise Flaw("vital is true or false")
            yield Nugget(text(fields.get("text"), "text"), vital, accepted_list(fields.get("answers"), "answers"))
        except Flaw as exc:
            raise Flaw(f"nugget {number}: {exc}") from exc
