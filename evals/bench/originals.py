"""The public data sets as their authors publish them, read into the same rows as our plain files.

Each is looked for where its own repository has it, below the benchmark's folder, and then in that folder itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import UserError

Raw = dict[str, Any]

_TAGS = re.compile(r"</?t>")
_SENTENCE_ENDS = re.compile(r"</t>|(?<=\s\.)\s+")


class Row(dict[str, Any]):
    """An object of a file; what it lacks is named with the file and, where there are lines, the line."""

    def __init__(self, held: Mapping[str, Any], where: str) -> None:
        super().__init__(held)
        self._where = where

    def __missing__(self, key: str) -> Any:
        raise UserError(f"{self._where}: the key {key!r} is missing")


def read_lines(file: Path) -> Iterator[Raw]:
    """The objects of a JSON Lines file; blank lines are passed over. Raises `UserError` with the line of a mistake."""
    for number, line in enumerate(_text(file).split("\n"), 1):
        if line.strip():
            value = _parsed(line, f"{file}, line {number}")
            if not isinstance(value, dict):
                raise UserError(f"{file}, line {number}: no JSON object, as there is one a line")
            yield value


@dataclass(frozen=True, slots=True)
class Original:
    """A data set as it is published: where it may lie, the first that is there counts, and how it is read."""

    files: tuple[str, ...]
    read: Callable[[Path], Iterator[Raw]]

    def place(self, folder: Path) -> Path | None:
        """Where it is in `folder`, in its own layout or by its bare name; `None` where it is not."""
        several = (folder / where for file in self.files for where in (file, Path(file).name))
        return next((place for place in several if place.exists()), None)


def _squad2(file: Path) -> Iterator[Raw]:
    yield from _listed(_object(file), "data", file)


def _facts(file: Path) -> Iterator[Raw]:
    for (title, fact), number in _numbered(_array(file)).items():
        yield {"fact_id": number, "title": title, "fact": fact}


def _queries(file: Path) -> Iterator[Raw]:
    several = _array(file)
    numbers = _numbered(several)
    for number, row in enumerate(several):
        gold = dict.fromkeys(numbers[each["title"], each["fact"]] for each in _evidence(row))
        yield {
            "id": number,
            "query": row["query"],
            "answer": row["answer"],
            "question_type": row["question_type"],
            "gold_fact_ids": list(gold),
        }


def _evidence(row: Raw) -> Sequence[Raw]:
    found: Sequence[Raw] = [] if row["question_type"] == "null_query" else row["evidence_list"]
    return found


def _numbered(several: Sequence[Raw]) -> dict[tuple[str, str], int]:
    """The number of each fact, by its article's title and its words: the same fact serves several questions."""
    each = dict.fromkeys((fact["title"], fact["fact"]) for row in several for fact in _evidence(row))
    return {fact: number for number, fact in enumerate(each)}


def _clapnq(file: Path) -> Iterator[Raw]:
    for row in read_lines(file):
        answers = [each["answer"] for each in row["output"] if each.get("answer")]
        yield {
            "id": str(row["id"]),
            "question": row["input"],
            "passages": row["passages"],
            "answerable": bool(answers),
            "answers": answers,
        }


def _attributionbench(file: Path) -> Iterator[Raw]:
    for row in read_lines(file):
        yield Row({**row, "label": row["attribution_label"], "source": row["src_dataset"]}, str(file))


def _realsumm(file: Path) -> Iterator[Raw]:
    """`src.txt`, whose references stand line by line in `ref.txt` beside it."""
    references = file.with_name("ref.txt")
    if not references.exists():
        raise UserError(f"{references} is not there: {file.name} has the articles alone")
    articles, several = (_text(each).strip("\n").split("\n") for each in (file, references))
    if len(articles) != len(several):
        raise UserError(f"{file} has {len(articles)} lines, and {references} has {len(several)}")
    for number, (article, reference) in enumerate(zip(articles, several, strict=True)):
        sentences = (" ".join(_TAGS.sub(" ", part).split()) for part in _SENTENCE_ENDS.split(reference))
        yield {
            "id": f"realsumm-{number:03d}",
            "article": " ".join(_TAGS.sub(" ", article).split()),
            "reference": "\n".join(sentence for sentence in sentences if sentence),
        }


def _bipia(file: Path) -> Iterator[Raw]:
    for category, texts in _object(file).items():
        if not isinstance(texts, list):
            raise UserError(f"{file}: {category} is no list of texts")
        for text in texts:
            yield {"category": category, "text": text}


def _poisonedrag(file: Path) -> Iterator[Raw]:
    for name, row in _object(file).items():
        if not isinstance(row, Row):
            raise UserError(f"{file}: {name} is no object")
        renamed = {"correct_answer": row["correct answer"], "incorrect_answer": row["incorrect answer"]}
        yield Row({**row, **renamed, "id": row.get("id", name)}, str(file))


def _bbc(category: Path) -> Iterator[Raw]:
    """A file for each article, in the folder of its category or one beside it: its title on the first line."""
    for file in sorted(category.parent.glob("*/*.txt")):
        raw = file.read_bytes()
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
        title, _, body = text.partition("\n")
        yield {"category": file.parent.name, "file": file.name, "title": title.strip(), "text": body.strip()}


def _array(file: Path) -> list[Raw]:
    value = _parsed(_text(file), str(file))
    if not isinstance(value, list) or not all(isinstance(row, Row) for row in value):
        raise UserError(f"{file}: no JSON array of objects")
    return value


def _object(file: Path) -> Raw:
    value = _parsed(_text(file), str(file))
    if not isinstance(value, Row):
        raise UserError(f"{file}: no JSON object")
    return value


def _listed(held: Raw, key: str, file: Path) -> Iterator[Raw]:
    value = held[key]
    if not isinstance(value, list):
        raise UserError(f"{file}: {key} is no list")
    yield from value


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text, object_hook=lambda held: Row(held, where))
    except (ValueError, RecursionError) as exc:
        raise UserError(f"{where}: no JSON ({' '.join(str(exc).split())})") from exc


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise UserError(f"{file} cannot be read: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise UserError(f"{file} is not UTF-8") from exc


_MULTIHOPRAG = ("MultiHopRAG.json",)
_CLAPNQ = "annotated_data/dev/clapnq_dev_{}.jsonl"
_REALSUMM = "selected_docs_for_human_eval/abs/ptr_generator/src.txt"

ORIGINALS: Mapping[str, Original] = {
    "squad2/articles.jsonl": Original(("dev-v2.0.json",), _squad2),
    "multihoprag/facts.jsonl": Original(_MULTIHOPRAG, _facts),
    "multihoprag/queries.jsonl": Original(_MULTIHOPRAG, _queries),
    "clapnq/answerable.jsonl": Original((_CLAPNQ.format("answerable"),), _clapnq),
    "clapnq/unanswerable.jsonl": Original((_CLAPNQ.format("unanswerable"),), _clapnq),
    "ramdocs/questions.jsonl": Original(("RAMDocs_test.jsonl",), read_lines),
    "summedits_news/pairs.jsonl": Original(("data/summedits/summedits_news.json",), lambda file: iter(_array(file))),
    "attributionbench/claims.jsonl": Original(
        (
            "data/dev_all_subset_balanced.jsonl",
            "data/test_all_subset_balanced.jsonl",
            "data/test_ood_all_subset_balanced.jsonl",
        ),
        _attributionbench,
    ),
    "realsumm/articles.jsonl": Original((_REALSUMM,), _realsumm),
    "bipia/attacks.jsonl": Original(("benchmark/text_attack_train.json", "benchmark/text_attack_test.json"), _bipia),
    "poisonedrag/nq.jsonl": Original(("results/adv_targeted_results/nq.json",), _poisonedrag),
    "bbc/articles.jsonl": Original(("bbc/business",), _bbc),
}
"""By the name of the plain file that stands in for it."""
