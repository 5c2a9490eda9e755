"""Conversations over a library: kept, saved, resumed, and without what was removed."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from rag import Answer, Article, Citation, Library, NotFoundError, Settings, StorageError, UserError
from rag.models.fakes import HashEmbedder
from rag.models.scripted import ScriptedServer, say_json
from tests.answering.writing import STRIKES, asked, chat_at, quote, reply, sentence
from tests.conftest import row

FERRY = "The ferry Maid struck the breakwater at Wendermoss on Monday. Her captain, Mr. Jorun Askelby, was unhurt."
BRIDGE = "The bridge at Skelbray was built in 1887. Ms. Idony Vennick wants it repaired."


@pytest.fixture
def open_library(tmp_path: Path) -> Library:
    settings = Settings(abstain=False)
    opened = Library.open(tmp_path / "library", settings=settings, embedder=HashEmbedder())
    opened.add([row(1, FERRY), row(2, BRIDGE)])
    return opened


def exact(library: Library, answer: Answer | None) -> bool:
    assert answer is not None
    shown = (*answer.citations, *answer.nearest)
    return bool(shown) and all(
        library.article(each.article_id, each.version).text[each.start : each.end] == each.quote for each in shown
    )


def article_of(library: Library, number: int) -> str:
    return next(info.id for info in library.articles() if info.title == f"Story {number}")


def test_a_followup_is_understood_and_recorded_as_it_was_typed(open_library: Library) -> None:
    chat = open_library.chat()
    first = chat.ask("Where did the ferry Maid strike the breakwater?")
    second = chat.ask("  And  when? ")
    assert [turn.question for turn in chat.turns] == [first.question, "And when?"]
    assert second.question == "And when?"
    assert chat.turns[1].standalone == "when did the ferry Maid strike the breakwater?"
    assert chat.turns[1].answer == second
    assert exact(open_library, second)
    assert chat.to_dict()["turns"][1]["answer"] == second.to_dict()


def test_numbers_are_those_of_the_conversation(open_library: Library) -> None:
    chat = open_library.chat()
    asked_for = ("ferry Maid breakwater Wendermoss", "bridge Skelbray built 1887", "ferry Maid breakwater Wendermoss")
    answers = [chat.ask(question) for question in asked_for]
    numbers: dict[tuple[str, int, int], int] = {}
    for citation in (citation for answer in answers for citation in answer.citations):
        place = (citation.article_id, citation.start, citation.end)
        assert numbers.setdefault(place, citation.number) == citation.number
    assert sorted(numbers.values()) == list(range(1, len(numbers) + 1))
    assert answers[0].citations == answers[2].citations
    last = answers[1].citations[-1]
    assert chat.source(last.number) == last
    assert chat.article(last.number).text == BRIDGE
    with pytest.raises(NotFoundError, match="no source 99 in this conversation: they are numbered 1 to"):
        chat.source(99)


def test_a_stream_gives_the_answer_and_a_turn_and_one_given_up_none(open_library: Library) -> None:
    chat, other = open_library.chat(), open_library.chat()
    *shown, last = chat.stream("bridge Skelbray built 1887")
    whole = other.ask("bridge Skelbray built 1887")
    assert isinstance(last, Answer)
    assert (last.text, last.citations) == (whole.text, whole.citations)
    assert [item for item in shown if isinstance(item, Citation)] == list(whole.citations)
    given_up = chat.stream("ferry Maid")
    next(given_up)
    given_up.close()  # type: ignore[attr-defined]
    assert len(chat.turns) == 1


def test_filters_are_those_of_ask(open_library: Library) -> None:
    chat = open_library.chat()
    assert chat.ask("ferry Maid", publisher="Nobody").reason == "filtered_out"
    *_, last = chat.stream("ferry Maid", publisher="Nobody")
    assert isinstance(last, Answer)
    assert last.reason == "filtered_out"


@pytest.mark.parametrize("question", ["", "  \n", "x" * 3000])
def test_a_wrong_question_leaves_no_turn(open_library: Library, question: str) -> None:
    chat = open_library.chat()
    with pytest.raises(UserError):
        chat.ask(question)
    assert chat.turns == ()


def test_carrying_over_never_makes_a_question_too_long(open_library: Library) -> None:
    chat = open_library.chat()
    chat.ask("the " + "Maid " * 300)
    typed = ("why " + "it " * 649).strip()
    assert len(typed) < open_library.settings.max_question_chars < len(typed) + len("the Maid Maid") * 5
    chat.ask(typed)
    assert chat.turns[1].standalone == typed


def test_saved_and_resumed_by_another_process(open_library: Library) -> None:
    chat = open_library.chat()
    chat.ask("ferry Maid breakwater Wendermoss")
    chat.ask("and who was her captain?")
    chat.save(" my chat ")
    with Library.open(open_library.directory, settings=open_library.settings, embedder=HashEmbedder()) as other:
        resumed = other.chat("my chat")
        assert resumed.turns == chat.turns
        assert all(exact(other, turn.answer) for turn in resumed.turns)
        used = max(each.number for turn in chat.turns if turn.answer for each in turn.answer.citations)
        new = [each.number for each in resumed.ask("bridge Skelbray built 1887").citations]
        assert min(new) > used
        assert other.chat().saved.names() == ["my chat"]
    with pytest.raises(NotFoundError, match="there is no saved chat 'none'"):
        open_library.chat("none")
    with pytest.raises(UserError, match="nothing to save"):
        open_library.chat().save("empty")


def test_what_was_removed_is_shown_and_carried_no_more(open_library: Library) -> None:
    chat = open_library.chat()
    chat.ask("bridge Skelbray built 1887")
    chat.ask("ferry Maid breakwater Wendermoss captain")
    chat.save("kept")
    gone = chat.turns[1].answer
    assert gone is not None
    only = [each for each in gone.citations if each.article_id == article_of(open_library, 1)]
    open_library.remove(article_of(open_library, 1))
    for each in (chat, open_library.chat("kept")):
        assert each.turns[1].answer is None
        assert FERRY[:40] not in str(each.to_dict())
        # "He" would be the captain, "it" the ferry; neither is known any more.
        each.ask("what did he do about it?")
        assert "Askelby" not in each.turns[2].standalone
        assert "Maid" not in each.turns[2].standalone
    with pytest.raises(NotFoundError, match=f"source {only[0].number} is gone: its article was removed"):
        chat.source(only[0].number)
    chat.save("again")
    assert open_library.chat("again").turns[1].answer is None


def test_what_was_withheld_outlives_no_article(tmp_path: Path) -> None:
    built = sentence("The bridge at Skelbray was built in 1887.", quote("The bridge at Skelbray was built in 1887."))
    wrong = sentence(
        "Captain Jorun Askelby and 30 others were unhurt.", quote("Her captain, Mr. Jorun Askelby, was unhurt.", "p2")
    )
    with (
        ScriptedServer(say_json(reply(built, wrong)), say_json({"repaired": []})) as server,
        Library.open(tmp_path / "l", settings=Settings(), embedder=HashEmbedder(), llm=chat_at(server)) as library,
    ):
        library.add([row(1, FERRY), row(2, BRIDGE)])
        chat = library.chat()
        given = chat.ask("Which bridge or ferry was built in 1887?")
        assert [item.text for item in given.withheld] == [wrong["text"]]
        assert {each.article_id for each in given.citations} == {article_of(library, 2)}
        assert chat.turns[0].answer == given
        chat.save("kept")
        library.remove(article_of(library, 1))
        kept = dataclasses.replace(given, withheld=())
        assert [each.turns[0].answer for each in (chat, library.chat("kept"))] == [kept, kept]
        stored = b"".join(file.read_bytes() for file in library.directory.rglob("*") if file.is_file())
        assert (b"Skelbray" in stored, b"30 others" in stored) == (True, False)


def test_no_other_conversation_is_overwritten(open_library: Library) -> None:
    one, other = open_library.chat(), open_library.chat()
    for chat in (one, other):
        chat.ask("bridge Skelbray built 1887")
    one.save("one")
    with pytest.raises(UserError, match="there is a saved chat 'one' already"):
        other.save(" one ")
    assert other.name is None
    one.ask("ferry Maid breakwater Wendermoss")
    one.save("again")
    one.save("one")
    resumed = open_library.chat(" one ")
    assert resumed.name == "one"
    assert len(resumed.turns) == 2
    resumed.ask("ferry Maid breakwater Wendermoss")
    resumed.save("one")
    assert len(open_library.chat("one").turns) == 3
    with pytest.raises(UserError, match="there is a saved chat 'again' already"):
        resumed.save("again")


def test_what_is_shown_is_looked_up_once_in_each_state(open_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = 0
    article = Library.article

    def counted(self: Library, *reference: str) -> Article:
        nonlocal looked_up
        looked_up += 1
        return article(self, *reference)

    chat = open_library.chat()
    chat.ask("bridge Skelbray built 1887")
    turns = chat.turns
    monkeypatch.setattr(Library, "article", counted)
    assert chat.turns == turns
    assert looked_up == 0
    open_library.add(row(3, "A third story of the harbour."))
    assert chat.turns == turns
    shown = len({*turns[0].answer.citations, *turns[0].answer.nearest}) if turns[0].answer else 0
    assert 0 < looked_up == shown


def test_a_damaged_saved_chat_is_told_in_one_line(open_library: Library) -> None:
    from rag.storage.chats import SavedTurn

    open_library.chat().saved.save("bad", [SavedTurn("q", "q", {"schema": 1, "status": "who knows"})])
    with pytest.raises(StorageError, match="the saved chat 'bad' cannot be read"):
        open_library.chat("bad")


def test_a_saved_quote_that_is_not_in_its_article_is_not_shown(open_library: Library) -> None:
    from rag.storage.chats import SavedTurn

    chat = open_library.chat()
    plain = chat.ask("bridge Skelbray built 1887").to_dict()
    plain["citations"][0]["quote"] = "x" * len(plain["citations"][0]["quote"])
    chat.saved.save("forged", [SavedTurn("q", "q", plain)])
    assert open_library.chat("forged").turns[0].answer is None


def test_a_model_rewrites_and_its_use_is_counted(tmp_path: Path) -> None:
    sites = sentence("More than 85 sites were struck.", quote("struck more than 85 sites in Iraq and Syria"))
    script = [
        say_json(reply(sites)),
        say_json({"question": "When were the sites in Iraq struck?"}),
        say_json(reply(sites)),
    ]
    with (
        ScriptedServer(*script) as server,
        Library.open(tmp_path / "l", settings=Settings(), embedder=HashEmbedder(), llm=chat_at(server)) as library,
    ):
        library.add({"id": "strikes", "title": STRIKES.title, "text": STRIKES.text})
        chat = library.chat()
        first = chat.ask("How many sites in Iraq were struck?")
        second = chat.ask("and when was that?")
        assert "Question: When were the sites in Iraq struck?" in asked(server)[-1]
        turns = chat.turns
    assert turns[1].standalone == "When were the sites in Iraq struck?"
    assert second.question == "and when was that?"
    assert second.citations == first.citations
    assert second.usage.input_tokens == 2 * first.usage.input_tokens
    assert [part.split()[0] for part in (second.prompt or "").split(", ")] == ["rewrite", "answer"]
