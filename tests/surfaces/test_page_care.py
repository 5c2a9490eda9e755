"""The page under hard use: hostile text, the keyboard alone, a phone, the dark, a key, a server that goes away."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from rag import Library, Settings
from rag.models.fakes import HashEmbedder
from tests.surfaces.browser import answered, ask, chromium, needs_chromium, tab
from tests.surfaces.serving import served

pytestmark = needs_chromium

QUESTION = "How many people marched through Haldrenn?"
KEY = "a-key-of-thirty-two-characters-00"
FOCUSED = "document.activeElement.id || document.activeElement.className || document.activeElement.tagName"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def opened(_stored: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Three articles, whose own sentences answer; no test changes them."""
    folder = shutil.copytree(_stored, tmp_path_factory.mktemp("page") / "library")
    with Library.open(folder, settings=Settings(), embedder=HashEmbedder()) as opened:
        yield opened


def test_an_article_of_markup_and_script_is_only_text(browser: Browser, tmp_path: Path) -> None:
    attack = "<script>window.taken = 1</script><img src=/x onerror='window.taken = 2'><style>body{display:none}</style>"
    text = (
        f"The {attack} ferry sank with 31 people aboard on Monday.\n\n</div>\u202e{attack}<a href='javascript:taken=3'>"
    )
    story = tmp_path / "ferry.txt"
    story.write_text(f"Ferry {attack}\n\n{text}\n")
    hostile = {
        "title": f"Barge {attack}", "publisher": f"Post {attack}", "author": attack, "text": "The barge is safe.",
        "url": "https://post.example/<script>taken=4</script>",
    }  # fmt: skip
    question = "How many people were aboard the ferry that sank?"
    with Library.open(tmp_path / "news", settings=Settings(abstain=False), embedder=HashEmbedder()) as library:
        assert library.add([story, hostile]).count("added") == 2
        titles = {info.title: info.id for info in library.articles()}
        whole = library.article(titles[f"Ferry {attack}"]).text
        (citation, *_) = library.ask(question).citations
        assert attack in citation.quote
        with served(library) as base, tab(browser, base) as (page, heard):
            expect(page.locator(".card-title")).to_have_text(list(titles))
            ask(page, question)
            answered(page)
            page.click(".statement .chip")
            expect(page.locator("#quote")).to_have_text(citation.quote)
            assert page.locator("#quote").text_content() == citation.quote
            assert page.locator(".article-text").text_content() == whole
            page.click("#nav-articles")
            expect(page.locator(".row-title")).to_have_text(list(titles))
            expect(page.locator(".row-main .meta", has_text="Post")).to_contain_text(f"Post {attack} · {attack}")
            page.locator("#articles [aria-label^='Remove']").first.click()
            expect(page.locator("#remove-text")).to_contain_text(attack)
            page.click("#remove-cancel")
            assert page.evaluate("[typeof window.taken, document.scripts.length, document.images.length]") == [
                "undefined", 1, 0,
            ]  # fmt: skip
            assert page.locator("style, a[href^=javascript]").count() == 0
            # Even a page that tried would not be let.
            for misuse in ("body.innerHTML = text", "body.append(Object.assign(make('script'), {textContent: text}))"):
                refused = page.evaluate(
                    f"""(text) => {{
                        const {{ body }} = document, make = (name) => document.createElement(name);
                        try {{ {misuse}; return "done"; }} catch (error) {{ return error.name; }}
                    }}""",
                    attack,
                )
                assert refused == "TypeError"
            assert heard.complaints
            assert all("Trusted" in complaint for complaint in heard.complaints)
            heard.complaints.clear()


def test_the_whole_way_with_the_keyboard_alone(browser: Browser, opened: Library) -> None:
    (citation, *_) = opened.ask(QUESTION).citations
    with served(opened) as base, tab(browser, base) as (page, _):
        expect(page.locator("#total")).to_have_text("3")
        press(page, "Tab")
        expect(page.locator("#skip")).to_be_focused()
        press(page, "Enter")
        expect(page.locator("#question")).to_be_focused()
        page.keyboard.type(QUESTION)
        press(page, "Enter")
        answered(page)
        expect(page.locator("#question")).to_be_focused()
        for _ in range(40):
            press(page, "Shift+Tab")
            if page.evaluate(FOCUSED) == "chip":
                break
        chip = page.locator(":focus")
        assert chip.get_attribute("aria-label") == (
            f"Source 1: {citation.title}, Haldrenn Courier, 19 October 2025. Open it at the quote"
        )
        outline = chip.evaluate("(element) => getComputedStyle(element).outlineStyle")
        assert outline == "solid"
        press(page, "Enter")
        expect(page.locator("#reader-title")).to_be_focused()
        expect(page.locator("#quote")).to_have_text(citation.quote)
        press(page, "Escape")
        expect(page.locator("#reader")).to_be_hidden()
        expect(chip).to_be_focused()
        page.focus("#add-open")
        press(page, "Enter")
        expect(page.locator("#add-dialog")).to_be_visible()
        press(page, "Escape")
        expect(page.locator("#add-dialog")).to_be_hidden()
        expect(page.locator("#add-open")).to_be_focused()


def test_everything_that_can_be_used_has_a_name_and_what_happens_is_said(browser: Browser, opened: Library) -> None:
    answer = opened.ask(QUESTION)
    with served(opened) as base, tab(browser, base) as (page, _):
        ask(page, QUESTION)
        answered(page)
        nameless = page.evaluate(
            """() => [...document.querySelectorAll("button, input, textarea, a")]
                .filter((one) => !(one.getAttribute("aria-label") || one.labels?.length || one.textContent.trim()))
                .map((one) => one.outerHTML)"""
        )
        assert nameless == []
        said = page.locator("#announcer p").all_text_contents()
        assert said[0] == "Searching the articles"
        assert said[1 : 1 + len(answer.statements)] == [
            f"{statement.text} ("
            + "; ".join(f"source {number}, Haldrenn Courier" for number in statement.citations)
            + ")"
            for statement in answer.statements
        ]
        assert said[-1].startswith("The reply is complete: ")
        expect(page.locator("#announcer")).to_have_attribute("aria-live", "polite")
        assert page.locator("h1:visible, h2:visible").count() >= 1
        assert page.evaluate("document.documentElement.lang") == "en"


@pytest.mark.parametrize("dark", [False, True])
def test_on_a_phone_the_article_opens_as_a_sheet_that_keeps_the_focus(
    browser: Browser, opened: Library, dark: bool
) -> None:
    (citation, *_) = opened.ask(QUESTION).citations
    with served(opened) as base, tab(browser, base, dark=dark, width=390, height=844) as (page, _):
        ask(page, QUESTION)
        answered(page)
        fits(page)
        page.click(".statement .chip")
        expect(page.locator("#reader")).to_have_attribute("role", "dialog")
        expect(page.locator("#quote")).to_be_in_viewport()
        expect(page.locator("#quote")).to_have_text(citation.quote)
        fits(page)
        for _ in range(12):
            press(page, "Tab")
            assert page.evaluate("!document.activeElement.closest('main, header.masthead')")
        page.locator("#reader").get_by_role("button", name="Summarize").click()
        expect(page.locator("#reader")).to_be_hidden()
        expect(page.locator("#main")).not_to_have_attribute("inert", "")
        answered(page, 2)
        page.click("#nav-articles")
        expect(page.locator(".row-title")).to_have_count(3)
        fits(page)
        page.click("#add-open")
        fits(page)


def test_names_of_any_length_stand_within_the_page(browser: Browser, tmp_path: Path) -> None:
    name = "Veryverylong" * 30
    article = {
        "title": name, "publisher": name, "author": name, "url": f"https://{'a' * 60}.example/{name}",
        "text": f"The ferry sank with 31 people aboard on Monday near {name}.",
    }  # fmt: skip
    with Library.open(tmp_path / "news", settings=Settings(abstain=False), embedder=HashEmbedder()) as library:
        library.add(article)
        with served({"news": library, name: library}) as base:
            for width in (320, 390, 1280):
                with tab(browser, base, width=width) as (page, _):
                    expect(page.locator("#library")).to_be_visible()
                    ask(page, f"How many people were aboard the ferry that sank near {name}?")
                    answered(page)
                    fits(page)
                    page.click(".statement .chip")
                    expect(page.locator("#quote")).to_be_in_viewport()
                    fits(page)
                    page.click("#reader-close")
                    page.click("#nav-articles")
                    expect(page.locator(".row-title")).to_contain_text("Veryverylong")
                    fits(page)


def test_light_and_dark_are_readable(browser: Browser, opened: Library) -> None:
    found = {}
    with served(opened) as base:
        for dark in (False, True):
            with tab(browser, base, dark=dark) as (page, _):
                ask(page, QUESTION)
                answered(page)
                page.click(".statement .chip")
                expect(page.locator("#quote")).to_be_visible()
                found[dark] = page.evaluate(CONTRASTS)
    # WCAG 2.2, success criterion 1.4.3: 4.5 to 1 for text of ordinary size.
    for dark, contrasts in found.items():
        assert {what: ratio for what, ratio in contrasts.items() if ratio < 4.5} == {}, dark
    assert found[True] != found[False]


def test_a_server_that_goes_away_is_noticed_and_its_return_too(browser: Browser, opened: Library) -> None:
    with served(opened) as base, tab(browser, base) as (page, _):
        ask(page, QUESTION)
        answered(page)
        page.context.set_offline(True)
        expect(page.locator("#banner")).to_contain_text("The server does not answer.")
        ask(page, "And how many were arrested?")
        expect(page.locator(".trouble:visible")).to_contain_text("The server does not answer.")
        expect(page.locator(".statement")).not_to_have_count(0)
        page.context.set_offline(False)
        expect(page.locator("#banner")).to_be_hidden()
        page.click(".turn .trouble button")
        answered(page, 2)


def test_an_answer_that_breaks_off_stays_and_says_so(browser: Browser, opened: Library) -> None:
    with served(opened) as base, tab(browser, base) as (page, _):
        answer = opened.ask(QUESTION).to_dict()
        events = [("citation", answer["citations"][0]), ("statement", answer["statements"][0])]
        stream = "".join(f": ping\n\nevent: {name}\ndata: {json.dumps(value)}\n\n" for name, value in events)

        def cut(route: Route) -> None:
            route.fulfill(status=200, content_type="text/event-stream", body=stream)

        page.route("**/v1/ask/stream", cut)
        ask(page, QUESTION)
        expect(page.locator(".trouble:visible")).to_contain_text("This is not the whole answer.")
        expect(page.locator(".statement .said")).to_have_text([answer["statements"][0]["text"]])
        page.unroute("**/v1/ask/stream")
        page.click(".turn .trouble button")
        answered(page)


def test_what_runs_can_be_stopped(browser: Browser, opened: Library) -> None:
    with served(opened) as base, tab(browser, base) as (page, _):
        page.route("**/v1/ask/stream", lambda route: None)
        ask(page, QUESTION)
        expect(page.locator("#send")).to_have_text("Stop")
        page.click("#send")
        expect(page.locator(".trouble:visible")).to_contain_text("It was stopped.")
        expect(page.locator("#send")).to_have_text("Ask")


def test_the_key_is_asked_for_kept_in_the_tab_and_can_be_forgotten(browser: Browser, opened: Library) -> None:
    with served(opened, key=KEY) as base, tab(browser, base) as (page, _):
        expect(page.locator("#key-dialog")).to_be_visible()
        page.fill("#key", "wrong")
        press(page, "Enter")
        expect(page.locator("#key-text")).to_contain_text("The server refuses the key that was given.")
        page.fill("#key", KEY)
        press(page, "Enter")
        expect(page.locator("#total")).to_have_text("3")
        ask(page, QUESTION)
        answered(page)
        assert page.evaluate("[sessionStorage.length, localStorage.length, document.cookie]") == [1, 0, ""]
        assert KEY not in page.content() + page.url
        page.reload()
        answered(page)
        page.click("#key-open")
        page.click("#key-forget")
        expect(page.locator("#key-dialog")).to_be_visible()
        assert page.evaluate("sessionStorage.length") == 0
        press(page, "Escape")
        expect(page.locator("#key-dialog")).to_be_hidden()


def test_an_error_says_what_to_do(browser: Browser, opened: Library) -> None:
    with served(opened) as base, tab(browser, base, address="/#summary=000000000000") as (page, _):
        expect(page.locator(".trouble:visible")).to_contain_text("000000000000")
        page.evaluate("location.hash = '#q=fire&after=2026-05-01&before=2026-01-01'")
        expect(page.locator(".trouble:visible")).to_contain_text("exchange the two dates")
        page.evaluate("location.hash = '#q=fire&publisher=Nobody'")
        answered(page)
        expect(page.locator(".abstention .advice")).to_have_text("Widen the dates, or choose another publisher.")


def press(page: Page, key: str) -> None:
    page.keyboard.press(key)


def fits(page: Page) -> None:
    """Nothing stands out to the right."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


CONTRASTS = """() => {
    const channels = (color) => color.match(/[\\d.]+/g).map(Number);
    const luminance = ([r, g, b]) => [r, g, b]
        .map((c) => c / 255)
        .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
    const behind = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const color = channels(getComputedStyle(at).backgroundColor);
            if (color.length < 4 || color[3] > 0) return color;
        }
    };
    const found = {};
    for (const element of document.querySelectorAll("body *")) {
        const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
        if (!text || !element.checkVisibility() || element.disabled) continue;
        const [one, other] = [luminance(channels(getComputedStyle(element).color)), luminance(behind(element))];
        const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        found[`${element.tagName} ${element.className} ${element.id}`] = Math.round(ratio * 100) / 100;
    }
    return found;
}"""
