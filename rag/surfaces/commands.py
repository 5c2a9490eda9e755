"""Each command by the name that is typed; what it does stands in the modules that are imported here."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping

from rag.surfaces import articles, completion, evals, questions, serve, upkeep
from rag.surfaces.mcp import command as mcp_command
from rag.surfaces.output import Output

Command = Callable[[Namespace, Output], int]

COMMANDS: Mapping[str, Command] = {
    "add": articles.add,
    "ask": questions.ask,
    "summarize": questions.summarize,
    "chat": questions.chat,
    "search": questions.search,
    "verify": questions.verify,
    "list": articles.listing,
    "show": articles.show,
    "remove": articles.remove,
    "refresh": articles.refresh,
    "export": articles.export,
    "reindex": upkeep.reindex,
    "doctor": upkeep.doctor,
    "prompts": upkeep.prompts,
    "usage": upkeep.usage,
    "eval": evals.evaluate,
    "serve": serve.serve,
    "mcp": mcp_command.serve,
    "completion": completion.completion,
}
"""Called with the arguments and the output, each returns its exit code; a test holds the parser to the same names."""
