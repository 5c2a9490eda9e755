"""Finds, checks and renders the prompts: one Markdown file each, with front matter.

Front matter gives `name`, `version`, `description` and `inputs`; the body holds ``$name`` where
an input goes. Inputs are put in as they are: what they hold is never read as a template.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from string import Template

from rag.errors import ConfigError, NotFoundError

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt: `hash` identifies its exact wording."""

    name: str
    version: str
    description: str
    inputs: tuple[str, ...]
    body: str
    hash: str

    def render(self, **inputs: str) -> str:
        """Fill in the inputs; raises `ConfigError` unless they are just those that it declares."""
        if set(inputs) != set(self.inputs):
            raise ConfigError(f"the prompt {self.name} takes {', '.join(self.inputs)}, not {', '.join(inputs)}")
        return Template(self.body).substitute(inputs)


def available() -> list[Prompt]:
    """Every prompt, by name; raises `ConfigError` for one that is malformed."""
    return [_parse(file) for file in sorted(_folder().glob("*.md"))]


def load(name: str) -> Prompt:
    """The prompt of that name; raises `NotFoundError`."""
    for prompt in available():
        if prompt.name == name:
            return prompt
    raise NotFoundError(f"there is no prompt {name!r}; `rag prompts` shows them")


def _folder() -> Path:
    """`rag/_prompts` where the package is installed, `prompts/` beside the package in a checkout."""
    packaged = Path(__file__).parent / "_prompts"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "prompts"


def _parse(file: Path) -> Prompt:
    import yaml

    try:
        raw = file.read_text(encoding="utf-8")
        match = _FRONT_MATTER.match(raw)
        head = yaml.safe_load(match[1]) if match else None
        used = set(Template(match[2]).get_identifiers()) if match else set()
        valid = Template(match[2]).is_valid() if match else True
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as exc:
        raise ConfigError(f"{file}: the prompt cannot be read") from exc
    if not match or not isinstance(head, dict) or set(head) != {"name", "version", "description", "inputs"}:
        raise ConfigError(f"{file}: the front matter needs name, version, description and inputs")
    if not isinstance(head["inputs"], list) or not valid:
        raise ConfigError(f"{file}: inputs must be a list, and a dollar that is no input is written $$")
    inputs = tuple(map(str, head["inputs"]))
    if used != set(inputs):
        raise ConfigError(f"{file}: declared inputs are {sorted(inputs)}, used ones {sorted(used)}")
    return Prompt(
        name=str(head["name"]),
        version=str(head["version"]),
        description=str(head["description"]),
        inputs=inputs,
        body=match[2].strip() + "\n",
        hash=hashlib.sha256(raw.encode()).hexdigest()[:12],
    )
