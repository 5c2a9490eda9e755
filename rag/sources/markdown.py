"""Markdown: front matter, and the text without its marks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.sources.draft import Draft
from rag.sources.markup import text_of
from rag.sources.plain import unwrap
from rag.sources.rows import AUTHOR, LANGUAGE, PUBLISHED, PUBLISHER, TITLE, URL, first_name
from rag.text.dates import UNKNOWN, date_in_metadata
from rag.text.normalize import normalise

if TYPE_CHECKING:
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(r"\A(?:\ufeff)?---[ \t]*\n(.{0,65536}?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"^([A-Za-z][\w -]{0,40}?):[ \t]+(\S.*)$", re.MULTILINE)


def draft_markdown(raw: str) -> Draft:
    """Draft the article of a Markdown text: fields from its front matter, title from its first heading without one."""
    text = raw.replace("\r\n", "\n").replace("\r", "\n")
    match = _FRONT_MATTER.match(text)
    fields = _fields(match.group(1)) if match else {}
    body, heading = _plain(text[match.end() :] if match else text)
    draft = Draft(text=unwrap(normalise(body)), title=first_name(fields, TITLE) or heading)
    if not fields:
        return draft
    dates = (date_in_metadata(fields.get(name)) for name in PUBLISHED)
    return replace(
        draft,
        publisher=first_name(fields, PUBLISHER),
        author=first_name(fields, AUTHOR),
        published=next((found for found in dates if found != UNKNOWN), UNKNOWN),
        url=first_name(fields, URL),
        language=first_name(fields, LANGUAGE),
    )


def _fields(front: str) -> dict[str, object]:
    import yaml

    loaded: object = None
    try:
        loaded = yaml.safe_load(front)
    except (yaml.YAMLError, ValueError, RecursionError):
        # Mostly a colon in an unquoted title, which people write and YAML forbids.
        loaded = {name: value.strip().strip("\"'") for name, value in _FIELD.findall(front)}
    if not isinstance(loaded, Mapping):
        return {}
    return {re.sub(r"[-_\s]", "", str(name)).lower(): value for name, value in loaded.items()}


def _plain(markdown: str) -> tuple[str, str]:
    """The text of `markdown`, a blank line between its blocks, and its first top heading."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    blocks: list[str] = []
    heading = ""
    prefix = ""
    cells: list[str] = []
    open_block = ""
    for token in tokens:
        if token.type.endswith("_open"):
            open_block = token.tag
            prefix = "- " if token.type == "list_item_open" else prefix
            cells = [] if token.type == "tr_open" else cells
        elif token.type == "tr_close":
            blocks.append(" | ".join(cells))
        elif token.type in ("fence", "code_block"):
            blocks.append(token.content)
        elif token.type == "html_block":
            blocks.append(text_of(token.content))
        elif token.type == "inline":
            text = _inline(token.children or []).strip()
            if open_block in ("th", "td"):
                cells.append(text)
                continue
            if open_block == "h1" and not heading:
                heading = text
            if text:
                blocks.append(prefix + text)
                prefix = ""
    # The items of a list stay together: what introduces it has to be seen above it.
    text = ""
    for block in blocks:
        tight = block.startswith("- ") or " | " in block
        text += ("\n" if tight else "\n\n") + block
    return text, heading


def _inline(children: list[Token]) -> str:
    parts: list[str] = []
    for child in children:
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak") or child.content.lower().startswith("<br"):
            parts.append("\n")
    return "".join(parts)
