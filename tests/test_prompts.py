"""Prompts: found, checked, rendered with what they declare, and nothing put in is read as a template."""

from __future__ import annotations

from pathlib import Path
from string import Template

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import ConfigError, NotFoundError, prompts

HEAD = "---\nname: ask\nversion: '2'\ndescription: Asks.\ninputs: [passages, question]\n---\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(prompts, "_folder", lambda: tmp_path)
    return tmp_path


@pytest.mark.parametrize("prompt", prompts.available(), ids=lambda prompt: prompt.name)
def test_what_ships_declares_what_it_uses(prompt: prompts.Prompt) -> None:
    assert set(Template(prompt.body).get_identifiers()) == set(prompt.inputs)
    assert Template(prompt.body).is_valid()
    assert len(prompt.inputs) == len(set(prompt.inputs))
    assert all([prompt.version, prompt.description, prompt.hash])
    assert prompts.load(prompt.name) == prompt
    assert prompt.name == next(prompts._folder().glob(f"{prompt.name}.md")).stem


def test_the_prompts_are_those_of_the_folder() -> None:
    names = [prompt.name for prompt in prompts.available()]
    assert "answer" in names
    assert names == sorted({file.stem for file in prompts._folder().glob("*.md")})


def test_render(folder: Path) -> None:
    (folder / "ask.md").write_text(HEAD + "\nSay $question of ${passages}!\nIt costs $$5.\n\n")
    assert prompts.load("ask").render(question="why", passages="[1] It rained.") == (
        "Say why of [1] It rained.!\nIt costs $5.\n"
    )


@given(st.text(), st.text())
def test_what_is_put_in_is_never_a_template(passages: str, question: str) -> None:
    prompt = prompts.load("answer")
    trapped = f"$question $passages ${{question}} $$ {{question}} {passages}"
    before, _, rest = prompt.body.partition("$passages")
    between, _, after = rest.partition("$question")
    rendered = prompt.render(passages=trapped, question=question)
    assert rendered == before + trapped + between + question + after


@pytest.mark.parametrize("inputs", [{}, {"question": "a"}, {"question": "a", "passages": "b", "extra": "c"}])
def test_only_what_is_declared_is_taken(inputs: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="the prompt answer takes passages, question, not "):
        prompts.load("answer").render(**inputs)


def test_the_hash_is_of_the_wording(folder: Path) -> None:
    file = folder / "ask.md"
    hashes = set()
    for body in ("$passages $question", "$passages  $question", "$passages $question."):
        file.write_text(HEAD + body)
        hashes.add(prompts.load("ask").hash)
    assert len(hashes) == 3


def test_an_unknown_prompt() -> None:
    with pytest.raises(NotFoundError, match="there is no prompt 'nope'; `rag prompts` shows them"):
        prompts.load("nope")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("no front matter", "needs name, version, description and inputs"),
        (HEAD.replace("version: '2'\n", "") + "$passages $question", "needs name, version, description and inputs"),
        (HEAD.replace("name: ask", "name: ask\nmodel: x") + "$passages $question", "needs name, version"),
        ("---\n- a list\n---\n$question", "needs name, version, description and inputs"),
        (HEAD.replace("[passages", "[") + "$passages", "cannot be read"),
        (HEAD + "$question", "declared inputs are ['passages', 'question'], used ones ['question']"),
        (HEAD + "$passages $question $other", "used ones ['other', 'passages', 'question']"),
    ],
)
def test_a_malformed_prompt_is_named(folder: Path, content: str, said: str) -> None:
    (folder / "good.md").write_text(HEAD + "$passages $question")
    bad = folder / "other.md"
    bad.write_text(content)
    with pytest.raises(ConfigError) as caught:
        prompts.available()
    assert str(caught.value).startswith(f"{bad}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        HEAD.replace("[passages, question]", "5").encode() + b"$passages $question",
        HEAD.encode() + b"$passages $question, and it costs $5",
        HEAD.encode() + b"$passages $question \xff",
    ],
    ids=["inputs is a number", "a stray dollar", "not UTF-8"],
)
def test_every_malformed_prompt_is_a_config_error(folder: Path, content: bytes) -> None:
    (folder / "bad.md").write_bytes(content)
    with pytest.raises(ConfigError, match=r"bad\.md"):
        prompts.available()
