"""The public names: what is promised is importable, and said."""

from __future__ import annotations

import inspect
import subprocess
import sys
from types import ModuleType

import pytest

import rag


def test_all_is_what_is_importable() -> None:
    held = {name for name, value in vars(rag).items() if not name.startswith("_") and not isinstance(value, ModuleType)}
    assert held == set(rag.__all__)
    assert rag.__all__ == sorted(set(rag.__all__))


@pytest.mark.parametrize("name", rag.__all__)
def test_every_public_name_says_what_it_is(name: str) -> None:
    value = getattr(rag, name)
    doc = inspect.cleandoc(value.__doc__ or "")
    assert doc
    assert not doc.startswith(f"{name}(")  # what `dataclass` writes where nobody has
    assert value.__module__.startswith("rag.")


@pytest.mark.parametrize("name", rag.__all__)
def test_every_public_method_says_what_it_does(name: str) -> None:
    value = getattr(rag, name)
    if not inspect.isclass(value) or value is rag.Embedder:  # whose two properties its own docstring explains
        return
    members = {key: member for key, member in vars(value).items() if not key.startswith("_")}
    methods = {
        key: member
        for key, member in members.items()
        if inspect.isfunction(member) or isinstance(member, property | classmethod | staticmethod)
    }
    assert [key for key, member in methods.items() if not (member.__doc__ or "").strip()] == []


def test_the_import_is_light() -> None:
    """`import rag` loads none of the heavy libraries, so that every command starts at once."""
    code = (
        "import sys; import rag\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} &"
        " {'chromadb', 'httpx', 'langchain', 'langchain_core', 'numpy', 'onnxruntime', 'openai', 'trafilatura'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
