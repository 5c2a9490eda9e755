"""A text of a user's against the library: what is borne out, what is not, and by which passage."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag import Library, Settings, UserError, Verification
from rag.models.fakes import HashEmbedder
from rag.surfaces.cli import main

TEXT = (
    "About 6,500 people marched through Haldrenn on Saturday, the police said. "
    "The minister, Ilse Brandt, did not promise to keep the railway. "
    "The line carries 40,000 passengers a year."
)


@pytest.fixture
def march(library: Library) -> Library:
    library.add({"id": "march", "title": "March in Haldrenn", "text": TEXT})
    return library


def verdicts(checked: Verification) -> list[str]:
    return [statement.support for statement in checked.statements]


def test_the_articles_own_sentence_is_verified_and_cited_exactly(march: Library) -> None:
    checked = march.verify("The line carries 40,000 passengers a year.")
    assert verdicts(checked) == ["verified"]
    assert checked.supported
    citation = checked.citations[0]
    assert checked.statements[0].citations == (citation.number,)
    article = march.article(citation.article_id, citation.version)
    assert article.text[citation.start : citation.end] == citation.quote == "The line carries 40,000 passengers a year."


@pytest.mark.parametrize(
    "false",
    [
        "The line carries 400,000 passengers a year.",
        "The minister, Ilse Brandt, promised to keep the railway.",
        "About 6,500 people marched through Orla on Saturday, the police said.",
        "The comet returns every eleven centuries.",
    ],
)
def test_what_the_articles_do_not_bear_out_is_unsupported(march: Library, false: str) -> None:
    checked = march.verify(false)
    assert verdicts(checked) == ["unsupported"]
    assert not checked.supported
    assert checked.statements[0].check


def test_each_sentence_has_its_own_verdict(march: Library) -> None:
    checked = march.verify("The line carries 40,000 passengers a year. The line carries 50,000 passengers a year.")
    assert verdicts(checked) == ["verified", "unsupported"]
    assert [citation.number for citation in checked.citations] == list(range(1, len(checked.citations) + 1))


def test_an_empty_library_bears_nothing_out(library: Library) -> None:
    assert verdicts(library.verify("It rained.")) == ["unsupported"]


def test_empty_and_overlong_texts_are_the_callers_mistake(tmp_path: Path) -> None:
    settings = Settings(max_verified_chars=100)
    with Library.open(tmp_path / "l", settings=settings, embedder=HashEmbedder()) as library:
        with pytest.raises(UserError, match="the text is empty"):
            library.verify(" \n")
        with pytest.raises(UserError, match=r"the text has 101 characters, and 100 are allowed \(RAG_MAX_VERIFIED"):
            library.verify("x" * 101)


def test_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAG_LIBRARY", str(tmp_path / "l"))
    (tmp_path / "march.txt").write_text(f"March in Haldrenn\n\n{TEXT}", encoding="utf-8")
    (tmp_path / "draft.txt").write_text("The line carries 50,000 passengers a year.", encoding="utf-8")
    assert main(["add", str(tmp_path / "march.txt")]) == 0
    capsys.readouterr()
    assert main(["verify", "The line carries 40,000 passengers a year."]) == 0
    assert capsys.readouterr().out.startswith("verified  The line carries 40,000 passengers a year. [1]\n")
    assert main(["verify", "--json", str(tmp_path / "draft.txt")]) == 1
    value = json.loads(capsys.readouterr().out)
    assert (value["supported"], [item["support"] for item in value["statements"]]) == (False, ["unsupported"])
    assert main(["verify", "word " * 400]) == 1
