"""A library as a LangChain retriever."""

from __future__ import annotations

from collections.abc import Callable

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from rag.types import Hit


class LibraryRetriever(BaseRetriever):
    """Gives the `k` passages that fit a query best, as LangChain documents.

    A document's text is the passage; its metadata is what a citation needs: article, version,
    title, publisher, date, and `start` and `end` into the article's text.
    """

    search: Callable[..., list[Hit]]
    k: int

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002
    ) -> list[Document]:
        return [_document(hit) for hit in self.search(query, self.k)]


def _document(hit: Hit) -> Document:
    metadata = hit.to_dict()
    return Document(id=hit.chunk.id, page_content=metadata.pop("quote"), metadata=metadata)
