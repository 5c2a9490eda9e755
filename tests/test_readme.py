"""The README shows what the commands print: each is run, and its code too."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel

from rag.surfaces.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n```\w*\n(.*?)```", README, re.DOTALL)
    assert found, name
    return found[1]


def masked(text: str) -> str:
    """Without the ids, which come from where the sample articles lie, and without the lines' ends."""
    return "\n".join(line.rstrip() for line in re.sub(r"\b[0-9a-f]{12}\b", "ID", text).strip().splitlines())


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_demo_prints_what_the_readme_shows(
    copy: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_LIBRARY", str(copy / "demo"))
    parts = re.split(r"^\$ rag (.*)$", block("demo"), flags=re.MULTILINE)
    commands = list(zip(parts[1::2], parts[2::2], strict=True))
    assert len(commands) == 5
    for command, shown in commands:
        assert main(shlex.split(command)) == 0
        printed = capsys.readouterr().out.replace(str(copy) + "/", "")
        assert masked(printed) == masked(shown)


def test_the_demo_of_the_makefile_is_the_readmes() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.findall(r"\$\(call run,(.*)\)", makefile) == re.findall(r"^\$ rag (.*)$", block("demo"), re.MULTILINE)


def test_the_python_of_the_readme_runs(
    copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = FakeListChatModel(responses=["More than 85 sites were hit. [1]"])
    monkeypatch.setattr("langchain.chat_models.init_chat_model", lambda _: said)
    for name in ("python", "langchain"):
        exec(compile(block(name), name, "exec"), {})
    answered, verified = capsys.readouterr().out.splitlines()
    assert answered == "['More than 85 sites were hit, according to U.S. Central Command, or CENTCOM. [1]']"
    assert verified == "More than 85 sites were hit. [1] True"


def test_every_test_that_holds_a_promise_is_there() -> None:
    table = README.split("## Promises")[1].split("## Settings")[0]
    files = re.findall(r"`(tests/[\w/.]+)`", table)
    assert len(files) >= 7
    assert [file for file in files if not (ROOT / file).is_file()] == []


def test_the_gold_of_the_readme_is_read_and_fits_the_sample_articles(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold = copy / "gold.jsonl"
    gold.write_text(block("gold"), encoding="utf-8")
    assert main(["add", "--library", "news", "seeds/"]) == 0
    assert main(["eval", str(gold), "--library", "news", "--json"]) == 0
    said = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert said["items"] == 5
