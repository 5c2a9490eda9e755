"""Prompts: found, checked, rendered with what they declare, and nothing put in is read as a template."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from string import Template
from subprocess import PIPE
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import ConfigError, NotFoundError, UserError, prompts
from rag.prompts import PromptSource, copy_prompts

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


# A folder of the user's own -------------------------------------------------------------------


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder of prompts beside those that ship."""
    folder = tmp_path / "mine"
    folder.mkdir()
    return folder


def edited(prompt: str, body: str = "", **head: str) -> str:
    """The shipped file of that name with another body and other lines of front matter."""
    text = (prompts._folder() / f"{prompt}.md").read_text(encoding="utf-8")
    front, _, shipped = text.removeprefix("---\n").partition("\n---\n")
    lines = [line.split(": ", 1) for line in front.splitlines()]
    return "---\n" + "".join(f"{key}: {head.get(key, value)}\n" for key, value in lines) + "---\n" + (body or shipped)


def refused(folder: Path) -> str:
    """What is said of a folder that cannot be used, which is one line and the same for every name."""
    said = set()
    for use in (PromptSource(folder).available, lambda: PromptSource(folder).load("answer")):
        with pytest.raises(ConfigError) as caught:
            use()
        said.add(str(caught.value))
    (line,) = said
    assert line.isprintable()
    return line


def test_a_prompt_of_ones_own_takes_the_place_of_one(own: Path) -> None:
    (own / "answer.md").write_text(
        edited("answer", "Read $passages and say $question; a {brace} and $$5.\n", version="7b")
    )
    (own / "notes.txt").write_text("no prompt")
    (own / ".answer.md.swp").write_text("no prompt")
    (own / "._answer.md").write_bytes(b"\0\5")
    (own / "old").mkdir()
    source = PromptSource(own)
    mine = source.load("answer")
    assert (mine.version, mine.override, mine.inputs) == ("7b", own / "answer.md", prompts.load("answer").inputs)
    assert mine.render(passages="P", question="$passages?") == "Read P and say $passages?; a {brace} and $5.\n"
    assert mine.hash != prompts.load("answer").hash
    assert [prompt.name for prompt in source.available()] == [prompt.name for prompt in prompts.available()]
    others = {prompt.name: prompt for prompt in source.available() if prompt.name != "answer"}
    assert others == {prompt.name: prompt for prompt in prompts.available() if prompt.name != "answer"}
    assert {prompt.override for prompt in others.values()} == {None}


def test_without_a_folder_the_prompts_are_those_that_ship(own: Path) -> None:
    assert PromptSource().available() == PromptSource(own).available() == prompts.available()
    with pytest.raises(NotFoundError, match="there is no prompt '../answer'"):
        PromptSource(own).load("../answer")


def test_each_change_of_the_text_has_a_hash_of_its_own(own: Path) -> None:
    file = own / "repair.md"
    hashes = {prompts.load("repair").hash}
    for text in (edited("repair", "$failures"), edited("repair", "$failures."), edited("repair", version="1.1")):
        file.write_text(text)
        hashes.add(PromptSource(own).load("repair").hash)
    assert len(hashes) == 4
    file.write_text(edited("repair"))
    shipped = (prompts._folder() / "repair.md").read_bytes()
    assert PromptSource(own).load("repair").hash == hashlib.sha256(shipped).hexdigest()[:12]


@pytest.mark.parametrize("how", ["\r\n", "BOM"])
def test_an_editor_of_another_system_changes_nothing(own: Path, how: str) -> None:
    text = edited("repair")
    content = b"\xef\xbb\xbf" + text.encode() if how == "BOM" else text.replace("\n", "\r\n").encode()
    (own / "repair.md").write_bytes(content)
    assert PromptSource(own).load("repair") == prompts.load("repair")


def test_a_source_is_read_once(own: Path) -> None:
    source = PromptSource(own)
    before = source.load("answer")
    (own / "answer.md").write_text("broken meanwhile")
    assert source.load("answer") is before
    assert refused(own).startswith(f"{own / 'answer.md'}: ")


HOSTILE: dict[str, tuple[bytes, str]] = {
    "other inputs": (
        edited("answer", "$passages", inputs="[passages]").encode(),
        "its inputs are passages, and passages, question are needed",
    ),
    "more inputs": (
        edited("answer", "$passages $question $mood", inputs="[passages, question, mood]").encode(),
        "its inputs are mood, passages, question, and passages, question are needed",
    ),
    "no inputs": (edited("answer", "Say it.", inputs="[]").encode(), "its inputs are none, and passages, question"),
    "an input unused": (edited("answer", "$passages").encode(), "used ones ['passages']"),
    "an input twice": (edited("answer", inputs="[passages, question, question]").encode(), "declared inputs are"),
    "inputs that are no names": (edited("answer", inputs="[passages, question, true]").encode(), "must be a list"),
    "a stray dollar": (edited("answer", "$passages $question $").encode(), "a dollar that is no input is written $$"),
    "an open brace": (edited("answer", "$passages $question ${").encode(), "a dollar that is no input is written $$"),
    "code in braces": (edited("answer", "$passages $question ${a.b}").encode(), "is written $$"),
    "another name": (
        edited("answer", name="repair").encode(),
        "its name is 'repair', and that of the file is 'answer'",
    ),
    "a long name": (edited("answer", name="x" * 9000).encode(), f"its name is '{'x' * 80}', and"),
    "an escape in the name": (edited("answer", name='"\\e[2Janswer"').encode(), "characters that are not to be seen"),
    "an escape in the description": (edited("answer", description='"\\e[2J"').encode(), "not to be seen"),
    "a version of two words": (edited("answer", version="1, repair 2").encode(), "version one short word"),
    "a version that is a list": (edited("answer", version="[1]").encode(), "name and description must be text"),
    "a date that is none": (edited("answer", version="2024-99-99").encode(), "it is no YAML"),
    "a number without end": (edited("answer", version="9" * 5000).encode(), "it is no YAML"),
    "deep nesting": (edited("answer", description="[" * 900).encode(), "it is no YAML"),
    "an object of Python's": (edited("answer", description="!!python/object/apply:os.getcwd []").encode(), "no YAML"),
    "aliases that grow": (
        edited(
            "answer",
            description="[&a [x,x,x,x,x,x,x,x,x]"
            + "".join(f", &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]" for n in range(12))
            + "]",
        ).encode(),
        "name and description must be text",
    ),
    "endless front matter": (edited("answer", description="x " * 6_000).encode(), "too long (over 10,000 characters)"),
    "nothing": (b"", "the front matter needs"),
    "only front matter": (b"---\nname: answer\n---", "the front matter needs"),
    "binary": (bytes(range(256)), "cannot be read (it is not UTF-8)"),
    "a NUL": (edited("answer").encode() + b"\0", "cannot be read (it holds control characters)"),
    "an escape": (edited("answer").encode() + b"\x1b[2J", "cannot be read (it holds control characters)"),
    "UTF-16": (edited("answer").encode("utf-16"), "cannot be read (it is not UTF-8)"),
    "huge": (edited("answer").encode() + b"x" * 1_000_000, "too large (over 1,000,000 bytes)"),
}


@pytest.mark.parametrize(("content", "said"), HOSTILE.values(), ids=HOSTILE.keys())
def test_what_cannot_take_the_place_of_a_prompt_is_refused_in_one_line(own: Path, content: bytes, said: str) -> None:
    (own / "answer.md").write_bytes(content)
    line = refused(own)
    assert line.startswith(f"{own / 'answer.md'}: ")
    assert said in line


@given(st.binary(max_size=200), st.booleans())
def test_no_content_ends_otherwise(content: bytes, whole: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        head = b"" if whole else HEAD.replace("name: ask", "name: answer").encode()
        (Path(folder) / "answer.md").write_bytes(head + content)
        said = ""
        inputs: tuple[str, ...] = ("passages", "question")
        try:
            inputs = PromptSource(Path(folder)).load("answer").inputs
        except ConfigError as exc:
            said = str(exc)
    assert said.isprintable()
    assert inputs == ("passages", "question")


def _loop(file: Path) -> None:
    file.symlink_to(file.name)


def _dangling(file: Path) -> None:
    file.symlink_to(file.parent / "nowhere.txt")


def _device(file: Path) -> None:
    file.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [_loop, _dangling, _device, os.mkfifo, Path.mkdir], ids=lambda make: make.__name__)
def test_what_is_no_file_is_never_opened(own: Path, make: Callable[[Path], None]) -> None:
    make(own / "answer.md")
    assert refused(own) == f"{own / 'answer.md'}: the prompt cannot be read (it is no file)"


@pytest.mark.parametrize("name", ["answers.md", "README.md", "Answer.md", "answer.MD", "an\nswer\x1b.md", "ans wer.md"])
def test_a_file_of_another_name_is_refused(own: Path, name: str) -> None:
    (own / name).write_text(edited("answer"))
    shown = name.replace("\n", "\\n").replace("\x1b", "\\x1b")
    known = ", ".join(prompt.name for prompt in prompts.available())
    assert refused(own) == f"{own / shown}: there is no prompt of that name; there are {known}"


def test_a_name_that_is_no_text_is_refused(own: Path) -> None:
    Path(os.fsdecode(os.fsencode(own) + b"/\xff.md")).write_text(edited("answer"))
    assert refused(own).startswith(f"{own}/\\udcff.md: there is no prompt of that name")


def test_a_folder_that_is_not_there(own: Path) -> None:
    file = own / "file"
    file.write_text("")
    loop = own / "loop"
    loop.symlink_to("loop")
    for folder in (own / "none", file, loop, Path("a\0b"), own / ("x" * 300)):
        assert refused(folder).startswith(prompts._shown(folder) + ": ")
    assert refused(own / "none") == f"{own / 'none'}: there is no such folder of prompts (RAG_PROMPTS)"


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to the superuser")
def test_a_folder_and_a_file_that_may_not_be_read(own: Path) -> None:
    (own / "answer.md").write_text(edited("answer"))
    (own / "answer.md").chmod(0)
    assert refused(own) == f"{own / 'answer.md'}: the prompt cannot be read (Permission denied)"
    own.chmod(0)
    try:
        assert refused(own) == f"{own}: the folder of prompts cannot be read (Permission denied)"
    finally:
        own.chmod(0o700)


# Copying --------------------------------------------------------------------------------------


def test_copied_prompts_are_the_shipped_ones_to_edit(tmp_path: Path) -> None:
    target = tmp_path / "new" / "mine"
    shipped = sorted(prompts._folder().glob("*.md"))
    files = copy_prompts(target)
    assert files == [target / file.name for file in shipped] == sorted(target.iterdir())
    assert [file.read_bytes() for file in files] == [file.read_bytes() for file in shipped]
    assert PromptSource(target).available() == prompts.available()
    assert {prompt.override for prompt in PromptSource(target).available()} == set(files)


def test_a_folder_with_other_files_takes_them(own: Path) -> None:
    (own / "notes.txt").write_text("mine")
    assert len(copy_prompts(own)) == len(prompts.available())
    assert (own / "notes.txt").read_text() == "mine"


def test_no_file_is_overwritten_and_then_none_is_written(own: Path) -> None:
    (own / "answer.md").write_text("mine")
    (own / "repair.md").symlink_to("nowhere")
    with pytest.raises(UserError) as caught:
        copy_prompts(own)
    assert str(caught.value) == (f"answer.md, repair.md are in {own} already: nothing was copied, name another folder")
    assert {file.name for file in own.iterdir()} == {"answer.md", "repair.md"}
    assert (own / "answer.md").read_text() == "mine"


def test_a_file_that_appears_meanwhile_is_kept(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = os.link

    def slow(source: Path, place: Path) -> None:
        if place.name == "repair.md":
            place.write_text("another's")
        link(source, place)

    monkeypatch.setattr(os, "link", slow)
    with pytest.raises(UserError, match=r"^repair\.md is in .* already: nothing was copied"):
        copy_prompts(own)
    assert [file.name for file in own.iterdir()] == ["repair.md"]
    assert (own / "repair.md").read_text() == "another's"


def test_a_file_system_without_hard_links(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(source: Path, place: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuses)
    copy_prompts(own)
    assert PromptSource(own).available() == prompts.available()
    with pytest.raises(UserError, match="already"):
        copy_prompts(own)


def test_what_was_written_before_a_fault_goes_again(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Path.write_bytes

    def full(file: Path, content: bytes) -> int:
        if file.name == "reduce.md":
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UserError) as caught:
        copy_prompts(own)
    assert str(caught.value) == f"{own}: the prompts cannot be written there (No space left on device)"
    assert list(own.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("large", [False, True], ids=["when it is passed on", "in the middle"])
def test_a_disk_that_fills_up_without_hard_links_leaves_no_half_file(
    own: Path, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    """The third file is opened as a real disk without space, which takes nothing that is written."""
    opened: list[Path] = []
    open_file = Path.open

    def full(file: Path, mode: str = "r", *options: object, **named: object) -> IO[Any]:
        if mode != "xb":
            return open_file(file, mode, *options, **named)  # type: ignore[call-overload,no-any-return]
        open_file(file, mode).close()
        opened.append(file)
        return open_file(Path("/dev/full") if len(opened) == 3 else file, "wb")

    def refuses(source: Path, place: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuses)
    monkeypatch.setattr(Path, "open", full)
    if large:
        read = Path.read_bytes
        monkeypatch.setattr(Path, "read_bytes", lambda file: read(file) * 1000)
    with pytest.raises(UserError) as caught:
        copy_prompts(own)
    assert str(caught.value) == f"{own}: the prompts cannot be written there (No space left on device)"
    assert len(opened) == 3
    assert list(own.iterdir()) == []


def test_where_nothing_can_be_written(own: Path) -> None:
    file = own / "file"
    file.write_text("mine")
    with pytest.raises(UserError, match="file is no folder: name one to copy the prompts into"):
        copy_prompts(file)
    for target in (file / "below", Path("/proc/prompts"), Path("a\0b"), own / ("x" * 300)):
        with pytest.raises(UserError, match="the prompts cannot be written there") as caught:
            copy_prompts(target)
        assert str(caught.value).isprintable()
    assert file.read_text() == "mine"


_COPY = "import sys, pathlib; from rag.prompts import copy_prompts; print('ready', flush=True); sys.stdin.readline(); "


def test_killed_at_any_moment_each_file_is_whole_or_absent(own: Path) -> None:
    shipped = {file.name: file.read_bytes() for file in prompts._folder().glob("*.md")}
    for wait in (0.0, 0.0005, 0.001, 0.002, 0.004):
        target = own / str(wait)
        code = f"{_COPY} copy_prompts(pathlib.Path({str(target)!r}))"
        with subprocess.Popen([sys.executable, "-c", code], stdin=PIPE, stdout=PIPE, text=True) as process:
            assert process.stdin
            assert process.stdout
            process.stdout.readline()
            process.stdin.write("\n")
            process.stdin.flush()
            time.sleep(wait)
            process.kill()
        for file in target.glob("*.md"):
            assert file.read_bytes() == shipped[file.name]


def test_of_several_processes_one_copies(own: Path) -> None:
    code = f"{_COPY} copy_prompts(pathlib.Path({str(own)!r}))"
    started = [
        subprocess.Popen([sys.executable, "-c", code], stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True)
        for _ in range(3)
    ]
    for process in started:
        assert process.stdout
        process.stdout.readline()
    for process in started:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate()[1] for process in started]
    assert sorted(process.returncode for process in started) == [0, 1, 1]
    assert sum("already: nothing was copied" in text for text in said) == 2
    assert PromptSource(own).available() == prompts.available()
    assert len(list(own.iterdir())) == len(prompts.available())
