"""What a reply is given: every metric that applies, right or wrong, and why; over the sample articles, end to end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from math import log2
from typing import Any

import pytest

from rag import Answer, Citation, Library, Settings, Span
from rag.evaluation.cases import (
    Accepted,
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
from rag.evaluation.locating import Located, Place, Shelf, locate
from rag.evaluation.matching import worded, wordings
from rag.evaluation.outcomes import Outcome, Scored
from rag.evaluation.scoring import score
from rag.models.fakes import HashEmbedder
from rag.types import Conflict, ConflictValue, Statement, Summary, Usage
from tests.conftest import SEEDS


@pytest.fixture(scope="module")
def shelves(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The sample articles with the small embedder; tests do not change it."""
    settings = Settings(abstain=False)
    directory = tmp_path_factory.mktemp("scoring") / "library"
    with Library.open(directory, settings=settings, embedder=HashEmbedder()) as opened:
        assert not opened.add(SEEDS).failed
        yield opened


FERRY = "ferry-breakwater-gazette.md"
FLOOD = "immelow-flood-timeline.md"
HIT = GoldPassage(FERRY, quote="hit the stone wall at 7.42 a.m.")
MASTER = GoldPassage(FERRY, quote="Jorun Askelby, 52, has commanded vessels")
BESIDE = GoldPassage("ferry-breakwater-courier.html", quote="hit the stone wall at 7.42 a.m.")


def question(*answers: Accepted, cite: Sequence[Sequence[GoldPassage]] = (), **changed: Any) -> Case:
    forbidden = tuple(changed.pop("forbidden", ()))
    expected = Expected(changed.pop("abstain", False), answers, tuple(map(tuple, cite)), forbidden)
    fields = {"id": "q", "file": "ferry.jsonl", "line": 1, "tags": ("fact",), "split": "test", **changed}
    return Case(turns=(GoldTurn("When did the Sandling Maid hit the stone wall?", expected),), **fields)


def reply(library: Library, *said: tuple[str, str, str], **changed: Any) -> Answer:
    """An answer of statements, each with the article and the words that it cites."""
    shelf = Shelf(library)
    statements, citations = [], []
    for number, (text, name, quote) in enumerate(said, 1):
        article = shelf.article(name)
        at = article.text.index(quote)
        citations.append(Citation.of(article, Span(at, at + len(quote)), number))
        statements.append(Statement(text, (number,), "partial", ""))
    return Answer(question="?", status="answered", statements=tuple(statements), citations=tuple(citations), **changed)


def scored(library: Library, case: Case, *replies: Answer | Summary | str, **outcome: Any) -> tuple[Scored, ...]:
    located = locate([case], library)
    outcomes = []
    for number, came in enumerate(replies, 1):
        name = case.id if number == 1 else f"{case.id}#{number}"
        kind = {Answer: "answer", Summary: "summary", str: "error"}[type(came)]
        outcomes.append(Outcome(**{"id": name, kind: came, "seconds": 0.5, **outcome}))
    return score(case, outcomes, located, library)


SENTENCE = "The Sandling Maid, a 62-metre vessel owned by Gullenstrand Lines, hit the stone wall at 7.42 a.m."
QUOTE = f"{SENTENCE} while making about six knots, said Lt. Pavo Strindell, a coast guard spokesman."
RIGHT = (SENTENCE, FERRY, QUOTE)
TIME = Words("7.42 a.m.")
ALWAYS = {"seconds": 0.5, "input_tokens": 0.0, "output_tokens": 0.0}
NO_TIME = {"seconds", "input_tokens", "output_tokens", "cost_usd"}
SOURCED = {"citation_recall": 1.0, "citation_precision": 1.0, "span_exact": 1.0, "unsupported": 0.0}


def version_of(library: Library, name: str = FERRY) -> str:
    return Shelf(library).article(name).version


# One question -------------------------------------------------------------------------------


def test_a_right_answer(shelves: Library) -> None:
    case = question(TIME, Figure(7.42), cite=[[HIT, BESIDE]], forbidden=[Words("8.42")])
    found = [Citation.of(Shelf(shelves).article(FLOOD), Span(0, 50), 0), reply(shelves, RIGHT).citations[0]]
    usage = Usage(input_tokens=120, output_tokens=30, cost_usd=0.25)
    given = reply(shelves, RIGHT, usage=usage)
    (item,) = scored(shelves, case, given, found=tuple(found))
    assert item == Scored(
        id="q",
        case="q",
        kind="question",
        tags=("fact",),
        split="test",
        cluster=version_of(shelves),
        outcome=Outcome(id="q", answer=given, found=tuple(found), seconds=0.5),
        scores={
            **SOURCED,
            "seconds": 0.5,
            "input_tokens": 120.0,
            "output_tokens": 30.0,
            "cost_usd": 0.25,
            "correct": 1.0,
            "over_refusal": 0.0,
            "answer_match": 1.0,
            "exact_match": 0.0,
            "token_f1": 0.25,
            "cited_gold": 1.0,
            "forbidden": 0.0,
            "hits_at_4": 1.0,
            "hits_at_10": 1.0,
            "recall_at_10": 1.0,
            "mrr_at_10": 0.5,
            "ndcg_at_10": 1 / log2(3),
        },
        passed=True,
        faults=(),
    )


def test_an_abstention_where_the_articles_do_say(shelves: Library) -> None:
    case = question(TIME, cite=[[HIT]])
    (item,) = scored(shelves, case, Answer(question="?", status="abstained", reason="not_stated"))
    assert item.scores == {
        **ALWAYS,
        "correct": 0.0,
        "over_refusal": 1.0,
        "answer_match": 0.0,
        "exact_match": 0.0,
        "token_f1": 0.0,
        "cited_gold": 0.0,
        **dict.fromkeys(("hits_at_4", "hits_at_10", "recall_at_10", "mrr_at_10", "ndcg_at_10"), 0.0),
    }
    assert (item.passed, item.faults) == (False, ("abstained, though the articles do say",))


def test_what_the_articles_do_not_say(shelves: Library) -> None:
    case = question(abstain=True, forbidden=[Words("pirates")])
    nearest = reply(shelves, RIGHT).citations
    (item,) = scored(shelves, case, Answer(question="?", status="abstained", nearest=nearest))
    right = {**ALWAYS, "correct": 1.0, "false_answer": 0.0, "exact_match": 1.0, "token_f1": 1.0}
    assert item.scores == {**right, "span_exact": 1.0, "forbidden": 0.0}
    assert (item.passed, item.faults, item.cluster) == (True, (), "ferry q")
    (item,) = scored(shelves, case, reply(shelves, RIGHT))
    wrong = {**ALWAYS, "correct": 0.0, "false_answer": 1.0, "exact_match": 0.0, "token_f1": 0.0}
    assert item.scores == {**wrong, **SOURCED, "forbidden": 0.0}
    assert (item.passed, item.faults) == (False, ("answered, though the articles do not say",))


def test_a_failure(shelves: Library) -> None:
    for case in (question(TIME, cite=[[HIT]]), question(abstain=True)):
        (item,) = scored(shelves, case, "the model gave nothing")
        assert item.scores == {"correct": 0.0}
        assert (item.passed, item.faults) == (False, ("failed: the model gave nothing",))


def test_what_does_not_apply_is_absent(shelves: Library) -> None:
    (item,) = scored(shelves, question(Pattern("7.42")), reply(shelves, RIGHT))
    assert set(item.scores) == {*ALWAYS, *SOURCED, "correct", "over_refusal", "answer_match"}
    (item,) = scored(shelves, question(cite=[[HIT]]), reply(shelves, RIGHT))
    assert {"answer_match", "exact_match", "token_f1", "forbidden", "false_answer", "cost_usd"}.isdisjoint(item.scores)
    assert item.passed


def test_an_answer_over_two_statements(shelves: Library) -> None:
    both = (RIGHT, ("Its master is Jorun Askelby.", FERRY, "Jorun Askelby, 52, has commanded"))
    (item,) = scored(
        shelves, question(Pattern(r"7\.42 a\.m\..*Askelby"), cite=[[HIT], [MASTER]]), reply(shelves, *both)
    )
    assert (item.passed, item.scores["cited_gold"]) == (True, 1.0)
    (item,) = scored(shelves, question(TIME, cite=[[HIT], [MASTER]]), reply(shelves, RIGHT))
    assert (item.passed, item.scores["cited_gold"]) == (False, 0.5)


def test_the_values_of_a_conflict_are_cited_too(shelves: Library) -> None:
    given = reply(shelves, RIGHT, ("x", FLOOD, "Withy Meadow"))
    alone = replace(given, statements=given.statements[:1])
    gold = GoldPassage(FLOOD, quote=given.citations[1].quote)
    case = question(cite=[[HIT]])
    place = Place(Shelf(shelves).article(FLOOD), Span(given.citations[1].start, given.citations[1].end))
    located: Located = {**locate([case], shelves), gold: place}
    asked = replace(case, turns=(GoldTurn("?", Expected(cite=((HIT,), (gold,)))),))
    conflict = Conflict("where", (ConflictValue("here", (1,)), ConflictValue("there", (2,))))
    shown = replace(alone, conflicts=(conflict,))
    for answer, share in ((alone, 0.5), (shown, 1.0)):
        (item,) = score(asked, [Outcome(id="q", answer=answer)], located, shelves)
        assert item.scores["cited_gold"] == share


def test_the_values_of_a_conflict_are_said_too(shelves: Library) -> None:
    conflict = Conflict("when", (ConflictValue("at 7.42 a.m.", (1,)), ConflictValue("at 8.15 a.m.", (1,))))
    given = replace(reply(shelves, ("It hit the wall.", FERRY, "hit the stone wall")), conflicts=(conflict,))
    (item,) = scored(shelves, question(TIME, forbidden=[Words("8.15 a.m.")]), given)
    assert (item.scores["answer_match"], item.scores["forbidden"]) == (1.0, 1.0)
    assert item.faults == ("says what it must not: 8.15 a.m.",)


def test_what_only_must_not_be_said_may_be_abstained_from(shelves: Library) -> None:
    case = question(forbidden=[Words("arson")])
    (item,) = scored(shelves, case, Answer(question="?", status="abstained", reason="not_stated"))
    assert (item.passed, item.faults) == (True, ())
    assert {"over_refusal", "false_answer"}.isdisjoint(item.scores)
    (item,) = scored(shelves, case, reply(shelves, RIGHT))
    assert (item.passed, "over_refusal" in item.scores) == (True, False)


def test_a_number_that_refers_to_nothing_is_a_source_that_is_not_exact(shelves: Library) -> None:
    given = reply(shelves, RIGHT)
    (statement,) = given.statements
    loose = replace(given, statements=(replace(statement, citations=(1, 7)),))
    (item,) = scored(shelves, question(TIME, cite=[[HIT]]), loose)
    assert (item.scores["span_exact"], item.faults) == (0.5, ("cites [7], which is not among its sources",))
    conflict = Conflict("when", (ConflictValue("7.42", (9,)), ConflictValue("8.15", (1,))))
    (item,) = scored(shelves, question(TIME), replace(given, conflicts=(conflict,)))
    assert item.faults == ("cites [9], which is not among its sources",)


def test_what_a_server_does_not_tell_is_not_zero(shelves: Library) -> None:
    given = reply(shelves, RIGHT, engine="generative", model="openai:m")
    (item,) = scored(shelves, question(TIME), given)
    assert NO_TIME & set(item.scores) == {"seconds"}
    (item,) = scored(shelves, question(TIME), given, kept=True)
    assert NO_TIME & set(item.scores) == set()
    (item,) = scored(shelves, question(TIME), replace(given, usage=Usage(9, 4, 0.5)))
    assert set(item.scores) >= NO_TIME


def test_one_article_is_one_cluster_by_whatever_name_it_goes(shelves: Library) -> None:
    article = Shelf(shelves).article(FERRY)
    names = [GoldPassage(name, quote=HIT.quote) for name in (FERRY, article.id, article.title)]
    cases = [question(cite=[[passage]]) for passage in names]
    cases += [question(abstain=True, about=FERRY), question(abstain=True, about=article.url)]
    found = {scored(shelves, case, reply(shelves, RIGHT))[0].cluster for case in cases}
    assert found == {article.version}
    assert scored(shelves, question(abstain=True), reply(shelves, RIGHT))[0].cluster == "ferry q"


# What is planted is noticed by the metrics that should, and by no other ---------------------

TITLE = "“Thirty-one hurt as island ferry hits breakwater in fog”"
PASSAGE = f"the passage “hit the stone wall at 7.42 a.m.” of {TITLE}"
NOT_THERE = f"quotes what does not stand there in {TITLE}: “{QUOTE[:89]}…”"
UNBORNE = {"citation_recall": 0.0, "citation_precision": 0.0, "unsupported": 1.0}
NOTICED = question(TIME, cite=[[HIT]], forbidden=[Words("arson")])


def planted(shelves: Library, change: str) -> Answer:
    """A right answer with one thing wrong in it."""
    right = reply(shelves, RIGHT)
    (statement,), (citation,) = right.statements, right.citations
    match change:
        case "number":
            text = statement.text.replace("7.42", "8.15")
            return replace(right, statements=(replace(statement, text=text),))
        case "citation":
            other = reply(shelves, ("", FLOOD, "Withy Meadow")).citations[0]
            return replace(right, citations=(replace(other, number=1),))
        case "forbidden":
            more = replace(statement, text=statement.text + " It was arson.")
            return replace(right, statements=(more,))
        case "span":
            return replace(right, citations=(replace(citation, start=citation.start + 1, end=citation.end + 1),))
        case "version":
            return replace(right, citations=(replace(citation, version="0" * 12),))
        case _:
            return right


@pytest.mark.parametrize(
    ("change", "noticed", "faults"),
    [
        ("nothing", {}, ()),
        ("number", {"answer_match": 0.0, **UNBORNE}, ("does not say any of: 7.42 a.m.",)),
        (
            "citation",
            {"cited_gold": 0.0, **UNBORNE},
            (f"cites “Four days of water: how the Immelow rose, and fell”, not {PASSAGE}",),
        ),
        ("forbidden", {"forbidden": 1.0}, ("says what it must not: arson",)),
        ("span", {"span_exact": 0.0}, (NOT_THERE,)),
        (
            "version",
            {"span_exact": 0.0, "cited_gold": 0.0, **UNBORNE},
            (f"cites other words of {TITLE}, not {PASSAGE}", NOT_THERE),
        ),
    ],
)
def test_what_is_planted(shelves: Library, change: str, noticed: dict[str, float], faults: tuple[str, ...]) -> None:
    (right,) = scored(shelves, NOTICED, planted(shelves, "nothing"))
    (item,) = scored(shelves, NOTICED, planted(shelves, change))
    worse = {name: value for name, value in item.scores.items() if value != right.scores[name]}
    # Any other words change the share of words that are right.
    worse = {name: value for name, value in worse.items() if name not in ("token_f1", "correct")}
    assert item.scores.keys() == right.scores.keys()
    assert (worse, item.scores["correct"]) == (noticed, float(not faults))
    assert (item.passed, item.faults) == (not faults, faults)


# A judge in place of the checks -------------------------------------------------------------


class Said:
    """Gives these verdicts, one statement after another, and remembers what it was shown."""

    def __init__(self, **verdicts: bool | None) -> None:
        self.verdicts = verdicts
        self.shown: list[tuple[str, tuple[str, ...]]] = []

    def supports(self, statement: str, passages: Sequence[str]) -> bool | None:
        self.shown.append((statement, tuple(passages)))
        return self.verdicts[statement]

    def answers(self, question: str, accepted: Sequence[str], reply: str) -> bool | None:
        self.shown.append((question, tuple(accepted)))
        return self.verdicts.get(reply)


def test_a_judge_decides_in_place_of_the_checks(shelves: Library) -> None:
    given = reply(shelves, ("one", FERRY, "hit the stone wall"), ("two", FERRY, "six knots"), ("three", FERRY, "Maid"))
    case = question(cite=[[HIT]])
    located = locate([case], shelves)
    outcome = Outcome(id="q", answer=given)
    judge = Said(one=True, two=False, three=None)
    (item,) = score(case, [outcome], located, shelves, judge=judge)
    # What has no verdict counts neither way.
    assert (item.scores["citation_recall"], item.scores["citation_precision"]) == (0.5, 0.5)
    assert judge.shown == [("one", ("hit the stone wall",)), ("two", ("six knots",)), ("three", ("Maid",))]
    (item,) = score(case, [outcome], located, shelves, judge=Said(one=None, two=None, three=None))
    assert {"citation_recall", "citation_precision"}.isdisjoint(item.scores)
    assert item.scores["unsupported"] == 1.0


@pytest.mark.parametrize(("verdict", "judged"), [(True, {"judged": 1.0}), (False, {"judged": 0.0}), (None, {})])
def test_a_judge_of_answers_is_a_metric_of_its_own_and_no_verdict_leaves_it_out(
    shelves: Library, verdict: bool | None, judged: dict[str, float]
) -> None:
    given = reply(shelves, ("some words", FERRY, "hit the stone wall"))
    case = question(TIME)
    judge = Said(**{"some words": verdict})
    (item,) = score(case, [Outcome(id="q", answer=given)], locate([case], shelves), shelves, judge=judge)
    assert {name: value for name, value in item.scores.items() if name == "judged"} == judged
    assert (item.scores["answer_match"], item.passed) == (0.0, False)
    assert judge.shown[-1] == (given.question, tuple(wordings([TIME])))


# Conversations and summaries ----------------------------------------------------------------


def test_a_conversation_has_a_score_for_each_turn(shelves: Library) -> None:
    turns = (
        GoldTurn("When?", Expected(answers=(TIME,), cite=((HIT,),))),
        GoldTurn("Why?", Expected(abstain=True)),
        GoldTurn("Who?", Expected(answers=(Words("Askelby"),))),
    )
    case = Case(id="c", file="f.jsonl", line=1, turns=turns)
    first, second, third = scored(
        shelves, case, reply(shelves, RIGHT), Answer(question="?", status="abstained"), "gone"
    )
    assert [(item.id, item.case, item.kind, item.cluster) for item in (first, second, third)] == [
        ("c", "c", "turn", version_of(shelves)),
        ("c#2", "c", "turn", version_of(shelves)),
        ("c#3", "c", "turn", version_of(shelves)),
    ]
    assert [item.passed for item in (first, second, third)] == [True, True, False]
    assert "hits_at_10" not in first.scores
    with pytest.raises(ValueError, match="shorter"):
        scored(shelves, case, reply(shelves, RIGHT))


def summarized(given: Answer) -> Summary:
    return Summary(subject="s", status=given.status, statements=given.statements, citations=given.citations)


NUGGETS = (
    Nugget("The ferry hit the wall.", True, (Words("stone wall"),)),
    Nugget("It hurt 31.", True, (Figure(31),)),
    Nugget("Radar was serviced.", True, (Words("radar"),)),
    Nugget("It was at six knots.", False, (Words("six knots"),)),
)


def test_a_summary(shelves: Library) -> None:
    asked = SummaryRequest(FERRY, None, 3)
    case = Case(id="s", file="f.jsonl", line=1, summary=asked, nuggets=NUGGETS, reference=SENTENCE)
    (item,) = scored(shelves, case, summarized(reply(shelves, RIGHT)))
    rouge = {name: item.scores[name] for name in ("rouge1", "rouge2", "rougeL")}
    assert rouge == dict.fromkeys(rouge, 1.0)
    words = item.scores["compression"]
    assert item.scores == {
        **ALWAYS,
        **SOURCED,
        **rouge,
        "correct": 0.0,
        "nuggets_vital": pytest.approx(1 / 3),
        "nuggets_all": 0.25,
        "redundancy": 0.0,
        "compression": words,
    }
    assert 10 < words < 100
    assert (item.kind, item.cluster) == ("summary", version_of(shelves))
    assert item.faults == ("holds 1 of 3 vital facts: not It hurt 31.; Radar was serviced.",)
    enough = replace(case, nuggets=NUGGETS[:2])
    assert scored(shelves, enough, summarized(reply(shelves, RIGHT)))[0].passed
    okay = replace(case, nuggets=NUGGETS[2:])
    assert not scored(shelves, okay, summarized(reply(shelves, RIGHT)))[0].passed


def test_a_summary_that_is_not_right(shelves: Library) -> None:
    case = Case(
        id="s",
        file="f.jsonl",
        line=1,
        summary=SummaryRequest(None, "the ferry", 3),
        expected=Expected(cite=((HIT,), (MASTER,)), forbidden=(Words("stone wall"),)),
    )
    (item,) = scored(shelves, case, summarized(reply(shelves, RIGHT)))
    assert (item.scores["cited_gold"], item.scores["forbidden"], "compression" in item.scores) == (0.5, 1.0, False)
    assert [fault.split("“")[0] for fault in item.faults] == [
        "cites other words of ",
        "says what it must not: stone wall",
    ]
    (item,) = scored(shelves, case, Summary(subject="s", status="abstained"))
    assert item.faults == ("abstained, though the articles do say",)
    (item,) = scored(shelves, case, "too slow")
    assert (item.kind, item.scores, item.faults) == ("summary", {"correct": 0.0}, ("failed: too slow",))


# Over the sample articles, end to end -------------------------------------------------------

ASKED = (
    ("When did the Sandling Maid hit the stone wall?", TIME, [[HIT, BESIDE]]),
    (
        "How many houses were flooded in Orvenmouth when the storm surge of February 2011 drowned two people?",
        Figure(514, units=("houses",)),
        [[GoldPassage("orvenmouth-port-feature.md", quote="It flooded 514 houses and drowned two people")]],
    ),
    (
        "When does the public hearing on the closure open in Dunmarrick?",
        Day(date(2025, 11, 24)),
        [
            [
                GoldPassage("rail-protest-courier.md", quote="A public hearing on the closure opens in Dunmarrick"),
                GoldPassage("rail-protest-gazette.md", quote="the public hearing in Dunmarrick on Nov. 24"),
            ]
        ],
    ),
)


@pytest.mark.parametrize(("asked", "accepted", "cite"), ASKED)
def test_an_answer_of_the_library(
    shelves: Library, asked: str, accepted: Accepted, cite: list[list[GoldPassage]]
) -> None:
    case = replace(
        question(accepted, cite=cite), turns=(GoldTurn(asked, Expected(False, (accepted,), (*map(tuple, cite),))),)
    )
    found = tuple(
        Citation.of(hit.article, Span(hit.chunk.start, hit.chunk.end), 0) for hit in shelves.search(asked, 10)
    )
    given = shelves.ask(asked)
    (item,) = scored(shelves, case, given, found=found)
    assert (item.faults, item.passed) == ((), True)
    assert {name: item.scores[name] for name in ("answer_match", "cited_gold", "span_exact", "unsupported")} == {
        "answer_match": 1.0,
        "cited_gold": 1.0,
        "span_exact": 1.0,
        "unsupported": 0.0,
    }
    assert item.scores["recall_at_10"] == 1.0
    moved = tuple(replace(citation, start=citation.start + 3, end=citation.end + 3) for citation in given.citations)
    (item,) = scored(shelves, case, replace(given, citations=moved), found=found)
    assert (item.passed, item.scores["span_exact"], item.scores["answer_match"]) == (False, 0.0, 1.0)


def test_a_summary_of_the_library(shelves: Library) -> None:
    case = Case(id="s", file="f.jsonl", line=1, summary=SummaryRequest(FERRY, None, 5), nuggets=NUGGETS[:1])
    (item,) = scored(shelves, case, shelves.summarize(Shelf(shelves).article(FERRY).id, sentences=5))
    assert item.scores["span_exact"] == item.scores["citation_recall"] == 1.0
    assert item.scores["compression"] > 1.0


def test_accepted_answers_in_words() -> None:
    accepted: list[Accepted] = [
        Words("31"),
        Pattern("a|b"),
        Figure(6500.0, 100.0, ("people", "men")),
        Figure(4.6),
        Day(date(2025, 1, 2)),
    ]
    assert [worded(each) for each in accepted] == ["31", "/a|b/", "6,500 ± 100 people/men", "4.6", "2025-01-02"]
