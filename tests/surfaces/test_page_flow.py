"""The page in a browser: add, ask, watch, look at the source; follow-ups, summaries, links, the list."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from rag import Library, Settings
from rag.models.fakes import HashEmbedder
from rag.models.scripted import Say, ScriptedServer, say_json
from tests.answering.writing import KILLED, MARCH, SITES, STRIKES, WRONG, chat_at, repaired, reply
from tests.surfaces.browser import answered, ask, chromium, needs_chromium, tab
from tests.surfaces.serving import served

pytestmark = needs_chromium

# Seconds; the model is never late here, but the machine may be.
PATIENT = 120.0
QUESTION = "How many sites were struck?"
BOTH = json.dumps(reply(SITES, KILLED))
# Each of these is one character to the library and two to the browser's strings.
ASTRAL = "𝔄𝔅ℭ 🚢🚢 "


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@contextmanager
def written(folder: Path, *script: Any) -> Iterator[tuple[Library, str]]:
    """A server over two articles, with a model that plays `script`; gives the library and the address."""
    entries = [say_json(entry) if isinstance(entry, dict) else entry for entry in script]
    with (
        ScriptedServer(*entries) as model,
        Library.open(
            folder / "news", settings=Settings(), embedder=HashEmbedder(), llm=chat_at(model, PATIENT)
        ) as library,
    ):
        library.add(
            [
                {"id": "strikes", "title": STRIKES.title, "text": ASTRAL + STRIKES.text, "publisher": "Morning Wire",
                 "published": "2024-02-02"},
                {"id": "march", "title": MARCH.title, "text": MARCH.text, "publisher": "Vale Courier",
                 "published": "2024-03-04"},
            ]
        )  # fmt: skip
        with served(library) as base:
            yield library, base


@pytest.fixture(scope="module")
def plain(_stored: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Library, str]]:
    """A server over the three articles of these tests, whose own sentences answer; no test changes it."""
    folder = shutil.copytree(_stored, tmp_path_factory.mktemp("page") / "library")
    with Library.open(folder, settings=Settings(), embedder=HashEmbedder()) as opened, served(opened) as base:
        yield opened, base


@pytest.fixture
def changing(library: Path) -> Iterator[tuple[Library, str]]:
    """As `plain`, of one's own."""
    with Library.open(library, embedder=HashEmbedder()) as opened, served(opened) as base:
        yield opened, base


class Halting(tuple[str, ...]):
    """Pieces of a reply of which all but the first are sent only when `go_on` is set."""

    go_on: threading.Event

    def __iter__(self) -> Iterator[str]:
        first, *others = super().__iter__()
        yield first
        assert self.go_on.wait(PATIENT)
        yield from others


def halting(whole: str, cut: int) -> Halting:
    pieces = Halting((whole[:cut], whole[cut:]))
    pieces.go_on = threading.Event()
    return pieces


def marked(page: Page) -> str:
    """What is highlighted in the article that is open."""
    expect(page.locator("#quote")).to_be_in_viewport()
    return page.locator("#quote").text_content() or ""


def test_add_ask_see_a_statement_early_and_open_its_source(browser: Browser, tmp_path: Path) -> None:
    story = tmp_path / "strikes.md"
    story.write_text(f"---\ntitle: {STRIKES.title}\npublisher: Morning Wire\n---\n\n{ASTRAL}{STRIKES.text}\n")
    pieces = halting(BOTH, BOTH.index("}", BOTH.index(SITES["text"])) + 1)
    with (
        ScriptedServer(Say(BOTH, pieces=pieces)) as model,
        Library.open(
            tmp_path / "news", settings=Settings(), embedder=HashEmbedder(), llm=chat_at(model, PATIENT)
        ) as library,
        served(library) as base,
        tab(browser, base) as (page, heard),
    ):
        expect(page.locator("#intro-title")).to_have_text("Start with some articles")
        page.click("#intro-add")
        page.set_input_files("#files", story)
        expect(page.locator("#jobs .outcome")).to_have_text("Added")
        page.click("#add-close")
        expect(page.locator("#total")).to_have_text("1")

        ask(page, QUESTION)
        expect(page.locator(".statement .said")).to_have_text([SITES["text"]])
        expect(page.locator(".turn")).to_have_attribute("aria-busy", "true")
        page.click(".statement .chip")
        quoted = marked(page)
        assert not pieces.go_on.is_set()
        pieces.go_on.set()
        answered(page)

        expect(page.locator(".statement .said")).to_have_text([SITES["text"], KILLED["text"]])
        expect(page.locator(".turn")).not_to_have_attribute("aria-busy", "true")
        (article,) = library.articles()
        answer = library.ask(QUESTION)
        assert answer.text == f"{SITES['text']} [1] {KILLED['text']} [2]"
        assert quoted == answer.citations[0].quote
        whole = library.article(article.id).text
        assert page.locator(".article-text").text_content() == whole
        assert whole[answer.citations[0].start : answer.citations[0].end] == quoted

        page.locator(".statement .chip").nth(1).click()
        expect(page.locator("#quote")).to_have_text(answer.citations[1].quote)
        page.click("[aria-label='Previous source']")
        expect(page.locator("#quote")).to_have_text(quoted)
        assert [path for path in heard.sent if path.startswith("POST")] == ["POST /v1/articles", "POST /v1/ask/stream"]


def test_what_is_withheld_and_what_is_only_partly_confirmed_are_shown_as_that(browser: Browser, tmp_path: Path) -> None:
    with written(tmp_path, reply(SITES, WRONG), repaired()) as (library, base), tab(browser, base) as (page, _):
        ask(page, QUESTION)
        answered(page)
        answer = library.ask(QUESTION)
        (statement,), (withheld,) = answer.statements, answer.withheld
        assert (statement.support, withheld.text) == ("partial", WRONG["text"])
        expect(page.locator(".statement .verdict")).to_have_text(f"Partly confirmed: {statement.check}")
        expect(page.locator(".withheld h3")).to_have_text("Withheld: 1 sentence")
        expect(page.locator(".withheld .not-said")).to_have_text(withheld.text)
        expect(page.locator(".withheld .verdict")).to_have_text(f"Not shown as fact: {withheld.check}")
        expect(page.locator(".foot .meta")).to_contain_text("each sentence checked against its sources")


def test_an_abstention_shows_the_nearest_passages_and_opens_them(browser: Browser, plain: tuple[Library, str]) -> None:
    library, base = plain
    with tab(browser, base) as (page, _):
        ask(page, "Who designed the repair of the Tannery Bridge?")
        answered(page)
        answer = library.ask("Who designed the repair of the Tannery Bridge?")
        assert (answer.status, answer.reason) == ("abstained", "not_stated")
        expect(page.locator(".abstention .said")).to_have_text("The articles do not say.")
        expect(page.locator(".passage q")).to_have_text([citation.quote for citation in answer.nearest])
        page.locator(".passage").first.click()
        assert marked(page) == answer.nearest[0].quote


def test_a_disagreement_is_shown_with_both_values_and_their_sources(
    browser: Browser, changing: tuple[Library, str]
) -> None:
    library, base = changing
    text = "The repair of the Tannery Bridge will cost $6.1 million, the engineer said on Wednesday."
    library.add({"id": "dearer", "title": "Bridge repairs dearer", "text": text, "publisher": "Vale Courier"})
    question = "How much will the repair of the Tannery Bridge cost?"
    with tab(browser, base) as (page, _):
        ask(page, question)
        answered(page)
        answer = library.ask(question)
        (shown,) = answer.conflicts
        expect(page.locator(".conflict h3")).to_have_text("The articles disagree")
        expect(page.locator(".conflict .value")).to_have_text([value.value for value in shown.values])
        page.locator(".conflict .chip").last.click()
        number = shown.values[-1].citations[0]
        assert marked(page) == next(each.quote for each in answer.citations if each.number == number)


def test_a_follow_up_carries_what_was_said(browser: Browser, plain: tuple[Library, str]) -> None:
    library, base = plain
    first, second = "How many people marched through Haldrenn?", "And how many did officers arrest there?"
    with tab(browser, base) as (page, heard):
        ask(page, first)
        answered(page)
        ask(page, second)
        answered(page, 2)
        told = library.ask(first).text
        assert told
        assert [json.loads(body) for _, body in heard.bodies] == [
            {"question": first},
            {"question": second, "history": [{"question": first, "answer": told}]},
        ]
        expected = library.chat(past=[(first, told)]).ask(second)
        expect(page.locator(".turn").last.locator(".statement .said")).to_have_text(
            [statement.text for statement in expected.statements]
        )
        page.click("#anew")
        expect(page.locator(".turn")).to_have_count(0)
        expect(page.locator("#question")).to_be_focused()


def test_a_link_asks_the_same_again_with_its_filters(browser: Browser, plain: tuple[Library, str]) -> None:
    _, base = plain
    question = "How many people marched through Haldrenn & co?"
    with tab(browser, base) as (page, heard):
        page.click("#filters-open")
        page.fill("#publisher", "Haldrenn Courier")
        page.fill("#after", "2025-10-01")
        ask(page, question)
        answered(page)
        expect(page.locator(".turn .kicker")).to_have_text("Question · Haldrenn Courier, from 1 October 2025")
        said = page.locator(".reply").text_content()
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.get_by_role("button", name="Copy link").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == page.url
        asked = [json.loads(body) for _, body in heard.bodies]
        address = page.url.removeprefix(base)
    assert asked == [{"question": question, "publisher": "Haldrenn Courier", "after": "2025-10-01"}]
    with tab(browser, base, address=address) as (page, heard):
        answered(page)
        assert [json.loads(body) for _, body in heard.bodies] == asked
        expect(page.locator(".turn h2")).to_have_text(question)
        assert (page.locator(".reply ol, .abstention").first.text_content() or "?") in (said or "")


def test_a_link_to_a_conversation_asks_all_of_it(browser: Browser, plain: tuple[Library, str]) -> None:
    _, base = plain
    with tab(browser, base, address="/#q=Who+arrested+nine+people%3F&about=bridge+repairs&sentences=1") as (
        page,
        heard,
    ):
        answered(page, 2)
        assert [(path, json.loads(body)) for path, body in heard.bodies] == [
            ("/v1/ask/stream", {"question": "Who arrested nine people?"}),
            ("/v1/summarize", {"about": "bridge repairs", "sentences": 1}),
        ]
        expect(page.locator(".turn").last.locator(".kicker")).to_have_text("Summary")


def test_summaries_of_a_topic_and_of_an_article(browser: Browser, plain: tuple[Library, str]) -> None:
    library, base = plain
    (bridge,) = [info for info in library.articles() if info.title.startswith("Bridge")]
    with tab(browser, base) as (page, _):
        page.check("input[value=about]", force=True)
        page.fill("#sentences", "2")
        ask(page, "the bridge repairs")
        answered(page)
        about = library.summarize(about="the bridge repairs", sentences=2)
        expect(page.locator(".statement .said")).to_have_text([statement.text for statement in about.statements])
        page.click("#nav-articles")
        page.click(f"[aria-label='Summarize {bridge.title}']")
        answered(page, 2)
        whole = library.summarize(bridge.id)
        last = page.locator(".turn").last
        expect(last.locator("h2")).to_have_text(bridge.title)
        expect(last.locator(".statement .said")).to_have_text([statement.text for statement in whole.statements])


def test_dropped_files_and_addresses_are_added_each_with_its_outcome(
    browser: Browser, changing: tuple[Library, str]
) -> None:
    library, base = changing
    with tab(browser, base) as (page, heard):
        expect(page.locator("#total")).to_have_text("3")
        dropped = page.evaluate_handle(
            """() => {
                const carried = new DataTransfer();
                carried.items.add(new File(["Ferry runs again\\n\\nThe ferry to Varrow runs again."], "ferry.txt"));
                carried.items.add(new File([new Uint8Array([0, 1, 2, 255])], "noise.bin"));
                return carried;
            }"""
        )
        page.dispatch_event("body", "drop", {"dataTransfer": dropped})
        expect(page.locator("#jobs > li")).to_have_count(2)
        expect(page.locator("#jobs .outcome")).not_to_have_text(["Waiting", "Waiting"])
        expect(page.locator("#jobs progress")).to_have_count(0)
        assert page.locator("#jobs > li", has_text="ferry.txt").locator(".outcome").text_content() == "Added"
        page.fill("#url", "http://127.0.0.1:9/private")
        page.click("#url-form button")
        failed = page.locator("#jobs > li", has_text="127.0.0.1")
        expect(failed.locator(".outcome")).to_have_text("Failed")
        expect(failed.locator(".details")).not_to_be_empty()
        assert json.loads(heard.bodies[-1][1]) == {"url": "http://127.0.0.1:9/private"}
        page.keyboard.press("Escape")
        expect(page.locator("#total")).to_have_text("4")
        assert "Ferry runs again" in [info.title for info in library.articles()]


def test_progress_is_shown_while_a_file_is_sent_and_read(browser: Browser, changing: tuple[Library, str]) -> None:
    _, base = changing
    held: list[Route] = []
    with tab(browser, base) as (page, _):
        page.click("#add-open")
        page.route("**/v1/articles", lambda route: held.append(route))
        page.set_input_files("#files", {"name": "bus.txt", "mimeType": "text/plain", "buffer": b"Bus\n\nIt came late."})
        expect(page.get_by_role("progressbar", name="Adding bus.txt")).to_be_visible()
        expect(page.locator("#jobs .outcome")).to_have_text(re.compile("Sending|Reading"))
        held[0].continue_()
        page.unroute("**/v1/articles")
        expect(page.locator("#jobs .outcome")).to_have_text("Added")
        expect(page.get_by_role("progressbar")).to_have_count(0)


def test_a_conversation_is_there_again_after_a_look_at_the_list(browser: Browser, plain: tuple[Library, str]) -> None:
    _, base = plain
    with tab(browser, base) as (page, heard):
        ask(page, "Who arrested nine people?")
        answered(page)
        page.click("#nav-articles")
        expect(page.locator(".row-title")).to_have_count(3)
        page.go_back()
        expect(page.locator(".turn h2")).to_have_text("Who arrested nine people?")
        page.click("#nav-articles")
        page.click("#nav-ask")
        expect(page.locator(".turn h2")).to_be_visible()
        assert heard.sent.count("POST /v1/ask/stream") == 1
        page.go_back()
        page.click(".wordmark")
        expect(page.locator("#intro-title")).to_be_visible()


def test_the_list_is_filtered_opened_and_cleared_of_an_article(browser: Browser, changing: tuple[Library, str]) -> None:
    library, base = changing
    with tab(browser, base, address="/#articles") as (page, _):
        titles = page.locator(".row-title")
        expect(titles).to_have_text([info.title for info in library.articles()])
        page.fill("#list-publisher", "Skelbray Post")
        page.press("#list-publisher", "Enter")
        expect(titles).to_have_text(["Bridge repairs to cost $4.6 million"])
        assert page.url == f"{base}/#articles?publisher=Skelbray+Post"
        page.click("#list-clear")
        page.fill("#list-after", "2025-08-01")
        page.press("#list-after", "Enter")
        expect(titles).to_have_text(["Thousands march to keep the valley railway"])
        page.click("#list-clear")
        expect(titles).to_have_count(3)
        titles.nth(1).click()
        expect(page.locator(".article-text")).to_contain_text("The repair of the Tannery Bridge")
        page.keyboard.press("Escape")
        page.click("[aria-label='Remove Bridge repairs to cost $4.6 million']")
        page.click("#remove-cancel")
        page.click("[aria-label='Remove Bridge repairs to cost $4.6 million']")
        page.click("#remove-confirm")
        expect(titles).to_have_count(2)
        expect(page.locator("#total")).to_have_text("2")
        assert len(library.articles()) == 2


def test_one_of_several_libraries_is_chosen_and_stands_in_the_link(
    browser: Browser, plain: tuple[Library, str], tmp_path: Path
) -> None:
    first, _ = plain
    with Library.open(tmp_path / "other", embedder=HashEmbedder()) as other:
        other.add({"title": "Ferry runs again", "text": "The ferry to Varrow runs again since Monday."})
        with served({"first": first, "other & more": other}) as base:
            with tab(browser, base) as (page, heard):
                expect(page.locator("#total")).to_have_text("3")
                page.select_option("#library", "other & more")
                expect(page.locator("#total")).to_have_text("1")
                ask(page, "Since when does the ferry to Varrow run again?")
                answered(page)
                page.locator(".chip, .passage").first.click()
                expect(page.locator("#reader-title")).to_have_text("Ferry runs again")
                expect(page.locator(".article-text")).to_have_text("The ferry to Varrow runs again since Monday.")
                page.click("#reader-close")
                page.set_input_files(
                    "#files", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"Bus\n\nIt came."}
                )
                expect(page.locator("#total")).to_have_text("2")
                assert len(other.articles()) == 2
                address = page.url.removeprefix(base)
            with tab(browser, base, address=address) as (page, heard):
                answered(page)
                expect(page.locator("#library")).to_have_value("other & more")
                page.click("#nav-articles")
                expect(page.locator(".row-title")).to_have_count(2)
                assert {json.loads(body)["library"] for _, body in heard.bodies} == {"other & more"}
                page.select_option("#library", "first")
                expect(page.locator("#total")).to_have_text("3")
