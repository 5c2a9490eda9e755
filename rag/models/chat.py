"""Which language model answers: from a setting to a `ChatModel`, or to none.

Nothing is imported before a model is wanted: LangChain and a provider's client take seconds.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rag.errors import ConfigError, ModelAccessError
from rag.models.calls import USUAL_RETRIES, Retries, call
from rag.models.chat_model import ChatModel, Price
from rag.models.connection import address, is_own_server, openai_connection, openai_service, variable
from rag.models.faults import Service, one_line, secrets_in

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

EXTRACTIVE_NOTICE = (
    "no language model is set: answers are sentences of the articles, and nothing is sent anywhere"
    " (set OPENAI_API_KEY or RAG_LLM for written ones)"
)
"""For ``auto`` where it finds nothing: the notice that belongs to `load_chat` giving `None`."""

DEFAULT_OPENAI_MODEL = "gpt-4.1-mini"
"""Unless OPENAI_MODEL names another: long context, structured replies, no thinking time, and not costly."""

_LOCAL_MAX_TOKENS = 1024
"""A small model may go on without end; this is several answers long."""
_HINT = "auto, extractive, local, local:FILE.gguf, openai:MODEL or another PROVIDER:MODEL that LangChain knows"


def load_chat(
    setting: str | BaseChatModel | ChatModel = "auto",
    *,
    timeout_seconds: float = 60.0,
    retries: Retries = USUAL_RETRIES,
    price: Price | None = None,
    environment: Mapping[str, str] | None = None,
) -> ChatModel | None:
    """The chat model that `setting` names, or `None` where answers are extractive.

    ``auto`` takes an OpenAI key or base URL from the environment, else nothing. A chat model of
    LangChain's is taken as it is, and so is one of ours. `timeout_seconds` bounds each call with its
    retries. Raises `ConfigError` for a setting that cannot be, naming what to install; `ModelError`
    where a server has to be asked for its model and does not say.
    """
    if isinstance(setting, ChatModel):
        return setting
    variables = os.environ if environment is None else environment
    made = _made(setting, timeout_seconds, retries, variables)
    return made and replace(made, timeout_seconds=timeout_seconds, retries=retries, price=price)


def _made(
    setting: str | BaseChatModel, timeout_seconds: float, retries: Retries, variables: Mapping[str, str]
) -> ChatModel | None:
    if not isinstance(setting, str):
        return _given(setting, variables)
    provider, _, model = setting.strip().partition(":")
    if provider == "auto":
        if not (variable(variables, "OPENAI_API_KEY") or variable(variables, "OPENAI_BASE_URL")):
            return None
        provider = "openai"
    if provider == "extractive":
        return None
    if provider == "local":
        return _local(model, timeout_seconds)
    if provider == "openai":
        return _openai(model, timeout_seconds, retries, variables)
    if not model:
        raise ConfigError(f"the language model {setting!r} is none of {_HINT}")
    return _other(provider, model, timeout_seconds, variables)


def _openai(model: str, timeout_seconds: float, retries: Retries, variables: Mapping[str, str]) -> ChatModel:
    url, key, own_server = openai_connection(variables)
    model = model or variable(variables, "OPENAI_MODEL")
    if not model:
        service = openai_service("the server", url, key, variables)
        model = _first_served(url, key, service, timeout_seconds, retries) if own_server else DEFAULT_OPENAI_MODEL
    options = {
        "base_url": url,
        "api_key": key,
        # Known names of models say nothing of how a server of one's own is to be spoken to.
        "use_responses_api": False if own_server else None,
        "stream_usage": True,
        "max_retries": 0,
        "timeout": timeout_seconds,
    }
    name = f"openai:{model}"
    service = openai_service(name, url, key, variables)
    chat = _steady(_init(model, "openai", options, service.secrets), own_server)
    return ChatModel(
        name=name,
        notice=_notice(name, service.address),
        chat=chat,
        service=service,
        response_format=True,
        own_server=own_server,
    )


def _first_served(url: str, key: str, service: Service, timeout_seconds: float, retries: Retries) -> str:
    """The model that a server serves, where none was named."""
    import openai

    with openai.OpenAI(base_url=url, api_key=key, max_retries=0, timeout=timeout_seconds) as client:
        listed = list(
            call(lambda: client.models.list().data, service, timeout_seconds=timeout_seconds, retries=retries)
        )
    if not listed:
        raise ModelAccessError(f"the server at {service.address} serves no model: name one as openai:MODEL")
    return str(listed[0].id)


def _local(path: str, timeout_seconds: float) -> ChatModel:
    from rag.models.local import local_server

    server = local_server(path)
    options = {
        "base_url": server.base_url,
        "api_key": server.key,
        "use_responses_api": False,
        "stream_usage": True,
        "max_retries": 0,
        "timeout": timeout_seconds,
        "max_tokens": _LOCAL_MAX_TOKENS,
    }
    name = f"local:{server.name}"
    return ChatModel(
        name=name,
        notice=None,
        chat=_steady(_init(server.name, "openai", options, (server.key,)), own_server=True),
        service=Service(name=name, address=address(server.base_url), secrets=(server.key,)),
        response_format=True,
        own_server=True,
        weights=server.weights,
    )


def _other(provider: str, model: str, timeout_seconds: float, variables: Mapping[str, str]) -> ChatModel:
    secrets = secrets_in(variables)
    chat = _init(model, provider, {}, secrets)
    # Each client names its options as it likes; those that it has are given in a second making.
    known = type(chat).model_fields
    names = set(known) | {field.alias for field in known.values()}
    wanted = {"max_retries": 0, "timeout": timeout_seconds}
    options = {key: value for key, value in wanted.items() if key in names}
    if options:
        chat = _init(model, provider, options, secrets)
    name = f"{provider}:{model}"
    return ChatModel(
        name=name,
        notice=_notice(name, f"the provider {provider}"),
        chat=_steady(chat, own_server=False),
        service=Service(name=name, key_setting=f"the key of {provider} in the environment", secrets=secrets),
    )


def _given(chat: BaseChatModel, variables: Mapping[str, str]) -> ChatModel:
    from langchain_core.language_models import BaseChatModel
    from pydantic import SecretStr

    if not isinstance(chat, BaseChatModel):
        raise ConfigError(
            f"the language model is a {type(chat).__name__}: give a chat model of LangChain's, or {_HINT}"
        )
    kinds = {kind.__name__ for kind in type(chat).__mro__}
    model = getattr(chat, "model_name", None) or getattr(chat, "model", None)
    name = f"{type(chat).__name__}:{model}" if model else type(chat).__name__
    url = str(getattr(chat, "openai_api_base", None) or "")
    values = [getattr(chat, field) for field in type(chat).model_fields]
    keys = {value.get_secret_value() for value in values if isinstance(value, SecretStr)}
    secrets = {*secrets_in(variables), *keys} - {""}
    return ChatModel(
        name=name,
        notice=_notice(name, address(url) or "it"),
        chat=chat,
        service=Service(name=name, address=address(url), key_setting="its key", secrets=tuple(secrets)),
        response_format="ChatOpenAI" in kinds,
        own_server=bool(url) and is_own_server(url),
    )


def _init(model: str, provider: str, options: Mapping[str, Any], secrets: tuple[str, ...]) -> BaseChatModel:
    """LangChain's model of that name; every reason why not is a `ConfigError`."""
    from langchain.chat_models import init_chat_model

    try:
        made: BaseChatModel = init_chat_model(model, model_provider=provider, **options)
        return made
    except ImportError as exc:
        text = f"{provider}:{model} needs a package: pip install {_package(exc, provider)}"
    except Exception as exc:
        known = "Unsupported provider" not in str(exc)
        said = one_line(str(exc), secrets)
        text = (
            f"{provider}:{model} cannot be set up: {said}"
            if known
            else f"LangChain knows no provider {provider!r}: the language model is {_HINT}"
        )
    raise ConfigError(text)


def _package(exc: ImportError, provider: str) -> str:
    """What to install: the module that is missing, as its package is mostly called."""
    missing: BaseException | None = exc
    while missing is not None and not getattr(missing, "name", None):
        missing = missing.__cause__
    name = getattr(missing, "name", None) or f"langchain-{provider}"
    return str(name).split(".")[0].replace("_", "-")


def _steady(chat: BaseChatModel, own_server: bool) -> BaseChatModel:
    """Temperature 0, where the model has one: the same passages give the same answer as nearly as can be."""
    if "temperature" in type(chat).model_fields and (own_server or (chat.profile or {}).get("temperature")):
        chat.temperature = 0.0  # type: ignore[attr-defined]
    return chat


def _notice(name: str, receiver: str) -> str:
    return f"answers are written by {name}: the question and the passages found go to {receiver}"
