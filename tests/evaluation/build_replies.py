"""Items of a run with all that a reply can hold, for the tests of what is kept of it."""

from __future__ import annotations

from datetime import date

from rag import Answer, Citation, Statement, Summary, Usage, Withheld
from rag.evaluation.outcomes import Outcome, Scored

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
