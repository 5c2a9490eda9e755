"""A language model as judge: whether passages bear out a statement, and whether a reply gives an accepted answer.

What is judged stands between tags that it cannot close. A judge is no better than its model, and a verdict that
cannot be read is no verdict: whatever is measured with it leaves such an item out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import fsum
from typing import TYPE_CHECKING

from rag import prompts
from rag.answering.passages import defused, nonce_beside
from rag.errors import ModelAccessError, ModelError
from rag.prompts import Prompt
from rag.types import Usage

if TYPE_CHECKING:
    from rag.models.chat_model import ChatModel

SUPPORT, ANSWER = "judge-support", "judge-answer"

_MARK = re.compile(r"\bverdict\b[ \t*_`]*[:=]", re.IGNORECASE)
_AROUND = " \t\r\n*_`\"'.!"
_MEANING = {"yes": True, "no": False}


@dataclass(frozen=True, kw_only=True)
class Judge:
    """Has `chat` judge, with the prompts that `prompt` finds by name.

    Every verdict is `None`, which is to say unscored, where none can be read from the reply or no whole reply comes.
    Raises `ModelAccessError` where the service refuses the key, the model or the request: no verdict would ever come.
    """

    chat: ChatModel
    prompt: Callable[[str], Prompt] = prompts.load
    _used: list[Usage] = field(default_factory=list, init=False, repr=False, compare=False)

    def counted(self) -> Judge:
        """The same judge with a count of its own, so that several at once can tell what each of them took."""
        return replace(self)

    @property
    def usage(self) -> Usage:
        """The tokens and the money that its verdicts took, also those that could not be read; no cost where that of
        any is unknown."""
        costs = [used.cost_usd for used in self._used]
        return Usage(
            sum(used.input_tokens for used in self._used),
            sum(used.output_tokens for used in self._used),
            fsum(cost for cost in costs if cost is not None) if costs and None not in costs else None,
        )

    @property
    def prompts(self) -> Mapping[str, str]:
        """The version and the hash of each prompt that verdicts are made with, by its name."""
        used = (self.prompt(name) for name in (SUPPORT, ANSWER))
        return {prompt.name: f"{prompt.version} {prompt.hash}" for prompt in used}

    def supports(self, statement: str, passages: Sequence[str]) -> bool | None:
        """Whether `passages`, taken together, bear out `statement`; no model is needed to see that none do not."""
        if not passages:
            return False
        nonce = nonce_beside([statement, *passages])
        return self._verdict(
            SUPPORT,
            passages=_framed("passage", passages, nonce),
            statement=_framed("statement", [statement], nonce),
        )

    def answers(self, question: str, accepted: Sequence[str], reply: str) -> bool | None:
        """Whether `reply` gives one of the `accepted` answers to `question`; an empty one does not."""
        if not accepted or not reply.strip():
            return False
        nonce = nonce_beside([question, *accepted, reply])
        return self._verdict(
            ANSWER,
            question=_framed("question", [question], nonce),
            accepted=_framed("answer", accepted, nonce),
            reply=_framed("reply", [reply], nonce),
        )

    def _verdict(self, name: str, **inputs: str) -> bool | None:
        try:
            reply = self.chat.complete(self.prompt(name).render(**inputs))
        except ModelAccessError:
            raise
        except ModelError:
            return None
        self._used.append(reply.usage)
        return last_verdict(reply.text)


def last_verdict(reply: str) -> bool | None:
    """The verdict that comes last in a judge's reply, however often it changed its mind; `None` where that is neither
    yes nor no, also where an earlier one was."""
    *before, said = _MARK.split(reply)
    lines = said.strip(_AROUND).splitlines()
    return _MEANING.get(lines[0].strip(_AROUND).lower()) if before and lines else None


def _framed(name: str, texts: Sequence[str], nonce: str) -> str:
    tag = f"{name}-{nonce}"
    return "\n\n".join(f"<{tag}>\n{defused(text)}\n</{tag}>" for text in texts)
