"""The benchmark on REALSumm, on made-up articles in its writing."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.bench import realsumm
from evals.bench.realsumm import sentences_of
from evals.bench.realsumm import written as prose
from rag.models.fakes import HashEmbedder
from tests.evaluation.build_benches import silent, values, written

TOLD = [
    "( osk ) a storm tore the roof off the harbour office in osk on sunday , and two boats sank .",
    "the harbour master , jan ruud , said `` i 've never seen the sea like this . ''",
    "why the boats were still out , nobody could say ?",
    "repairs of the harbour office will cost 40,000 crowns and last until the end of june .",
    "the storm also closed the road to tarn for most of the day , the police said .",
]


def test_sentences_end_at_marks_with_the_quotation_marks_behind_them() -> None:
    assert sentences_of(" ".join(TOLD)) == TOLD


@pytest.mark.parametrize(
    ("tokenised", "expected"),
    [
        ("he said : ' it is late . ' nobody came .", ["he said : ‘ it is late . ’", "nobody came ."]),
        ("she left ( at last . ) no end", ["she left ( at last . )", "no end"]),
        ("and then ... nothing .", ["and then ...", "nothing ."]),
        ("' ' . .", []),
        ("", []),
    ],
)
def test_sentences_of_hard_cases(tokenised: str, expected: list[str]) -> None:
    assert sentences_of(tokenised) == expected


@pytest.mark.parametrize(
    ("tokenised", "expected"),
    [
        (TOLD[0], "(Osk) a storm tore the roof off the harbour office in osk on sunday, and two boats sank."),
        (TOLD[1], "The harbour master, jan ruud, said “i've never seen the sea like this.”"),
        ("it was n't the mayor 's ‘ idea ’ , at $ 5 .", "It wasn't the mayor's ‘idea’, at $5."),
        ("40 % .", "40%."),
    ],
)
def test_a_sentence_is_written_as_one_writes_it(tokenised: str, expected: str) -> None:
    assert prose(tokenised) == expected


def test_ours_and_the_first_three_are_held_against_the_same_reference(tmp_path: Path) -> None:
    # An article of three sentences leaves no choice; of the other the reference is what comes first.
    rows = [
        {"id": "a", "article": " ".join(TOLD[3:] + TOLD[:1]), "reference": "Storm tore roof off .\nRoad closed ."},
        {"id": "b", "article": " ".join(TOLD), "reference": "\n".join(TOLD[:3]).upper()},
    ]
    result = realsumm.run(written(tmp_path, "realsumm/articles.jsonl", rows), silent, HashEmbedder())
    found = values(result)
    assert list(found) == [
        f"{kind}{of}" for kind in ("ROUGE-1", "ROUGE-2", "ROUGE-L") for of in ("", " of Lead-3", ", ours less Lead-3")
    ]
    for kind in ("ROUGE-1", "ROUGE-2", "ROUGE-L"):
        ours, lead, less = (found[f"{kind}{of}"][0] for of in ("", " of Lead-3", ", ours less Lead-3"))
        # Of "b" Lead-3 is the reference, of "a" both are the whole article.
        assert lead > 0.5
        assert less == pytest.approx(ours - lead, abs=0.002)
        assert ours <= lead
    assert "p = " in result.notes[1]


def test_a_summary_of_all_sentences_is_lead_3(tmp_path: Path) -> None:
    rows = [{"id": "a", "article": " ".join(TOLD[3:] + TOLD[:1]), "reference": "Storm tore roof off ."}]
    result = realsumm.run(written(tmp_path, "realsumm/articles.jsonl", rows), silent, HashEmbedder())
    found = values(result)
    assert [found[f"{kind}, ours less Lead-3"][0] for kind in ("ROUGE-1", "ROUGE-2", "ROUGE-L")] == [0, 0, 0]
    assert found["ROUGE-1"] == found["ROUGE-1 of Lead-3"]
    assert found["ROUGE-1"][0] > 0
    assert "0 of the summaries have fewer" in result.notes[0]
