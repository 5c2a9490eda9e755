"""Ask questions of news articles; every sentence of the answer carries its source, to the character."""

from rag.errors import BusyError, ConfigError, NotFoundError, RagError, SourceError, StorageError, UserError
from rag.library import Library
from rag.prompts import Prompt
from rag.prompts import load as load_prompt
from rag.settings import Settings, load_settings
from rag.types import (
    AddItem,
    AddReport,
    Answer,
    Article,
    ArticleInfo,
    Chunk,
    Citation,
    Conflict,
    ConflictValue,
    Embedder,
    Filters,
    Hit,
    Span,
    Statement,
    Summary,
    Timings,
    Usage,
    Withheld,
)

__all__ = [
    "AddItem",
    "AddReport",
    "Answer",
    "Article",
    "ArticleInfo",
    "BusyError",
    "Chunk",
    "Citation",
    "ConfigError",
    "Conflict",
    "ConflictValue",
    "Embedder",
    "Filters",
    "Hit",
    "Library",
    "NotFoundError",
    "Prompt",
    "RagError",
    "Settings",
    "SourceError",
    "Span",
    "Statement",
    "StorageError",
    "Summary",
    "Timings",
    "Usage",
    "UserError",
    "Withheld",
    "load_prompt",
    "load_settings",
]
