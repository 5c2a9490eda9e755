"""The README shows what the commands print: each is run, and its code too."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel

from rag import Library
from rag.surfaces.cli import build_parser, main
from rag.surfaces.mcp.http import PATH
from tests.surfaces.serving import served

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


SAID = "More than 85 sites were hit, according to U.S. Central Command, or CENTCOM. [1]"


@pytest.fixture(scope="module")
def url(seeds: Library) -> Iterator[str]:
    """The sample articles as the README has them served: by the name `news`."""
    with served(seeds) as base:
        yield base


def runs(name: str, url: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What an example prints, with the address at which the articles are served here."""
    code = block(name)
    assert "http://127.0.0.1:8000" in code
    assert code.strip().count("\n") <= 6
    exec(compile(code.replace("http://127.0.0.1:8000", url), name, "exec"), {})
    return capsys.readouterr().out


def test_the_example_of_http_runs(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert runs("http", url, capsys) == f"{SAID} {[SAID.removesuffix(' [1]')]}\n"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not there")
def test_the_example_of_curl_runs(url: str) -> None:
    command = block("curl").replace("http://127.0.0.1:8000", url)
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["text"] == SAID


def test_the_example_of_a_chat_client_runs(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = runs("openai", url, capsys)
    assert said.startswith(f"{SAID}\n\n**Sources**\n\n[1] American aircraft strike Iranian-linked sites")
    assert re.search(r"\n> More than 85 sites were hit, .*CENTCOM\. \d+\n$", said)


def test_the_example_of_langchains_chat_client_runs(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert runs("langchain-client", url, capsys).startswith(f"{SAID}\n\n**Sources**")


def test_the_example_of_mcp_runs(
    seeds: Library, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code = block("mcp-python")
    for shown, here in {
        'command="rag"': f"command={sys.executable!r}",
        'args=["mcp", "--library", "news"]': f'args=["-m", "rag", "mcp", "--library", {str(seeds.directory)!r}]',
    }.items():
        assert shown in code
        code = code.replace(shown, here)
    exec(compile(code, "mcp-python", "exec"), {})
    assert capsys.readouterr().out.startswith(SAID)


def test_the_configurations_of_mcp_clients_name_what_there_is() -> None:
    (news,) = json.loads(block("mcp-json"))["mcpServers"].values()
    over_stdio, over_http = json.loads(block("mcp-vscode"))["servers"].values()
    for each in (news, over_stdio):
        assert build_parser().parse_args(each["args"]).command == each["args"][0] == "mcp"
        assert each["command"] == "rag"
    listening = build_parser().parse_args(["mcp", "--http"])
    assert over_http == {"type": "http", "url": f"http://{listening.host}:{listening.port}{PATH}"}


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
