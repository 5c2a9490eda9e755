"""A library as a LangChain retriever, in chains of one's own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date

import pytest
from langchain_core.documents import Document
from langchain_core.language_models import FakeListChatModel
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompt_values import PromptValue
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda, RunnablePassthrough

from rag import Library, Settings, UserError
from rag.models.fakes import HashEmbedder
from tests.conftest import row

COUNCIL = "The council of Varrow met on Monday. It approved a budget for the harbour."


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    long = " ".join(f"Pilot {number} of the harbour spoke of the tide." for number in range(50))
    directory = tmp_path_factory.mktemp("papers") / "library"
    with Library.open(directory, settings=Settings(), embedder=HashEmbedder()) as library:
        library.add(
            [
                row(1, f"Zoë 😀 said no. {COUNCIL}", publisher="The Post", author="A. B.", published="2024-02-02"),
                row(2, "The pool on Mill Street opened on Tuesday.", url="https://post.example/2024/the-pool-opens"),
                row(3, long),
            ]
        )
        yield library


def test_documents_carry_all_that_a_citation_needs(papers: Library) -> None:
    retriever = papers.as_retriever(k=1)
    assert isinstance(retriever, BaseRetriever)
    article = papers.article("id:article-1")
    (hit,) = papers.search("council budget Varrow", 1)
    (document,) = retriever.invoke("council budget Varrow")
    assert document == Document(
        id=hit.chunk.id,
        page_content=article.text,
        metadata={
            "article_id": article.id,
            "version": article.version,
            "title": "Story 1",
            "publisher": "The Post",
            "author": "A. B.",
            "published": "2024-02-02",
            "published_from": "metadata",
            "url": None,
            "start": 0,
            "end": len(article.text),
            "score": round(hit.score, 4),
            "dense": round(hit.dense, 4),
            "lexical": round(hit.lexical, 4),
        },
    )


@pytest.mark.parametrize("k", [1, 3, 5])
def test_documents_are_the_hits_in_their_order_and_exact(papers: Library, k: int) -> None:
    query = "harbour pilot tide"
    documents = papers.as_retriever(k=k).invoke(query)
    assert [document.id for document in documents] == [hit.chunk.id for hit in papers.search(query, k)]
    assert len(documents) == k
    for document in documents:
        held = document.metadata
        text = papers.article(held["article_id"], held["version"]).text
        assert text[held["start"] : held["end"]] == document.page_content


def test_a_chain_of_ones_own(papers: Library) -> None:
    """The chain that LangChain's own guides write, with a model that shows what it was given."""
    seen: list[str] = []

    def look(prompt: PromptValue) -> PromptValue:
        seen.append(prompt.to_string())
        return prompt

    def formatted(documents: list[Document]) -> str:
        return "\n".join(f"{document.metadata['title']}: {document.page_content}" for document in documents)

    prompt = ChatPromptTemplate.from_template("Context:\n{context}\n\nQuestion: {question}")
    model = FakeListChatModel(responses=["A budget. [1]", "A second answer."])
    chain = (
        {"context": papers.as_retriever(k=3) | formatted, "question": RunnablePassthrough()}
        | prompt
        | RunnableLambda(look)
        | model
        | StrOutputParser()
    )
    assert chain.invoke("What did the council of Varrow approve?") == "A budget. [1]"
    hits = papers.search("What did the council of Varrow approve?", 3)
    context = "\n".join(f"{hit.article.title}: {hit.chunk.text}" for hit in hits)
    assert seen == [f"Human: Context:\n{context}\n\nQuestion: What did the council of Varrow approve?"]
    assert "Story 1: Zoë 😀 said no." in context
    assert chain.invoke("And the pool?") == "A second answer."


def test_the_asynchronous_form_gives_the_same(papers: Library) -> None:
    retriever = papers.as_retriever(k=2)

    async def both() -> list[list[Document]]:
        return list(await asyncio.gather(retriever.ainvoke("council budget"), retriever.ainvoke("pool")))

    assert asyncio.run(both()) == [retriever.invoke("council budget"), retriever.invoke("pool")]


def test_a_batch_gives_the_same(papers: Library) -> None:
    retriever = papers.as_retriever(k=2)
    queries = ["council budget", "pool", "harbour pilot"] * 4
    assert retriever.batch(queries) == [retriever.invoke(query) for query in queries]


def test_a_wrong_question_is_our_error(papers: Library) -> None:
    with pytest.raises(UserError, match=r"the (question|query|topic) is empty"):
        papers.as_retriever().invoke(" ")
    with pytest.raises(UserError, match="k must be 1 or more"):
        papers.as_retriever(k=0).invoke("pool")


def test_metadata_is_plain_json(papers: Library) -> None:
    for document in papers.as_retriever(k=8).invoke("council pool harbour"):
        assert {type(value) for value in document.metadata.values()} <= {str, int, float, type(None)}
        assert not any(isinstance(value, date) for value in document.metadata.values())
