"""The prompts for language models as MCP's prompts: those that ship, or the user's own in their place."""

from __future__ import annotations

import mcp_types as types

from rag.library import Library


def listed(library: Library) -> types.ListPromptsResult:
    """Every prompt by name; each input that its file declares is an argument."""
    found = [
        types.Prompt(
            name=prompt.name,
            description=prompt.description,
            arguments=[types.PromptArgument(name=name, required=True) for name in prompt.inputs],
        )
        for prompt in library.prompts.available()
    ]
    return types.ListPromptsResult(prompts=found)


def rendered(library: Library, name: str, arguments: dict[str, str]) -> types.GetPromptResult:
    """The prompt with its inputs filled in, as they are.

    Raises `NotFoundError` where there is none of that name, `ConfigError` unless the arguments are just its inputs.
    """
    prompt = library.prompts.load(name)
    text = types.TextContent(text=prompt.render(**arguments))
    return types.GetPromptResult(
        description=prompt.description, messages=[types.PromptMessage(role="user", content=text)]
    )
