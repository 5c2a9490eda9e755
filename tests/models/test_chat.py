"""Which model answers, how it is asked, and what it took."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, ConfigDict, SecretStr

from rag.errors import ConfigError, ModelAccessError, ModelReplyError, ModelUnavailableError
from rag.models.calls import Retries
from rag.models.chat import DEFAULT_OPENAI_MODEL, EXTRACTIVE_NOTICE, load_chat
from rag.models.chat_model import ChatModel, ChatReply, Price
from rag.models.scripted import Fail, Say, ScriptedServer, say_json
from rag.types import Usage

QUICK = Retries(attempts=2, first_wait=0.01, longest_wait=0.01)


class Counted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: int
    sources: list[str]


def load(setting: Any, environment: Mapping[str, str] | None = None, **options: Any) -> ChatModel:
    chat = load_chat(setting, environment=environment or {}, retries=QUICK, **options)
    assert chat is not None
    return chat


def at(server: ScriptedServer, **variables: str) -> dict[str, str]:
    return {"OPENAI_BASE_URL": server.base_url, **variables}


def whole(stream: Any) -> tuple[list[str], ChatReply]:
    pieces = []
    while True:
        try:
            pieces.append(next(stream))
        except StopIteration as end:
            return pieces, end.value


@pytest.mark.parametrize(
    ("setting", "environment"),
    [
        ("auto", {}),
        ("auto", {"OPENAI_API_KEY": " "}),
        ("extractive", {"OPENAI_API_KEY": "sk-abcdefgh"}),
        (" extractive ", {}),
    ],
)
def test_without_a_model_answers_are_extractive(setting: str, environment: dict[str, str]) -> None:
    assert load_chat(setting, environment=environment) is None
    assert "nothing is sent" in EXTRACTIVE_NOTICE


@pytest.mark.parametrize("setting", ["auto", "openai", "openai:"])
def test_a_key_alone_means_openai(setting: str) -> None:
    chat = load(setting, {"OPENAI_API_KEY": "sk-abcdefgh"})
    assert chat.name == f"openai:{DEFAULT_OPENAI_MODEL}"
    assert chat.notice == (
        f"answers are written by openai:{DEFAULT_OPENAI_MODEL}: "
        "the question and the passages found go to api.openai.com"
    )
    # Its profile is known without asking anyone.
    assert chat.context_tokens == 1_047_576
    assert isinstance(chat.chat, ChatOpenAI)
    assert chat.chat.temperature == 0


def test_a_model_that_takes_no_temperature_gets_none() -> None:
    chat = load("openai:gpt-5-mini", {"OPENAI_API_KEY": "sk-abcdefgh"})
    assert isinstance(chat.chat, ChatOpenAI)
    assert chat.chat.temperature is None


def test_a_base_url_alone_means_the_server_there_and_its_first_model() -> None:
    with ScriptedServer(Say("Yes."), models=[{"id": "llama3:8b"}, {"id": "other"}]) as server:
        chat = load("auto", at(server))
        port = server.base_url.split(":")[2].removesuffix("/v1")
        assert chat.name == "openai:llama3:8b"
        assert chat.notice == (
            f"answers are written by openai:llama3:8b: the question and the passages found go to 127.0.0.1:{port}"
        )
        assert chat.complete("?").text == "Yes."
        assert server.requests[-1].body["model"] == "llama3:8b"
        assert server.requests[-1].body["temperature"] == 0
        assert load("auto", at(server, OPENAI_MODEL="other")).name == "openai:other"
        assert load("openai:llama3:70b", at(server)).name == "openai:llama3:70b"


def test_a_server_without_a_model_says_so() -> None:
    with ScriptedServer(models=[]) as server, pytest.raises(ModelAccessError, match="serves no model: name one as"):
        load("auto", at(server))
    with pytest.raises(ModelUnavailableError, match=r"the server cannot be reached at 127.0.0.1:\d+"):
        load("auto", at(server))


def test_a_password_in_the_base_url_is_not_shown() -> None:
    chat = load("openai:m", {"OPENAI_BASE_URL": "https://user:hunter22@models.example.org:8443/v1"})
    assert chat.notice
    assert chat.notice.endswith("go to models.example.org:8443")
    assert "hunter22" in chat.service.secrets


@pytest.mark.parametrize(
    ("setting", "environment", "line"),
    [
        ("openai:m", {}, "OPENAI_API_KEY is not set: set it, or OPENAI_BASE_URL for a server of your own"),
        (
            "openai:m",
            {"OPENAI_BASE_URL": "localhost:8000"},
            "OPENAI_BASE_URL is no address: it begins with http:// or https://, and mostly ends in /v1",
        ),
        (
            "openai:m",
            {"OPENAI_BASE_URL": "http://[half"},
            "OPENAI_BASE_URL is no address: it begins with http:// or https://, and mostly ends in /v1",
        ),
        ("gpt-4o", {}, "the language model 'gpt-4o' is none of auto, extractive, local, "),
        ("", {}, "the language model '' is none of auto, extractive, local, "),
        ("nobody:m", {}, "LangChain knows no provider 'nobody': the language model is auto, extractive, local, "),
        (3, {}, "the language model is a int: give a chat model of LangChain's, or auto, extractive, "),
    ],
)
def test_a_setting_that_cannot_be(setting: Any, environment: dict[str, str], line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_chat(setting, environment=environment)
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)
    assert caught.value.__context__ is None or "BASE_URL" in line


@pytest.mark.parametrize(
    ("setting", "module", "package"),
    [
        ("mistralai:small", "langchain_mistralai", "langchain-mistralai"),
        ("google_genai:gemini", "langchain_google_genai", "langchain-google-genai"),
        ("azure_ai:m", "langchain_azure_ai", "langchain-azure-ai"),
    ],
)
def test_a_missing_package_says_what_to_install(
    setting: str, module: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigError) as caught:
        load_chat(setting, environment={})
    assert str(caught.value) == f"{setting} needs a package: pip install {package}"


def test_a_whole_reply_with_what_it_took() -> None:
    with ScriptedServer(Say("More than 85 sites.", input_tokens=120, output_tokens=6, delay=0.02)) as server:
        reply = load("openai:scripted", at(server)).complete([("system", "Be brief."), ("human", "How many?")])
        assert (reply.text, reply.usage) == ("More than 85 sites.", Usage(120, 6, None))
        assert 0.02 <= reply.seconds < 2
        assert server.requests[0].body["messages"] == [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "How many?"},
        ]


def test_a_stream_gives_its_pieces_as_they_come() -> None:
    with ScriptedServer(Say("More than 85 sites.", input_tokens=120, output_tokens=6, delay=0.05)) as server:
        pieces, reply = whole(load("openai:scripted", at(server)).stream("How many?"))
        assert pieces == ["More", " than", " 85", " sites."]
        assert (reply.text, reply.usage) == ("More than 85 sites.", Usage(120, 6, None))
        stream = load("openai:scripted", at(server)).stream("How many?")
        assert next(stream) == "More"
        stream.close()


def test_a_stream_that_is_left_ends_its_thread() -> None:
    before = set(threading.enumerate())
    with ScriptedServer(Say("word " * 100, delay=0.05)) as server:
        stream = load("openai:scripted", at(server)).stream("How many?")
        next(stream)
        (mine,) = [thread for thread in set(threading.enumerate()) - before if thread.name == "rag-model"]
        stream.close()
        # Well before the stream would have ended.
        mine.join(timeout=2)
        assert not mine.is_alive()


@pytest.mark.parametrize("streaming", [False, True])
def test_a_structured_reply_is_asked_for_by_its_schema(streaming: bool) -> None:
    with ScriptedServer(say_json({"number": 85, "sources": ["p1"]})) as server:
        chat = load("openai:scripted", at(server))
        if streaming:
            pieces, reply = whole(chat.stream("How many?", Counted))
            assert "".join(pieces) == reply.text
        else:
            reply = chat.complete("How many?", Counted)
        assert chat.parse(reply.text, Counted) == Counted(number=85, sources=["p1"])
        assert reply.usage == Usage(12, 5, None)
        wanted = server.requests[0].body["response_format"]
        assert (wanted["type"], wanted["json_schema"]["name"], wanted["json_schema"]["strict"]) == (
            "json_schema",
            "Counted",
            True,
        )
        schema = wanted["json_schema"]["schema"]
        assert schema["required"] == ["number", "sources"]
        assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    "written",
    [
        "```json\n{}\n```\n",
        "Here it is:\n```\n{}\n```",
        "```json\n{}",
        '<think>Is it {"number": 2}? Or ```\n3\n```?</think>\n{}',
        "\n<think>\n</think>\n\n```json\n{}\n```",
        "Let me see. One.</think>{}",
    ],
)
def test_a_fence_around_the_json_or_thoughts_before_it_are_no_fault(written: str) -> None:
    with ScriptedServer(Say(written.replace("{}", '{"number": 1, "sources": ["```</think>"]}'))) as server:
        chat = load("openai:scripted", at(server))
        assert chat.parse(chat.complete("?", Counted).text, Counted) == Counted(number=1, sources=["```</think>"])


def test_a_shape_is_asked_for_in_the_same_words_each_time_and_beside_the_callers_own_part_of_the_body() -> None:
    with ScriptedServer(say_json({"number": 1, "sources": []})) as server:
        options: dict[str, Any] = {"base_url": server.base_url, "api_key": "k", "use_responses_api": False}
        chat = load_chat(ChatOpenAI(model="scripted", extra_body={"top_k": 1}, **options))
        assert chat is not None
        for _ in range(2):
            chat.complete("?", Counted)
        list(chat.stream("?", Counted))
        wanted = [request.body["response_format"] for request in server.requests]
        assert wanted[0] == wanted[1] == wanted[2]
        assert [request.body["top_k"] for request in server.requests] == [1, 1, 1]


@pytest.mark.parametrize(
    ("about", "size"),
    [
        ({"max_model_len": 4096}, 4096),
        ({"context_length": 32_768}, 32_768),
        ({"meta": {"n_ctx": 2048, "n_ctx_train": 8192}}, 2048),
        ({"meta": {"n_ctx_train": 8192}}, 8192),
        ({"meta": "none", "max_model_len": "many"}, None),
        ({}, None),
    ],
)
def test_the_context_is_what_the_server_tells(about: dict[str, Any], size: int | None) -> None:
    with ScriptedServer(models=[{"id": "other", "max_model_len": 1}, {"id": "scripted", **about}]) as server:
        chat = load("openai:scripted", at(server))
        assert chat.context_tokens == size
        assert chat.context_tokens == size
        assert [request.path for request in server.requests] == ["/v1/models"]


def test_a_server_that_does_not_tell_its_context_stops_nothing() -> None:
    with ScriptedServer() as server:
        chat = load("openai:gpt-4o", at(server))
    assert chat.context_tokens == 128_000


def test_a_model_of_the_callers_own() -> None:
    with ScriptedServer(Say("Yes.", input_tokens=1_000_000, output_tokens=500_000)) as server:
        given = ChatOpenAI(
            model="mine",
            base_url=server.base_url,
            api_key=SecretStr("my-secret-key"),
            profile={"max_input_tokens": 999},
        )
        chat = load(given, price=Price(2.0, 8.0))
        reply = chat.complete("?")
    assert (chat.name, chat.response_format, chat.context_tokens) == ("ChatOpenAI:mine", True, 999)
    assert chat.notice
    assert chat.notice.endswith(server.base_url.removeprefix("http://").removesuffix("/v1"))
    assert reply.usage == Usage(1_000_000, 500_000, 6.0)
    assert "my-secret-key" in chat.service.secrets
    assert "my-secret-key" not in repr(chat)
    assert load(chat) is chat


def test_a_model_of_the_callers_own_with_a_wrong_key_does_not_show_it() -> None:
    with ScriptedServer(Fail(400, "bad: my-secret-key")) as server:
        given = ChatOpenAI(model="mine", base_url=server.base_url, api_key=SecretStr("my-secret-key"), max_retries=0)
        with pytest.raises(ModelAccessError) as caught:
            load(given).complete("?")
    assert str(caught.value) == "ChatOpenAI:mine rejects the request (400): bad: [key]"


def test_a_model_without_usage_or_structure() -> None:
    chat = load(FakeListChatModel(responses=['{"number": 3, "sources": []}', "Three."]))
    assert (chat.name, chat.context_tokens) == ("FakeListChatModel", None)
    first = chat.complete("?", Counted)
    assert chat.parse(first.text, Counted).number == 3
    assert first.usage == Usage(0, 0, None)
    assert chat.complete("?").text == "Three."


class Structured(BaseChatModel):
    """A model of another provider's kind: it knows `with_structured_output` and nothing of `response_format`."""

    stop_reason: str = "end_turn"
    misshapen: bool = False

    @property
    def _llm_type(self) -> str:
        return "structured"

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **options: Any) -> ChatResult:
        message = AIMessage("Text.", response_metadata={"stop_reason": self.stop_reason})
        return ChatResult(generations=[ChatGeneration(message=message)])

    def with_structured_output(  # type: ignore[override]
        self, schema: type[BaseModel], *, include_raw: bool = False, **options: Any
    ) -> Runnable[Any, Any]:
        raw = AIMessage("", tool_calls=[{"name": "Counted", "args": {"number": "many"}, "id": "1"}])
        assert include_raw
        parsed = None if self.misshapen else schema(number=7, sources=["p2"])
        return RunnableLambda(lambda _: {"raw": raw, "parsed": parsed, "parsing_error": None})


def test_another_provider_is_asked_in_langchains_way() -> None:
    chat = load(Structured())
    assert chat.parse(chat.complete("?", Counted).text, Counted) == Counted(number=7, sources=["p2"])
    pieces, reply = whole(chat.stream("?", Counted))
    assert pieces == [reply.text] == ['{"number":7,"sources":["p2"]}']
    assert "".join(chat.stream("?")) == "Text."
    with pytest.raises(ModelReplyError, match="JSON of another shape"):
        load(Structured(misshapen=True)).complete("?", Counted)
    for reason, said in (("max_tokens", "cut at its limit"), ("refusal", "refused to answer")):
        with pytest.raises(ModelReplyError, match=said):
            load(Structured(stop_reason=reason)).complete("?")


def test_a_bug_in_a_model_is_one_line() -> None:
    class Broken(Structured):
        def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **options: Any) -> ChatResult:
            raise ValueError("no\nsuch\nthing")

    with pytest.raises(ModelReplyError) as caught:
        load(Broken()).complete("?")
    assert str(caught.value) == (
        "Broken gave a reply that cannot be read: check its settings, or take another model (no such thing)"
    )


class Watching(BaseCallbackHandler):
    def __init__(self) -> None:
        self.started = 0

    def on_chat_model_start(self, *args: Any, **options: Any) -> None:
        self.started += 1


def test_callbacks_of_a_chain_reach_the_model() -> None:
    chat = load(FakeListChatModel(responses=["Yes."]))
    watching = Watching()
    chain: Runnable[str, str] = RunnableLambda(lambda question: chat.complete(str(question)).text)
    assert chain.invoke("?", config={"callbacks": [watching]}) == "Yes."
    assert watching.started == 1


@pytest.fixture
def program() -> str:
    return (
        "import sys, rag.models.chat as chat\n"
        "chat.load_chat('auto', environment={}); chat.load_chat('extractive')\n"
        "heavy = {'langchain', 'langchain_core', 'langchain_openai', 'openai', 'pydantic'} & set(sys.modules)\n"
        "print(sorted(heavy))"
    )


def test_nothing_heavy_is_imported_without_a_model(program: str) -> None:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"
