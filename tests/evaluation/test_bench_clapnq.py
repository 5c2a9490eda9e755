"""The benchmark on CLAP-NQ, on made-up passages."""

from __future__ import annotations

from pathlib import Path

from evals.bench import clapnq
from rag.models.fakes import HashEmbedder
from tests.evaluation.build_benches import FERRY, MAYOR, MILL, silent, values, written


def asked(name: str, question: str, title: str, text: str, *answers: str) -> dict[str, object]:
    passages = [{"title": title, "text": text}]
    return {"id": name, "question": question, "passages": passages, "answerable": bool(answers), "answers": answers}


def test_answers_are_held_against_the_nearest_of_those_that_people_wrote(tmp_path: Path) -> None:
    mill, _ = MILL.split(". ")
    crossing = FERRY.split(". ")[1]
    written(
        tmp_path,
        "clapnq/answerable.jsonl",
        [
            asked(
                "1", "when was the old mill in tarn destroyed by a fire", "Mill of Tarn", MILL, "Unlike.", f"{mill}."
            ),
            asked("2", "how long does a crossing on the ferry to Osk take", "Ferry to Osk", FERRY, "In 40 minutes."),
        ],
    )
    none = asked("3", "which museum shows the largest collection of violins", "Tarn", MAYOR)
    result = clapnq.run(written(tmp_path, "clapnq/unanswerable.jsonl", [none]), silent, HashEmbedder())
    found = values(result)
    # "40 minutes" of three words in one and nine in the other.
    nearest = 2 * (2 / 3) * (2 / 9) / (2 / 3 + 2 / 9)
    assert found == {
        "abstention, balanced accuracy": (1.0, 3),
        "answerable, refused (less is better)": (0.0, 2),
        "unanswerable, refused": (1.0, 1),
        "its passage found first": (1.0, 2),
        "ROUGE-L, answerable": (round((1 + nearest) / 2, 3), 2),
        "ROUGE-L, of these the answered": (round((1 + nearest) / 2, 3), 2),
        "length of an answer, characters": ((len(mill) + 1 + len(crossing)) / 2, 2),
        "first statement from its own passage": (1.0, 2),
    }
