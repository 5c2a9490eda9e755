"""What makes two citations one."""

from __future__ import annotations

from rag.types import Citation

CitedPlace = tuple[str, str, int, int]
"""An article, its version, and where the quote begins and ends there."""


def place_of(citation: Citation) -> CitedPlace:
    """The place that `citation` points to, whatever its number."""
    return citation.article_id, citation.version, citation.start, citation.end
