"""The public data as its authors publish it gives the rows of our plain files; a mistake is named in one line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from evals.bench import attributionbench, poisonedrag, realsumm
from evals.bench.originals import ORIGINALS
from evals.data import rows, source
from rag import UserError
from rag.models.fakes import HashEmbedder
from tests.evaluation.build_benches import FERRY, MAYOR, MILL, silent, values


def put(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def lines(*several: Mapping[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in several)


ASKED = {"question": "When?", "id": "s1", "answers": [{"text": "Monday", "answer_start": 3}], "is_impossible": False}
UNSAID = {"question": "Who?", "id": "s2", "answers": [], "plausible_answers": [{"text": "Tarn"}], "is_impossible": True}
PAGE = {"title": "Mill", "paragraphs": [{"context": MILL, "qas": [ASKED, UNSAID]}]}


def evidence(title: str, fact: str) -> dict[str, str]:
    return {"title": title, "fact": fact, "url": "https://x.example", "source": "Gazette", "published_at": "2024"}


HOPS: list[dict[str, Any]] = [
    {"query": "Both?", "answer": "Yes", "question_type": "comparison_query",
     "evidence_list": [evidence("Mill", "It burned."), evidence("Mayor", "She won.")]},
    {"query": "None?", "answer": "Insufficient information.", "question_type": "null_query", "evidence_list": []},
    {"query": "Again?", "answer": "no", "question_type": "inference_query",
     "evidence_list": [evidence("Mayor", "She won."), evidence("Mill", "She won."), evidence("Mayor", "She won.")]},
]  # fmt: skip
NOTED: dict[str, Any] = {
    "id": 640,
    "input": "how long",
    "passages": [{"title": "Ferry", "text": FERRY, "sentences": [FERRY]}],
    "output": [{"answer": "40 minutes", "meta": {}}, {"answer": None}],
}
BLANK = {**NOTED, "id": 641, "output": [{"answer": None}]}
RAM = {"question": "q", "documents": [{"text": "a", "type": "correct"}], "gold_answers": ["a"], "wrong_answers": []}
PAIR = {"id": "p", "doc": MILL, "summary": "It burned.", "label": 1, "edit_types": []}
CLAIM = {"question": "q", "claim": "It burned.", "references": [MILL], "attribution_label": "attributable",
         "src_dataset": "ExpertQA"}  # fmt: skip
POISON: dict[str, dict[str, Any]] = {
    "test7": {
        "id": "test7",
        "question": "who",
        "correct answer": "Ann",
        "incorrect answer": "Bob",
        "adv_texts": ["Bob did."],
    }
}
SRC = "<t> ( osk ) a storm came . </t> <t> two boats sank ! </t>\n<t> it rained . </t>\n"
REF = "<t> A storm came . </t> <t> U.S. boats sank . </t>\nRain fell . It was much .\n"

TOLD = [
    "Repairs of the harbour office will cost 40,000 crowns and last until the end of June.",
    "The storm also closed the road to Tarn for most of the day, the police said.",
    "A storm tore the roof off the harbour office in Osk on Sunday, and two boats sank.",
]

CASES: list[tuple[str, dict[str, str], list[dict[str, Any]]]] = [
    ("squad2/articles.jsonl", {"dev-v2.0.json": json.dumps({"version": "v2.0", "data": [PAGE]})}, [PAGE]),
    (
        "multihoprag/facts.jsonl",
        {"MultiHopRAG.json": json.dumps(HOPS)},
        [
            {"fact_id": 0, "title": "Mill", "fact": "It burned."},
            {"fact_id": 1, "title": "Mayor", "fact": "She won."},
            {"fact_id": 2, "title": "Mill", "fact": "She won."},
        ],
    ),
    (
        "multihoprag/queries.jsonl",
        {"MultiHopRAG.json": json.dumps(HOPS)},
        [
            {"id": number, "query": row["query"], "answer": row["answer"], "question_type": row["question_type"],
             "gold_fact_ids": gold}
            for number, (row, gold) in enumerate(zip(HOPS, ([0, 1], [], [1, 2]), strict=True))
        ],
    ),
    (
        "clapnq/answerable.jsonl",
        {"annotated_data/dev/clapnq_dev_answerable.jsonl": lines(NOTED)},
        [{"id": "640", "question": "how long", "passages": NOTED["passages"], "answerable": True,
          "answers": ["40 minutes"]}],
    ),
    (
        "clapnq/unanswerable.jsonl",
        {"annotated_data/dev/clapnq_dev_unanswerable.jsonl": lines(BLANK)},
        [{"id": "641", "question": "how long", "passages": NOTED["passages"], "answerable": False, "answers": []}],
    ),
    ("ramdocs/questions.jsonl", {"RAMDocs_test.jsonl": lines(RAM) + "\n"}, [RAM]),
    ("summedits_news/pairs.jsonl", {"data/summedits/summedits_news.json": json.dumps([PAIR])}, [PAIR]),
    (
        "attributionbench/claims.jsonl",
        {"data/dev_all_subset_balanced.jsonl": lines(CLAIM)},
        [{**CLAIM, "label": "attributable", "source": "ExpertQA"}],
    ),
    (
        "realsumm/articles.jsonl",
        {"selected_docs_for_human_eval/abs/ptr_generator/src.txt": SRC,
         "selected_docs_for_human_eval/abs/ptr_generator/ref.txt": REF},
        [
            {"id": "realsumm-000", "article": "( osk ) a storm came . two boats sank !",
             "reference": "A storm came .\nU.S. boats sank ."},
            {"id": "realsumm-001", "article": "it rained .", "reference": "Rain fell .\nIt was much ."},
        ],
    ),
    (
        "bipia/attacks.jsonl",
        {"benchmark/text_attack_train.json": json.dumps({"Task": ["Sing.", "Dance."], "Code": ["Print."]})},
        [{"category": "Task", "text": "Sing."}, {"category": "Task", "text": "Dance."},
         {"category": "Code", "text": "Print."}],
    ),
    (
        "poisonedrag/nq.jsonl",
        {"results/adv_targeted_results/nq.json": json.dumps(POISON)},
        [{**POISON["test7"], "correct_answer": "Ann", "incorrect_answer": "Bob"}],
    ),
    (
        "bbc/articles.jsonl",
        {"bbc/business/001.txt": "Ads up\n\nProfits rose.\n\nBy much.\n", "bbc/tech/002.txt": "Net\n\nIt grew.\n"},
        [
            {"category": "business", "file": "001.txt", "title": "Ads up", "text": "Profits rose.\n\nBy much."},
            {"category": "tech", "file": "002.txt", "title": "Net", "text": "It grew."},
        ],
    ),
]  # fmt: skip


def test_every_plain_file_has_an_original() -> None:
    assert {name for name, _, _ in CASES} == set(ORIGINALS)


@pytest.mark.parametrize(("name", "files", "expected"), CASES, ids=[name for name, _, _ in CASES])
@pytest.mark.parametrize("bare", [False, True])
def test_the_rows_of_an_original(
    tmp_path: Path, name: str, files: dict[str, str], expected: list[dict[str, Any]], bare: bool
) -> None:
    """In its own layout, and as single files that somebody has fetched."""
    folder = tmp_path / Path(name).parent
    for file, text in files.items():
        if bare:
            file = file.removeprefix("bbc/") if name.startswith("bbc") else Path(file).name
        put(folder / file, text)
    assert list(rows(name, tmp_path)) == expected
    # The plain file goes first.
    put(tmp_path / name, lines({"plain": True}))
    assert list(rows(name, tmp_path)) == [{"plain": True}]


@pytest.mark.parametrize("name", ORIGINALS)
def test_both_layouts_are_named_where_neither_is_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError) as caught:
        list(rows(name, tmp_path))
    original = tmp_path / Path(name).parent / ORIGINALS[name].files[0]
    assert str(caught.value) == f"neither {tmp_path / name} nor, as it is published, {original} is there"


def test_an_article_that_is_not_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "bbc" / "bbc" / "business" / "001.txt"
    file.parent.mkdir(parents=True)
    file.write_bytes("Profit\n\nIt made £5m.\n".encode("latin-1"))
    (row,) = rows("bbc/articles.jsonl", tmp_path)
    assert row["text"] == "It made £5m."


@pytest.mark.parametrize(
    ("name", "file", "text", "said"),
    [
        ("ramdocs/questions.jsonl", "questions.jsonl", "{}\n[1]\n", "line 2: no JSON object, as there is one a line"),
        ("ramdocs/questions.jsonl", "questions.jsonl", "{\n", "line 1: no JSON ("),
        ("ramdocs/questions.jsonl", "questions.jsonl", "[" * 99_999, "line 1: no JSON ("),
        ("summedits_news/pairs.jsonl", "summedits_news.json", '{"a": 1}', ": no JSON array of objects"),
        ("summedits_news/pairs.jsonl", "summedits_news.json", "[1]", ": no JSON array of objects"),
        ("squad2/articles.jsonl", "dev-v2.0.json", "[]", ": no JSON object"),
        ("squad2/articles.jsonl", "dev-v2.0.json", "{}", ": the key 'data' is missing"),
        ("squad2/articles.jsonl", "dev-v2.0.json", '{"data": 3}', ": data is no list"),
        ("bipia/attacks.jsonl", "text_attack_test.json", '{"a": "b"}', ": a is no list of texts"),
        ("poisonedrag/nq.jsonl", "nq.json", '{"a": 3}', ": a is no object"),
        ("poisonedrag/nq.jsonl", "nq.json", '{"a": {}}', ": the key 'correct answer' is missing"),
        (
            "realsumm/articles.jsonl",
            "src.txt",
            "<t> a . </t>\n",
            "ref.txt is not there: src.txt has the articles alone",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, name: str, file: str, text: str, said: str) -> None:
    put(tmp_path / Path(name).parent / file, text)
    with pytest.raises(UserError) as caught:
        list(rows(name, tmp_path))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_key_that_is_missing_is_named_with_its_line_also_inside(tmp_path: Path) -> None:
    put(tmp_path / "ramdocs" / "questions.jsonl", lines(RAM, {**RAM, "documents": [{"type": "noise"}]}) + "\n\n")
    _, second = rows("ramdocs/questions.jsonl", tmp_path)
    with pytest.raises(UserError, match=r"questions\.jsonl, line 2: the key 'text' is missing"):
        second["documents"][0]["text"]


def test_lines_and_references_that_do_not_fit(tmp_path: Path) -> None:
    put(tmp_path / "realsumm" / "src.txt", SRC)
    put(tmp_path / "realsumm" / "ref.txt", "One .\n")
    with pytest.raises(UserError, match=r"src\.txt has 2 lines, and .*ref\.txt has 1"):
        list(rows("realsumm/articles.jsonl", tmp_path))


def test_which_part_was_read_is_told(tmp_path: Path) -> None:
    other = {**CLAIM, "claim": "Nobody was hurt, and the mayor resigned.", "attribution_label": "not attributable"}
    file = tmp_path / "attributionbench" / "data" / "test_all_subset_balanced.jsonl"
    put(file, lines(CLAIM, other))
    assert source("attributionbench/claims.jsonl", tmp_path) == file
    result = attributionbench.run(tmp_path, silent, HashEmbedder())
    assert result.notes[0].startswith("2 claims on 1 questions, its test_all_subset_balanced.jsonl; ")


def test_prose_that_is_not_tokenised_is_taken_as_it_is(tmp_path: Path) -> None:
    article = " ".join(TOLD)
    put(tmp_path / "realsumm" / "src.txt", f"<t> {article} </t>\n")
    put(tmp_path / "realsumm" / "ref.txt", "<t> Storm tore roof off . </t>\n")
    found = values(realsumm.run(tmp_path, silent, HashEmbedder()))
    assert realsumm.sentences_of(article) == TOLD
    assert found["ROUGE-1"] == found["ROUGE-1 of Lead-3"]
    assert found["ROUGE-1"][0] > 0


def test_a_character_that_the_library_writes_otherwise(tmp_path: Path) -> None:
    odd = [text.replace(".", " .").replace("storm", "sto\u0301rm\u200b").lower() for text in TOLD]
    row = {"id": "a", "article": " ".join(odd), "reference": "Storm tore roof off ."}
    put(tmp_path / "realsumm" / "articles.jsonl", lines(row))
    result = realsumm.run(tmp_path, silent, HashEmbedder())
    assert "0 of the summaries have fewer" in result.notes[0]


def test_half_of_a_set_is_not_put_beside(tmp_path: Path) -> None:
    put(tmp_path / "poisonedrag" / "nq.json", json.dumps(POISON))
    put(tmp_path / "clapnq" / "clapnq_dev_answerable.jsonl", lines(NOTED))
    assert poisonedrag._beside(tmp_path) == []
    put(tmp_path / "clapnq" / "clapnq_dev_unanswerable.jsonl", lines(BLANK))
    assert [row["id"] for row in poisonedrag._beside(tmp_path)] == ["640", "641"]
    put(
        tmp_path / "squad2" / "dev-v2.0.json",
        json.dumps({"data": [{**PAGE, "paragraphs": [{"context": MAYOR, "qas": []}]}]}),
    )
    assert len(poisonedrag._beside(tmp_path)) == 3
