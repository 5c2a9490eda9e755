"""A real browser for the tests of the page: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no chromium here (on Debian: apt install chromium): the page was not tried"
)

_PATIENCE_MS = 60_000
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

expect.set_options(timeout=_PATIENCE_MS)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser. Where it runs in a test, no other event loop can run in the same thread."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ARGUMENTS))
        try:
            yield running
        finally:
            running.close()


@dataclass
class Heard:
    """What a page complained of, and what it asked: methods and paths, and the JSON bodies with their paths."""

    complaints: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    bodies: list[tuple[str, str]] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def said(self, message: ConsoleMessage) -> None:
        # A reply of 404 or a server that is gone is noted too, and is part of many a test.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)

    def asked(self, request: Request, base: str) -> None:
        if not request.url.startswith(base):
            self.foreign.append(request.url)
        path = urlsplit(request.url).path
        self.sent.append(f"{request.method} {path}")
        if request.post_data and request.headers.get("content-type") == "application/json":
            self.bodies.append((path, request.post_data))


@contextmanager
def tab(
    browser: Browser,
    base: str,
    *,
    address: str = "/",
    width: int = 1280,
    height: int = 860,
    dark: bool = False,
) -> Iterator[tuple[Page, Heard]]:
    """The page in a tab of its own; at the end it must have asked no other host, and complained of nothing."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    heard = Heard()
    try:
        page = context.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        page.on("console", heard.said)
        page.on("pageerror", lambda error: heard.complaints.append(str(error)))
        page.on("request", lambda request: heard.asked(request, base))
        page.goto(base + address)
        yield page, heard
    finally:
        context.close()
    assert (heard.complaints, heard.foreign) == ([], [])


def ask(page: Page, question: str) -> None:
    """Type a question and send it."""
    page.fill("#question", question)
    page.press("#question", "Enter")


def answered(page: Page, turns: int = 1) -> None:
    """Wait for the whole reply of the last of so many turns."""
    expect(page.locator(".turn .foot")).to_have_count(turns)
