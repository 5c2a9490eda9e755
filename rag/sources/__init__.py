"""Bytes to articles: text, Markdown, HTML, PDF, JSON, JSON Lines, web pages and feeds."""

from rag.sources.reading import read

__all__ = ["read"]
