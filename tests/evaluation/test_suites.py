"""Suites: the cases of one file or of a folder, and the articles that a folder names."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from rag import Library, UserError
from rag.evaluation.outcomes import GoldFile
from rag.evaluation.suites import ArticleSource, fill, load_suite

ROOT = Path(__file__).parent.parent.parent


def gold(*names: str) -> str:
    cases = [{"id": name, "question": f"What of {name}?", "abstain": True} for name in names]
    return "".join(json.dumps(case) + "\n" for case in cases)


def written(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def pinned(file: Path, cases: int) -> GoldFile:
    return GoldFile(file.name, hashlib.sha256(file.read_bytes()).hexdigest(), cases)


def test_a_gold_file_is_a_suite(tmp_path: Path) -> None:
    file = written(tmp_path / "My gold.jsonl", gold("a", "b"))
    suite = load_suite(file)
    assert (suite.name, suite.place, suite.gold) == ("My-gold", file, (pinned(file, 2),))
    assert ([case.id for case in suite.cases], suite.articles, suite.absence) == (["a", "b"], (), None)


def test_a_folder_of_gold_files_is_one_too(tmp_path: Path) -> None:
    two = written(tmp_path / "news" / "two.jsonl", gold("c"))
    one = written(tmp_path / "news" / "one.yaml", "- id: a\n  question: What?\n  abstain: true\n")
    written(tmp_path / "news" / "notes.txt", "no gold")
    suite = load_suite(tmp_path / "news")
    assert (suite.name, suite.gold) == ("news", (pinned(one, 1), pinned(two, 1)))
    assert [case.id for case in suite.cases] == ["a", "c"]


def test_a_suite_describes_itself(tmp_path: Path) -> None:
    file = written(tmp_path / "suite" / "a.jsonl", gold("a"))
    written(tmp_path / "suite" / "b.jsonl", gold("b"))
    written(
        tmp_path / "suite" / "suite.yaml",
        "name: mine\ncases: [a.jsonl]\noptional: true\n"
        "articles: [../articles, $DATA/more, {path: '${DATA}/rows.jsonl', limit: 2}, $UNSET/x]\n",
    )
    suite = load_suite(tmp_path / "suite", {"DATA": str(tmp_path / "data")})
    assert (suite.name, suite.gold, suite.optional) == ("mine", (pinned(file, 1),), True)
    assert suite.articles == (
        ArticleSource("../articles", tmp_path / "articles"),
        ArticleSource("$DATA/more", tmp_path / "data" / "more"),
        ArticleSource("${DATA}/rows.jsonl", tmp_path / "data" / "rows.jsonl", 2),
        ArticleSource("$UNSET/x", None),
    )
    assert suite.absence == f"there is no {tmp_path / 'articles'}"
    assert suite.articles[-1].absence == "$UNSET/x needs UNSET to be set"


def test_a_suite_of_one_name_elsewhere_has_another_key(tmp_path: Path) -> None:
    one, two = (load_suite(written(tmp_path / part / "gold.jsonl", gold("a"))) for part in "xy")
    assert one.name == two.name == "gold"
    assert one.key.startswith("gold-")
    assert one.key != two.key
    assert one.key == load_suite(tmp_path / "y" / ".." / "x" / "gold.jsonl").key


@pytest.mark.parametrize(
    ("described", "said"),
    [
        ("nmae: x", "'nmae' is not known: did you mean name?"),
        ("- a", "a suite has articles, cases, name, optional"),
        ("name: two words", "name must be a short word"),
        ("name: ../up", "name must be a short word"),
        ("optional: maybe", "optional must be true or false"),
        ("articles: seeds", "articles must be a list"),
        ("cases: []", "cases must be a list"),
        ("cases: [1]", "cases must be a list of file names"),
        ("articles: [{path: x, limit: 0}]", "an article is a path, or has a path and a limit"),
        ("articles: [{path: x, most: 1}]", "an article is a path, or has a path and a limit"),
        ("articles: [3]", "an article is a path, or has a path and a limit"),
        ("a: [", "suite.yaml cannot be read: "),
        ("cases: [absent.jsonl]", "absent.jsonl cannot be read: No such file or directory"),
    ],
)
def test_a_wrong_description_is_one_line(tmp_path: Path, described: str, said: str) -> None:
    written(tmp_path / "a.jsonl", gold("a"))
    written(tmp_path / "suite.yaml", described)
    with pytest.raises(UserError) as caught:
        load_suite(tmp_path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_suite(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no gold file or suite .*/nowhere"):
        load_suite(tmp_path / "nowhere")
    with pytest.raises(UserError, match="holds no gold file: name one that ends in .jsonl, .yaml, .yml"):
        load_suite(tmp_path)


def test_an_id_stands_once_in_a_suite(tmp_path: Path) -> None:
    written(tmp_path / "a.jsonl", gold("x"))
    written(tmp_path / "b.jsonl", gold("y", "x"))
    with pytest.raises(UserError, match=r"b\.jsonl, line 2: the id 'x' is that of a case in .*a\.jsonl already"):
        load_suite(tmp_path)


# The suite's own articles ----------------------------------------------------------------------


def titles(library: Library) -> list[str]:
    return sorted(info.title for info in library.articles())


def test_the_library_of_a_suite_holds_its_articles_and_no_others(tmp_path: Path, library: Library) -> None:
    written(tmp_path / "suite" / "a.jsonl", gold("a"))
    rows = [{"title": f"Row {number}", "text": f"The row number {number} was read on Monday."} for number in range(4)]
    written(tmp_path / "rows.jsonl", "\n\n".join(map(json.dumps, rows)))
    for name in ("one", "two"):
        written(tmp_path / "news" / f"{name}.txt", f"Story {name}\n\nSomething of {name} happened on Monday.\n")
    suite_file = tmp_path / "suite" / "suite.yaml"
    written(suite_file, "articles: [../news, {path: ../rows.jsonl, limit: 2}]")
    fill(library, load_suite(tmp_path / "suite"))
    assert titles(library) == ["Row 0", "Row 1", "Story one", "Story two"]

    generation = library.generation
    fill(library, load_suite(tmp_path / "suite"))
    assert library.generation == generation  # nothing was written

    (tmp_path / "news" / "one.txt").unlink()
    written(suite_file, "articles: [../news, {path: ../rows.jsonl, limit: 1}]")
    fill(library, load_suite(tmp_path / "suite"))
    assert titles(library) == ["Row 0", "Story two"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("{", "no rows of articles can be read"),
        ("[1]", r"a line is no object"),
        ('{"title": "x"}', "has no text field"),
    ],
)
def test_articles_that_cannot_be_read_are_named(tmp_path: Path, library: Library, rows: str, said: str) -> None:
    written(tmp_path / "a.jsonl", gold("a"))
    written(tmp_path / "rows" / "r.txt", rows)
    written(tmp_path / "suite.yaml", "cases: [a.jsonl]\narticles: [{path: rows/r.txt, limit: 1}]")
    with pytest.raises(UserError, match=said):
        fill(library, load_suite(tmp_path))


def test_articles_that_are_not_there_are_named(tmp_path: Path, library: Library) -> None:
    written(tmp_path / "a.jsonl", gold("a"))
    written(tmp_path / "suite.yaml", "name: mine\narticles: [gone]")
    with pytest.raises(UserError, match=f"the articles of mine are not there: there is no {tmp_path}/gone"):
        fill(library, load_suite(tmp_path))


@pytest.mark.parametrize("name", ["seeds", "seed_article"])
def test_our_own_suites_load(name: str) -> None:
    suite = load_suite(ROOT / "evals" / "suites" / name, {})
    assert suite.name == name
    assert suite.articles
    assert {case.split for case in suite.cases} == {"dev", "test"} or name == "seed_article"
    assert suite.optional == (name == "seed_article")
