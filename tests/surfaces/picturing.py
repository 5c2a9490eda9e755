"""Takes the pictures of the page: `python -m tests.surfaces.picturing [FOLDER]`.

With a folder, every state in both widths, light and dark, to be looked at; without, the two of the README.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from rag import Library
from tests.conftest import SEEDS
from tests.surfaces.browser import answered, ask, chromium, tab
from tests.surfaces.serving import served

SHOTS = Path(__file__).parent / "shots"
SIZES = ((1280, 860), (390, 844))


def _asked(page: Page, question: str) -> None:
    ask(page, question)
    answered(page)


def _disagreement(page: Page) -> None:
    _asked(page, "How many people marched against the rail closure?")


def _open(page: Page) -> None:
    page.locator(".statement .chip").first.click()
    expect(page.locator("#quote")).to_be_in_viewport()


def _answer(page: Page) -> None:
    _asked(page, "How many sites did the U.S. strikes hit?")
    _open(page)


def _disagreement_open(page: Page) -> None:
    _asked(page, "What will the repair of the Tannery Bridge cost?")
    page.locator(".conflict .chip").last.click()
    expect(page.locator("#quote")).to_be_in_viewport()


def _abstention(page: Page) -> None:
    _asked(page, "What caused the fire at the furniture factory?")


def _articles(page: Page) -> None:
    page.click("#nav-articles")
    expect(page.locator(".row-title")).to_have_count(16)


def _home(page: Page) -> None:
    expect(page.locator(".card")).to_have_count(6)


def _empty(page: Page) -> None:
    expect(page.locator("#intro-add")).to_be_visible()


STATES: Mapping[str, Callable[[Page], None]] = {
    "answer": _answer,
    "disagreement": _disagreement,
    "disagreement-open": _disagreement_open,
    "abstention": _abstention,
    "articles": _articles,
    "home": _home,
    "empty": _empty,
}
IN_README = {"page.png": ("disagreement-open", (1260, 790), False), "page-phone.png": ("answer", (390, 740), True)}


def _take(browser: Browser, base: str, file: Path, state: str, size: tuple[int, int], dark: bool) -> None:
    width, height = size
    with tab(browser, base, width=width, height=height, dark=dark) as (page, _):
        STATES[state](page)
        # Without the blinking cursor, and with nothing under the mouse.
        page.mouse.move(0, 0)
        page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
        page.screenshot(path=file)


def main(folder: Path | None) -> None:
    """Take the pictures."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        full = stack.enter_context(Library.open(scratch / "full"))
        empty = stack.enter_context(Library.open(scratch / "empty"))
        full.add(SEEDS)
        bases = {name: stack.enter_context(served(library)) for name, library in (("", full), ("empty", empty))}
        browser = stack.enter_context(chromium())
        if folder is None:
            SHOTS.mkdir(exist_ok=True)
            for name, (state, size, dark) in IN_README.items():
                _take(browser, bases[""], SHOTS / name, state, size, dark)
            return
        folder.mkdir(parents=True, exist_ok=True)
        for state in STATES:
            base = bases.get(state, bases[""])
            for size in SIZES:
                for dark in (False, True):
                    name = f"{state}-{size[0]}-{'dark' if dark else 'light'}.png"
                    _take(browser, base, folder / name, state, size, dark)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
