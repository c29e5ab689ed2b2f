"""One headless browser for the page tests, and pages that note whatever they fetch, say or trip over."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Dialog, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Visit:
    """An open page, and what happened in it."""

    page: Page
    address: str
    requests: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


Open = Callable[..., Visit]


# Playwright keeps an event loop running in this thread, so it ends with this package: asynchronous tests come after.
@pytest.fixture(scope="package")
def browser() -> Iterator[BrowserContext]:
    """The browser of this machine, started once, with one window's memory for all pages."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("No browser: install Chromium (Debian: chromium) or Google Chrome, and fonts-noto for the scripts.")
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield started.new_context()
        started.close()


@pytest.fixture
def open_page(browser: BrowserContext, tmp_path: Path) -> Iterator[Open]:
    """Opens the text of a page from a file, as a patient would, at a width and for screen or paper."""
    visits: list[Visit] = []

    def refuse(dialog: Dialog) -> None:
        visits[-1].troubles.append(dialog.message)
        dialog.dismiss()

    def opened(content: str, *, width: int = 1000, media: str = "screen") -> Visit:
        path = tmp_path / f"booklet-{len(visits)}.html"
        path.write_text(content, "utf-8")
        page = browser.new_page()
        page.set_viewport_size({"width": width, "height": 1200})
        visit = Visit(page, path.as_uri())
        visits.append(visit)
        page.on("request", lambda request: visit.requests.append(request.url))
        page.on("pageerror", lambda error: visit.troubles.append(str(error)))
        page.on("console", lambda message: visit.troubles.append(message.text))
        page.on("dialog", refuse)
        page.emulate_media(media="print" if media == "print" else "screen")
        page.goto(visit.address)
        return visit

    yield opened
    for visit in visits:
        visit.page.close()
