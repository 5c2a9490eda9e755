"""A scripted model that writes, and the JSON of its replies, for tests of the generative engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from rag import Answer, Article, Citation
from rag.answering.generative import GenerativeEngine
from rag.answering.generative_writing import Writer
from rag.models.calls import Retries
from rag.models.chat import load_chat
from rag.models.chat_model import ChatModel
from rag.models.scripted import ScriptedServer
from tests.answering.build import holding

QUICK = Retries(attempts=2, first_wait=0.01, longest_wait=0.01)

STRIKES = Article.create(
    key="strikes",
    source="strikes",
    title="Strikes on Friday",
    publisher="Morning Wire",
    published=date(2024, 2, 2),
    text=(
        "American aircraft struck more than 85 sites in Iraq and Syria on Friday. "
        "Three soldiers had been killed in Jordan five days before. "
        "“We do not seek conflict,” President Joe Biden said. "
        "The governor of Anbar said that 16 people had died."
    ),
)
MARCH = Article.create(
    key="march",
    source="march",
    title="March against the closure",
    publisher="Vale Courier",
    published=date(2024, 3, 4),
    text=(
        "Thousands marched through Skelbray on Saturday against the closure of the railway. "
        "The police put the crowd at 2,000. The organisers spoke of 5,000."
    ),
)
LOOKUP = holding([STRIKES, MARCH])


def quote(words: str, passage: str = "p1") -> dict[str, str]:
    return {"passage": passage, "words": words}


def sentence(text: str, *quotes: dict[str, str]) -> dict[str, Any]:
    return {"quotes": list(quotes), "text": text}


SITES = sentence("More than 85 sites were struck.", quote("struck more than 85 sites in Iraq and Syria on Friday"))
KILLED = sentence("Three soldiers had been killed in Jordan.", quote("Three soldiers had been killed in Jordan"))
WRONG = sentence("Thirty soldiers had been killed in Jordan.", quote("Three soldiers had been killed in Jordan"))


def reply(*statements: dict[str, Any], conflicts: Sequence[Any] = (), answers: bool = True) -> dict[str, Any]:
    return {"answers": answers, "statements": list(statements), "conflicts": list(conflicts)}


def repaired(**texts: dict[str, Any]) -> dict[str, Any]:
    """Repairs by number: ``_1=sentence(…)``."""
    return {"repaired": [{"number": int(name[1:]), **draft} for name, draft in texts.items()]}


def chat_at(server: ScriptedServer, seconds: float = 5.0) -> ChatModel:
    environment = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "sk-not-to-be-shown"}
    chat = load_chat("openai:scripted", timeout_seconds=seconds, retries=QUICK, environment=environment)
    assert chat is not None
    return chat


@contextmanager
def scripted(*script: Any, seconds: float = 5.0, **options: Any) -> Iterator[tuple[GenerativeEngine, ScriptedServer]]:
    """An engine whose model plays `script`; a dictionary is a reply in JSON."""
    from rag.models.scripted import say_json

    entries = [say_json(entry) if isinstance(entry, dict) else entry for entry in script]
    with ScriptedServer(*entries) as server:
        yield GenerativeEngine(writer=Writer(chat=chat_at(server, seconds)), **options), server


def asked(server: ScriptedServer) -> list[str]:
    """The last message of each request for a reply."""
    chats = [request.body for request in server.requests if request.path.endswith("/chat/completions")]
    return [body["messages"][-1]["content"] for body in chats]


def exact(citations: Sequence[Citation], *articles: Article) -> bool:
    """Whether every citation quotes its article to the character, under a number of its own."""
    texts = {(article.id, article.version): article.text for article in articles}
    numbers = [citation.number for citation in citations]
    return len(set(numbers)) == len(numbers) and all(
        texts[citation.article_id, citation.version][citation.start : citation.end] == citation.quote
        for citation in citations
    )


def extractive(reason: str) -> Answer:
    """What stands in for the other engine."""
    return Answer(question="?", status="abstained", reason="no_match", notice=reason)
