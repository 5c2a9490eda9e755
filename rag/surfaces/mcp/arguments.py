"""What each tool takes: the models that its input schema is made from and its arguments are checked by."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, ValidationError
from pydantic.json_schema import SkipJsonSchema

from rag.errors import UserError
from rag.surfaces.layout import one_line

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOST_FAULTS = 3
_MOST_LISTED = 200
_MOST_AROUND = 2_000
_LONGEST_NAME = 40


def _day(given: object) -> date | None:
    # Left to pydantic, a number would be a day since 1970, and a date's time would be dropped.
    if given is None or type(given) is date:
        return given
    with suppress(ValueError):
        if isinstance(given, str) and _DATE.fullmatch(given):
            return date.fromisoformat(given)
    raise ValueError("is not a date (YYYY-MM-DD)")


def _none_if_blank(given: object) -> object:
    """Models fill in what they would leave out with nothing."""
    return None if isinstance(given, str) and not given.strip() else given


Text = Annotated[str | SkipJsonSchema[None], BeforeValidator(_none_if_blank)]
"""Text that may be left out; the schema does not mention null, which some clients cannot read."""

Day = Annotated[date | SkipJsonSchema[None], BeforeValidator(_day), BeforeValidator(_none_if_blank)]


class Arguments(BaseModel):
    """The arguments of a tool."""


class Filtered(Arguments):
    """Arguments that choose among the articles."""

    publisher: Text = Field(None, description="Only articles of this publisher, written as list_articles shows it.")
    after: Day = Field(None, description="Only articles of this day or later, YYYY-MM-DD; undated ones are left out.")
    before: Day = Field(
        None, description="Only articles of this day or earlier, YYYY-MM-DD; undated ones are left out."
    )

    def filters(self) -> dict[str, Any]:
        """The filters as the library's methods take them."""
        return {"publisher": self.publisher, "after": self.after, "before": self.before}


_FRESH = "Have a language model write anew what it has written before; without a model it changes nothing."


class Ask(Filtered):
    """Of `ask`."""

    question: str = Field(description="One question in plain words that can be understood by itself.")
    fresh: bool = Field(False, description=_FRESH)


class Summarize(Filtered):
    """Of `summarize`."""

    id: Text = Field(None, description="The article to summarize, by its id. Give this or about, not both.")
    about: Text = Field(None, description="A topic to summarize across all articles. Give this or id, not both.")
    sentences: int = Field(5, description="How many sentences at most, 1 to 100.")
    fresh: bool = Field(False, description=_FRESH)


class Search(Filtered):
    """Of `search`."""

    query: str = Field(description="Words or a question to find passages for.")
    k: int = Field(8, description="How many passages at most, 1 to 1000.")


class Verify(Filtered):
    """Of `verify`."""

    text: str = Field(description="The sentences to check, as they are to be published.")


class GetPassage(Arguments):
    """Of `get_passage`."""

    id: str = Field(description="The article's id, as a citation gives it in article_id.")
    version: Text = Field(None, description="The article's version, as a citation gives it; without it, the current.")
    start: int = Field(description="Where the passage begins: an offset in Unicode characters, from 0.")
    end: int = Field(description="Where it ends: the offset just behind its last character.")
    around: int = Field(
        200, ge=0, le=_MOST_AROUND, description=f"How many characters to show on either side, up to {_MOST_AROUND}."
    )


class ListArticles(Filtered):
    """Of `list_articles`."""

    limit: int = Field(50, ge=1, le=_MOST_LISTED, description=f"How many articles at most, 1 to {_MOST_LISTED}.")
    offset: int = Field(0, ge=0, description="How many articles to pass over: the next page begins at offset + limit.")


class AddArticle(Arguments):
    """Of `add_article`."""

    url: Text = Field(
        None,
        description="The http or https address of a web page or feed to fetch; with a text, where the text is from.",
    )
    title: Text = Field(None, description="The article's headline, with a text.")
    text: Text = Field(None, description="The article's whole text, word for word. Leave it out to have url fetched.")
    publisher: Text = Field(None, description="Who published it, with a text.")
    author: Text = Field(None, description="Who wrote it, with a text.")
    published: Day = Field(None, description="The day it was published, YYYY-MM-DD, with a text.")


def input_schema(model: type[Arguments]) -> dict[str, Any]:
    """The JSON schema of a tool's arguments, short: a model reads it each time."""
    schema = model.model_json_schema()
    properties = {
        name: {key: value for key, value in field.items() if key != "title" and (key, value) != ("default", None)}
        for name, field in schema["properties"].items()
    }
    required = schema.get("required", [])
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def checked(model: type[Arguments], given: dict[str, Any]) -> Arguments:
    """The arguments as the tool takes them; raises `UserError` that names in one line what is wrong with which."""
    # Told before anything else: pydantic would collect each one of a million.
    unknown = next((name for name in given if name not in model.model_fields), None)
    if unknown is not None:
        raise UserError(f"wrong arguments: {one_line(unknown[:_LONGEST_NAME])} is not an argument of this tool")
    try:
        return model.model_validate(given)
    except ValidationError as exc:
        found = exc.errors(include_url=False, include_input=False, include_context=False)
        # Of one that may be null, each way to read it has its own fault: the first tells enough.
        faults: dict[str, str] = {}
        for fault in found:
            faults.setdefault(str(fault["loc"][0]), _said(fault["type"], fault["msg"]))
        several = [one_line(f"{name} {said}") for name, said in faults.items()]
        more = f"; and {len(several) - _MOST_FAULTS} more" if len(several) > _MOST_FAULTS else ""
        raise UserError(f"wrong arguments: {'; '.join(several[:_MOST_FAULTS])}{more}") from exc


def _said(kind: str, message: str) -> str:
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    return "is missing" if kind == "missing" else f"is wrong: {message[:1].lower()}{message[1:]}"
